"""All rows of a layer at once, in columns as GDAL hands them over through Arrow: no object is made for a feature.

A million features are there in half a second, as long as nobody asks for their shapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyogrio.raw import read_arrow

from . import dataset
from .troubles import told

_AT_ONCE = 8_192  # shapes


class Columns(Mapping[str, NDArray[Any]]):
    """Columns as arrays: texts are objects, None where null. Each is made when somebody first looks at it."""

    def __init__(self, arrow: Mapping[str, pa.ChunkedArray]) -> None:
        self.arrow = arrow
        self._made: dict[str, NDArray[Any]] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._made:
            self._made[name] = self.arrow[name].to_numpy()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrow)

    def __len__(self) -> int:
        return len(self.arrow)

    def some(self, name: str, rows: NDArray[np.intp]) -> list[Any]:
        """The values of some ``rows``, which rise, without making the others."""
        found: list[Any] = some_of(self.arrow[name], rows).to_pylist()
        return found


@dataclass(frozen=True)
class LayerRows:
    """The rows of one layer in the order of their ``fid``.

    ``columns`` are those asked for that are there, ``wkb`` the shapes, null where there is none; ``system`` is
    ``EPSG:n``.
    """

    system: str
    fid: NDArray[np.int64]
    columns: Columns
    wkb: pa.ChunkedArray

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """The shapes; None for one that nobody can read, such as a ring that does not close."""
        return read_shapes(self.wkb)

    def frame(self, columns: Sequence[str]) -> gpd.GeoDataFrame:
        """``uid``, ``columns`` (null where the layer lacks one) and ``geometry``."""
        nothing = np.full(len(self.fid), None, dtype=object)
        table = plain_frame({name: self.columns.get(name, nothing) for name in dict.fromkeys(("uid", *columns))})
        return gpd.GeoDataFrame(table, geometry=self.shapes, crs=self.system or None, copy=False)


def read_rows(
    path: str | Path, layer_id: str, columns: Sequence[str], area: Any = None, *, shaped: bool = False
) -> LayerRows:
    """The layer with those of ``columns`` that it has. Raises :class:`InputError`.

    ``area`` is a geometry in the system of the layer: only rows that meet it are read. ``shaped``: the shapes are made
    at once, on the thread that reads.
    """
    present = set(dataset.fields_in(path, layer_id))
    wanted = [name for name in dict.fromkeys(("uid", *columns)) if name in present]
    with told(Path(path), writing=False):
        about, table = read_arrow(path, layer=layer_id, columns=wanted, return_fids=True, mask=area)
    shape = about["geometry_name"]
    made = LayerRows(
        about["crs"] or "",
        table[about["fid_column"]].to_numpy(),
        Columns({name: table[name] for name in wanted}),
        table[shape] if shape else pa.chunked_array([pa.nulls(len(table), pa.binary())]),
    )
    if shaped:  # put where the property keeps them: asked for there, two layers would wait for each other's lock
        vars(made)["shapes"] = read_shapes(made.wkb)
    return made


def some_of(column: pa.ChunkedArray, rows: NDArray[np.intp]) -> pa.ChunkedArray:
    """Some ``rows`` of a column; they rise. Arrow's own ``take`` would first copy all of it into one piece."""
    firsts = np.cumsum([0, *map(len, column.chunks)])
    places = np.split(rows, np.searchsorted(rows, firsts[1:-1]))
    parts = zip(column.chunks, places, firsts[:-1], strict=True) if column.num_chunks else ()
    return pa.chunked_array([chunk.take(pa.array(place - first)) for chunk, place, first in parts], column.type)


def read_shapes(wkb: pa.ChunkedArray) -> NDArray[np.object_]:
    """The shapes of WKB; None for one that nobody can read.

    Some at a time: the next objects for WKB take the place of the last, and other threads have their turns.
    """
    pieces = [chunk.slice(at, _AT_ONCE) for chunk in wkb.chunks for at in range(0, len(chunk), _AT_ONCE)]
    with np.errstate(invalid="ignore"):  # a coordinate that is no number is the checks' to name, not numpy's
        made = [shapely.from_wkb(piece.to_numpy(zero_copy_only=False), on_invalid="ignore") for piece in pieces]
    return np.concatenate([np.empty(0, dtype=object), *made])


def plain_frame(columns: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    """A frame of arrays as they are, none copied: pandas would make text columns of its own from objects."""
    kept = {
        name: pd.Series(values, dtype=object if values.dtype == object else None, copy=False)
        for name, values in columns.items()
    }
    return pd.DataFrame(kept, copy=False)
