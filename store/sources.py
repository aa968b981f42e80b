"""Vector files that come from outside: only whole files on this machine are opened, never what points elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pyogrio

from ..layers.errors import InputError
from .geopackage import require
from .troubles import told

# Roots of the XML by which GDAL follows links to other files and servers (gdal.org: VRT, WFS, WMS, TileIndex …).
_POINTERS = (b"<OGRVRTDataSource", b"<VRTDataset", b"<OGRWFSDataSource", b"<GDAL_WMS", b"<GDALTileIndexDataset")
_REFUSED_SUFFIXES = {".vrt", ".ovf", ".zip", ".gz", ".tgz", ".tar", ".7z", ".rar"}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_SNIFF = 65536  # bytes; comments and blanks may stand before the root

# GML may name a schema on a server; GDAL would fetch it.
pyogrio.set_gdal_config_options({"GML_DOWNLOAD_SCHEMA": False})


def local_file(path: str | Path) -> Path:
    """``path`` if it is a file (or a file geodatabase) on this machine that holds its own data.

    Raises :class:`InputError` for ``/vsi…`` paths, addresses, VRT under whatever name, archives and missing files.
    """
    text = str(path)
    found = Path(path)
    # Path() turns "https://a" into "https:/a", so one slash is looked for; a drive letter alone is no scheme.
    if text.startswith(("/vsi", "\\vsi")) or _SCHEME.match(text) or found.suffix.lower() in _REFUSED_SUFFIXES:
        raise InputError("schema.remote_path", path=text)
    if found.is_dir() and found.suffix.lower() == ".gdb":
        return found
    if not found.is_file():
        raise InputError("engine.file_missing", path=text)
    if found.suffix.lower() == ".gpkg":
        require(found)
    with told(found, writing=False), found.open("rb") as file:
        start = file.read(_SNIFF)
    if any(pointer in start for pointer in _POINTERS):
        raise InputError("schema.remote_path", path=text)
    return found


def layer_name(path: Path, wanted: str = "", prefer: str = "") -> str:
    """The layer to read: ``wanted``, else ``prefer`` if the file has it, else the only one.

    Raises :class:`InputError` where that does not name one layer.
    """
    with told(path, writing=False):
        known = [str(name) for name, _geometry in pyogrio.list_layers(path)]
    people = [name for name in known if not name.startswith(("dom_", "dothi_"))]
    if wanted:
        if wanted not in known:
            raise InputError("schema.layer_missing", path=str(path), layer=wanted, known=people)
        return wanted
    if prefer in people:
        return prefer
    if len(people) == 1:
        return people[0]
    if not people:
        raise InputError("schema.layer_missing", path=str(path), layer=prefer, known=[])
    raise InputError("schema.source_layer_needed", path=str(path), known=people)
