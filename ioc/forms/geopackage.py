"""The layers as one GeoPackage in the national system of the data, coordinates untouched.

Decree 269/2025/NĐ-CP art. 21(3) asks for the national system; what is in degrees of WGS 84 lies beside it. The bytes
depend on the data alone: GDAL is given the date to write, rows come in the order of their ``uid``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyogrio
import shapely
from pyogrio import raw

from ..store.troubles import told
from .columns import columns, described
from .selection import Leaving

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


def add(path: Path, leaving: Leaving, instant: str) -> None:
    """Add a layer to ``path``, which the first layer makes; ``instant`` is the date the data describe."""
    layer = leaving.mapping.layer
    table = columns(leaving)
    options = {"IDENTIFIER": layer.name.vi, "DESCRIPTION": described(leaving), "FID": "fid"}
    if layer.is_spatial:
        options["GEOMETRY_NAME"] = "geom"
    with told(path, writing=True), settings(instant):
        raw.write(
            path,
            shapely.to_wkb(leaving.frame["geometry"].to_numpy()) if layer.is_spatial else None,
            table.values,
            table.names,
            field_mask=table.masks,
            layer=layer.id,
            driver="GPKG",
            geometry_type=layer.geometry if layer.is_spatial else None,
            crs=leaving.crs if layer.is_spatial else None,
            encoding="UTF-8",
            dataset_options=None if path.exists() else {"VERSION": _VERSION},
            layer_options=options,
        )
