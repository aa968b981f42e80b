"""Landsat Collection 2 Level-2 products: the folder or zip with its MTL file.

Reflectance is ``number * REFLECTANCE_MULT + REFLECTANCE_ADD`` of the group LEVEL2_SURFACE_REFLECTANCE_PARAMETERS
(0.0000275 and -0.2); the same keys stand once more, with other values, in the Level-1 record at the end, so the file is
read by group. Source: USGS, Landsat Collection 2 Level-2 Science Product Guide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ....layers.errors import InputError
from .grid import grid_of
from .metadata_xml import day, elements, number
from .opening import open_raster, reading
from .product_files import ProductFiles
from .scene import COMMON_NAMES, Band, Mask, Scene

Groups = dict[str, dict[str, str]]

MTL = ("_MTL.xml", "_MTL.txt")
_CONTENTS, _SCALING = "PRODUCT_CONTENTS", "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS"
# Band numbers in the order of COMMON_NAMES: OLI (8, 9) has a coastal band first; TM and ETM+ (4, 5, 7) do not.
_OLI = dict(zip(("1", "2", "3", "4", "5", "6", "7"), COMMON_NAMES, strict=True))
_TM = dict(zip(("1", "2", "3", "4", "5", "7"), COMMON_NAMES[1:], strict=True))
_NAME = re.compile(r"L[COTEM]\d{2}_L2S[PR]_(\d{6})_")
_FILE = re.compile(r"FILE_NAME_BAND_(\d)$")


def read_landsat(files: ProductFiles, *, bands: Sequence[str] = ()) -> Scene:
    """The scene of a Level-2 product. Raises :class:`InputError` where metadata or a band's file is missing."""
    groups = _groups(files)
    contents, scaling = groups.get(_CONTENTS, {}), groups.get(_SCALING, {})
    if not contents.get("PROCESSING_LEVEL", "").startswith("L2S"):
        raise InputError("change.not_level_2", path=str(files.root), level=contents.get("PROCESSING_LEVEL", "?"))
    common = _OLI if "OLI" in groups.get("IMAGE_ATTRIBUTES", {}).get("SENSOR_ID", "") else _TM
    offered = {f"SR_B{m[1]}": (m[1], file) for key, file in contents.items() if (m := _FILE.match(key))}
    # The coastal band carries haze, little ground: left out unless asked for.
    names = tuple(bands) or tuple(n for n, (number, _) in offered.items() if common.get(number, "coastal") != "coastal")
    unknown = [name for name in names if name not in offered]
    if unknown:
        raise InputError("change.band_unknown", bands=unknown, known=sorted(offered))
    if not names:
        raise InputError("change.no_bands", path=str(files.root))
    mask = contents.get("FILE_NAME_QUALITY_L1_PIXEL", "")
    files.require([*(offered[name][1] for name in names), mask])
    found = tuple(_band(files, scaling, name, *offered[name], common) for name in names)
    with reading(found[0].path), open_raster(found[0].path) as dataset:
        grid = grid_of(dataset, found[0].path)
    attributes = groups.get("IMAGE_ATTRIBUTES", {})
    product = contents.get("LANDSAT_PRODUCT_ID") or files.root.stem
    return Scene(
        files.root,
        attributes.get("SPACECRAFT_ID", "Landsat"),
        found,
        Mask("qa_pixel", files.gdal(mask)),
        grid,
        day(attributes.get("DATE_ACQUIRED", "")),
        contents.get("COLLECTION_NUMBER", ""),
        product=product[:200],
        tile=_tile(attributes) or (named[1] if (named := _NAME.match(product)) else ""),
        sensed=f"{attributes.get('DATE_ACQUIRED', '')}T{attributes.get('SCENE_CENTER_TIME', '')}"[:19],
        processed=groups.get("LEVEL2_PROCESSING_RECORD", {}).get("DATE_PRODUCT_GENERATED", "")[:19],
    )


def _tile(attributes: dict[str, str]) -> str:
    """Path and row of the Worldwide Reference System, such as ``124052``."""
    numbers = [attributes.get(name, "") for name in ("WRS_PATH", "WRS_ROW")]
    return "".join(f"{int(n):03d}" for n in numbers) if all(re.fullmatch(r"\d{1,3}", n) for n in numbers) else ""


def _band(
    files: ProductFiles, scaling: dict[str, str], name: str, place: str, file: str, common: dict[str, str]
) -> Band:
    """The band ``name``, number ``place`` of the sensor. Raises :class:`InputError` without a scale that can be."""
    try:
        scale, offset = (number(scaling[f"REFLECTANCE_{part}_BAND_{place}"]) for part in ("MULT", "ADD"))
    except (KeyError, ValueError) as error:
        raise InputError("change.metadata_damaged", path=str(files.root), reason=str(error)[:100]) from error
    if not scale > 0:
        raise InputError("change.metadata_damaged", path=str(files.root), reason=f"REFLECTANCE_MULT_BAND_{place}")
    return Band(name, files.gdal(file), scale=scale, offset=offset, nodata=0.0, common=common.get(place, ""))


def _groups(files: ProductFiles) -> Groups:
    """Group → key → value of the MTL, from its XML or its text."""
    name = next((found for ending in MTL for found in files.ending(ending)), None)
    if name is None:
        raise InputError("change.not_a_product", path=str(files.root))
    groups: Groups = {}
    if name.endswith(".xml"):
        for element in elements(files.read(name), name):
            if element.above:
                groups.setdefault(element.above[-1], {})[element.name] = element.text
        return groups
    group = ""
    for line in files.read(name).decode("utf-8", "replace").splitlines():
        key, _, value = (part.strip() for part in line.partition("="))
        if key == "GROUP":
            group = value
        elif key and value and key != "END_GROUP":
            groups.setdefault(group, {})[key] = value.strip('"')
    return groups
