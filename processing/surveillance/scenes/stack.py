"""Plain raster files: GeoTIFF, COG, JPEG 2000 or ENVI with one band per spectral band.

A band is named by its description (``B04``), a mask band is known by its name (``SCL``, ``QA_PIXEL``). Reflectance is
``number * scale + offset`` as GDAL keeps them with the band, else by the tags BOA_QUANTIFICATION_VALUE and
BOA_ADD_OFFSET. Further tags, in capitals or not: SENSOR, DATE or ACQUISITION_DATE (ISO 8601), SIMULATED, PRODUCT, TILE,
ORBIT, COMMON_NAMES (one to a band, separated by commas).

Radar backscatter (Sentinel-1 GRD made to gamma0 or sigma0) is known by bands called VV, VH, HH or HV. It is linear
power unless the tag BACKSCATTER_UNIT, the name of a band (``VV_dB``) or the caller says ``dB``; decibels become power.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from ....layers.errors import InputError
from .grid import grid_of
from .masks import MASK_NAMES
from .metadata_xml import day
from .opening import open_raster, reading
from .scene import Band, Mask, Scene
from .sentinel2 import COMMON

_DATE_TAGS = ("DATE", "ACQUISITION_DATE", "ACQUIRED_ON")
_POLARISATION = re.compile(r"^(VV|VH|HH|HV)(?:[_ ](dB|linear|power))?$", re.IGNORECASE)
# A tag of a hostile file may be as long as the file; nothing that is read here is longer.
_LONGEST = 300


def read_stack(path: Path, *, decibels: bool | None = None) -> Scene:
    """The scene in the raster file ``path``. ``decibels`` says what radar bands hold, before all tags.

    Raises :class:`InputError`.
    """
    with reading(path), open_raster(path) as dataset:
        names = [(text or "").strip()[:_LONGEST] for text in dataset.descriptions]
        named = all(names) and len(set(names)) == len(names)
        masks = [i for i, name in enumerate(names) if name in MASK_NAMES]
        spectral = [i for i in range(dataset.count) if i not in masks]
        if not spectral:
            raise InputError("change.no_bands", path=str(path))
        tags = {name.upper(): str(value)[:_LONGEST] for name, value in dataset.tags().items()}
        by_tags = _by_tags(tags, path)
        bands = []
        for i in spectral:
            scaled = (dataset.scales[i], dataset.offsets[i])
            scale, offset = by_tags if scaled == (1.0, 0.0) else scaled
            name = names[i] if named else str(i + 1)
            bands.append(Band(name, str(path), i + 1, scale, offset, dataset.nodatavals[i], COMMON.get(name, "")))
        scene = Scene(
            path,
            tags.get("SENSOR", ""),
            tuple(_with_common(bands, tags)),
            Mask(MASK_NAMES[names[masks[0]]], str(path), masks[0] + 1) if masks else None,
            grid_of(dataset, str(path)),
            _date(tags),
            tags.get("PROCESSING_BASELINE", ""),
            named=named,
            simulated=tags.get("SIMULATED", "").lower() in ("yes", "true", "1"),
            product=tags.get("PRODUCT") or path.stem,
            tile=tags.get("TILE", ""),
            orbit=int(tags["ORBIT"]) if re.fullmatch(r"[1-9][0-9]{0,2}", tags.get("ORBIT", "")) else None,
            sensed=tags.get("SENSED", ""),
        )
        return _radar(scene, tags, decibels) if all(_POLARISATION.match(name) for name in scene.names) else scene


def _radar(scene: Scene, tags: dict[str, str], decibels: bool | None) -> Scene:
    """The scene with bands named by their polarisation, as power. 0 is no measurement where nothing else is said."""
    said = tags.get("BACKSCATTER_UNIT", "").lower()
    bands = []
    for band in scene.bands:
        polarisation, unit = _POLARISATION.match(band.name).groups()  # type: ignore[union-attr]
        in_decibels = decibels if decibels is not None else (unit or said).lower() == "db"
        nodata = band.nodata if band.nodata is not None or in_decibels else 0.0
        bands.append(replace(band, name=polarisation.upper(), decibels=in_decibels, nodata=nodata))
    return replace(scene, bands=tuple(bands), kind="radar")


def _with_common(bands: Sequence[Band], tags: dict[str, str]) -> list[Band]:
    """The bands with the common names that the tag gives, where it gives one to each."""
    common = [name.strip() for name in tags.get("COMMON_NAMES", "").split(",")]
    if len(common) != len(bands):
        return list(bands)
    return [replace(band, common=name or band.common) for band, name in zip(bands, common, strict=True)]


def _by_tags(tags: dict[str, Any], path: Path) -> tuple[float, float]:
    try:
        quantification = float(tags.get("BOA_QUANTIFICATION_VALUE", 1.0))
        offset = float(tags.get("BOA_ADD_OFFSET", 0.0))
        scale, shift = 1.0 / quantification, offset / quantification
    except (ValueError, ZeroDivisionError) as error:
        raise InputError("change.metadata_damaged", path=str(path), reason=str(error)) from error
    if not (math.isfinite(scale) and math.isfinite(shift) and scale > 0):
        raise InputError("change.metadata_damaged", path=str(path), reason="BOA_QUANTIFICATION_VALUE, BOA_ADD_OFFSET")
    return scale, shift


def _date(tags: dict[str, str]) -> date | None:
    return next((found for tag in _DATE_TAGS if (found := day(tags.get(tag, ""))) is not None), None)
