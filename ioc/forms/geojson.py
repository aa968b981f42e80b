"""One layer as GeoJSON by RFC 7946: WGS 84 longitude, latitude; rings by the right-hand rule; no ``crs`` member."""

from __future__ import annotations

import json
from pathlib import Path

import shapely
from pyogrio import raw

from ..layers.errors import EnvironmentTroubleError
from ..store.troubles import told
from .columns import columns
from .selection import DECIMALS, Leaving

MEDIA_TYPE = "application/vnd.geo+json"
_LAST = b"]\n}\n"


def write(path: Path, leaving: Leaving) -> None:
    """Write ``path``. The identifier of a feature is its ``uid``; the collection says whether it is simulated."""
    table = columns(leaving)
    # GDAL copies these members of the collection from its "native data".
    members = {"type": "FeatureCollection", "simulated": leaving.simulated, "operation": leaving.facts["operation"]}
    with told(path, writing=True):
        raw.write(
            path,
            shapely.to_wkb(leaving.wgs84) if leaving.mapping.layer.is_spatial else None,
            table.values,
            table.names,
            field_mask=table.masks,
            layer=leaving.mapping.layer.id,
            driver="GeoJSON",
            geometry_type=leaving.mapping.layer.geometry if leaving.mapping.layer.is_spatial else None,
            crs="EPSG:4326" if leaving.mapping.layer.is_spatial else None,
            encoding="UTF-8",
            layer_options={
                "RFC7946": "YES",
                "COORDINATE_PRECISION": str(DECIMALS),
                "WRITE_BBOX": "YES",
                "ID_FIELD": "uid",
                "ID_TYPE": "String",
                "NATIVE_DATA": json.dumps(members),
                "NATIVE_MEDIA_TYPE": MEDIA_TYPE,
            },
        )
    require_whole(path, _LAST)


def require_whole(path: Path, last: bytes) -> None:
    """Raise :class:`EnvironmentTroubleError` unless ``path`` ends with ``last``: GDAL may not tell of a full disk."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(last)))
        if file.read() != last:
            raise EnvironmentTroubleError("engine.disk_full", path=str(path))
