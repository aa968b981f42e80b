"""One number per pixel and date: an index over the bands that sensors share, or one band."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ....layers.errors import InputError
from ..kinds.indices import INDICES
from ..scenes.image import Image
from ..scenes.scene import Scene

# The bands that each index is made of, by common name.
NEEDS: dict[str, tuple[str, ...]] = {
    "ndvi": ("nir", "red"),
    "bsi": ("blue", "red", "nir", "swir16"),
    "mndwi": ("green", "swir16"),
    "ndwi": ("green", "nir"),
    "ndti": ("green", "red"),
    "redness": ("blue", "red"),
    "brightness": ("blue", "green", "red"),
}


def chosen(scene: Scene, measure: str) -> Scene:
    """``scene`` with the bands of ``measure`` alone: an index of :data:`NEEDS`, or a band by name or common name.

    Raises :class:`InputError` where it lacks one.
    """
    wanted = NEEDS.get(measure, (measure,))
    offered = {band.name: band for band in scene.bands} | {band.common: band for band in scene.bands if band.common}
    if missing := [name for name in wanted if name not in offered]:
        raise InputError(
            "series.band_missing", measure=measure, missing=missing, path=str(scene.path), known=list(scene.names)
        )
    return replace(scene, bands=tuple(offered[name] for name in wanted))


def measured(image: Image, window: Window, measure: str) -> NDArray[np.float32]:
    """``measure`` over a window (rows, columns) of an image of :func:`chosen` bands; NaN where it cannot be used."""
    bands, valid = image.read(window)
    if measure in NEEDS:
        values = np.asarray(INDICES[measure](dict(zip(NEEDS[measure], bands, strict=True))), dtype=np.float32)
    else:
        values = bands[0].copy()
    values[~valid] = np.nan
    return values
