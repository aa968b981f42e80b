"""The library of scenes: what is asked of it, and the pixels of one scene on the one grid of all.

Storage is ``store.scene_library``; products come in through :mod:`.cataloguing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
from rasterio.crs import CRS
from rasterio.errors import CRSError
from shapely.geometry.base import BaseGeometry

from ....layers.errors import InputError
from ....layers.report import SILENT, Report
from ....store import dataset, scene_library
from .cache import decoded
from .checksum import stamp
from .common_grid import area_grid, footprint
from .grid import Grid
from .image import Image
from .reading import open_scene
from .scene import Scene
from .stack import read_stack

Row = Mapping[str, Any]


def scenes_of(
    library: str | Path,
    area: BaseGeometry | None = None,
    first: date | None = None,
    last: date | None = None,
    max_cloud: float | None = None,
    *,
    season: str | None = None,
    kind: str | None = None,
) -> list[dict[str, Any]]:
    """Rows of the library of the data set ``library`` (``NAME.gpkg``), by date, then code.

    ``area`` (WGS 84) must meet the footprint; ``first`` and ``last`` are days that count; ``max_cloud`` (percent over
    the library's area) leaves out what is known to be cloudier; ``season`` is ``dry`` or ``rainy``, ``kind``
    ``optical`` or ``radar``. Each row has the fields of the layer ``scene`` (absent values None, ``acquired_on`` a
    date) and ``geometry``. Empty where there is no library.
    """
    frame = scene_library.scenes(library)
    rows = []
    for values in frame.to_dict("records"):
        row: dict[str, Any] = {str(name): None if _absent(value) else value for name, value in values.items()}
        row["acquired_on"] = pd.Timestamp(row["acquired_on"]).date()
        if first is not None and row["acquired_on"] < first:
            continue
        if last is not None and row["acquired_on"] > last:
            continue
        if max_cloud is not None and row["cloud_pct"] is not None and row["cloud_pct"] > max_cloud:
            continue
        if (season and row["season"] != season) or (kind and row["kind"] != kind):
            continue
        if area is not None and not area.intersects(row["geometry"]):
            continue
        rows.append(row)
    return rows


def _absent(value: Any) -> bool:
    return bool(value is None or (not isinstance(value, BaseGeometry) and pd.isna(value)))


def area_of(library: str | Path) -> shapely.MultiPolygon | None:
    """The library's own area of interest (WGS 84), None where none was set."""
    text = _meta(library).get("area")
    return shapely.from_wkt(text) if text else None


def library_grid(library: str | Path, area: BaseGeometry | None = None) -> Grid:
    """The library's one grid over ``area`` (WGS 84; None: the library's own area, else where its scenes lie).

    Every area is cut from the same pixels. Raises :class:`InputError` for a library without scenes.
    """
    told = _meta(library)
    if "grid" not in told:
        raise InputError("scene.library_empty", path=str(library))
    wanted = area if area is not None else area_of(library)
    if wanted is None:
        wanted = shapely.union_all(scene_library.scenes(library).geometry.to_numpy())
    return area_grid(wanted, told["grid"], float(told["pixel"]))


def set_library(library: str | Path, **told: Any) -> None:
    """Remember ``area`` (WKT, WGS 84), ``grid`` (``EPSG:n``) or ``pixel`` (units of the grid)."""
    dataset.set_meta(scene_library.library_path(library), **told)


def regrid(library: str | Path, system: str | None, pixel: float | None) -> None:
    """Choose another grid for all scenes. Copies on the former one are no longer used, and pruned in time.

    Raises :class:`InputError` for a system that is not in metres or not known.
    """
    if system:
        try:
            found = CRS.from_user_input(system)
        except CRSError as error:
            raise InputError("crs.unknown", crs=system[:60]) from error
        if not found.to_epsg() or found.is_geographic:
            raise InputError("crs.unknown", crs=system[:60])
        set_library(library, grid=f"EPSG:{found.to_epsg()}")
    if pixel:
        set_library(library, pixel=pixel)


def _meta(library: str | Path) -> dict[str, Any]:
    path = scene_library.library_path(library)
    return dataset.meta(path) if path.exists() else {}


def state_of(library: str | Path, row: Row) -> str:
    """``present``, ``changed`` since it was added, or ``gone`` from the disk."""
    path = scene_library.placed(library, row["path"])
    if not path.exists():
        return "gone"
    return "present" if stamp(path) == row["stamp"] else "changed"


def open_row(library: str | Path, row: Row, bands: Sequence[str] = ()) -> Scene:
    """The product of a row, with ``bands`` or those the row was added with. Raises :class:`InputError`."""
    path = scene_library.placed(library, row["path"])
    if not path.exists():
        raise InputError("scene.product_gone", scene=row["code"], path=row["path"])
    chosen = tuple(bands) or tuple((row["bands"] or "").split()) if row["kind"] != "radar" else ()
    resolution = int(row["resolution_m"]) if row["resolution_m"] in (10.0, 20.0, 60.0) else None
    return open_scene(path, bands=chosen, resolution=resolution)


def cached_scene(
    library: str | Path,
    row: Row,
    area: BaseGeometry | None = None,
    bands: Sequence[str] = (),
    report: Report = SILENT,
) -> Scene:
    """The decoded copy of a row's scene over ``area``, on the library's grid; made now unless it is there.

    Copies stay usable when the product is gone, as long as nobody deletes them. Raises :class:`InputError`.
    """
    grid = library_grid(library, area)
    path = scene_library.placed(library, row["path"])
    if not path.exists() and not bands and area is None and row["cached"]:
        held = scene_library.placed(library, row["cached"])
        if held.is_file():
            return read_stack(held)
    scene = open_row(library, row, bands)
    if not shapely.box(*footprint(grid).bounds).intersects(row["geometry"]):
        raise InputError("scene.outside_area", scene=row["code"])
    return read_stack(decoded(scene, row["checksum"], grid, scene_library.cache_folder(library), report))


def open_cached(
    library: str | Path,
    row: Row,
    area: BaseGeometry | None = None,
    bands: Sequence[str] = (),
    report: Report = SILENT,
) -> Image:
    """Pixels of one scene on the library's grid over ``area``: an :class:`Image` to close, read window by window.

    ``image.read(window)`` gives reflectance (bands, rows, columns) and where it can be used. All scenes of one area
    have the same ``image.grid``, whichever UTM zone they came in. Raises :class:`InputError`.
    """
    scene = cached_scene(library, row, area, bands, report)
    return Image(scene, scene.grid)
