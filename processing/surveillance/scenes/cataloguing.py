"""Products into the library: found in folders, measured, named, and never held twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from ....layers.crs import WGS84
from ....layers.errors import InputError
from ....layers.report import Report, Stage
from ....store import scene_library
from .checksum import product_checksum, stamp
from .common_grid import footprint, grid_system
from .landsat import MTL
from .library import area_of, cached_scene, library_grid, scenes_of, set_library
from .opening import local_path
from .quality import MUCH_CLOUD, assess, write_thumbnail
from .reading import open_scene
from .scene import Scene
from .season import season
from .sentinel2 import METADATA

_RASTERS = (".tif", ".tiff", ".jp2")
_MOST_PRODUCTS = 10_000
_MISSION = re.compile(r"^(S[123][A-D]|L[COTEM]\d{2})_")
_LONGEST_CODE = 31


@dataclass
class Added:
    """Codes by what became of them, and what could not be read: path and why."""

    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    older: list[str] = field(default_factory=list)
    refused: list[tuple[str, InputError]] = field(default_factory=list)


def products_in(paths: Iterable[str | Path]) -> list[Path]:
    """Products at ``paths``: a product itself, or all in a folder and below; not what lies inside a product."""
    found: dict[Path, None] = {}
    for given in paths:
        path = local_path(given)
        if path.name == METADATA or path.name.endswith(MTL):
            path = path.parent
        for product in _walk(path):
            found[product] = None
            if len(found) > _MOST_PRODUCTS:
                raise InputError("scene.too_many", path=str(given), most=_MOST_PRODUCTS)
    return list(found)


def _walk(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    names = [child.name for child in path.iterdir()]
    if METADATA in names or any(name.endswith(MTL) for name in names) or path.suffix == ".SAFE":
        yield path
        return
    for child in sorted(path.iterdir()):
        if child.is_symlink() or child.name.startswith(".") or child.suffix == ".dothi":
            continue
        if child.is_dir():
            yield from _walk(child)
        elif child.suffix.lower() in (*_RASTERS, ".zip"):
            yield child


def add(
    library: Path,
    products: list[Path],
    report: Report,
    *,
    area: BaseGeometry | None = None,
    resolution: int | None = None,
    bands: tuple[str, ...] = (),
    day: date | None = None,
) -> Added:
    """Bring ``products`` into the library of the data set ``library``.

    ``area`` (WGS 84) becomes the library's area of interest: shares and small pictures are of it. ``day`` serves
    where a raster does not tell its own. What cannot be read is listed and told; the others come in all the same.
    """
    made = Added()
    wanted = area if area is not None else area_of(library)
    for number, path in enumerate(products):
        stage = Stage(report, number / len(products), (number + 1) / len(products))
        stage.progress(0.0, "scene.step_add", path=path.name)
        try:
            _add_one(library, path, stage, made, wanted, resolution, bands, day, again=area is not None)
        except InputError as error:
            made.refused.append((str(path), error))
            report.message(error.code, "warning", **error.arguments)
    if area is not None and scene_library.library_path(library).exists():
        set_library(library, area=area.wkt)
    return made


def _add_one(
    library: Path,
    path: Path,
    report: Report,
    made: Added,
    area: BaseGeometry | None,
    resolution: int | None,
    bands: tuple[str, ...],
    day: date | None,
    *,
    again: bool,
) -> None:
    held = {row["code"]: row for row in scenes_of(library)}
    noted, now = scene_library.noted(library, path), stamp(path)
    same = next((row for row in held.values() if row["path"] == noted and row["stamp"] == now), None)
    if same is not None and not again:
        made.unchanged.append(same["code"])
        return
    scene = open_scene(path, resolution=resolution, bands=bands)
    taken = scene.acquired_on or day
    if taken is None:
        raise InputError("scene.date_missing", path=str(path))
    checksum = same["checksum"] if same else product_checksum(path, Stage(report, 0.0, 0.6))
    code, former = _named(scene, taken, noted, checksum, held)
    if former is not None and former["product"] > scene.product and former["checksum"] != checksum:
        made.older.append(former["code"])
        report.message("scene.older_processing", "warning", product=scene.product, held=former["product"])
        return
    report.progress(0.7, "scene.step_measure")
    row = _row(library, scene, taken, area, code, noted, checksum, now)
    scene_library.keep(library, gpd.GeoDataFrame([row], geometry="geometry", crs=WGS84))
    _remember_grid(library, scene, report)
    (made.added if former is None else made.replaced).append(code)
    if former is not None and former["product"] != scene.product:
        report.message("scene.newer_processing", product=scene.product, held=former["product"])
    twins = [
        other["code"]
        for other in held.values()
        if other["acquired_on"] == taken and other["code"] != code and (other["tile"] or "") == scene.tile
    ]
    if twins:
        report.message("scene.same_day", scene=code, date=taken, others=sorted(twins))


def decode(library: Path, codes: Iterable[str] | None, area: BaseGeometry | None, report: Report) -> dict[str, str]:
    """Decode the area of scenes (None: all that have their product still) and note the copies. Code → path."""
    rows = scenes_of(library)
    if codes is not None:
        rows = [{**scene_library.row(library, code)} for code in codes]
    made: dict[str, str] = {}
    for number, row in enumerate(rows):
        stage = Stage(report, number / len(rows), (number + 1) / len(rows))
        try:
            path = cached_scene(library, row, area, report=stage).path
        except InputError as error:
            if codes is not None:
                raise
            report.message(error.code, "warning", **error.arguments)
            continue
        made[row["code"]] = str(path)
        scene_library.note(library, row["code"], cached=scene_library.noted(library, path))
    return made


def _row(
    library: Path,
    scene: Scene,
    taken: date,
    area: BaseGeometry | None,
    code: str,
    noted: str,
    checksum: str,
    now: str,
) -> dict[str, Any]:
    outline = footprint(scene.grid)
    within = area if area is not None and area.intersects(outline) else None
    quality = assess(scene, within)
    picture = scene_library.thumbnail_folder(library) / f"{code}.png"
    write_thumbnail(scene, picture, within)
    offsets = {band.offset / band.scale for band in scene.bands if band.offset and not band.decibels}
    return {
        "code": code,
        "sensor": (scene.sensor or ("Sentinel-1" if scene.kind == "radar" else "?"))[:60],
        "kind": scene.kind,
        "acquired_on": taken,
        "product": scene.product,
        "path": noted,
        "scene_crs": scene.grid.code if scene.grid.code.startswith("EPSG:") else None,
        "resolution_m": round(min(scene.grid.pixel_m), 2),
        "cloud_pct": quality.cloud,
        "valid_pct": quality.valid,
        "quality": _note(quality.cloud, quality.shown, area is not None and within is None),
        "season": season(taken),
        "baseline": scene.baseline[:20] or None,
        "offset": round(offsets.pop()) if len(offsets) == 1 else None,
        "tile": scene.tile[:20] or None,
        "orbit": scene.orbit,
        "bands": " ".join(scene.names)[:300],
        "checksum": checksum,
        "stamp": now,
        "thumbnail": scene_library.noted(library, picture),
        "cached": None,
        "geometry": outline,
    }


def _note(cloud: float | None, shown: float, beside: bool) -> str | None:
    """What is to be known of the scene, as codes of sentences (``scene.note_…``)."""
    notes = {
        "beside_area": beside,
        "no_mask": cloud is None,
        "much_cloud": cloud is not None and cloud > MUCH_CLOUD,
        "part_only": shown < 99.0,
    }
    return " ".join(note for note, holds in notes.items() if holds) or None


def _named(
    scene: Scene, taken: date, noted: str, checksum: str, held: dict[str, dict[str, Any]]
) -> tuple[str, dict[str, Any] | None]:
    """The scene's code, and the row it replaces: of the same acquisition, the same path or the same bytes."""
    mission = _MISSION.match(scene.product)
    former = next((row for row in held.values() if row["path"] == noted or row["checksum"] == checksum), None)
    if mission and scene.tile:
        when = re.sub(r"[^0-9T]", "", scene.sensed).strip("T") or f"{taken:%Y%m%d}"
        code = f"{mission[1]}_{when}_{scene.tile}"[:_LONGEST_CODE]
        return code, held.get(code)
    if former is not None:
        return former["code"], former
    plain = unicodedata.normalize("NFKD", scene.product.replace("đ", "d").replace("Đ", "D"))
    code = re.sub(r"[^A-Za-z0-9._-]+", "-", plain.encode("ascii", "ignore").decode()).strip("-") or "scene"
    if len(code) > _LONGEST_CODE or code in held:
        code = f"{code[: _LONGEST_CODE - 7]}-{checksum[:6]}"
    return code, None


def _remember_grid(library: Path, scene: Scene, report: Report) -> None:
    """The first scene gives the library its grid; a later one that is much finer is told of."""
    try:
        grid = library_grid(library)
    except InputError as error:
        if error.code != "scene.library_empty":
            raise
        system, pixel = grid_system(scene.grid)
        set_library(library, grid=system, pixel=pixel)
        return
    finest = min(scene.grid.pixel_m)
    if finest * 1.5 < min(grid.pixel_m):
        report.message("scene.grid_coarser", "warning", grid=round(min(grid.pixel_m), 2), scene=round(finest, 2))
