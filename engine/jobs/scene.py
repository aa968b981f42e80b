"""The library of scenes: products added, found, decoded once, removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError
from ...layers.report import Report, Stage

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_GB = 1024**3


def add(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Bring products into the library. Fails only where nothing at all could be read."""
    from ...processing.surveillance.scenes import cataloguing

    data = Path(parameters["data"])
    products = cataloguing.products_in(parameters["product"])
    if not products:
        raise InputError("scene.nothing_found", paths=parameters["product"])
    made = cataloguing.add(
        data,
        products,
        Stage(report, 0.0, 0.99),
        area=area_given(parameters),
        resolution=parameters["resolution"],
        bands=tuple(parameters["bands"] or ()),
        day=parameters["date"],
    )
    return _added(data, made, report)


def _added(data: Path, made: Any, report: Report) -> dict[str, Any]:
    from ...store import scene_library

    if made.refused and not (made.added or made.replaced or made.unchanged or made.older):
        raise made.refused[0][1]
    report.progress(1.0)
    return {
        "added": made.added,
        "replaced": made.replaced,
        "unchanged": made.unchanged,
        "older": made.older,
        "refused": [{"path": path, "code": error.code} for path, error in made.refused],
        "library": f"{scene_library.library_path(data)}|layername={scene_library.LAYER}",
        "grid": _grid(data),
    }


def list_(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """All scenes, and which products are no longer what or where they were."""
    from ...processing.surveillance.scenes.library import scenes_of

    return _listed(Path(parameters["data"]), scenes_of(parameters["data"]), report)


def find(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Scenes by area, days, season, cloud."""
    from ...processing.surveillance.scenes.library import scenes_of

    found = scenes_of(
        parameters["data"],
        area_given(parameters),
        parameters["from"],
        parameters["to"],
        parameters["max_cloud"],
        season=parameters["season"],
        kind=parameters["kind"],
    )
    return _listed(Path(parameters["data"]), found, report)


def remove(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Take scenes out of the library, with their thumbnails and decoded copies; products stay."""
    from ...store import scene_library

    data = Path(parameters["data"])
    rows = [scene_library.row(data, code) for code in parameters["scene"]]
    scene_library.remove(data, parameters["scene"])
    for row in rows:
        for name in ("thumbnail", "cached"):
            if row[name]:
                scene_library.placed(data, row[name]).unlink(missing_ok=True)
    return {"removed": parameters["scene"]}


def cache(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Decode the area of interest of scenes, then prune what was not used for long."""
    from ...processing.surveillance.scenes import cache as copies
    from ...processing.surveillance.scenes.cataloguing import decode
    from ...processing.surveillance.scenes.library import regrid
    from ...store import scene_library

    data = Path(parameters["data"])
    if parameters["grid"] or parameters["pixel"]:
        regrid(data, parameters["grid"], parameters["pixel"])
    made: dict[str, str] = {}
    if not parameters["prune"]:
        made = decode(data, parameters["scene"] or None, area_given(parameters), Stage(report, 0.0, 0.99))
    gone, left = copies.prune(scene_library.cache_folder(data), int(parameters["most_gb"] * _GB))
    report.progress(1.0)
    return {"cached": made, "pruned": gone, "bytes": left, "grid": _grid(data)}


def area_given(parameters: Mapping[str, Any]) -> BaseGeometry | None:
    """The area a job was given, in WGS 84: polygons of a layer, or a box; None where it was given none.

    Raises :class:`InputError`.
    """
    from ...processing.surveillance.scenes.areas import area_of_layer, box_of

    if parameters["bbox"]:
        return box_of(parameters["bbox"])
    return area_of_layer(parameters["area"]) if parameters["area"] else None


def _listed(data: Path, rows: Sequence[Mapping[str, Any]], report: Report) -> dict[str, Any]:
    from ...processing.surveillance.scenes.library import state_of

    told = []
    for row in rows:
        values = {name: value for name, value in row.items() if name not in ("geometry", "stamp") and value is not None}
        values["acquired_on"] = str(row["acquired_on"])
        told.append(values | {"state": state_of(data, row), "bounds": [round(v, 6) for v in row["geometry"].bounds]})
    for state in ("gone", "changed"):
        codes = [row["code"] for row in told if row["state"] == state]
        if codes:
            report.message(f"scene.{state}", "warning", count=len(codes), scenes=codes[:20])
    return {"scenes": told, "count": len(told), "grid": _grid(data)}


def _grid(data: Path) -> dict[str, Any] | None:
    """The library's grid over its area; None before it has any scene."""
    from ...processing.surveillance.scenes.library import library_grid

    try:
        grid = library_grid(data)
    except InputError:
        return None
    return {"crs": grid.code, "transform": list(grid.transform)[:6], "width": grid.width, "height": grid.height}
