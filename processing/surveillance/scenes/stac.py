"""Items of a STAC catalogue as far as a scene needs them, read from JSON of a stranger; and which files make the scene.

Only original products are taken: a Sentinel-2 Level-2A SAFE, a Landsat Collection 2 Level-2 product, a zip of either,
or one GeoTIFF. Catalogues that hold Sentinel-2 as single COGs are refused: whether their numbers hold the offset of the
processing baseline is told wrongly by some, and 0.1 of reflectance hangs on it (Element84/earth-search#9, #24, #66).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import shapely
from shapely.geometry.base import BaseGeometry

from ....layers.errors import InputError
from .metadata_xml import day
from .multihash import Sum, read_multihash
from .sentinel2 import DEFAULT_BANDS, METADATA

_MOST_ASSETS = 500
_MOST_POINTS = 100_000
_SAFE_IMAGE = re.compile(r"_(B\d\d|B8A|SCL)_(\d\d)m\.jp2$")
_LANDSAT_IMAGE = re.compile(r"_(SR_B[1-7]|QA_PIXEL)\.TIF$", re.IGNORECASE)
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")


@dataclass(frozen=True)
class Asset:
    """A file of an item: its absolute address, or a local path; what the catalogue promises of it."""

    href: str
    size: int | None = None
    checksum: Sum | None = None
    roles: tuple[str, ...] = ()
    media: str = ""

    @property
    def name(self) -> str:
        """The last part of the address, without a query."""
        return PurePosixPath(unquote(urlsplit(self.href).path)).name


@dataclass(frozen=True)
class Item:
    """A scene in a catalogue. ``cloud`` is the provider's percentage over the whole tile; ``href`` the item's own."""

    id: str
    collection: str
    taken: date
    cloud: float | None
    footprint: BaseGeometry
    platform: str
    href: str
    assets: Mapping[str, Asset] = field(default_factory=dict)


def read_item(told: Any, href: str, resolve: Any) -> Item:
    """The item in ``told`` (JSON as Python). ``resolve(base, href)`` makes an address absolute and refuses bad ones;
    an asset it refuses is left out. Raises :class:`InputError` where the item is damaged.
    """
    if not isinstance(told, Mapping) or told.get("type") != "Feature":
        raise InputError("scene.item_damaged", href=href[:200], reason="type")
    item_id, properties = told.get("id"), told.get("properties")
    if not isinstance(item_id, str) or not _NAME.match(item_id):
        raise InputError("scene.item_damaged", href=href[:200], reason="id")
    if not isinstance(properties, Mapping):
        raise InputError("scene.item_damaged", href=href[:200], reason="properties")
    assets = told.get("assets")
    listed = list(assets.items())[:_MOST_ASSETS] if isinstance(assets, Mapping) else []
    made = {str(key)[:100]: one for key, value in listed if (one := _asset(value, href, resolve)) is not None}
    collection = told.get("collection")
    return Item(
        item_id,
        collection[:100] if isinstance(collection, str) else "",
        _day(properties, href),
        _percent(properties.get("eo:cloud_cover")),
        _shape(told.get("geometry"), href),
        _text(properties.get("platform"), 60),
        href,
        made,
    )


def _asset(value: Any, base: str, resolve: Any) -> Asset | None:
    if not isinstance(value, Mapping) or not isinstance(value.get("href"), str):
        return None
    try:
        href = resolve(base, value["href"])
    except InputError:
        return None
    size, roles, sum_ = value.get("file:size"), value.get("roles"), value.get("file:checksum")
    return Asset(
        href,
        size if isinstance(size, int) and not isinstance(size, bool) and 0 < size < 2**50 else None,
        read_multihash(sum_) if isinstance(sum_, str) and len(sum_) < 300 else None,
        tuple(role for role in roles if isinstance(role, str))[:10] if isinstance(roles, Sequence) else (),
        _text(value.get("type"), 100),
    )


def _day(properties: Mapping[str, Any], href: str) -> date:
    """The day in UTC: ``datetime``, or where that is null ``start_datetime``."""
    for name in ("datetime", "start_datetime"):
        text = properties.get(name)
        if isinstance(text, str):
            try:
                moment = datetime.fromisoformat(text[:40].replace("Z", "+00:00"))
            except ValueError:
                continue
            try:
                found = day((moment.astimezone(UTC) if moment.tzinfo else moment).date().isoformat())
            except OverflowError:  # the year 1 in the far east
                continue
            if found is not None:
                return found
    raise InputError("scene.item_damaged", href=href[:200], reason="datetime")


def _shape(told: Any, href: str) -> BaseGeometry:
    """A valid polygon within the globe. Raises :class:`InputError`."""
    try:
        if not isinstance(told, Mapping) or told.get("type") not in ("Polygon", "MultiPolygon"):
            raise ValueError("type")
        parts = [told["coordinates"]] if told["type"] == "Polygon" else told["coordinates"]
        polygons = [shapely.Polygon(_ring(rings[0]), [_ring(hole) for hole in rings[1:]]) for rings in parts]
        shape = shapely.make_valid(shapely.union_all(polygons))
    except (TypeError, ValueError, KeyError, IndexError, OverflowError, shapely.errors.ShapelyError) as error:
        raise InputError("scene.item_damaged", href=href[:200], reason="geometry") from error
    if shape.is_empty or shape.area == 0:
        raise InputError("scene.item_damaged", href=href[:200], reason="geometry")
    return shape


def _ring(told: Any) -> list[tuple[float, float]]:
    if not isinstance(told, list) or not 4 <= len(told) <= _MOST_POINTS:
        raise ValueError(len(told))
    points = [(float(point[0]), float(point[1])) for point in told]
    if not all(abs(x) <= 360 and abs(y) <= 90 for x, y in points):
        raise ValueError("degrees")
    return points


def _percent(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:
        return None
    return None if math.isnan(value) else float(value)


def _text(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""


def files_of(item: Item, bands: Sequence[str] = (), resolution: int = 10) -> dict[str, Asset]:
    """The files that make the scene: path inside the product → asset. Raises :class:`InputError` for an item that is no
    original product, or that lacks a band.
    """
    by_name = {asset.name: asset for asset in item.assets.values()}
    metadata = by_name.get(METADATA)
    if metadata is not None:
        return _safe(item, metadata, bands or DEFAULT_BANDS, resolution)
    mtl = next((asset for name, asset in by_name.items() if name.endswith(("_MTL.xml", "_MTL.txt"))), None)
    if mtl is not None:
        images = {name: asset for name, asset in by_name.items() if (m := _LANDSAT_IMAGE.search(name)) and m}
        wanted = {f"SR_{band.removeprefix('SR_')}" for band in bands}
        chosen = {
            name: asset
            for name, asset in images.items()
            if not wanted or (kind := _LANDSAT_IMAGE.search(name)[1].upper()) in wanted or kind == "QA_PIXEL"  # type: ignore[index]
        }
        return {_inside(mtl.name): mtl} | {_inside(name): asset for name, asset in chosen.items()}
    packed = [asset for asset in by_name.values() if asset.name.lower().endswith(".zip")]
    rasters = [asset for asset in by_name.values() if asset.name.lower().endswith((".tif", ".tiff"))]
    data = [asset for asset in rasters if "data" in asset.roles] or rasters
    alone = packed if len(packed) == 1 else data
    if len(alone) != 1:
        raise InputError("scene.item_unknown", item=item.id, files=sorted(by_name)[:20])
    return {_inside(alone[0].name): alone[0]}


def _safe(item: Item, metadata: Asset, bands: Sequence[str], resolution: int) -> dict[str, Asset]:
    """Metadata, bands at the resolution or the next coarser, SCL and cloud probability, in the folders of a SAFE."""
    root = metadata.href[: -len(METADATA)]
    images: dict[tuple[str, int], Asset] = {}
    chosen = {METADATA: metadata}
    for asset in item.assets.values():
        match = _SAFE_IMAGE.search(asset.name)
        if match and asset.href.startswith(root):
            images[match[1], int(match[2])] = asset
        elif asset.name == f"MSK_CLDPRB_{max(resolution, 20)}m.jp2" and asset.href.startswith(root):
            chosen[_inside(asset.href[len(root) :])] = asset
    for name in (*bands, "SCL"):
        wanted = max(resolution, 20) if name == "SCL" else resolution
        offered = sorted(metres for band, metres in images if band == name)
        if not offered:
            raise InputError("scene.asset_missing", item=item.id, asset=name)
        best = images[name, next((metres for metres in offered if metres >= wanted), offered[-1])]
        chosen[_inside(best.href[len(root) :])] = best
    return chosen


def _inside(path: str) -> str:
    """``path`` if it stays inside the product's folder. Raises :class:`InputError`."""
    parts = unquote(path).split("/")
    if not all(_NAME.match(part) for part in parts):
        raise InputError("scene.path_refused", path=path[:200])
    return "/".join(parts)
