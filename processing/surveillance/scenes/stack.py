"""Plain raster files: GeoTIFF, COG, JPEG 2000 or ENVI with one band per spectral band.

A band is named by its description (``B04``), a mask band is known by its name (``SCL``, ``QA_PIXEL``). Reflectance is
``number * scale + offset`` as GDAL keeps them with the band, else by the tags BOA_QUANTIFICATION_VALUE and
BOA_ADD_OFFSET. Further tags, in capitals or not: SENSOR, DATE or ACQUISITION_DATE (ISO 8601), SIMULATED.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ....layers.errors import InputError
from .grid import grid_of
from .masks import MASK_NAMES
from .opening import open_raster
from .scene import Band, Mask, Scene
from .sentinel2 import COMMON

_DATE_TAGS = ("DATE", "ACQUISITION_DATE", "ACQUIRED_ON")


def read_stack(path: Path) -> Scene:
    """The scene in the raster file ``path``. Raises :class:`InputError`."""
    with open_raster(path) as dataset:
        names = [(text or "").strip() for text in dataset.descriptions]
        named = all(names) and len(set(names)) == len(names)
        masks = [i for i, name in enumerate(names) if name in MASK_NAMES]
        spectral = [i for i in range(dataset.count) if i not in masks]
        if not spectral:
            raise InputError("change.no_bands", path=str(path))
        tags = {name.upper(): str(value) for name, value in dataset.tags().items()}
        by_tags = _by_tags(tags, path)
        bands = []
        for i in spectral:
            scaled = (dataset.scales[i], dataset.offsets[i])
            scale, offset = by_tags if scaled == (1.0, 0.0) else scaled
            name = names[i] if named else str(i + 1)
            bands.append(Band(name, str(path), i + 1, scale, offset, dataset.nodatavals[i], COMMON.get(name, "")))
        return Scene(
            path,
            tags.get("SENSOR", ""),
            tuple(bands),
            Mask(MASK_NAMES[names[masks[0]]], str(path), masks[0] + 1) if masks else None,
            grid_of(dataset, str(path)),
            _date(tags),
            tags.get("PROCESSING_BASELINE", ""),
            named=named,
            simulated=tags.get("SIMULATED", "").lower() in ("yes", "true", "1"),
        )


def _by_tags(tags: dict[str, str], path: Path) -> tuple[float, float]:
    try:
        quantification = float(tags.get("BOA_QUANTIFICATION_VALUE", 1.0))
        offset = float(tags.get("BOA_ADD_OFFSET", 0.0))
        return 1.0 / quantification, offset / quantification
    except (ValueError, ZeroDivisionError) as error:
        raise InputError("change.metadata_damaged", path=str(path), reason=str(error)) from error


def _date(tags: dict[str, str]) -> date | None:
    for tag in _DATE_TAGS:
        try:
            return date.fromisoformat(tags[tag][:10])
        except (KeyError, ValueError):
            continue
    return None
