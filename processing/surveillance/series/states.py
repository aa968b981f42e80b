"""What a pixel knows of itself, and what one more date changes: none, suspected, confirmed, ended.

The life of an alert follows OPERA DIST-ALERT: a first departure is provisional, repeated ones confirm it, with first
date, count, duration and confidence, and it ends when the ground looks again as it should. A masked pixel is left as it
is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import norm

from .baseline import Baseline
from .monitoring import Method, boundary, critical, first_window, normal_scores, window_sizes

NONE, SUSPECTED, CONFIRMED, ENDED = 0, 1, 2, 3
STATES = ("none", "suspected", "confirmed", "ended")
# Where a process has crossed its boundary, a date speaks for the change if it lies this far to the same side (normal
# score): one standard deviation, so that ground that has come back falls silent.
_SPEAKS = 1.0
LONGEST_MEMORY = 16

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Rules:
    """When a pixel is suspected and confirmed.

    ``false_alarm``: probability that unchanged ground departs on one date; ``needed`` of the last ``memory`` clear
    dates must depart to confirm, none of them to end; ``method``, ``significance``, ``window``: :mod:`.monitoring`.
    """

    false_alarm: float = 0.001
    needed: int = 3
    memory: int = 4
    method: Method = "cusum"
    significance: float = 0.05
    window: float = 0.25

    @property
    def limit(self) -> float:
        """The normal score beyond which a date departs."""
        return float(norm.isf(self.false_alarm / 2.0))


@dataclass
class States:
    """Arrays over pixels, all float32 so that they are kept as they are. Days since 1 January 1970, 0 for none.

    ``state``: NaN where there is no baseline. ``first``, ``last``: first and latest departure; ``count``: departures;
    ``clear``: clear dates since ``first``; ``magnitude``: mean residual of the departures, in the measure's unit;
    ``total``: sum of normal scores since ``first``; ``memory``: the latest clear dates as bits, 1 for a departure;
    ``monitored``: clear dates since the process began; ``process``: its value; ``seen``: the latest clear date.
    """

    state: Values
    first: Values
    last: Values
    count: Values
    clear: Values
    magnitude: Values
    total: Values
    memory: Values
    monitored: Values
    process: Values
    seen: Values

    @staticmethod
    def names() -> tuple[str, ...]:
        """The arrays, in the order they are kept."""
        return tuple(field.name for field in fields(States))

    def confidence(self) -> Values:
        """1 − N·p, at least 0: p is the probability that the sum of normal scores since ``first`` is as large on
        unchanged ground, and any of the N monitored dates might have been its beginning (Bonferroni). NaN without a
        departure.
        """
        found = np.full(self.state.shape, np.nan, np.float32)
        on = np.flatnonzero(self.state > NONE)
        score = np.abs(self.total[on]) / np.sqrt(self.clear[on])
        beginnings = np.maximum(self.monitored[on], self.clear[on])
        found[on] = np.maximum(1.0 - beginnings * 2.0 * ndtr(-score), 0.0)
        return found


@dataclass
class Monitor:
    """States with what moves them: the baseline, the rules, and the moving window of MOSUM ((longest, pixels), else
    empty).
    """

    baseline: Baseline
    rules: Rules
    states: States
    window: Values

    def __post_init__(self) -> None:
        self._critical = critical(self.rules.method, self.rules.significance, self.rules.window)
        self._limit = self.rules.limit
        self._mask = (1 << self.rules.memory) - 1

    @classmethod
    def begin(cls, baseline: Baseline, rules: Rules, residuals: Values, used: NDArray[np.bool_]) -> Monitor:
        """Nothing has departed yet. ``residuals`` and ``used`` (n, pixels): the history, for the moving window."""
        pixels = len(baseline.count)
        arrays = {name: np.zeros(pixels, np.float32) for name in States.names()}
        arrays["state"][~baseline.usable] = np.nan
        window = np.zeros((0, pixels), np.float32)
        if rules.method == "mosum":
            with np.errstate(invalid="ignore", divide="ignore"):
                scaled = (residuals / (baseline.sigma * np.sqrt(baseline.count))).astype(np.float32)
            window = first_window(scaled, used & baseline.usable, window_sizes(baseline.count, rules.window))
        return cls(baseline, rules, States(**arrays), window)

    def update(self, row: NDArray[np.float64], day: int, values: Values) -> int:
        """Take in one date: design ``row`` (p), ``day``, ``values`` (pixels, NaN where masked). Returns the pixels that
        could be judged: clear, with a baseline that knows this part of the year.
        """
        clear = np.flatnonzero(np.isfinite(values) & self.baseline.usable)
        known = self.baseline.part(clear)
        leverage = known.leverage(row)
        inside = known.knows(day, leverage)
        if not inside.all():
            clear, known, leverage = clear[inside], known.part(np.flatnonzero(inside)), leverage[inside]
        residual = values[clear] - known.expected(row)
        score = normal_scores(residual / (known.sigma * np.sqrt(1.0 + leverage)), known.freedom)
        crossed = self._advance(clear, known, residual)
        departs = np.abs(score) > self._limit
        departs |= crossed & (score * np.sign(self.states.process[clear]) > _SPEAKS)
        self.states.seen[clear] = day
        self._open(clear, departs, score, residual, day)
        return len(clear)

    def _advance(self, clear: NDArray[np.intp], known: Baseline, residual: Values) -> NDArray[np.bool_]:
        """Move the process on by one date; returns where it is beyond its boundary."""
        states = self.states
        scaled = residual / (known.sigma * np.sqrt(known.count))
        if self.rules.method == "mosum":
            size = np.maximum(window_sizes(known.count, self.rules.window), 1)
            place = states.monitored[clear].astype(np.int64) % size
            self.window[place, clear] = scaled
            states.process[clear] = self.window[:, clear].sum(axis=0)
        else:
            states.process[clear] += scaled
        states.monitored[clear] += 1.0
        ratio = 1.0 + states.monitored[clear] / known.count
        return np.asarray(np.abs(states.process[clear]) > boundary(self.rules.method, ratio, self._critical))

    def _open(
        self, clear: NDArray[np.intp], departs: NDArray[np.bool_], score: Values, residual: Values, day: int
    ) -> None:
        """Begin alerts, and lead those that are open on."""
        states = self.states
        is_open = (states.state[clear] == SUSPECTED) | (states.state[clear] == CONFIRMED)
        self._lead(clear[is_open], departs[is_open], score[is_open], residual[is_open], day)
        begins = departs & ~is_open
        new = clear[begins]
        states.state[new] = CONFIRMED if self.rules.needed == 1 else SUSPECTED
        states.first[new] = states.last[new] = day
        states.count[new] = states.clear[new] = states.memory[new] = 1.0
        states.total[new], states.magnitude[new] = score[begins], residual[begins]

    def _lead(
        self, places: NDArray[np.intp], departs: NDArray[np.bool_], score: Values, residual: Values, day: int
    ) -> None:
        """One more date for open alerts: it speaks for them only to the side they departed to."""
        states = self.states
        speaks = departs & (score * states.magnitude[places] > 0.0)
        memory = ((states.memory[places].astype(np.int64) << 1) | speaks) & self._mask
        states.memory[places] = memory
        states.clear[places] += 1.0
        states.total[places] += score
        spoke = places[speaks]
        states.last[spoke] = day
        states.count[spoke] += 1.0
        states.magnitude[spoke] += (residual[speaks] - states.magnitude[spoke]) / states.count[spoke]
        states.state[places[np.bitwise_count(memory) >= self.rules.needed]] = CONFIRMED
        self._close(places[memory == 0])

    def _close(self, silent: NDArray[np.intp]) -> None:
        """No departure within the memory: a suspicion is forgotten, a confirmed alert has ended."""
        states = self.states
        ended = silent[states.state[silent] == CONFIRMED]
        forgotten = silent[states.state[silent] == SUSPECTED]
        states.state[ended] = ENDED
        for name in ("state", "first", "last", "count", "clear", "magnitude", "total"):
            getattr(states, name)[forgotten] = 0.0
        if self.rules.method == "cusum":  # a sum never forgets by itself: monitoring begins anew
            states.process[ended] = states.monitored[ended] = 0.0
