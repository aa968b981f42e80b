"""Simulated ground and the files it comes in: stacks, a Sentinel-2 SAFE, a Landsat product. Deterministic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray

BANDS = ("B02", "B03", "B04", "B08")
UTM49 = "EPSG:32649"
# A corner near Suối Nhum, east of 108° E, on whole tens of metres.
EAST, NORTH = 172_000.0, 1_196_000.0
SIZE = 240


class Told:
    """A report that remembers the codes it was given."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.arguments: dict[str, dict[str, Any]] = {}

    def progress(self, share: float, code: str = "", **arguments: Any) -> None:
        assert 0.0 <= share <= 1.0

    def message(self, code: str, level: str = "info", **arguments: Any) -> None:
        self.codes.append(code)
        self.arguments[code] = arguments


def grid(east: float = EAST, north: float = NORTH, pixel: float = 10.0) -> Affine:
    return Affine(pixel, 0, east, 0, -pixel, north)


def ground(size: int = SIZE, seed: int = 1) -> NDArray[np.float64]:
    """Reflectance (4, size, size) of dunes with scrub: texture at several scales, shared by the bands."""
    rng = np.random.default_rng(seed)
    found = np.array([0.09, 0.14, 0.24, 0.31])[:, None, None] * np.ones((4, size, size))
    for step in (3, 10, 40):
        patches = rng.normal(0.0, 1.0, (2, size // step + 1, size // step + 1))
        fine = patches.repeat(step, axis=1).repeat(step, axis=2)[:, :size, :size]
        for band, (bare, green) in enumerate(((0.010, -0.004), (0.014, -0.003), (0.022, -0.010), (0.018, 0.020))):
            found[band] += bare * fine[0] + green * fine[1]
    return found


def pair(
    size: int = SIZE, pit: tuple[slice, slice] | None = (slice(100, 115), slice(60, 80)), noise: float = 0.003
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Two dates as Level-2A numbers (offset 1000): other gain, noise, and a pit of bright sand on the second."""
    before = ground(size)
    after = before * 1.04 + 0.004
    if pit is not None:
        after[:, *pit] = np.array([0.24, 0.315, 0.395, 0.46])[:, None, None]
    rng = np.random.default_rng(7)
    dates = [numbers(date + rng.normal(0.0, noise, date.shape)) for date in (before, after)]
    return dates[0], dates[1]


def numbers(reflectance: NDArray[np.float64]) -> NDArray[np.uint16]:
    return np.clip(np.rint(reflectance * 10_000 + 1_000), 1, 65_535).astype(np.uint16)


def write(
    path: Path,
    bands: NDArray[Any],
    names: tuple[str, ...] | None = BANDS,
    crs: str | None = UTM49,
    transform: Affine | None = None,
    tags: dict[str, str] | None = None,
    **profile: Any,
) -> Path:
    """A GeoTIFF stack with band names."""
    options = {"tiled": True, "blockxsize": 64, "blockysize": 64, **profile}
    with rasterio.open(
        path, "w", driver="GTiff", count=len(bands), height=bands.shape[1], width=bands.shape[2], dtype=bands.dtype,
        crs=crs, transform=transform or grid(), **options,
    ) as file:  # fmt: skip
        file.write(bands)
        if names:
            file.descriptions = names
        file.update_tags(**(tags or {}))
    return path


def write_pair(folder: Path, **options: Any) -> tuple[Path, Path]:
    """Both dates of :func:`pair` with dates in their tags."""
    before, after = pair(**options)
    first = write(folder / "trước.tif", before, tags={"DATE": "2025-02-16"})
    second = write(folder / "sau.tif", after, tags={"DATE": "2026-02-21"})
    return first, second


def safe(
    folder: Path,
    *,
    baseline: str = "05.11",
    offset: int | None = -1000,
    size: int = 60,
    without: tuple[str, ...] = (),
    doctype: str = "",
    cloud: bool = True,
) -> Path:
    """A Level-2A SAFE of 10 m bands and a 20 m SCL, as lossless JPEG 2000. ``without``: files that are not written."""
    root = folder / "S2A_MSIL2A_20260221T031541_N0511_R118_T49PAM_20260221T060000.SAFE"
    inner = "GRANULE/L2A_T49PAM_A000001_20260221T031541/IMG_DATA"
    files = {name: f"{inner}/R10m/T49PAM_20260221T031541_{name}_10m" for name in BANDS}
    files["SCL"] = f"{inner}/R20m/T49PAM_20260221T031541_SCL_20m"
    listed = "\n".join(f"<IMAGE_FILE>{file}</IMAGE_FILE>" for file in files.values())
    offsets = (
        ""
        if offset is None
        else "".join(f'<BOA_ADD_OFFSET band_id="{band}">{offset}</BOA_ADD_OFFSET>' for band in range(13))
    )
    metadata = f"""<?xml version="1.0" encoding="UTF-8"?>{doctype}
<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd"><General_Info>
<Product_Info><PRODUCT_START_TIME>2026-02-21T03:15:41.024Z</PRODUCT_START_TIME>
<PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE>
<Datatake><SPACECRAFT_NAME>Sentinel-2A</SPACECRAFT_NAME></Datatake>{listed}</Product_Info>
<Product_Image_Characteristics><BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>
<BOA_ADD_OFFSET_VALUES_LIST>{offsets}</BOA_ADD_OFFSET_VALUES_LIST></Product_Image_Characteristics>
</General_Info></n1:Level-2A_User_Product>"""
    root.mkdir(parents=True)
    (root / "MTD_MSIL2A.xml").write_text(metadata, encoding="utf-8")
    bands = numbers(ground(size))
    bands[:, :3, :] = 0  # a strip of nodata
    scl = np.full((size // 2, size // 2), 5, np.uint8)
    if cloud:
        scl[10:14, 10:14] = 9
    for name, file in files.items():
        if name in without:
            continue
        path = root / f"{file}.jp2"
        path.parent.mkdir(parents=True, exist_ok=True)
        layer, pixel = (scl, 20.0) if name == "SCL" else (bands[BANDS.index(name)], 10.0)
        with rasterio.open(
            path, "w", driver="JP2OpenJPEG", count=1, height=layer.shape[0], width=layer.shape[1], dtype=layer.dtype,
            crs=UTM49, transform=grid(pixel=pixel), QUALITY="100", REVERSIBLE="YES", RESOLUTIONS="1",
        ) as made:  # fmt: skip
            made.write(layer, 1)
    return root


MTL = """GROUP = LANDSAT_METADATA_FILE
  GROUP = PRODUCT_CONTENTS
    PROCESSING_LEVEL = "L2SP"
    COLLECTION_NUMBER = 02
{files}
    FILE_NAME_QUALITY_L1_PIXEL = "X_QA_PIXEL.TIF"
  END_GROUP = PRODUCT_CONTENTS
  GROUP = IMAGE_ATTRIBUTES
    SPACECRAFT_ID = "LANDSAT_8"
    SENSOR_ID = "OLI_TIRS"
    DATE_ACQUIRED = 2026-02-20
  END_GROUP = IMAGE_ATTRIBUTES
  GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS
{scaling}
  END_GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS
  GROUP = LEVEL1_RADIOMETRIC_RESCALING
    REFLECTANCE_MULT_BAND_2 = 2.0000E-05
    REFLECTANCE_ADD_BAND_2 = -0.100000
  END_GROUP = LEVEL1_RADIOMETRIC_RESCALING
END_GROUP = LANDSAT_METADATA_FILE
END
"""


def landsat(folder: Path, size: int = 60) -> Path:
    """A Collection 2 Level-2 product with bands 2 to 5 and QA_PIXEL: one cloud, one row of fill."""
    root = folder / "LC08_L2SP_124052_20260220_20260225_02_T1"
    root.mkdir(parents=True)
    files = "\n".join(f'    FILE_NAME_BAND_{n} = "X_SR_B{n}.TIF"' for n in (2, 3, 4, 5))
    scaling = "\n".join(
        f"    REFLECTANCE_{part}_BAND_{n} = {value}"
        for n in (2, 3, 4, 5)
        for part, value in (("MULT", "2.75e-05"), ("ADD", "-0.2"))
    )
    (root / "X_MTL.txt").write_text(MTL.format(files=files, scaling=scaling), encoding="ascii")
    for n, layer in zip((2, 3, 4, 5), ground(size), strict=True):
        dn = np.rint((layer + 0.2) / 2.75e-05).astype(np.uint16)
        write(root / f"X_SR_B{n}.TIF", dn[None], None, transform=grid(pixel=30.0), nodata=0)
    quality = np.full((1, size, size), 21824, np.uint16)
    quality[0, 0, :], quality[0, 20:25, 20:25] = 1, 22280
    write(root / "X_QA_PIXEL.TIF", quality, None, transform=grid(pixel=30.0))
    return root
