"""The allowed envelope of a lot, and the shadow of a building, written as runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from ...layers.errors import InputError, UsageError
from ...layers.report import Report
from ...processing.zoning.columns import numbers
from ...processing.zoning.land import inputs
from ...processing.zoning.land.lots import States
from ...processing.zoning.land.site import Site, site
from ...processing.zoning.rulebook import packs
from ...processing.zoning.verdicts.drawn import as_drawn
from ...processing.zoning.volume import envelope_rows, shadow_rows, shadow_site
from ...processing.zoning.volume import sun as sky
from ...processing.zoning.volume.breach import Breach, breaches
from ...processing.zoning.volume.envelope import Envelope, gap_sources
from ...processing.zoning.volume.envelope import envelope as of_lot
from ...processing.zoning.volume.shadow import high_enough
from ...store import dataset, runs


def _state(data: Path) -> dict[str, Any]:
    """The file as it was."""
    found = data.stat()
    modified = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds")
    return {"data": data.name, "bytes": found.st_size, "modified": modified}


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def envelope(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The envelope of a parcel, or of the parcels of a building, and what of the buildings lies outside it."""
    data = Path(parameters["data"])
    report.progress(0.0, "zoning.step_read")
    meta = dataset.meta(data)
    on = inputs.judged_on(data, parameters["date"])
    rules = packs.select(packs.load(dataset.beside(data) / "rules")[0], parameters["rules"])
    drawn = as_drawn(data, parameters["drawn"]) if parameters["drawn"] is not None else None
    uid = parameters["uid"] or (drawn.uid if drawn is not None else None)
    if uid is None:
        raise UsageError("engine.parameter_missing", parameter="uid")
    place = site(data, uid, States(parameters["area_state"], parameters["plan_state"]), drawn)
    if not place.lots:
        raise InputError("zoning.building_off_lots", uid=uid)
    report.progress(0.4, "zoning.step_envelope")
    found = [of_lot(place.scene, lot, rules, on, use=parameters["use"], joined=place.joined) for lot in place.lots]
    outside = breaches(place.scene, place.buildings, rules, on)
    report.progress(0.8, "zoning.step_write")
    crs = place.scene.layers["parcel"].crs
    simulated = bool(meta.get("simulated"))
    origin = _state(data) | {"judged_on": on.isoformat(), "rules": {rule.id: rule.version for rule in rules}}
    with runs.new_run(data, "zoning.envelope", _given(parameters), origin, simulated=simulated, judged_on=on) as run:
        run.write("envelope_tier", envelope_rows.tiers(found, _tallest(place), crs))
        run.write("envelope_breach", envelope_rows.outside(outside.parts, crs))
        run.finish({"tiers": sum(len(one.bands) for one in found), "outside": len(outside.parts)})
    _tell(found, outside.missing, report)
    for source in (gaps := gap_sources(rules)):
        report.message("zoning.envelope.remark.building_gap", source=source)
    if simulated:
        report.message("zoning.simulated")
    return {
        "run": str(run.path),
        "tiers": f"{run.path}|layername=envelope_tier",
        "outside": f"{run.path}|layername=envelope_breach",
        "envelope": {
            "lots": [envelope_rows.summary(one) for one in found],
            "outside": [_plain(part) for part in outside.parts],
            "not_drawn": {"building_gap": gaps},
            "missing_of_buildings": [{"building": name, "missing": code} for name, code in outside.missing],
        },
        "judged_on": on.isoformat(),
        "simulated": simulated,
    }


def _tallest(place: Site) -> dict[str, float]:
    """The height of the tallest building asked about, by lot."""
    if not place.buildings:
        return {}
    heights = numbers(place.scene.buildings, "height_m")[list(place.buildings)]
    known = heights[np.isfinite(heights)]
    uids = place.scene.layers["parcel"]["uid"].iloc[list(place.lots)]
    return {str(uid): float(known.max()) for uid in uids} if len(known) else {}


def _tell(found: list[Envelope], missing: tuple[tuple[str, str], ...], report: Report) -> None:
    lacking = [(one.code, code) for one in found for code in one.missing]
    said = ""
    for name, code in dict.fromkeys([*lacking, *missing]):
        if name != said:  # one heading for all that this feature lacks
            report.message("zoning.envelope.missing", level="warning", lot=name)
        report.message(f"zoning.missing.{code}", level="warning")
        said = name


def _plain(part: Breach) -> dict[str, Any]:
    return {
        "uid": part.uid,
        "code": part.code,
        "kind": part.kind,
        "from_m": round(part.low, 3),
        "to_m": round(part.high, 3),
        "area_m2": round(float(shapely.area(part.part)), 3),
        "rule": part.rule.id if part.rule else None,
        "source": part.source or None,
        "status": part.status or None,
    }


def shadow(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The shadow of planned buildings through a day, and the sun that their neighbours lose."""
    data = Path(parameters["data"])
    day, first, last = parameters["date"], parameters["first_hour"], parameters["last_hour"]
    if last <= first:
        raise InputError("zoning.shadow_hours", first=first, last=last)
    report.progress(0.0, "zoning.step_read")
    if parameters["drawn"] is not None:
        planned = shadow_site.from_drawn(data, as_drawn(data, parameters["drawn"]), parameters["height_m"])
    elif parameters["footprint"]:
        planned = shadow_site.footprint(data, parameters["footprint"], parameters["height_m"])
    elif parameters["uids"]:
        planned = shadow_site.from_data(data, parameters["uids"], parameters["height_m"])
    else:
        raise InputError("zoning.shadow_of_what")
    centre = _centre(planned)
    step_h = parameters["step_min"] / 60.0
    drawn = sky.on_map(sky.hours(day, first, last, 60.0), *centre, planned.crs)
    counted = sky.on_map(sky.hours(day, first, last, parameters["step_min"], middle=True), *centre, planned.crs)
    low = int((~high_enough(counted)).sum())
    if low == len(counted.moments):
        raise InputError("zoning.no_daylight", date=day, first=first, last=last)
    shade = shadow_site.thrown(planned, drawn)
    lost = shadow_site.effects(
        data, planned, counted, step_h, lambda share: report.progress(0.1 + 0.7 * share, "zoning.step_shadow")
    )
    report.progress(0.8, "zoning.step_write")
    simulated = bool(dataset.meta(data).get("simulated"))
    with runs.new_run(
        data,
        "zoning.shadow",
        _given(parameters),
        _state(data) | {"sun": sky.SOURCE},
        simulated=simulated,
        judged_on=day,
    ) as run:
        run.write("shadow", shadow_rows.shades(shade))
        run.write("shadow_effect", shadow_rows.effects(lost, day))
        run.finish({"shadows": len(shade), "neighbours": len(lost)})
    _tell_shadow(planned, low, parameters["step_min"], simulated, report)
    return {
        "run": str(run.path),
        "shadows": f"{run.path}|layername=shadow",
        "effects": f"{run.path}|layername=shadow_effect",
        "sun": shadow_rows.sun_table(drawn),
        "lost": shadow_rows.lost_table(lost),
        "left_out_h": round(low * step_h, 4),
        "counted_h": round((len(counted.moments) - low) * step_h, 4),
        "without_height": list(planned.missing),
        "simulated": simulated,
    }


def _centre(planned: shadow_site.Planned) -> tuple[float, float]:
    """The middle of what is planned, where the sun is computed."""
    west, south, east, north = gpd.GeoSeries(planned.prisms.footprints).total_bounds
    return float(west + east) / 2, float(south + north) / 2


def _tell_shadow(planned: shadow_site.Planned, low: int, step_min: int, simulated: bool, report: Report) -> None:
    report.message("zoning.shadow.prisms")
    if low:
        report.message("zoning.shadow.left_out", hours=round(low * step_min / 60.0, 2))
    if planned.missing:
        report.message("zoning.shadow.without_height", level="warning", buildings=list(planned.missing))
    if simulated:
        report.message("zoning.simulated")


def sun(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Where the sun stands over a point of a map; azimuth from the map's north."""
    hour = parameters["hour"]
    moment = sky.hours(parameters["date"], hour, hour, 60.0)
    seen = sky.on_map(moment, parameters["x"], parameters["y"], parameters["crs"])
    return {"azimuth_deg": round(float(seen.azimuth[0]), 4), "elevation_deg": round(float(seen.elevation[0]), 4)}


def edges_of_lot(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The edges of a lot by kind, from corner to corner, with the corrections that are saved."""
    data = Path(parameters["data"])
    place = site(data, parameters["uid"], States())
    parcels, streets = place.scene.layers["parcel"], place.scene.known_streets.table
    at = np.flatnonzero(parcels["uid"] == parameters["uid"])
    if not len(at):
        raise InputError("zoning.uid_unknown", uid=parameters["uid"])
    centrelines = place.scene.layers.get("street_centreline")
    named = set() if centrelines is None else set(centrelines["uid"])  # what a correction may refer to
    found = place.scene.edges.from_corner_to_corner()
    uids = [str(uid) if uid in named else None for uid in streets["uid"]]
    edges = [
        {
            "kind": edge.kind,
            "street": None if edge.street < 0 else uids[edge.street],
            "label": None if edge.street < 0 else str(streets["label"].iloc[edge.street]),
            "corrected": bool(edge.corrected),
            "length_m": round(float(edge.line.length), 3),
            "wkt": edge.line.wkt,
        }
        for edge in found[found["lot"] == at[0]].itertuples()
    ]
    return {"edges": edges, "crs": dataset.crs_of(data, "parcel")}
