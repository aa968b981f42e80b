"""A mining licence brought in: read, its corners judged, placed in its zone, written as one row or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import shapely

from ...layers import crs
from ...layers.errors import InputError, UsageError
from ...layers.report import Report
from ...store import concession_drawing, corner_rings, corner_table, dataset
from ...store.corner_table import CornerTable

_LAYER = "concession"
# Parameters that are columns under the same or another name.
_COLUMNS = {
    "code": "code", "name": "name", "holder": "holder", "mineral": "mineral", "licence_no": "licence_no",
    "authority": "authority", "decision_date": "decision_date", "valid_from": "valid_from", "valid_to": "valid_to",
    "area_ha": "area_licensed_ha", "licensed_level": "licensed_level_m", "height_datum": "height_datum",
    "licensed_volume": "licensed_volume_m3", "replaces": "replaces", "tolerance": "tolerance_m",
}  # fmt: skip


def import_(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Bring one licence in. With ``check_only`` nothing is written."""
    data = Path(parameters["data"])
    given = [name for name in ("source", "table") if parameters[name]]
    if len(given) != 1:
        raise UsageError("concession.one_source", given=given or ["–"])
    target = dataset.crs_of(data, _LAYER)
    _check_codes(data, parameters)
    report.progress(0.1)
    table: CornerTable | None = None
    if parameters["source"] and concession_drawing.is_drawing(parameters["source"]):
        polygon, system = concession_drawing.boundary(parameters["source"], parameters["cad_layer"] or "")
    else:
        source = parameters["source"]
        table = corner_table.read_file(source) if source else corner_table.from_text(parameters["table"])
        polygon, system = corner_rings.polygon_of(corner_rings.ordered_axes(table.rings, report), report), ""
    if system == crs.WGS84:
        shape = corner_rings.in_system(polygon, system, target)
        corner_rings.refuse_outside(shape, target, _province(data))
        placed_in, area = target, shape.area / 1e4
    else:
        placed = corner_rings.placed(polygon, _stated_zone(parameters, table), _province(data), report)
        placed_in, area = placed.crs, placed.area_ha
        shape = corner_rings.in_system(polygon, placed.crs, target)
    found = _found(table)
    values = {column: parameters[name] for name, column in _COLUMNS.items() if parameters[name] not in (None, "")}
    values = {column: value for column, value in found.items() if value} | values
    _check_area(area, values.get("area_licensed_ha"), table, parameters, report)
    if values.get("licensed_level_m") is not None and not values.get("height_datum"):
        report.message("concession.datum_missing", "warning")
    row = values | {"uid": str(uuid4()), "source": _source(parameters)}
    frame = gpd.GeoDataFrame({name: [value] for name, value in row.items()}, geometry=[shape], crs=target)
    written = 0 if parameters["check_only"] else dataset.append(data, _LAYER, frame)
    report.progress(1.0)
    return {
        "uid": row["uid"],
        "area_ha": round(area, 4),
        "crs": placed_in,
        "corners": len(shapely.get_coordinates(shape)) - sum(1 + len(part.interiors) for part in shape.geoms),
        "found": {name: str(value) if value is not None else None for name, value in found.items()},
        "written": written,
    }


def _check_codes(data: Path, parameters: Mapping[str, Any]) -> None:
    known = dataset.read(data, _LAYER, ["code"])["code"].tolist()
    if parameters["code"] in known:
        raise InputError("concession.code_taken", concession=parameters["code"])
    if parameters["replaces"] and parameters["replaces"] not in known:
        raise InputError("concession.replaces_unknown", concession=parameters["replaces"])
    if parameters["replaces"] and parameters["valid_from"] is None:
        raise UsageError("concession.replaces_from_when")


def _province(data: Path) -> str:
    return str(dataset.meta(data).get("province") or "")


def _stated_zone(parameters: Mapping[str, Any], table: CornerTable | None) -> str:
    """The zone that the user and the table name; they must not contradict. Empty: nobody says it."""
    asked = parameters["meridian"]
    degrees = None if asked is None else int(asked[:3]) + int(asked[4:]) / 60.0
    in_table = table.meridian if table else None
    if degrees is not None and in_table is not None and abs(degrees - in_table) > 1e-6:
        raise InputError(
            "concession.meridians_contradict",
            given=corner_rings.meridian_text(degrees),
            found=corner_rings.meridian_text(in_table),
        )
    stated = degrees if degrees is not None else in_table
    return "" if stated is None else corner_rings.zone_of(stated)


def _found(table: CornerTable | None) -> dict[str, Any]:
    """What the words around the table say, as columns."""
    if table is None:
        return {}
    return {
        "licence_no": table.licence_no or None,
        "decision_date": table.signed_on,
        "area_licensed_ha": table.area_ha,
    }


def _check_area(
    area: float, stated: float | None, table: CornerTable | None, parameters: Mapping[str, Any], report: Report
) -> None:
    if stated is None:
        report.message("concession.area_not_stated", "warning", area=round(area, 2))
        return
    told_in_table = parameters["area_ha"] is None and table is not None
    decimals = table.area_decimals if told_in_table and table else corner_rings.decimals_of(stated)
    if corner_rings.check_area(area, stated, decimals):
        return
    told = {"area": round(area, 4), "stated": stated, "difference": round(area - stated, 4)}
    if not parameters["accept_area"]:
        raise InputError("concession.area_differs", **told)
    report.message("concession.area_differs", "warning", **told)


def _source(parameters: Mapping[str, Any]) -> str:
    if parameters["source"]:
        return Path(parameters["source"]).name[:250]
    return "Bảng tọa độ dán vào"
