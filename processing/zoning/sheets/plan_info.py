"""Public planning information (*thông tin quy hoạch*): what is allowed at a place and why, for anyone to read.

Limits are asked of :func:`allowed`, so that this sheet, the check and ``rules limit`` cannot disagree. Nothing personal
is read: not the owner, not the address, not what the building is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ....layers.errors import InputError
from ....store import coordinates, dataset, nearby
from ..columns import absent
from ..land.site import site
from ..land.soundness import polygons
from ..land.streets import frontages
from ..rulebook.allowed import allowed
from ..rulebook.limits import Table
from ..rulebook.rules import Rule
from ..verdicts.explain import Judging
from .lot_case import LotCase, Source, plain

USES = ("detached", "apartment", "mixed", "public", "factory")
QUOTAS = ("net_density", "far", "height")
ZONE = (
    "code", "name", "land_use", "zone_use", "max_density_pct", "max_far", "max_height_m", "area_state", "plan_state",
    "plan_name", "decision_no", "approved_on",
)  # fmt: skip
# What a lot takes from its zone, as inputs of rules.
_OF_ZONE = {"zone_max_density": "max_density_pct", "zone_max_far": "max_far", "zone_max_height": "max_height_m"}
_LEAST_SHARE = 0.01  # of a lot: less of a zone is an inexact border


def information(data: Path, case: LotCase, judging: Judging) -> dict[str, Any]:
    """All that may be told of a lot, as JSON values. Raises :class:`InputError` for one that cannot be measured."""
    if absent(polygons([case.shape], "unsound")[0])[0]:
        raise InputError("zoning.plan_info.unsound", uid=case.record["uid"])
    here = site(data, case.record["uid"], judging.states)
    lot, scene = here.lots[0], here.scene
    area = float(shapely.area(case.shape))
    zones = _zones(data, case.crs, case.shape, judging)
    states = scene.lot_states.row(lot)
    given = {"plot_area": area, "area": plain(states["area"]), "plan_state": plain(states["plan_state"])}
    given |= {name: _tightest(zones, field) for name, field in _OF_ZONE.items()}
    known = scene.known_streets
    front = frontages(scene.lots[[lot]], known).street
    streets = [known.table.iloc[at] for at in dict.fromkeys(front.tolist())]
    return {
        "judged_on": judging.on.isoformat(),
        "crs": case.crs,
        "lot": {name: case.record[name] for name in ("code", "sheet_no", "parcel_no", "land_use", "ward_code")}
        | {"area_m2": round(area, 1)},
        "zones": zones,
        "quotas": [quota(judging, measure, given) for measure in QUOTAS],
        "streets": [_street(judging, row, given) for row in streets],
    }


def at_point(data: Path, x: float, y: float, crs: str, judging: Judging, source: Source) -> tuple[Any, dict[str, Any]]:
    """The lot at a point and what may be told of it; without a lot (None) only the zones there."""
    own = dataset.crs_of(data, "parcel")
    if not (np.isfinite(x) and np.isfinite(y)):
        raise InputError("crs.out_of_range", x=x, y=y, crs=crs)
    east, north = coordinates.transform([x], [y], crs, own)
    point = shapely.Point(float(east[0]), float(north[0]))
    lots = nearby.read_near(data, "parcel", ("code",), point.bounds)
    inside = lots[shapely.is_valid(lots.geometry.to_numpy()) & shapely.intersects(lots.geometry.to_numpy(), point)]
    if len(inside):
        case = source.place(str(inside.sort_values(["code", "uid"])["uid"].iloc[0]))
        return case, information(data, case, judging)
    zones = _zones(data, own, point, judging)
    if not zones:
        raise InputError("zoning.plan_info.nothing_here", x=round(x, 3), y=round(y, 3), crs=crs)
    told: dict[str, Any] = {"judged_on": judging.on.isoformat(), "crs": own, "lot": None, "zones": zones}
    return None, told | {"quotas": [], "streets": []}


def _zones(data: Path, crs: str, shape: Any, judging: Judging) -> list[dict[str, Any]]:
    """The planned zones of a lot or point with what each says, the largest share first."""
    if "planned_zone" not in dataset.layers_in(data):
        return []
    theirs = dataset.crs_of(data, "planned_zone")
    place = gpd.GeoSeries([shape], crs=crs)
    box = coordinates.to(gpd.GeoDataFrame(geometry=place), theirs).total_bounds
    frame = coordinates.to(nearby.read_near(data, "planned_zone", ZONE, tuple(box)), crs)
    ground = frame.geometry.to_numpy()
    sound = shapely.is_valid(ground)
    is_point = shapely.get_dimensions(shape) == 0
    share = np.zeros(len(frame))
    if is_point:
        share[sound] = shapely.intersects(ground[sound], shape)
    else:
        share[sound] = shapely.area(shapely.intersection(ground[sound], shape)) / shapely.area(shape)
    frame = frame.assign(share=share)[share >= _LEAST_SHARE]
    frame = frame.sort_values(["share", "code", "uid"], ascending=[False, True, True])
    return [_zone(row, judging, is_point=is_point) for row in frame.to_dict("records")]


def _zone(row: Mapping[Any, Any], judging: Judging, *, is_point: bool) -> dict[str, Any]:
    told = {name: plain(row[name]) for name in ZONE}
    told["approved_on"] = None if pd.isna(row["approved_on"]) else str(row["approved_on"])[:10]
    told["share_pct"] = None if is_point else round(100.0 * float(row["share"]), 1)
    matrix = judging.matrix
    holds = matrix is not None and matrix.valid.first <= judging.on <= matrix.valid.last
    permits = matrix.permits.get(told["land_use"]) if matrix is not None and holds else None
    told["permits"] = sorted(permits) if permits is not None else None
    told["permits_source"] = matrix.source.citation if matrix is not None and permits is not None else None
    told["permits_status"] = matrix.status if matrix is not None and permits is not None else None
    return told


def _tightest(zones: Sequence[Mapping[str, Any]], field: str) -> float | None:
    """The strictest number that the zones state; None where a zone states none: then what it allows is not known."""
    stated = [zone[field] for zone in zones]
    return min(stated) if stated and None not in stated else None


def heights(rules: Sequence[Rule], measure: str) -> list[float]:
    """The heights that the tables of a measure name, rising."""
    found: set[float] = set()
    for rule in rules:
        for entry in rule.entries if rule.measure == measure else ():
            if isinstance(entry.limit, Table) and "height" in entry.limit.by:
                found |= set(entry.limit.rows if entry.limit.by[0] == "height" else entry.limit.columns)
    return sorted(found)


def quota(judging: Judging, measure: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The limits of ``measure`` by use, and by height where the height decides."""
    cases = []
    for use in USES:
        plain_case = allowed(judging.rules, measure, {**given, "use": use}, judging.on)
        if plain_case["outcome"] == "limit" or "building.height_m" not in plain_case["missing"]:
            cases.append({"use": use, "height": None, **plain_case})
            continue
        for height in heights(judging.rules, measure):
            told = allowed(judging.rules, measure, {**given, "use": use, "height": height}, judging.on)
            cases.append({"use": use, "height": height, **told})
    return {"measure": measure, "cases": cases}


def _street(judging: Judging, row: pd.Series, given: Mapping[str, Any]) -> dict[str, Any]:
    """One street before the lot, and how far buildings of each class of height keep from its red line."""
    width = row["road_width"]
    asked = {
        **given,
        "road_width": None if absent(width) else float(width),
        "road_class": plain(row["road_class"]),
    }
    cases = [
        {"height": height, **allowed(judging.rules, "setback", {**asked, "height": height}, judging.on)}
        for height in heights(judging.rules, "setback")
    ]
    return {
        "name": plain(row["label"]), "width_m": asked["road_width"], "road_class": asked["road_class"], "setback": cases
    }  # fmt: skip
