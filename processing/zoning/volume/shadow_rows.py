"""Shadows and lost sun as rows of the run layers ``shadow`` and ``shadow_effect``, and as JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from ....layers.messages import LANGUAGES, number, sentence
from ..land.soundness import as_multipolygons
from ..verdicts.findings import new_uids
from .shadow import high_enough
from .sun import Sun

_HOURS = ("before_h", "after_h", "lost_h", "touched_h")


def part_of_day(hour: float) -> str:
    """``morning`` before 11 o'clock, ``noon`` to 13 o'clock, ``afternoon``."""
    return "morning" if hour < 11 else "noon" if hour <= 13 else "afternoon"


def shades(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows of ``shadow``: one per moment."""
    moments = list(frame["moment"])
    return gpd.GeoDataFrame(
        {
            "uid": new_uids(len(frame)),
            "code": [f"{moment:%H:%M}" for moment in moments],
            "cast_on": [moment.date() for moment in moments],
            "day_part": [part_of_day(moment.hour + moment.minute / 60.0) for moment in moments],
            "azimuth_deg": np.round(frame["azimuth"].to_numpy(dtype=float), 3),
            "elevation_deg": np.round(frame["elevation"].to_numpy(dtype=float), 3),
            "area_m2": shapely.area(frame.geometry.to_numpy()),
        },
        geometry=as_multipolygons(frame.geometry.to_numpy()),
        crs=frame.crs,
    )


def effects(frame: gpd.GeoDataFrame, day: date) -> gpd.GeoDataFrame:
    """Rows of ``shadow_effect``: one per neighbour that loses sun, with a sentence in both languages."""
    made = gpd.GeoDataFrame(
        {
            "uid": new_uids(len(frame)),
            "feature_uid": frame["uid"].to_numpy(dtype=object),
            "feature_code": frame["code"].to_numpy(dtype=object),
            "kind": frame["kind"].to_numpy(dtype=object),
            **{name: np.round(frame[name].to_numpy(dtype=float), 3) for name in _HOURS},
            "most_m2": frame["most_m2"].to_numpy(dtype=float),
            "cast_on": day,
        },
        geometry=as_multipolygons(frame.geometry.to_numpy()),
        crs=frame.crs,
    )
    for language in LANGUAGES:
        made[f"message_{language}"] = [_told(row, day, language) for row in made.to_dict("records")]
    return made


def _told(row: dict[str, Any], day: date, language: str) -> str:
    said = {
        name: number(round(float(row[f"{name}_h"]), 2), language) for name in ("before", "after", "lost", "touched")
    }
    code = f"zoning.shadow.effect.{row['kind']}"
    return sentence(code, language, feature=str(row["feature_code"] or row["feature_uid"]), date=day, **said)


def sun_table(sun: Sun) -> list[dict[str, Any]]:
    """Where the sun stands at each moment drawn; ``shadow_of_1_m`` is null where it stands too low."""
    high = high_enough(sun)
    return [
        {
            "time": moment.isoformat(timespec="minutes"),
            "azimuth_map_deg": round(float(sun.azimuth[i]), 3),
            "elevation_deg": round(float(sun.elevation[i]), 3),
            "shadow_of_1_m": round(float(1.0 / np.tan(np.radians(sun.elevation[i]))), 3) if high[i] else None,
        }
        for i, moment in enumerate(sun.moments)
    ]


def lost_table(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Who loses how much, most first."""
    rows = frame[["kind", "uid", "code", *_HOURS]].to_dict("records")
    return [{**row, **{name: round(float(row[name]), 3) for name in _HOURS}} for row in rows]
