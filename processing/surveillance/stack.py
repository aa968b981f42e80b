"""Plain raster files: GeoTIFF, COG, JPEG 2000 or ENVI with one band per spectral band.

A band is named by its description (``B04``), a mask band is known by its name (``SCL``, ``QA_PIXEL``). Reflectance is
``number * scale + offset`` as GDAL keeps them with the band. The date is the tag ``date`` or ``ACQUISITION_DATE``.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from ...layers.errors import InputError
from .grid import grid_of
from .masks import MASK_NAMES
from .opening import open_raster
from .scene import Band, Mask, Scene
from .sentinel2 import COMMON

_DATE_TAGS = ("date", "ACQUISITION_DATE", "acquired_on")


def read_stack(path: Path) -> Scene:
    """The scene in the raster file ``path``. Raises :class:`InputError`."""
    with open_raster(path) as dataset:
        names = [(text or "").strip() for text in dataset.descriptions]
        named = all(names) and len(set(names)) == len(names)
        masks = [i for i, name in enumerate(names) if name in MASK_NAMES]
        spectral = [i for i in range(dataset.count) if i not in masks]
        if not spectral:
            raise InputError("change.no_bands", path=str(path))
        bands = tuple(
            Band(
                name=names[i] if named else str(i + 1),
                path=str(path),
                index=i + 1,
                scale=dataset.scales[i],
                offset=dataset.offsets[i],
                nodata=dataset.nodatavals[i],
                common=COMMON.get(names[i], ""),
            )
            for i in spectral
        )
        mask = Mask(MASK_NAMES[names[masks[0]]], str(path), masks[0] + 1) if masks else None
        tags = dataset.tags()
        return Scene(
            path,
            str(tags.get("sensor", "")),
            bands,
            mask,
            grid_of(dataset, str(path)),
            _date(tags),
            named=named,
        )


def _date(tags: dict[str, Any]) -> date | None:
    for tag in _DATE_TAGS:
        try:
            return date.fromisoformat(str(tags[tag])[:10])
        except (KeyError, ValueError):
            continue
    return None
