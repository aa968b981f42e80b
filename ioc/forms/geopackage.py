"""The layers as one GeoPackage in the national system of the data, coordinates untouched.

Decree 269/2025/NĐ-CP art. 21(3) asks for the national system; what is in degrees of WGS 84 lies beside it. The bytes
depend on the data alone: GDAL is given the date to write, rows come in the order of their ``uid``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyogrio

from .gdal import write_with_gdal
from .staging import NATIONAL, Staged

# 1.3 and not 1.4, because the GDAL 3.6 of Debian 12 warns about 1.4.
_VERSION = "1.3"


@contextmanager
def settings(instant: str) -> Iterator[None]:
    """Let GDAL write ``instant`` (RFC 3339, UTC) where it would write the time of the run.

    It need not wait for the disk after each layer either: the folder is flushed as a whole before it becomes visible.
    """
    wanted = {"OGR_CURRENT_DATE": instant, "OGR_SQLITE_SYNCHRONOUS": "OFF"}
    before = {name: pyogrio.get_gdal_config_option(name) for name in wanted}
    pyogrio.set_gdal_config_options(wanted)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def add(path: Path, staged: Staged, instant: str) -> None:
    """Add a layer to ``path``, which the first layer makes; ``instant`` is the date the data describe."""
    options = {"IDENTIFIER": staged.layer.name.vi, "DESCRIPTION": staged.described(), "FID": "fid"}
    if staged.layer.is_spatial:
        options["GEOMETRY_NAME"] = "geom"
    with settings(instant):
        write_with_gdal(path, staged, "GPKG", NATIONAL, options, None if path.exists() else {"VERSION": _VERSION})
