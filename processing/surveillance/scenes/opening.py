"""Which raster files may be opened, and what their failures are called.

GDAL opens far more than images: virtual files that name other files or servers, whole databases. Here only plain local
files of three formats come in, their headers are measured before a byte is allocated, and every failure has a code.
"""

from __future__ import annotations

import errno
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from ....layers.errors import DothiError, EnvironmentTroubleError, InputError
from ....store import scene_library

# COG is written as GTiff and read as such; VRT, network and container drivers are left out on purpose.
DRIVERS = ("GTiff", "JP2OpenJPEG", "ENVI")
# 5·10¹⁰ pixels: 400 Sentinel-2 tiles. More is a broken or hostile header.
MOST_PIXELS = 5 * 10**10
MOST_BANDS = 1000
# GDAL allocates one block of the file whole; 512 MB is beyond any sane tiling.
MOST_BLOCK_BYTES = 512 * 1024**2
# GDAL's words for a full disk or a file over its limit; it has no error number.
_FULL = re.compile(r"no space left|disk full|file too large|quota exceeded|write error|fwrite|while writing", re.I)
_FULL_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# "SENTINEL2_L2A:file", "GTIFF_DIR:1:file": GDAL would read a driver's name; a Windows drive has one letter.
_CONNECTION = re.compile(r"^[A-Za-z0-9_+]{2,}:")


def local_path(text: str | Path) -> Path:
    """``text`` as an existing local file or folder; a call of the library (``NAME.gpkg|scene=CODE``) is answered.

    Raises :class:`InputError`, or the machine's refusal to read it.
    """
    given = str(scene_library.answer(text) or text)
    if given.startswith(("/vsi", "\\vsi", "<")) or _CONNECTION.match(given) or "\x00" in given:
        raise InputError("change.not_local", path=given[:200])
    path = Path(given)
    if not path.exists():
        raise InputError("engine.file_missing", path=given)
    if not (path.is_file() or path.is_dir()):  # opening a pipe or a device would wait for ever
        raise InputError("change.not_an_image", path=given)
    if not os.access(path, os.R_OK):
        raise EnvironmentTroubleError("engine.no_permission", path=given)
    return path.absolute()


@contextmanager
def raster_session(threads: int) -> Iterator[None]:
    """GDAL's settings while a job runs: threads, a bounded block cache, no look at the network."""
    with rasterio.Env(
        GDAL_NUM_THREADS=str(threads),
        GDAL_CACHEMAX=128,  # MB
        CPL_VSIL_CURL_ALLOWED_EXTENSIONS=".none",
        GDAL_HTTP_TIMEOUT=1,
        GDAL_MAX_DATASET_POOL_SIZE=64,
        VRT_SHARED_SOURCE=0,
    ):
        yield


def processors() -> int:
    """Processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else (os.cpu_count() or 1)


@contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Failures of GDAL inside become ``change.damaged`` with the file's name; words of no encoding count as damage."""
    try:
        yield
    except (RasterioError, CPLE_BaseError, UnicodeDecodeError) as error:
        raise InputError("change.damaged", path=_shown(path), reason=_reason(error)) from error


@contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Failures to write inside become the machine's troubles: a full disk, or a file that cannot be written."""
    try:
        yield
    except DothiError:
        raise
    except (RasterioError, CPLE_BaseError) as error:
        raise write_trouble(path, _reason(error)) from error
    except OSError as error:
        if error.errno not in _FULL_NUMBERS:
            raise
        raise EnvironmentTroubleError("engine.disk_full", path=str(path)) from error


def write_trouble(path: str | Path, reason: str) -> EnvironmentTroubleError:
    """The error for what GDAL said while it wrote."""
    code = "engine.disk_full" if _FULL.search(reason) else "change.not_written"
    return EnvironmentTroubleError(code, path=str(path), reason=reason)


def open_raster(path: str | Path) -> Any:
    """The dataset at ``path`` (a rasterio reader), its header checked. The caller closes it.

    Raises :class:`InputError`: not an image of the formats known, damaged, or larger than any image.
    """
    dataset = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # asked for by grid_of, with a sentence
        for driver in DRIVERS:
            try:
                dataset = rasterio.open(path, driver=driver, sharing=False)
                break
            except (RasterioError, CPLE_BaseError, UnicodeDecodeError) as error:
                if "not recognized" not in str(error):
                    raise InputError("change.damaged", path=_shown(path), reason=_reason(error)) from error
    if dataset is None:
        raise InputError("change.not_an_image", path=_shown(path))
    try:
        _check_header(dataset, path)
    except BaseException:
        dataset.close()
        raise
    return dataset


def _check_header(dataset: Any, path: str | Path) -> None:
    pixels = dataset.width * dataset.height
    if dataset.count == 0:
        raise InputError("change.not_an_image", path=_shown(path))
    itemsize = 16 if "complex" in dataset.dtypes[0] else 8
    blocks = max(rows * columns for rows, columns in dataset.block_shapes)
    if pixels > MOST_PIXELS or dataset.count > MOST_BANDS or blocks * itemsize > MOST_BLOCK_BYTES:
        raise InputError(
            "change.too_large", path=_shown(path), width=dataset.width, height=dataset.height, bands=dataset.count
        )
    if any("complex" in dtype for dtype in dataset.dtypes):
        raise InputError("change.complex_pixels", path=_shown(path))


def _shown(path: str | Path) -> str:
    """The path as the user knows it, without GDAL's prefix for archives."""
    return str(path).removeprefix("/vsizip/")


def _reason(error: BaseException) -> str:
    cause = error.__cause__
    return str(cause if isinstance(cause, CPLE_BaseError) else error)[:300]
