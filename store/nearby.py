"""Short questions about a large data set over one connection: opening the file for each would take longer than asking.

Geometry blobs are read as OGC 12-128r18, 2.1.3 describes them; boxes are looked up in the R-tree of annex F.3. All
identifiers in the statements are names of the catalogue or of the file's own tables, all values are parameters.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from ..layers.errors import InputError
from . import dataset
from .features import Features
from .geopackage import reading
from .troubles import told

Box = tuple[float, float, float, float]
# Bytes of the envelope behind the eight of a blob's header, by the kind that its flags name.
_ENVELOPE = (0, 32, 48, 48, 64)
_AT_ONCE = 500  # values in one statement
_MEETS = "minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ?"  # east, west, north, south of a box


class Nearby:
    """A data set that is open for reading. Frames have ``uid``, the columns asked for (null where the file lacks one)
    and ``geometry`` in the layer's own system.
    """

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self._database = database
        self._columns: dict[str, frozenset[str]] = {}
        self._indices: dict[str, bool] = {}

    @cached_property
    def layers(self) -> dict[str, tuple[str, str]]:
        """By name of each layer with geometry: its geometry column and ``EPSG:n`` (empty: none named)."""
        rows = self._database.execute(
            "SELECT g.table_name, g.column_name, s.organization, s.organization_coordsys_id, s.srs_name "
            "FROM gpkg_geometry_columns AS g JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id"
        ).fetchall()
        return {str(table): (str(column), dataset.system_name(*system)) for table, column, *system in rows}

    def near(self, layer_id: str, columns: Sequence[str], box: Box) -> gpd.GeoDataFrame:
        """The features whose boxes meet ``box`` (west, south, east, north in the layer's own system)."""
        return self.features_near(layer_id, columns, box).frame()

    def features_near(self, layer_id: str, columns: Sequence[str], box: Box) -> Features:
        """As :meth:`near`, not made into a frame."""
        index = self._index(layer_id)
        if index is None:
            found = self._read(layer_id, columns, "", ())
            bounds = shapely.bounds(found.shapes)
            with np.errstate(invalid="ignore"):
                meets = (bounds[:, 0] <= box[2]) & (bounds[:, 2] >= box[0])
                meets &= (bounds[:, 1] <= box[3]) & (bounds[:, 3] >= box[1])
            return found.at(np.flatnonzero(meets).tolist())
        where = f' WHERE rowid IN (SELECT id FROM "{index}" WHERE {_MEETS})'  # noqa: S608  # nosec B608 - the file's own index
        return self._read(layer_id, columns, where, (box[2], box[0], box[3], box[1]))

    def boxes_near(self, layer_id: str, box: Box) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
        """The ``fid`` and the box (n, 4; never too small) of what :meth:`near` finds; None without an index."""
        index = self._index(layer_id)
        if index is None:
            return None
        with told(self.path, writing=False):
            rows = self._database.execute(
                f'SELECT id, minx, miny, maxx, maxy FROM "{index}" WHERE {_MEETS} ORDER BY id',  # noqa: S608  # nosec B608 - the file's own index
                (box[2], box[0], box[3], box[1]),
            ).fetchall()
        table = np.array(rows, dtype=float).reshape(-1, 5)
        return table[:, 0].astype(np.int64), table[:, 1:]

    def features_of(self, layer_id: str, columns: Sequence[str], fids: Sequence[int]) -> Features:
        """The features with these ``fids``, in the order of the table."""
        where = " WHERE rowid IN (SELECT value FROM json_each(?))"
        return self._read(layer_id, columns, where, (json.dumps(fids),))

    def referring(self, layer_id: str, columns: Sequence[str], field: str, values: Iterable[Any]) -> gpd.GeoDataFrame:
        """The features whose ``field``, a declared one, is among ``values``; none where the file lacks the field."""
        return self.features_referring(layer_id, columns, field, values).frame()

    def features_referring(self, layer_id: str, columns: Sequence[str], field: str, values: Iterable[Any]) -> Features:
        """As :meth:`referring`, not made into a frame."""
        dataset.declared(self.path, layer_id).find(field)
        wanted = list(dict.fromkeys(values)) if field in self._present(layer_id) else []
        found = [
            self._read(layer_id, columns, f' WHERE "{field}" IN ({", ".join("?" * len(some))})', some)
            for some in (wanted[at : at + _AT_ONCE] for at in range(0, len(wanted), _AT_ONCE))
        ]
        if not found:
            return self._read(layer_id, columns, " WHERE 0", ())
        return replace(found[0], rows=[row for one in found for row in one.rows])

    def rows(self, layer_id: str, columns: Sequence[str], fids: Sequence[int] | None) -> gpd.GeoDataFrame:
        """The features with these ``fids`` (None: all), in the order of the table."""
        if fids is None:
            return self._read(layer_id, columns, "", ()).frame()
        return self.features_of(layer_id, columns, fids).frame()

    @property
    def state(self) -> int:
        """A number that changes when another program changes the data set."""
        with told(self.path, writing=False):
            return int(self._database.execute("PRAGMA data_version").fetchone()[0])

    def is_empty(self, layer_id: str) -> bool:
        """Whether the layer has no feature at all. Raises :class:`InputError` for one that is not there."""
        self._layer(layer_id)
        with told(self.path, writing=False):
            some = self._database.execute(f'SELECT 1 FROM "{layer_id}" LIMIT 1').fetchone()  # noqa: S608  # nosec B608 - a declared layer
        return some is None

    def _layer(self, layer_id: str) -> tuple[str, str]:
        if layer_id not in self.layers:
            raise InputError("schema.layer_missing", path=str(self.path), layer=layer_id, known=list(self.layers))
        return self.layers[layer_id]

    def _present(self, layer_id: str) -> frozenset[str]:
        if layer_id not in self._columns:
            rows = self._database.execute("SELECT name FROM pragma_table_info(?)", (layer_id,)).fetchall()
            self._columns[layer_id] = frozenset(str(name) for (name,) in rows)
        return self._columns[layer_id]

    def _index(self, layer_id: str) -> str | None:
        """The name of the layer's R-tree, None where it has none."""
        name = f"rtree_{layer_id}_{self._layer(layer_id)[0]}"
        if name not in self._indices:
            found = self._database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone()
            self._indices[name] = found is not None
        return name if self._indices[name] else None

    def _read(self, layer_id: str, columns: Sequence[str], where: str, values: Sequence[Any]) -> Features:
        geometry, crs = self._layer(layer_id)
        present = self._present(layer_id)
        names = tuple(dict.fromkeys(("uid", *columns)))
        listed = ", ".join(f'"{name}"' if name in present else "NULL" for name in names)
        with told(self.path, writing=False):
            rows = self._database.execute(
                f'SELECT {listed}, "{geometry}" FROM "{layer_id}"{where} ORDER BY rowid',  # noqa: S608  # nosec B608 - names of the catalogue
                values,
            ).fetchall()
        shapes = shapely.from_wkb([wkb_of(row[-1]) for row in rows], on_invalid="ignore")
        return Features(names, crs, [(*row[:-1], shape) for row, shape in zip(rows, shapes, strict=True)])


def wkb_of(blob: bytes | None) -> bytes | None:
    """The WKB in a GeoPackage blob; None for null, for an empty geometry, and for what is no such blob."""
    if blob is None or len(blob) < 8 or blob[:2] != b"GP" or blob[3] & 0x10:
        return None
    kind = blob[3] >> 1 & 0x07
    return blob[8 + _ENVELOPE[kind] :] if kind < len(_ENVELOPE) else None


@contextmanager
def nearby(path: Path) -> Iterator[Nearby]:
    """``path`` open for reading until the block ends. Raises :class:`InputError` where it is no GeoPackage."""
    with reading(path) as database:
        yield Nearby(path, database)


def read_near(path: str | Path, layer_id: str, columns: Sequence[str], bbox: Box) -> gpd.GeoDataFrame:
    """As :meth:`Nearby.near`, for a single question."""
    with nearby(Path(path)) as near:
        return near.near(layer_id, columns, bbox)


def read_referring(
    path: str | Path, layer_id: str, columns: Sequence[str], field: str, values: Iterable[Any]
) -> gpd.GeoDataFrame:
    """As :meth:`Nearby.referring`, for a single question."""
    with nearby(Path(path)) as near:
        return near.referring(layer_id, columns, field, values)


def read_columns(path: str | Path, layer_id: str, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """The whole layer with ``columns``; one that the file lacks is null, and so is a geometry that nobody can read.

    Raises :class:`InputError`.
    """
    present = set(dataset.fields_in(path, layer_id))
    wanted = ["uid", *(name for name in columns if name in present and name != "uid")]
    with told(Path(path), writing=False):
        frame = pyogrio.read_dataframe(path, layer=layer_id, columns=wanted, on_invalid="ignore")
    for name in columns:
        if name not in frame:
            frame[name] = None
    return frame
