"""The boundary of a licence from a drawing: KML and KMZ (degrees of WGS 84), or DXF (corners without a system)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyogrio
import shapely

from ..layers.errors import InputError
from .sources import local_file
from .troubles import told

SUFFIXES = (".kml", ".kmz", ".dxf")
_MOST_BYTES = 50 * 1024**2
_GAP = 0.005  # m: ends of lines that a draughtsman meant to meet


def is_drawing(path: str | Path) -> bool:
    """Whether the file is one of these."""
    return Path(path).suffix.lower() in SUFFIXES


def boundary(path: str | Path, layer: str = "") -> tuple[Any, str]:
    """The MultiPolygon and its system: ``EPSG:4326`` for KML, empty for DXF. ``layer`` chooses a layer of the DXF, or a
    folder of the KML.

    Raises :class:`InputError`: no closed line, a damaged file, a KML that points elsewhere.
    """
    file = local_file(path)
    if file.suffix.lower() == ".dxf":
        return _dxf(file, layer), ""
    with _kml(file) as plain:
        with told(file, writing=False):
            names = [str(name) for name, _ in pyogrio.list_layers(plain)]
            chosen = [name for name in names if not layer or name == layer]
            frames = [pyogrio.read_dataframe(plain, layer=name, columns=[]) for name in chosen]
        shapes = [shape for frame in frames for shape in frame.geometry if shape is not None]
    return _areas(shapes, file), "EPSG:4326"


@contextmanager
def _kml(file: Path) -> Iterator[Path]:
    """The KML as a plain file, its text looked at: no document type, no link to elsewhere."""
    with TemporaryDirectory(prefix="dothi-kml-") as folder:
        plain = Path(folder) / "doc.kml"
        text = _packed(file) if file.suffix.lower() == ".kmz" else file.read_bytes()
        if len(text) > _MOST_BYTES:
            raise InputError("concession.table_too_large", path=str(file), most=_MOST_BYTES // 1024**2)
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text or b"NetworkLink" in text or b"\x00" in text:
            raise InputError("concession.kml_points_elsewhere", path=str(file))
        plain.write_bytes(text)
        yield plain


def _packed(file: Path) -> bytes:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".kml")]
            if not entries or entries[0].file_size > _MOST_BYTES:
                raise InputError("concession.not_a_table", path=str(file))
            with archive.open(entries[0]) as opened:
                return opened.read(_MOST_BYTES + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InputError("concession.not_a_table", path=str(file)) from error


def _dxf(file: Path, layer: str) -> Any:
    with told(file, writing=False):
        frame = pyogrio.read_dataframe(file, layer="entities", columns=["Layer"])
    known = sorted({str(name) for name in frame["Layer"].dropna()})
    if layer:
        if layer not in known:
            raise InputError("schema.layer_missing", path=str(file), layer=layer, known=known)
        frame = frame[frame["Layer"] == layer]
    return _areas([shape for shape in frame.geometry if shape is not None], file, known)


def _areas(shapes: list[Any], file: Path, known: list[str] | None = None) -> Any:
    """Polygons, and what closed lines enclose; a ring inside another is a hole."""
    flat = shapely.force_2d(np.array([*shapes, None], dtype=object)[:-1])
    parts = shapely.get_parts(flat) if len(flat) else flat
    areas = [part for part in parts if part.geom_type == "Polygon"]
    lines = [part for part in parts if part.geom_type in ("LineString", "LinearRing")]
    if lines and not areas:
        joined = shapely.set_precision(shapely.line_merge(shapely.union_all(lines, grid_size=_GAP)), 0.0)
        rings = [line for line in shapely.get_parts(joined) if line.is_closed and len(line.coords) > 3]
        areas = [shapely.Polygon(ring) for ring in rings]
    areas = [area for area in areas if area.area > 0]
    if not areas:
        raise InputError("concession.nothing_closed", path=str(file), layers=known or ["–"])
    crossing = [area for area in areas if not area.is_valid]
    if crossing:
        raise InputError("concession.crosses_itself", ring="", reason=shapely.is_valid_reason(crossing[0]))
    areas.sort(key=lambda one: -one.area)
    found = areas[0]
    for one in areas[1:]:
        found = shapely.difference(found, one) if found.contains(one) else shapely.union(found, one)
    return shapely.MultiPolygon([part for part in shapely.get_parts(found) if part.geom_type == "Polygon"])
