"""Many rows into a file that is still being made: past GDAL and without a journal, for nobody else can see it yet.

Only for the temporary file of a run, which is thrown away whole when anything fails. Its spatial index is filled when
all rows are there (:func:`index`). Format: OGC 12-128r18, 2.1.3 (geometry blobs) and annex F.3 (index).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..layers.model import Field, Layer
from . import dataset, packed_index
from .many_rows import hurried, insert
from .packed_index import Boxes, Entries
from .rows import fit, promote
from .tables import GEOMETRY
from .troubles import told

# Header of a blob: magic, version 1, little-endian with an envelope of minx, maxx, miny, maxy.
_HEADER = b"GP\x00\x03"
# How dates are told and how many signs of that count: moments to the millisecond (OGC 12-128r18, table 1), and a Z.
_DATES = {"date": ("%Y-%m-%d", 10, ""), "datetime": ("%Y-%m-%dT%H:%M:%S.%f", 23, "Z")}


@dataclass(frozen=True)
class Packed:
    """Geometries as GeoPackage blobs, None where there is none; those at the positions ``there`` have ``boxes``."""

    blobs: list[bytes | None]
    there: NDArray[np.intp]
    boxes: Boxes

    @classmethod
    def of(cls, shapes: NDArray[np.object_], crs: str) -> Packed:
        """Geometries in ``crs`` (``EPSG:n``) as tables of several parts take them."""
        return _packed(promote(shapes), _srs_id(crs))


Made = tuple[Mapping[str, NDArray[Any]], Packed | None]  # columns, and the geometry of each row


def fill(path: Path, layer: Layer, frame: pd.DataFrame, extra: Path | None = None) -> Entries:
    """Write ``frame`` to the table of ``layer`` in the unfinished GeoPackage ``path``; returns where its rows lie.

    Checked and cast as :func:`dataset.append` does it. The spatial index waits for :func:`index`. Raises an error of
    data or machine; ``path`` is then useless.
    """
    crs = dataset.crs_of(path, layer.id)
    rows = fit(frame, layer, crs, extra)
    columns = {field.id: plain(rows[field.id], field) for field in layer.fields if field.id in rows}
    spatial = isinstance(rows, gpd.GeoDataFrame) and crs
    shapes = _packed(rows.geometry.to_numpy(), _srs_id(crs)) if spatial else None
    return _write(path, layer.id, [(columns, shapes)])


def fill_made(path: Path, layer_id: str, tables: Iterable[Made]) -> Entries:
    """As :func:`fill`, of columns that this program made for the table: words, None, numbers (NaN: null); and of
    geometries in the layer's own system. Nothing is checked. Rows that share many values should be a table of their
    own.
    """
    plain_tables = [({name: one.tolist() for name, one in columns.items()}, shapes) for columns, shapes in tables]
    return _write(path, layer_id, plain_tables)


def _write(path: Path, layer_id: str, some: Sequence[tuple[dict[str, list[Any]], Packed | None]]) -> Entries:
    placed: list[Entries] = []
    with told(path, writing=True), hurried(path) as database:
        first = 1 + (database.execute(f'SELECT max("fid") FROM "{layer_id}"').fetchone()[0] or 0)  # noqa: S608  # nosec B608 - names of the catalogue
        with _unindexed(database, layer_id) if any(shapes is not None for _, shapes in some) else nullcontext():
            for columns, shapes in some:
                fids = np.arange(first, first + len(next(iter(columns.values()))))
                first += len(fids)
                made = {"fid": fids.tolist(), **columns}
                if shapes is not None:
                    made[GEOMETRY] = shapes.blobs
                    placed.append((fids[shapes.there], shapes.boxes))
                insert(database, layer_id, made)
    return together(placed)


def together(some: Sequence[Entries]) -> Entries:
    """Entries of a spatial index, one after the other."""
    none: Entries = np.zeros(0, dtype=np.int64), np.zeros((0, 4))
    return np.concatenate([none[0], *(fids for fids, _ in some)]), np.concatenate([none[1], *(box for _, box in some)])


@contextmanager
def _unindexed(database: sqlite3.Connection, table: str) -> Iterator[None]:
    """Without the trigger that would enter each row into the spatial index."""
    name = f"rtree_{table}_{GEOMETRY}_insert"
    found = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?"
    trigger: str = database.execute(found, (name,)).fetchone()[0]
    database.execute(f'DROP TRIGGER "{name}"')
    yield
    database.execute(trigger)


def index(path: Path, layers: Iterable[str], new: Mapping[str, Sequence[Entries]] | None = None) -> None:
    """Fill the spatial indexes of ``layers``, once all their rows are written; one without geometry has none.

    ``new`` says where the rows lie that were written since a layer was last indexed, as :func:`fill` told; where it is
    not said they are read.
    """
    with told(path, writing=True), hurried(path) as database:
        known = {row[0] for row in database.execute("SELECT table_name FROM gpkg_geometry_columns")}
        for layer_id in known.intersection(layers):
            placed = (new or {}).get(layer_id)
            packed_index.fill(database, layer_id, together(placed) if placed else None)


def plain(values: pd.Series, field: Field) -> list[Any]:
    """A column as SQLite takes it: None where null, dates as ISO text, truth as 0 and 1."""
    there = values.notna().to_numpy()
    if field.type in _DATES:
        form, signs, end = _DATES[field.type]
        values = values.dt.strftime(form).str.slice(0, signs) + end
    made = np.full(len(values), None, dtype=object)
    given = values[there]
    if pd.api.types.is_bool_dtype(given.dtype) or field.type in ("integer", "boolean"):
        given = given.astype("int64")
    made[there] = given.to_numpy(dtype=object)
    plain: list[Any] = made.tolist()
    return plain


def blobs(shapes: NDArray[np.object_], srs_id: int) -> list[bytes | None]:
    """Geometries as GeoPackage blobs; None where there is none."""
    return _packed(shapes, srs_id).blobs


def _srs_id(crs: str) -> int:
    return int(crs.removeprefix("EPSG:"))


def _packed(shapes: NDArray[np.object_], srs_id: int) -> Packed:
    packed = np.full(len(shapes), None, dtype=object)
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    boxes = np.ascontiguousarray(shapely.bounds(shapes[there])[:, [0, 2, 1, 3]], dtype="<f8")
    head, envelopes = _HEADER + srs_id.to_bytes(4, "little", signed=True), boxes.tobytes()
    wkb = shapely.to_wkb(shapes[there], byte_order=1)
    packed[there] = [head + envelopes[32 * i : 32 * i + 32] + text for i, text in enumerate(wkb)]
    return Packed(packed.tolist(), there, boxes)
