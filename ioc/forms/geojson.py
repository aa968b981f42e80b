"""One layer as GeoJSON by RFC 7946: WGS 84 longitude, latitude; rings by the right-hand rule; no ``crs`` member."""

from __future__ import annotations

import json
from pathlib import Path

from ...layers.errors import EnvironmentTroubleError
from ..selection import DECIMALS
from .gdal import write_with_gdal
from .staging import WGS84, Staged

MEDIA_TYPE = "application/vnd.geo+json"
_LAST = b"]\n}\n"


def write(path: Path, staged: Staged) -> None:
    """Write ``path``. The identifier of a feature is its ``uid``; the collection says whether it is simulated."""
    # GDAL copies these members of the collection from its "native data".
    members = {"type": "FeatureCollection", "simulated": staged.simulated, "operation": staged.operation}
    options = {
        "RFC7946": "YES",
        "COORDINATE_PRECISION": str(DECIMALS),
        "WRITE_BBOX": "YES",
        "ID_FIELD": "uid",
        "ID_TYPE": "String",
        "NATIVE_DATA": json.dumps(members),
        "NATIVE_MEDIA_TYPE": MEDIA_TYPE,
    }
    write_with_gdal(path, staged, "GeoJSON", WGS84, options)
    require_whole(path, _LAST)


def require_whole(path: Path, last: bytes) -> None:
    """Raise :class:`EnvironmentTroubleError` unless ``path`` ends with ``last``: GDAL may not tell of a full disk."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(last)))
        if file.read() != last:
            raise EnvironmentTroubleError("engine.disk_full", path=str(path))
