"""What one run of ``change.detect`` made of a trial, and what many trials say together, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.stats import binomtest, chi2

from ...store.coordinates import transform_geometries
from .traps import TRAPS
from .trial_coast import LICENCE_CRS, SEEN, Trial
from .trial_land import GRID_CRS, PIXEL, SIDE, drawn

# A pit counts as found where alerts cover half of it.
COVERED = 0.5
# An alert this near (m) to something that happened belongs to it.
BESIDE = 20.0
AREA_KM2 = (SIDE * PIXEL / 1000.0) ** 2
# Sizes of pits told apart, in hectares: the steps of Decree 36/2020/NĐ-CP art. 37.
STEPS = ((0.1, 0.2), (0.2, 0.5), (0.5, 1.5))


@dataclass
class Score:
    """Counts of one trial; ``pits`` are (hectares, found, named rightly, area measured over true)."""

    seed: int
    pits: list[tuple[float, bool, bool, float]] = field(default_factory=list)
    hidden: int = 0
    named: dict[str, int] = field(default_factory=dict)
    false: dict[str, int] = field(default_factory=dict)
    false_classes: dict[str, int] = field(default_factory=dict)
    aside: dict[str, int] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def score(seed: int, made: Trial, alerts: gpd.GeoDataFrame, aside: gpd.GeoDataFrame) -> Score:
    """Judge the layers ``alert`` and ``set_aside`` of a run (EPSG:9218) against the truth of ``made``."""
    found = Score(seed)
    placed = transform_geometries(alerts.geometry.to_numpy(), LICENCE_CRS, GRID_CRS)
    kinds = alerts["change_class"].to_list()
    named: Counter[str] = Counter()
    for event in made.events:
        shared = shapely.area(shapely.intersection(placed, event.shape)) if len(placed) else np.zeros(0)
        hit = bool(shared.sum() >= COVERED * event.shape.area)
        kind = kinds[int(np.argmax(shared))] if hit else "missed"
        if event.seen < SEEN:
            found.hidden += int(event.kind == "new_pit")
            continue
        named[f"{event.kind}>{kind}"] += 1
        if event.kind == "new_pit":
            measured = float(shapely.area(placed[shared > 0]).sum()) if hit else 0.0
            found.pits.append(
                (event.shape.area / 1e4, hit, kind in event.classes, round(measured / event.shape.area, 3))
            )
    truth = shapely.union_all([event.shape.buffer(BESIDE) for event in made.events])
    false = [row for row, shape in enumerate(placed) if not shape.intersects(truth)]
    found.named = dict(named)
    found.false = dict(Counter(_trap(made, placed[row]) for row in false))
    found.false_classes = dict(Counter(kinds[row] for row in false))
    found.aside = dict(Counter(aside["cause"]))
    return found


def _trap(made: Trial, shape: shapely.Geometry) -> str:
    """The trap that most of an alert lies in; ``none`` where half of it lies in no one."""
    under = drawn(shape)
    share, name = max((float(made.traps.places[trap][under].mean()) if under.any() else 0.0, trap) for trap in TRAPS)
    return name if share >= 0.5 else "none"


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if not of:
        return 0.0, 1.0
    interval = binomtest(hits, of).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def poisson(count: int, exposure: float) -> tuple[float, float]:
    """Exact 95 % interval of a rate from ``count`` events in ``exposure`` (Garwood 1936)."""
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return float(low / exposure), float(chi2.ppf(0.975, 2 * count + 2) / 2 / exposure)


@dataclass(frozen=True)
class Rate:
    """A share or a rate with its 95 % interval, and what it was computed from."""

    value: float
    low: float
    high: float
    count: int
    of: float


@dataclass(frozen=True)
class Summary:
    """Many trials together. Rates of false alarms are per 100 km² and pair."""

    trials: int
    km2: float
    recall: Rate
    by_size: dict[str, Rate]
    hidden: int
    named: Rate
    area_ratio: tuple[float, float, float]
    false: Rate
    by_trap: dict[str, Rate]
    aside: dict[str, int]
    confusion: dict[str, int]


def summary(scores: Sequence[Score]) -> Summary:
    """Recall of new pits outside licences, false alarms in all and per trap, names and areas of what was found."""
    pits = [pit for one in scores for pit in one.pits]
    found = [pit for pit in pits if pit[1]]
    hundred = len(scores) * AREA_KM2 / 100.0
    false = _sum(one.false for one in scores)
    ratios = np.array([pit[3] for pit in found]) if found else np.array([np.nan])
    return Summary(
        len(scores),
        len(scores) * AREA_KM2,
        _share(len(found), len(pits)),
        {
            f"{low:g}–{high:g}": _share(
                sum(p[1] for p in pits if low <= p[0] < high), sum(low <= p[0] < high for p in pits)
            )
            for low, high in STEPS
        },
        sum(one.hidden for one in scores),
        _share(sum(pit[2] for pit in found), len(found)),
        (float(np.median(ratios)), float(np.quantile(ratios, 0.05)), float(np.quantile(ratios, 0.95))),
        _rate(sum(false.values()), hundred),
        {trap: _rate(false.get(trap, 0), hundred) for trap in (*TRAPS, "none")},
        dict(_sum(one.aside for one in scores)),
        dict(_sum(one.named for one in scores)),
    )


def _sum(counts: Iterable[dict[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total


def _share(hits: int, of: int) -> Rate:
    return Rate(hits / of if of else float("nan"), *wilson(hits, of), hits, of)


def _rate(count: int, exposure: float) -> Rate:
    return Rate(count / exposure, *poisson(count, exposure), count, exposure)
