"""One layer as FlatGeobuf in WGS 84, with its spatial index: a browser reads what it shows and no more."""

from __future__ import annotations

from pathlib import Path

from .gdal import write_with_gdal
from .staging import WGS84, Staged


def write(path: Path, staged: Staged) -> None:
    """Write ``path``."""
    options = {"SPATIAL_INDEX": "YES" if staged.rows else "NO", "TITLE": staged.layer.name.vi}
    write_with_gdal(path, staged, "FlatGeobuf", WGS84, {**options, "DESCRIPTION": staged.described()})
