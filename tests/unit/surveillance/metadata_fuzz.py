"""Spoiled metadata for the readers of scenes: seeds, the ways they are spoiled, and what each reader does with them.

A target takes bytes and returns, or raises one of the project's errors; anything else is a fault. Used with hypothesis
by the tests and with plain random numbers by ``scripts/fuzz_metadata.py``.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import rasterio
from rasterio.io import MemoryFile

from dothi.layers.errors import InputError
from dothi.processing.surveillance.scenes import landsat, sentinel2, stac, stack
from dothi.processing.surveillance.scenes.catalogues import Catalogue
from dothi.processing.surveillance.scenes.download import _read_note
from dothi.processing.surveillance.scenes.image import Image
from dothi.processing.surveillance.scenes.multihash import read_multihash
from dothi.processing.surveillance.scenes.product_files import ProductFiles, product_files
from dothi.processing.surveillance.scenes.reading import open_scene

from .scenes import BANDS, MTL, UTM49, grid, ground, numbers

# One spoiling: where (0 to 1), how, and with what.
Spoiling = tuple[float, int, bytes]

NASTY = (
    b"nan", b"inf", b"-inf", b"1e999", b"-0", b"0", b"-1", b"9" * 400, b"1e-400", b"", b" ", b"\x00", b"\xff\xfe",
    b"NaN", b"null", b"true", b"[]", b"{}", b'"', b"<", b"&lt;", b"&#0;", b"&#1114112;", b"<!DOCTYPE a>", b"..", b"../",
    b"/etc/passwd", b"file:///", b"http://[::", b"\\", b"%00", b"%2e%2e", "đ́".encode(), "\u202e".encode(), b"12:99",
    b"2026-02-30", b"0000-00-00", b"9999-12-31T23:59:59-23:59", b"0001-01-01T00:00:00+23:59", b"]]>", b"<![CDATA[",
)  # fmt: skip
_NUMBER = re.compile(rb"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_VALUE = re.compile(rb'"[^"<>]{0,80}"|>[^<>]{0,80}<|= [^\n]{0,80}|:\s?[^,{}\[\]]{1,40}')
WAYS = 9
_OFTEN = (*range(WAYS), 5, 5, 5, 6, 6, 6)  # numbers and values more often: what is cut breaks the syntax alone


def spoiled(seed: bytes, spoilings: Sequence[Spoiling]) -> bytes:
    """``seed`` with each spoiling done to it in turn."""
    data = seed
    for where, way, payload in spoilings:
        at = int(where * len(data))
        if way == 0:  # a piece is lost
            data = data[:at] + data[at + 1 + len(payload) * 7 :]
        elif way == 1:  # something is put in
            data = data[:at] + payload + data[at:]
        elif way == 2:  # bytes are other bytes
            data = data[:at] + payload + data[at + len(payload) :]
        elif way == 3:  # cut off
            data = data[:at]
        elif way == 4:  # a piece twice
            data = data[: at + 200] + data[at:]
        elif way in (5, 6):  # a number, or a value, is something else
            found = list((_NUMBER if way == 5 else _VALUE).finditer(data))
            if found:
                match = found[min(len(found) - 1, int(where * len(found)))]
                start, end = match.span()
                if way == 6 and end - start >= 2:
                    start, end = start + 1, end - 1 if data[end - 1 : end] in (b'"', b"<") else end
                data = data[:start] + payload + data[end:]
        elif way == 7:  # one bit
            if data:
                at = min(at, len(data) - 1)
                data = data[:at] + bytes([data[at] ^ (1 << (len(payload) % 8))]) + data[at + 1 :]
        else:  # a line goes elsewhere
            lines = data.split(b"\n")
            line = lines.pop(min(len(lines) - 1, int(where * len(lines))))
            lines.insert(len(payload) % (len(lines) + 1), line)
            data = b"\n".join(lines)
    return data[:1_000_000]


def random_spoilings(random: Random) -> list[Spoiling]:
    """One to six."""
    return [
        (
            random.random(),
            random.choice(_OFTEN),
            random.choice(NASTY) if random.random() < 0.7 else random.randbytes(random.randrange(20)),
        )
        for _ in range(random.choice((1, 1, 1, 2, 3, 6)))
    ]


# ---- seeds


def _safe_metadata() -> bytes:
    inner = "GRANULE/L2A_T49PAM_A000001_20260221T031541/IMG_DATA"
    files = [f"{inner}/R10m/T49PAM_20260221T031541_{name}_10m" for name in BANDS]
    files.append(f"{inner}/R20m/T49PAM_20260221T031541_SCL_20m")
    listed = "\n".join(f"<IMAGE_FILE>{file}</IMAGE_FILE>" for file in files)
    offsets = "\n".join(f'<BOA_ADD_OFFSET band_id="{n}">-1000</BOA_ADD_OFFSET>' for n in range(13))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_User_Product xmlns:n1="https://example.org/User_Product_Level-2A.xsd"><General_Info><Product_Info>
<PRODUCT_START_TIME>2026-02-21T03:15:41.024Z</PRODUCT_START_TIME>
<PRODUCT_URI>S2A_MSIL2A_20260221T031541_N0511_R118_T49PAM_20260221T060000.SAFE</PRODUCT_URI>
<PROCESSING_BASELINE>05.11</PROCESSING_BASELINE><GENERATION_TIME>2026-02-21T06:00:00.000000Z</GENERATION_TIME>
<Datatake><SPACECRAFT_NAME>Sentinel-2A</SPACECRAFT_NAME><SENSING_ORBIT_NUMBER>118</SENSING_ORBIT_NUMBER></Datatake>
{listed}</Product_Info>
<Product_Image_Characteristics><BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>
{offsets}</Product_Image_Characteristics></General_Info></n1:Level-2A_User_Product>""".encode()


def _mtl_text() -> bytes:
    files = "\n".join(f'    FILE_NAME_BAND_{n} = "X_SR_B{n}.TIF"' for n in (2, 3, 4, 5))
    scaling = "\n".join(
        f"    REFLECTANCE_{part}_BAND_{n} = {value}"
        for n in (2, 3, 4, 5)
        for part, value in (("MULT", "2.75e-05"), ("ADD", "-0.2"))
    )
    return MTL.format(files=files, scaling=scaling).encode()


def _mtl_xml() -> bytes:
    groups: list[str] = []
    for line in _mtl_text().decode().splitlines():
        key, _, value = (part.strip() for part in line.partition("="))
        if key == "GROUP":
            groups.append(f"<{value}>")
        elif key == "END_GROUP":
            groups.append(f"</{value}>")
        elif value:
            groups.append(f"<{key}>{value.strip(chr(34))}</{key}>")
    return "\n".join(groups).encode()


def _item() -> bytes:
    names = ["MTD_MSIL2A.xml", "GRANULE/I/QI_DATA/MSK_CLDPRB_20m.jp2", "GRANULE/I/IMG_DATA/R20m/T49PAM_X_SCL_20m.jp2"]
    names += [f"GRANULE/I/IMG_DATA/R10m/T49PAM_X_{band}_10m.jp2" for band in BANDS]
    told = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "S2A_T49PAM_20260221",
        "collection": "sentinel-2-l2a",
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[107.9, 10.7], [108.1, 10.7], [108.1, 10.9], [107.9, 10.9], [107.9, 10.7]]],
        },
        "properties": {"datetime": "2026-02-21T03:15:41Z", "eo:cloud_cover": 12.5, "platform": "sentinel-2a"},
        "links": [{"rel": "self", "href": "./item.json"}],
        "assets": {
            str(n): {"href": f"./{name}", "file:size": 100, "file:checksum": "1220" + "ab" * 32, "roles": ["data"]}
            for n, name in enumerate(names)
        },
    }
    return json.dumps(told, indent=0).encode()


def _tags() -> bytes:
    told = {
        "DATE": "2026-02-21", "SENSOR": "Sentinel-2A", "BOA_QUANTIFICATION_VALUE": "10000", "ORBIT": "118",
        "BOA_ADD_OFFSET": "-1000", "COMMON_NAMES": "blue,green,red,nir", "SIMULATED": "yes", "TILE": "T49PAM",
        "BACKSCATTER_UNIT": "dB", "PRODUCT": "x", "PROCESSING_BASELINE": "05.11", "SENSED": "2026-02-21T03:15",
        "names": "VV_dB,VH,HH",
    }  # fmt: skip
    return "\n".join(f"{name} = {value}" for name, value in told.items()).encode()


def _raster() -> bytes:
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=32, height=32, count=4, dtype="uint16", crs=UTM49, transform=grid(),
            compress="deflate", tiled=True, blockxsize=16, blockysize=16,
        ) as file:  # fmt: skip
            file.write(numbers(ground(32)))
            file.descriptions = BANDS
            file.update_tags(DATE="2026-02-21", BOA_QUANTIFICATION_VALUE="10000", BOA_ADD_OFFSET="-1000")
        return bytes(memory.read())


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.SAFE/MTD_MSIL2A.xml", _safe_metadata())
        archive.writestr("X.SAFE/GRANULE/a.txt", "x" * 100)
    return packed.getvalue()


# ---- what readers do


class _Everything(frozenset[str]):
    """Names of a product in which nothing is missing."""

    def __contains__(self, _: object) -> bool:
        return True


@dataclass(frozen=True)
class _Told(ProductFiles):
    """A product whose metadata is ``data``."""

    data: bytes = b""

    def read(self, name: str) -> bytes:
        return self.data


def _one_band(path: str) -> Any:
    """Stands for the raster that a product names; nothing is opened."""
    found = SimpleNamespace(crs=rasterio.CRS.from_string(UTM49), transform=grid(), width=60, height=60)
    return _Closing(found)


class _Closing:
    def __init__(self, found: Any) -> None:
        self.found = found

    def __enter__(self) -> Any:
        return self.found

    def __exit__(self, *_: object) -> None:
        return None


def _safe(data: bytes, _: Path) -> None:
    files = _Told(Path("/nowhere/X.SAFE"), _Everything(["MTD_MSIL2A.xml", "MSK_CLDPRB_20m.jp2"]), "", data)
    with patch.object(sentinel2, "open_raster", _one_band):
        scene = sentinel2.read_safe(files, cloud_probability=40)
    _sound(scene)


def _landsat(name: str) -> Callable[[bytes, Path], None]:
    def target(data: bytes, _: Path) -> None:
        files = _Told(Path("/nowhere/X"), _Everything([name]), "", data)
        with patch.object(landsat, "open_raster", _one_band):
            _sound(landsat.read_landsat(files))

    return target


def _sound(scene: Any) -> None:
    """What a reader lets through is usable: finite, positive scale, paths inside the product, short texts."""
    for band in scene.bands:
        assert np.isfinite([band.scale, band.offset]).all(), band
        assert band.scale > 0, band
        assert ".." not in Path(band.path).parts, band
    assert len(scene.product) <= 300
    assert scene.acquired_on is None or 1900 <= scene.acquired_on.year <= 9999
    assert scene.orbit is None or 1 <= scene.orbit <= 999


def _item_target(data: bytes, _: Path) -> None:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError("scene.catalogue_wrong", place="x", reason="JSON") from error
    _read_item(told)


def _item_values(data: bytes, _: Path) -> None:
    """JSON that is whole, with values anywhere in it that are not what they should be."""
    random, told = Random(data), json.loads(_item())
    odd: list[Any] = [
        None,
        True,
        -1,
        0,
        1e308,
        float("nan"),
        10**400,
        "",
        "x" * 5000,
        [],
        {},
        [[]],
        "../..",
        "\x00",
        "2026-13-01",
    ]
    for _number in range(random.choice((1, 1, 2, 5))):
        place = told
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = random.choice(keys)
            if isinstance(place[key], (dict, list)) and random.random() < 0.8:
                place = place[key]
                continue
            place[key] = random.choice([*odd, random.random() * 1e3, told])
            break
    _read_item(told)


def _read_item(told: Any) -> None:
    with Catalogue("https://host.example/cat/catalog.json") as catalogue:
        item = stac.read_item(told, "https://host.example/cat/a/item.json", catalogue._resolve)
        assert all(asset.href.startswith("https://host.example") for asset in item.assets.values())
        for path in stac.files_of(item):
            assert not Path(path).is_absolute()
            assert ".." not in Path(path).parts
            assert "\\" not in path


def _href(data: bytes, folder: Path) -> None:
    text = data.decode("utf-8", "replace")
    for place in (str(folder), "https://host.example/cat/catalog.json"):
        with Catalogue(place, asset_hosts=["files.example"]) as catalogue:
            base = str(catalogue.local or place)
            for within in (True, False):
                with suppress(InputError):
                    found = catalogue._resolve(base, text, within=within)
                    if found.startswith("https://host.example/" + ("cat/" if within else "")):
                        continue
                    if not within and re.match(r"https?://files\.example(/|$|\?|#)", found, re.IGNORECASE):
                        continue
                    assert catalogue.local, found
                    assert Path(found).resolve().is_relative_to(folder.resolve()), found
    read_multihash(text)


def _tags_target(data: bytes, _: Path) -> None:
    lines = [line.partition(" = ") for line in data.decode("utf-8", "replace").split("\n")]
    told = {name: value for name, _sign, value in lines}
    names = told.pop("names", "B02,B03,B04,SCL").split(",")
    dataset = SimpleNamespace(
        descriptions=tuple(names), count=len(names), tags=lambda: told,
        scales=(1.0,) * len(names), offsets=(0.0,) * len(names), nodatavals=(None,) * len(names),
        crs=rasterio.CRS.from_string(UTM49), transform=grid(), width=60, height=60,
    )  # fmt: skip
    with patch.object(stack, "open_raster", lambda _: _Closing(dataset)):
        _sound(stack.read_stack(Path("/nowhere/x.tif")))


def _raster_target(data: bytes, folder: Path) -> None:
    path = folder / "x.tif"
    path.write_bytes(data)
    scene = open_scene(path)
    _sound(scene)
    if scene.grid.pixels <= 10_000:
        with Image(scene, scene.grid) as image:
            values, _ = image.read(rasterio.windows.Window(0, 0, scene.grid.width, scene.grid.height))
            assert np.isfinite(values).all()


def _zip_target(data: bytes, folder: Path) -> None:
    path = folder / "x.zip"
    path.write_bytes(data)
    files = product_files(path)
    for name in sorted(files.names)[:5]:
        assert not name.startswith("/")
        files.read(name)


def _note_target(data: bytes, folder: Path) -> None:
    path = folder / ".fetch-x.json"
    path.write_bytes(data)
    found = _read_note(path, "http://a/b")
    assert isinstance(found.version, str)
    assert "\n" not in found.version


@dataclass(frozen=True)
class Target:
    """A reader, what it is given unspoiled, and its share of the inputs."""

    run: Callable[[bytes, Path], None]
    seed: bytes
    share: float


def targets() -> dict[str, Target]:
    """All readers of metadata, by name; shares add up to 1."""
    return {
        "mtd_xml": Target(_safe, _safe_metadata(), 0.2),
        "mtl_txt": Target(_landsat("X_MTL.txt"), _mtl_text(), 0.15),
        "mtl_xml": Target(_landsat("X_MTL.xml"), _mtl_xml(), 0.1),
        "stac_item": Target(_item_target, _item(), 0.1),
        "stac_values": Target(_item_values, bytes(range(64)), 0.1),
        "stac_href": Target(_href, b"../../a/./b%2e/c.json?x=https://other.example/y", 0.1),
        "tags": Target(_tags_target, _tags(), 0.1),
        "geotiff": Target(_raster_target, _raster(), 0.08),
        "zip": Target(_zip_target, _zip(), 0.05),
        "note": Target(_note_target, b'{"address": "http://a/b", "version": "\\"1\\"", "size": 100}', 0.02),
    }
