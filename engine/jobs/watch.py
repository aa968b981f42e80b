"""The watch: everything that is new in the library, once, or again and again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...layers.errors import UsageError
from ...layers.report import Report
from .scene import area_given
from .series import rules_given

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ...processing.surveillance.night import Done, Night
    from ...store.watches import Watch

# The series of a watch that has no name.
_NAME = "giám sát"
# 0.1 ha: the smallest step of Decree 36/2020/NĐ-CP art. 37
_LEAST_AREA = 1000.0


def run(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Do what is to be done now; with ``every`` (minutes) begin again until ended."""
    if parameters["once"] and parameters["every"]:
        raise UsageError("watch.once_or_every")
    from ...processing.surveillance.night import night

    asked = _asked(parameters)
    while True:
        done = night(asked, report)
        report.progress(1.0)
        told = _told(asked, done)
        if not parameters["every"]:
            return told
        report.message(
            "watch.done", days=len(done.days), raised=len(done.raised), grew=len(done.grew), every=parameters["every"]
        )
        time.sleep(parameters["every"] * 60.0)


def _asked(parameters: Mapping[str, Any]) -> Night:
    from ...processing.surveillance.night import Night
    from ...processing.surveillance.series.follow import Asked
    from ...store import watches

    data = Path(parameters["data"])
    chosen = tuple(watches.find(data, name) for name in parameters["watch"] or ())
    area = area_given(parameters)
    series = Asked(
        parameters["name"] or (chosen[0].name if chosen else _NAME),
        parameters["index"],
        parameters["harmonics"],
        rules_given(parameters),
        parameters["begins"],
        _area_of(chosen) if area is None else area,
    )
    least = parameters["min_area"]
    if least is None:
        least = min((one.min_area_m2 for one in chosen), default=_LEAST_AREA)
    return Night(
        data,
        Path(parameters["library"] or data),
        series,
        least,
        parameters["tolerance"],
        chosen,
        not parameters["series_only"],
    )


def _area_of(chosen: Sequence[Watch]) -> BaseGeometry | None:
    """All that the watches look at, in WGS 84; None where one of them looks everywhere."""
    import shapely

    from ...layers.crs import WGS84
    from ...store.coordinates import transform_geometries

    if not chosen or any(not one.area for one in chosen):
        return None
    shapes = [transform_geometries([shapely.from_wkt(one.area)], one.crs, WGS84)[0] for one in chosen]
    return shapely.union_all(shapes)


def _told(asked: Night, done: Done) -> dict[str, Any]:
    news = [*done.raised, *done.grew, *done.reopened]
    receivers = sorted({name for one in asked.watches for name in one.receivers})
    return {
        "series": asked.asked.name,
        "days": done.days,
        "runs": done.runs,
        "raised": done.raised,
        "grew": done.grew,
        "reopened": done.reopened,
        "skipped": [{"date": day, "code": code} for day, code in done.skipped],
        "receivers": dict.fromkeys(receivers, news),
        "waiting": done.waiting,
    }
