"""Values over time on paper: lines with their interval, levels to compare with, moments to look at.

The chart is a :class:`Drawing` like a map, so the same one stands in PDF and HTML. Axes: time to the right, one unit
upwards. Gaps stay gaps: a value that is not a number breaks the line, nothing is drawn between.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...layers.messages import number
from .drawing import Drawing, Item, Label, Pen, Points, Shape
from .fonts import width_mm

# Okabe and Ito 2008, "Color Universal Design": told apart by every kind of eye, and in grey.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_INK, _GREY, _RULE = "#222222", "#5c5c5c", "#dcd8cd"
_SIZE = 7.0  # points of all letters
_EM = 25.4 / 72.0  # mm in a point
_MOST_MARKERS = 120  # of one line; more run together
_MOST_UP = 6  # ticks of the value axis
# Steps of the time axis: (months, days); the first that leaves room for its words is taken.
_STEPS = ((0, 1), (0, 2), (0, 7), (0, 14), (1, 0), (2, 0), (3, 0), (6, 0), (12, 0), (24, 0), (60, 0), (120, 0))


@dataclass(frozen=True)
class Line:
    """One quantity: ``values`` on ``days`` (in order), with an interval where ``low`` and ``high`` are given.

    ``joined`` false shows the points alone; ``dash`` (mm) tells a model from measurements. NaN: nothing was measured.
    """

    name: str
    days: Sequence[date]
    values: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    colour: str = ""
    joined: bool = True
    markers: bool = True
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Level:
    """A value to compare with, drawn across: a licensed volume, a threshold."""

    name: str
    value: float
    colour: str = "#c4161c"


@dataclass(frozen=True)
class Moment:
    """A day to look at, drawn upwards: an alert, the end of a licence."""

    name: str
    day: date
    colour: str = "#5c5c5c"


@dataclass(frozen=True)
class _Frame:
    """Where the axes lie on the paper (mm) and what they show."""

    left: float
    bottom: float
    right: float
    top: float
    first: date
    last: date
    low: float
    high: float

    def x(self, day: date) -> float:
        span = max((self.last - self.first).days, 1)
        return self.left + (self.right - self.left) * (day - self.first).days / span

    def y(self, value: float) -> float:
        return self.bottom + (self.top - self.bottom) * (value - self.low) / (self.high - self.low)

    def points(self, days: Sequence[date], values: Sequence[float]) -> Points:
        return np.array([(self.x(day), self.y(value)) for day, value in zip(days, values, strict=True)], float)


def line_chart(
    lines: Sequence[Line],
    unit: str,
    description: str,
    *,
    levels: Sequence[Level] = (),
    moments: Sequence[Moment] = (),
    zero: bool = False,
    width: float = 175.0,
    height: float = 78.0,
    language: str = "vi",
) -> Drawing:
    """The chart, ``width`` × ``height`` mm, its value axis in ``unit``; ``zero`` begins that axis at nought.

    ``description`` is for those who cannot see it. Nothing measured gives an empty frame with its levels. Raises
    ``ValueError`` where a line's days, values and interval are not of one length or its days not in order.
    """
    lines = [_checked(line, COLOURS[at % len(COLOURS)]) for at, line in enumerate(lines)]
    low, high, ticks = _value_axis(lines, levels, zero)
    words = [number(tick, language) for tick in ticks]
    left = max(width_mm(word, _SIZE) for word in words) + 3.0
    legend, legend_height = _legend(lines, width - left - 2.0)
    first, last = _time_span(lines, moments)
    frame = _Frame(left, 7.5, width - 3.0, height - 6.0 - legend_height, first, last, low, high)
    items: list[Item] = []
    for tick, word in zip(ticks, words, strict=True):
        y = frame.y(tick)
        items.append(_rule(frame.left, y, frame.right, y, _RULE))
        items.append(Label(frame.left - 1.5, y - 0.35 * _SIZE * _EM, word, _SIZE, _GREY, anchor="end", halo=False))
    items += _time_axis(frame, language)
    for line in lines:
        items += _band(frame, line)
    for line in lines:
        items += _line(frame, line)
    items += _levels(frame, levels)
    items += _moments(frame, moments)
    items.append(_rule(frame.left, frame.bottom, frame.right, frame.bottom, _GREY, 0.3))
    items.append(_rule(frame.left, frame.bottom, frame.left, frame.top, _GREY, 0.3))
    items.append(Label(1.0, frame.top + 2.2, unit, _SIZE, _GREY, anchor="start", halo=False))
    for x, row, line in legend:
        items += _legend_entry(frame.left + x, height - 3.6 - row * 4.2, line)
    return Drawing(width, height, tuple(items), description)


def _checked(line: Line, colour: str) -> Line:
    if len({len(line.days), len(line.values), len(line.low) or len(line.days), len(line.high) or len(line.days)}) > 1:
        raise ValueError(f"{line.name}: {len(line.days)} days, {len(line.values)} values")
    if any(after < before for before, after in pairwise(line.days)):
        raise ValueError(f"{line.name}: the days are not in order")
    return Line(**{**vars(line), "colour": line.colour or colour})


def _value_axis(lines: Sequence[Line], levels: Sequence[Level], zero: bool) -> tuple[float, float, list[float]]:
    """Lowest and highest value shown and the round values between (steps of 1, 2 or 5)."""
    told = [level.value for level in levels] + ([0.0] if zero else [])
    for line in lines:
        told += [*line.values, *line.low, *line.high]
    known = [value for value in told if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    least = (high - low) / _MOST_UP
    power = 10.0 ** math.floor(math.log10(least))
    step = next(part * power for part in (1.0, 2.0, 5.0, 10.0) if part * power >= least)
    start, end = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [round(at * step, 12) for at in range(start, end + 1)]
    return ticks[0], ticks[-1], ticks


def _time_span(lines: Sequence[Line], moments: Sequence[Moment]) -> tuple[date, date]:
    days = [day for line in lines for day in line.days] + [moment.day for moment in moments]
    if not days:
        return date(2000, 1, 1), date(2001, 1, 1)
    first, last = min(days), max(days)
    room = max(timedelta((last - first).days // 40), timedelta(1))
    return first - room, last + room


def _time_axis(frame: _Frame, language: str) -> Iterator[Item]:
    for step in _STEPS:
        days = list(_ticks(frame.first, frame.last, *step))
        words = [_day(day, step, language) for day in days]
        room = sum(width_mm(word, _SIZE) + 3.0 for word in words)
        if room <= frame.right - frame.left:
            break
    for day, word in zip(days, words, strict=True):
        x = frame.x(day)
        yield _rule(x, frame.bottom, x, frame.bottom - 1.0, _GREY, 0.3)
        half = width_mm(word, _SIZE) / 2
        if x + half <= frame.right + 3.0:
            yield Label(x, frame.bottom - 4.2, word, _SIZE, _GREY, halo=False)


def _ticks(first: date, last: date, months: int, days: int) -> Iterator[date]:
    """Days of the axis: every so many days, or the first of every so many months counted from January of year 0."""
    if days:
        at = first
        while at <= last:
            yield at
            at += timedelta(days)
        return
    count = math.ceil((first.year * 12 + first.month - 1 + (first.day > 1)) / months) * months
    while (at := date(count // 12, count % 12 + 1, 1)) <= last:
        yield at
        count += months


def _day(day: date, step: tuple[int, int], language: str) -> str:
    months, _ = step
    if months >= 12:
        return str(day.year)
    if months:
        return f"{day:%m/%Y}" if language == "vi" else f"{day:%Y-%m}"
    return f"{day:%d/%m/%Y}" if language == "vi" else day.isoformat()


def _rule(x0: float, y0: float, x1: float, y1: float, colour: str, width: float = 0.15) -> Shape:
    return Shape((np.array([[x0, y0], [x1, y1]]),), Pen(stroke=colour, width=width), closed=False)


def _runs(known: NDArray[np.bool_]) -> Iterator[slice]:
    """Stretches without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield slice(int(start), int(end))


def _band(frame: _Frame, line: Line) -> Iterator[Item]:
    """The interval: an area along a joined line, a bar at a single point."""
    if not len(line.low) or not len(line.high):
        return
    low, high = frame.points(line.days, line.low), frame.points(line.days, line.high)
    for run in _runs(np.isfinite(low[:, 1]) & np.isfinite(high[:, 1])):
        if line.joined and run.stop - run.start > 1:
            ring = np.concatenate([low[run], high[run][::-1]])
            yield Shape((ring,), Pen(fill=line.colour, opacity=0.18))
            continue
        for under, over in zip(low[run], high[run], strict=True):
            yield _rule(under[0], under[1], over[0], over[1], line.colour, 0.35)
            for end in (under, over):
                yield _rule(end[0] - 0.7, end[1], end[0] + 0.7, end[1], line.colour, 0.35)


def _line(frame: _Frame, line: Line) -> Iterator[Item]:
    if not len(line.days):
        return
    points = frame.points(line.days, line.values)
    known = np.isfinite(points[:, 1])
    if line.joined:
        rings = tuple(points[run] for run in _runs(known) if run.stop - run.start > 1)
        if rings:
            yield Shape(rings, Pen(stroke=line.colour, width=0.45, dash=line.dash), closed=False)
    if line.markers and known.sum() <= _MOST_MARKERS:
        for at in points[known]:
            yield _dot(at[0], at[1], line.colour)


def _dot(x: float, y: float, colour: str) -> Shape:
    turn = np.linspace(0, 2 * math.pi, 17)
    ring = np.column_stack([x + 0.75 * np.cos(turn), y + 0.75 * np.sin(turn)])
    return Shape((ring,), Pen(fill=colour, stroke="#ffffff", width=0.15))


def _levels(frame: _Frame, levels: Sequence[Level]) -> Iterator[Item]:
    for level in levels:
        y = frame.y(level.value)
        pen = Pen(stroke=level.colour, width=0.35, dash=(2.0, 1.0))
        yield Shape((np.array([[frame.left, y], [frame.right, y]]),), pen, closed=False)
        under = y + 4.0 > frame.top  # its words would leave the frame
        yield Label(frame.left + 1.0, y - 3.2 if under else y + 1.0, level.name, _SIZE, level.colour, anchor="start")


def _moments(frame: _Frame, moments: Sequence[Moment]) -> Iterator[Item]:
    for at, moment in enumerate(moments):
        x = frame.x(moment.day)
        pen = Pen(stroke=moment.colour, width=0.3, dash=(1.0, 0.8))
        yield Shape((np.array([[x, frame.bottom], [x, frame.top]]),), pen, closed=False)
        right = x + width_mm(moment.name, _SIZE) + 2.0 > frame.right
        y = frame.top - 3.0 - 3.4 * (at % 3)  # neighbours on lines of their own
        anchor = "end" if right else "start"
        yield Label(x + (-1.0 if right else 1.0), y, moment.name, _SIZE, moment.colour, italic=True, anchor=anchor)


def _legend(lines: Sequence[Line], room: float) -> tuple[list[tuple[float, int, Line]], float]:
    """Where each name stands (mm from the axis, row) and how high all rows are together."""
    placed: list[tuple[float, int, Line]] = []
    x, row = 0.0, 0
    for line in lines:
        long = width_mm(line.name, _SIZE) + 10.0
        if placed and x + long > room:
            x, row = 0.0, row + 1
        placed.append((x, row, line))
        x += long
    return placed, 4.2 * (row + 1) if placed else 0.0


def _legend_entry(x: float, y: float, line: Line) -> Iterator[Item]:
    if line.joined:
        pen = Pen(stroke=line.colour, width=0.45, dash=line.dash)
        yield Shape((np.array([[x, y], [x + 5.0, y]]),), pen, closed=False)
    if line.markers:
        yield _dot(x + 2.5, y, line.colour)
    yield Label(x + 6.2, y - 0.35 * _SIZE * _EM, line.name, _SIZE, _INK, anchor="start", halo=False)
