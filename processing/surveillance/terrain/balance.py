"""What a mine has dug since its first survey against what it may dig: surveys chained by the surest way.

A terrain difference measures volume in place. Where tailings go back into the pit between two surveys they hide part of
what was dug, so the cut is at least what it says; fill stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from .error import T95


@dataclass(frozen=True)
class Interval:
    """What two surveys of one mine show: ``cut`` and ``fill`` in m³ (both positive), one sigma of the cut."""

    before: date
    after: date
    cut: float
    fill: float
    sigma: float


@dataclass(frozen=True)
class Point:
    """Dug in all from the first survey to ``day``, m³, with one sigma; ``surveys`` are the days it is added up over."""

    day: date
    cut: float
    fill: float
    sigma: float
    surveys: tuple[date, ...]

    @property
    def low(self) -> float:
        """The lower end of the 95 % interval, not below nought."""
        return max(self.cut - T95 * self.sigma, 0.0)

    @property
    def high(self) -> float:
        """The upper end of the 95 % interval."""
        return self.cut + T95 * self.sigma


@dataclass(frozen=True)
class Balance:
    """The series of a mine against its licensed volume (m³; None: the licence states none).

    ``unconnected`` are days of surveys that no chain joins to the first one.
    """

    first: date
    points: tuple[Point, ...]
    licensed: float | None
    unconnected: tuple[date, ...]

    def plain(self) -> dict[str, Any]:
        """For JSON and charts."""
        last = self.points[-1] if self.points else None
        told: dict[str, Any] = {
            "first_survey": self.first.isoformat(),
            "licensed_m3": self.licensed,
            "series": [
                {
                    "date": point.day.isoformat(),
                    "extracted_m3": round(point.cut, 1),
                    "low_m3": round(point.low, 1),
                    "high_m3": round(point.high, 1),
                    "fill_m3": round(point.fill, 1),
                    "surveys": [day.isoformat() for day in point.surveys],
                }
                for point in self.points
            ],
            "unconnected": [day.isoformat() for day in self.unconnected],
            "remaining_m3": None, "remaining_low_m3": None, "remaining_high_m3": None, "state": "no_licensed_volume",
        }  # fmt: skip
        if last is None or self.licensed is None:
            return told
        return told | {
            "remaining_m3": round(self.licensed - last.cut, 1),
            "remaining_low_m3": round(self.licensed - last.high, 1),
            "remaining_high_m3": round(self.licensed - last.low, 1),
            "state": _state(self.licensed, last),
        }


def _state(licensed: float, last: Point) -> str:
    """Beyond the licence for certain, possibly, or not."""
    return "exceeded" if last.low > licensed else "perhaps_exceeded" if last.high > licensed else "within"


def balance(intervals: Iterable[Interval], licensed: float | None) -> Balance | None:
    """Each survey's total since the first, by the chain of intervals with the least error; None without any survey.

    Errors of a chain are added as independent. They are not: the survey in the middle enters twice with opposite
    signs, so the sum is rather too large than too small.
    """
    known: dict[tuple[date, date], Interval] = {(one.before, one.after): one for one in intervals}  # the last one told
    if not known:
        return None
    days = sorted({day for pair in known for day in pair})
    best: dict[date, Point] = {days[0]: Point(days[0], 0.0, 0.0, 0.0, (days[0],))}
    for day in days[1:]:
        for (before, after), one in known.items():
            if after != day or before not in best:
                continue
            start = best[before]
            sigma = math.hypot(start.sigma, one.sigma)
            if day not in best or sigma < best[day].sigma:
                best[day] = Point(day, start.cut + one.cut, start.fill + one.fill, sigma, (*start.surveys, day))
    points: Sequence[Point] = [best[day] for day in days if day in best]
    return Balance(days[0], tuple(points), licensed, tuple(day for day in days if day not in best))
