"""Whether a case can be repeated: what was kept of its runs against what is there now, and shape against shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .... import __version__
from ....store import coordinates, dataset
from ..scenes.checksum import product_checksum
from .provenance import licence_record, located
from .taking import keys

# What must come out the same besides the shape.
_COMPARED = ("change_class", "relation", "licence_state")


@dataclass(frozen=True)
class Repeated:
    """One sighting against the repeated run: ``how`` is ``exact`` (the same to the centimetre), ``within`` the
    tolerance, ``differs`` or ``absent``; ``distance_m`` between the outlines, ``area_m2`` of what is not common;
    ``changed`` tells columns that came out otherwise: (was, is).
    """

    code: str
    how: str
    distance_m: float | None
    area_m2: float | None
    changed: Mapping[str, tuple[Any, Any]]


def changed_since(run: Mapping[str, Any], data: Path) -> list[dict[str, Any]]:
    """What is no longer as it was when ``run`` (a row of ``case_run``, JSON read) was kept: scenes, licences, version.

    Each is ``{"what": …}`` with its arguments: ``scene_gone``, ``scene_changed``, ``licence_changed`` (codes),
    ``version``.
    """
    found: list[dict[str, Any]] = []
    for record in run["scenes"] or ():
        path = located(record, data)
        if path is None:
            found.append({"what": "scene_gone", "name": record.get("name")})
        elif product_checksum(path) != record.get("sha256"):
            found.append({"what": "scene_changed", "name": record.get("name")})
    was = {row["uid"]: row for row in (run["licences"] or {}).get("rows", ())}
    now = {row["uid"]: row for row in licence_record(data, run["parameters"].get("concessions")).get("rows", ())}
    other = [uid for uid in {**was, **now} if was.get(uid) != now.get(uid)]
    if other:
        codes = sorted(str((was.get(uid) or now[uid])["code"]) for uid in other)
        found.append({"what": "licence_changed", "codes": codes})
    if run["engine"] != __version__:
        found.append({"what": "version", "was": run["engine"], "now": __version__})
    return found


def licences_as_kept(run: Mapping[str, Any], path: Path) -> bool:
    """Write the licences of ``run`` as they were to a GeoPackage ``path``; says whether there were any."""
    kept = run["licences"] or {}
    rows = [row for row in kept.get("rows", ()) if row.get("wkt")]
    if not rows:
        return False
    dataset.create(path, ["concession"], kept["crs"])
    frame = pd.DataFrame([{name: value for name, value in row.items() if name != "wkt"} for row in rows])
    for name in frame.columns:
        if str(name).startswith(("valid_", "ended_", "extended_")):
            frame[name] = pd.to_datetime(frame[name])
    shapes = shapely.from_wkt([row["wkt"] for row in rows])
    dataset.append(path, "concession", gpd.GeoDataFrame(frame, geometry=shapes, crs=kept["crs"]))
    return True


def compared(sightings: gpd.GeoDataFrame, alerts: gpd.GeoDataFrame, tolerance_m: float) -> list[Repeated]:
    """Each of ``sightings`` against the ``alerts`` of the repeated run (any system), by code."""
    crs = coordinates.code_of(sightings.crs)
    again = coordinates.to(alerts, crs).reset_index(drop=True)
    same = dict(zip(keys(alerts), range(len(alerts)), strict=True))
    shapes = again.geometry.to_numpy()
    made = []
    for row in sightings.sort_values("code").to_dict("records"):
        place = same.get(row["key"])
        if place is not None:
            made.append(Repeated(str(row["code"]), "exact", 0.0, 0.0, _changed(row, again.iloc[place])))
        else:
            made.append(_nearest(row, shapes, again, tolerance_m))
    return made


def _nearest(row: Mapping[Any, Any], shapes: Any, again: gpd.GeoDataFrame, tolerance_m: float) -> Repeated:
    common = shapely.area(shapely.intersection(shapes, row["geometry"])) if len(shapes) else np.zeros(0)
    if not len(common) or common.max() == 0:
        return Repeated(str(row["code"]), "absent", None, None, {})
    place = int(common.argmax())
    apart = float(shapely.hausdorff_distance(shapes[place], row["geometry"]))
    area = float(shapely.area(shapely.symmetric_difference(shapes[place], row["geometry"])))
    how = "within" if apart <= tolerance_m else "differs"
    return Repeated(str(row["code"]), how, round(apart, 3), round(area, 1), _changed(row, again.iloc[place]))


def _changed(was: Mapping[Any, Any], now: pd.Series) -> dict[str, tuple[Any, Any]]:
    found = {}
    for name in _COMPARED:
        before, after = (value if isinstance(value, str) else None for value in (was.get(name), now.get(name)))
        if before != after:
            found[name] = (before, after)
    return found


def is_same(repeated: Sequence[Repeated]) -> bool:
    """Whether every shape came out again, with the same kind and relation."""
    return bool(repeated) and all(one.how in ("exact", "within") and not one.changed for one in repeated)
