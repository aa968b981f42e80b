"""One layer as CSV (RFC 4180, UTF-8 with its mark, so that spreadsheets show Vietnamese); shapes as WKT in WGS 84."""

from __future__ import annotations

from pathlib import Path

from .gdal import write_with_gdal
from .staging import WGS84, Staged


def write(path: Path, staged: Staged) -> None:
    """Write ``path``."""
    options = {"WRITE_BOM": "YES", "STRING_QUOTING": "IF_AMBIGUOUS", "CREATE_CSVT": "NO"}
    if staged.layer.is_spatial:
        options |= {"GEOMETRY": "AS_WKT", "GEOMETRY_NAME": "wkt"}
    write_with_gdal(path, staged, "CSV", WGS84, options)
