"""Open whatever holds a scene: a Sentinel-2 or Landsat product as folder, zip or metadata file, or a plain raster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ....layers.errors import InputError
from .landsat import MTL, read_landsat
from .opening import local_path
from .product_files import ProductFiles, product_files
from .scene import Band, Scene
from .sentinel2 import METADATA, read_safe
from .stack import read_stack


def open_scene(
    given: str | Path,
    *,
    bands: Sequence[str] = (),
    resolution: int | None = None,
    cloud_probability: int | None = None,
    decibels: bool | None = None,
) -> Scene:
    """The scene at ``given``; only metadata and headers are read.

    ``given`` is a path, or ``NAME.gpkg|scene=CODE`` for a scene of the data set's library: its decoded copy, else the
    product. ``bands`` chooses by name, or by number from 1 where the raster names none; ``resolution`` (m) and
    ``cloud_probability`` (the highest that passes, percent) matter to Sentinel-2 only, ``decibels`` to radar only.
    Raises :class:`InputError`.
    """
    path = local_path(given)
    if path.name == METADATA or path.name.endswith(MTL):
        path = path.parent
    if path.is_dir() or path.suffix.lower() == ".zip":
        return _product(product_files(path), bands, resolution, cloud_probability)
    return _chosen(read_stack(path, decibels=decibels), bands)


def _product(files: ProductFiles, bands: Sequence[str], resolution: int | None, cloud_probability: int | None) -> Scene:
    if METADATA in files.names:
        return read_safe(files, bands=bands, resolution=resolution, cloud_probability=cloud_probability)
    if files.ending(*MTL):
        return read_landsat(files, bands=bands)
    if "MTD_MSIL1C.xml" in files.names:
        raise InputError("change.not_level_2", path=str(files.root), level="Level-1C")
    raise InputError("change.not_a_product", path=str(files.root))


def _chosen(scene: Scene, names: Sequence[str]) -> Scene:
    if not names:
        return scene
    offered: dict[str, Band] = {str(band.index): band for band in scene.bands} | {b.name: b for b in scene.bands}
    unknown = [name for name in names if name not in offered]
    if unknown:
        raise InputError("change.band_unknown", bands=unknown, known=list(scene.names))
    return replace(scene, bands=tuple(offered[name] for name in names))
