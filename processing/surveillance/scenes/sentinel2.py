"""Sentinel-2 Level-2A products: a SAFE folder, or the zip of one.

Reflectance is ``(number + BOA_ADD_OFFSET) / BOA_QUANTIFICATION_VALUE``, number 0 is nodata. The offset is read per band
from MTD_MSIL2A.xml: neither the sensing date nor GDAL's SENTINEL2 driver tells it, and that driver reads missing files
as zeros. Source: ESA, Sentinel-2 Products Specification Document; band_id as in the products (0 = B1 … 8 = B8A … 12 =
B12).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from ....layers.errors import InputError
from .grid import grid_of
from .metadata_xml import Element, day, elements, first, number
from .opening import open_raster, reading
from .product_files import ProductFiles
from .scene import Band, Mask, Scene

METADATA = "MTD_MSIL2A.xml"
_BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
COMMON = {"B01": "coastal", "B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B11": "swir16", "B12": "swir22"}
# The 10 m bands: four well-conditioned ones do better than ten (facts of OSCD, IR-MAD).
DEFAULT_BANDS = ("B02", "B03", "B04", "B08")
# Without the near infrared at 10 m (20 and 60 m hold B8A instead).
_NARROW = {"B08": "B8A"}
# From this processing baseline on, an offset belongs to the product.
_OFFSET_SINCE = 4.0
_TILE = re.compile(r"_(T\d{2}[A-Z]{3})(?:_|$)")
_IMAGE = re.compile(r"_(B\d\d|B8A|SCL)_(\d\d)m$")


def read_safe(
    files: ProductFiles,
    *,
    bands: Sequence[str] = (),
    resolution: int | None = None,
    cloud_probability: int | None = None,
) -> Scene:
    """The scene of a Level-2A product, on the grid of ``resolution`` (10, 20 or 60 m; 10 without it).

    Pixels of a ``cloud_probability`` (MSK_CLDPRB, percent) above the one given are masked beside what SCL names. A
    band that does not exist at that resolution is taken from the next coarser one. Raises :class:`InputError` where
    the metadata or a band's file is missing: never zeros instead.
    """
    found = elements(files.read(METADATA), METADATA)
    images = _images(found, files)
    wanted_m = resolution or 10
    names = tuple(bands) or tuple(n if wanted_m == 10 else _NARROW.get(n, n) for n in DEFAULT_BANDS)
    unknown = [name for name in names if name not in {band for band, _ in images}]
    if unknown:
        raise InputError("change.band_unknown", bands=unknown, known=sorted({b for b, _ in images if b != "SCL"}))
    chosen = {name: _image(images, name, wanted_m) for name in names}
    scl = _image(images, "SCL", max(wanted_m, 20))
    files.require([*chosen.values(), scl])
    quantification, offsets = _radiometry(found, files)
    scaled = tuple(
        Band(
            name,
            files.gdal(image),
            scale=1.0 / quantification,
            offset=offsets[name] / quantification,
            nodata=0.0,
            common=COMMON.get(name, ""),
        )
        for name, image in chosen.items()
    )
    further = (_probability(files, max(wanted_m, 20), cloud_probability),) if cloud_probability is not None else ()
    finest = min(scaled, key=lambda band: int(str(_IMAGE.search(band.path.removesuffix(".jp2"))[2])))  # type: ignore[index]
    with reading(finest.path), open_raster(finest.path) as dataset:
        grid = grid_of(dataset, finest.path)
    return Scene(
        files.root,
        first(found, "SPACECRAFT_NAME") or "Sentinel-2",
        scaled,
        Mask("scl", files.gdal(scl)),
        grid,
        _sensed(found),
        first(found, "PROCESSING_BASELINE"),
        further=further,
        **_identity(found, files),
    )


def _identity(found: Sequence[Element], files: ProductFiles) -> dict[str, Any]:
    """Name, tile, orbit and moments of the product, as far as the metadata tells them."""
    uri = (first(found, "PRODUCT_URI") or first(found, "PRODUCT_URI_2A") or files.root.stem).removesuffix(".SAFE")
    tile, orbit = _TILE.search(uri), first(found, "SENSING_ORBIT_NUMBER")
    return {
        "product": uri[:200],
        "tile": tile[1] if tile else "",
        "orbit": int(orbit) if re.fullmatch(r"[1-9][0-9]{0,2}", orbit) else None,
        "sensed": first(found, "DATATAKE_SENSING_START")[:19] or first(found, "PRODUCT_START_TIME")[:19],
        "processed": first(found, "GENERATION_TIME")[:19],
    }


def _probability(files: ProductFiles, resolution: int, most: int) -> Mask:
    """Sen2Cor's cloud probability. Raises :class:`InputError` where the product has lost it."""
    names = {metres: f"MSK_CLDPRB_{metres}m.jp2" for metres in (20, 60)}
    offered = {metres: found[0] for metres, name in names.items() if (found := files.ending(name))}
    if not offered:
        files.require([names[20]])
    return Mask("probability", files.gdal(offered.get(resolution) or next(iter(offered.values()))), most=most)


def _images(found: Sequence[Element], files: ProductFiles) -> dict[tuple[str, int], str]:
    """(band, metres) → file name, as the metadata lists them; names there carry no extension."""
    images: dict[tuple[str, int], str] = {}
    for element in found:
        if element.name not in ("IMAGE_FILE", "IMAGE_FILE_2A"):
            continue
        match = _IMAGE.search(element.text)
        if match is None:
            continue
        if ".." in element.text.split("/") or element.text.startswith("/"):
            raise InputError("change.metadata_refused", path=str(files.root), reason=element.text[:100])
        images[match[1], int(match[2])] = f"{element.text}.jp2"
    if not images:
        raise InputError("change.metadata_damaged", path=str(files.root), reason="IMAGE_FILE")
    return images


def _image(images: dict[tuple[str, int], str], name: str, resolution: int) -> str:
    """The file of ``name`` at ``resolution``, else the next coarser, else the coarsest of the finer ones."""
    offered = sorted(metres for band, metres in images if band == name)
    if not offered:
        raise InputError("change.band_unknown", bands=[name], known=sorted({band for band, _ in images}))
    best = next((metres for metres in offered if metres >= resolution), offered[-1])
    return images[name, best]


def _radiometry(found: Sequence[Element], files: ProductFiles) -> tuple[float, dict[str, float]]:
    """Quantification and offset of every band, in the product's numbers."""
    baseline = first(found, "PROCESSING_BASELINE")
    try:
        quantification = number(first(found, "BOA_QUANTIFICATION_VALUE"))
        listed = {int(e.attributes["band_id"]): number(e.text) for e in found if e.name == "BOA_ADD_OFFSET"}
        since = number(baseline)
    except (KeyError, ValueError) as error:
        raise InputError("change.metadata_damaged", path=str(files.root), reason=str(error)) from error
    if not 1e-6 <= quantification <= 1e9:
        raise InputError("change.metadata_damaged", path=str(files.root), reason="BOA_QUANTIFICATION_VALUE")
    if not listed and since >= _OFFSET_SINCE:
        raise InputError("change.offset_missing", path=str(files.root), baseline=baseline)
    if listed and set(listed) != set(range(len(_BANDS))):
        raise InputError("change.offset_missing", path=str(files.root), baseline=baseline)
    return quantification, {name: listed.get(i, 0.0) for i, name in enumerate(_BANDS)}


def _sensed(found: Sequence[Element]) -> date | None:
    return day(first(found, "DATATAKE_SENSING_START") or first(found, "PRODUCT_START_TIME"))
