"""The library of scenes: products added, found, decoded once, removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError, UsageError
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


def search(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What a catalogue has of the area; nothing is fetched."""
    from ...processing.surveillance.scenes.catalogues import Query

    with _catalogue(parameters) as catalogue:
        query = Query(
            _area_or_librarys(parameters),
            parameters["from"],
            parameters["to"],
            parameters["max_cloud"],
            tuple(parameters["collections"] or ()),
            most=parameters["most"],
        )
        items = catalogue.search(query, report)
    report.progress(1.0)
    told = [
        {
            "item": item.id,
            "collection": item.collection,
            "acquired_on": str(item.taken),
            "cloud_pct": item.cloud,
            "platform": item.platform,
            "href": item.href,
            "bounds": [round(value, 6) for value in item.footprint.bounds],
        }
        for item in items
    ]
    return {"items": told, "count": len(told)}


def fetch(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Fetch items of a catalogue by their ids and add them to the library."""
    from ...processing.surveillance.scenes import bringing, cataloguing
    from ...processing.surveillance.scenes.catalogues import Query

    data = Path(parameters["data"])
    wanted = _wanted(parameters)
    with _catalogue(parameters) as catalogue:
        query = Query(collections=tuple(parameters["collections"] or ()), ids=tuple(parameters["item"]))
        items = catalogue.search(query, Stage(report, 0.0, 0.05))
        missing = sorted(set(parameters["item"]) - {item.id for item in items})
        if missing:
            raise InputError("scene.item_missing", items=missing, catalogue=parameters["catalogue"])
        products = [
            bringing.bring(
                catalogue,
                item,
                bringing.products_folder(data),
                wanted,
                Stage(report, 0.05 + 0.75 * number / len(items), 0.05 + 0.75 * (number + 1) / len(items)),
            )
            for number, item in enumerate(items)
        ]
    made = cataloguing.add(
        data,
        products,
        Stage(report, 0.8, 0.99),
        area=area_given(parameters),
        resolution=parameters["resolution"],
        bands=wanted.bands,
        day=items[0].taken if len(items) == 1 else None,
    )
    return {"products": [str(path) for path in products], **_added(data, made, report)}


def newest(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Bring the newest scene that is clear over the area: search, fetch, add, decode."""
    from ...processing.surveillance.scenes.catalogues import Query
    from ...processing.surveillance.scenes.newest import newest as bring_newest
    from ...store import scene_library

    data = Path(parameters["data"])
    area = _area_or_librarys(parameters)
    if area is None:
        raise UsageError("engine.parameter_missing", parameter="area")
    query = Query(
        area,
        parameters["from"],
        parameters["to"],
        parameters["max_tile_cloud"],
        tuple(parameters["collections"] or ()),
        most=max(100, parameters["tries"]),
    )
    with _catalogue(parameters) as catalogue:
        found = bring_newest(
            data, catalogue, query, area, parameters["max_cloud"], report, _wanted(parameters), parameters["tries"]
        )
    report.progress(1.0)
    return {
        "scene": found.code,
        "cached": found.copy,
        "tried": found.tried,
        "library": f"{scene_library.library_path(data)}|layername={scene_library.LAYER}",
        "grid": _grid(data),
    }


def _catalogue(parameters: Mapping[str, Any]) -> Any:
    from ...processing.surveillance.scenes.catalogues import Catalogue

    return Catalogue(
        parameters["catalogue"],
        asset_hosts=parameters["asset_hosts"] or (),
        proxy=parameters["proxy"] or "",
        authority=parameters["authority"] or "",
    )


def _wanted(parameters: Mapping[str, Any]) -> Any:
    from ...processing.surveillance.scenes.bringing import Wanted

    return Wanted(tuple(parameters["bands"] or ()), parameters["resolution"] or 10)


def _area_or_librarys(parameters: Mapping[str, Any]) -> BaseGeometry | None:
    """The area given, else that of the data set's library."""
    from ...processing.surveillance.scenes.library import area_of

    area = area_given(parameters)
    return area_of(parameters["data"]) if area is None and parameters["data"] else area


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
