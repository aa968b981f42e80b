"""All rows of a layer at once, in columns as GDAL hands them over through Arrow: no object is made for a feature.

A million features are there in half a second, as long as nobody asks for their shapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from pyogrio.raw import read_arrow

from . import dataset
from .drawn import Drawn, read_shapes, some_of
from .troubles import told

_SOME = 1_000  # texts that tell whether those of a column repeat


class Columns(Mapping[str, NDArray[Any]]):
    """Columns as arrays: texts are objects, None where null. Each is made when somebody first looks at it."""

    def __init__(self, arrow: Mapping[str, pa.ChunkedArray]) -> None:
        self.arrow = arrow
        self._made: dict[str, NDArray[Any]] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._made:
            self._made[name] = _objects(self.arrow[name])
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

    @cached_property
    def drawn(self) -> Drawn:
        """The shapes by their corners, to be made when they are asked for."""
        return Drawn.of(self.wkb)

    @property
    def box(self) -> NDArray[np.float64]:
        """(n, 4): west, south, east, north of each shape; NaN where there is nothing."""
        return self.drawn.box if "drawn" in vars(self) else np.asarray(shapely.bounds(self.shapes))

    def table(self, columns: Sequence[str]) -> pd.DataFrame:
        """``uid`` and ``columns``, null where the layer lacks one."""
        nothing = np.full(len(self.fid), None, dtype=object)
        return plain_frame({name: self.columns.get(name, nothing) for name in dict.fromkeys(("uid", *columns))})

    def frame(self, columns: Sequence[str]) -> gpd.GeoDataFrame:
        """As :meth:`table`, with ``geometry``."""
        return gpd.GeoDataFrame(self.table(columns), geometry=self.shapes, crs=self.system or None, copy=False)


def read_rows(
    path: str | Path,
    layer_id: str,
    columns: Sequence[str],
    area: Any = None,
    *,
    made: Literal["", "shapes", "drawn"] = "",
) -> LayerRows:
    """The layer with those of ``columns`` that it has. Raises :class:`InputError`.

    ``area`` is a geometry in the system of the layer: only rows that meet it are read. What of the result is to be
    ``made`` at once, on the thread that reads, is named.
    """
    present = set(dataset.fields_in(path, layer_id))
    wanted = [name for name in dict.fromkeys(("uid", *columns)) if name in present]
    with told(Path(path), writing=False):
        about, table = read_arrow(path, layer=layer_id, columns=wanted, return_fids=True, mask=area)
    shape = about["geometry_name"]
    rows = LayerRows(
        about["crs"] or "",
        table[about["fid_column"]].to_numpy(),
        Columns({name: table[name] for name in wanted}),
        table[shape] if shape else pa.chunked_array([pa.nulls(len(table), pa.binary())]),
    )
    # Put where the properties keep them: asked for there, two layers would wait for each other's lock.
    if made == "shapes":
        vars(rows)["shapes"] = read_shapes(rows.wkb)
    if made == "drawn":
        vars(rows)["drawn"] = Drawn.of(rows.wkb)
    return rows


def _objects(values: pa.ChunkedArray) -> NDArray[Any]:
    """A column as an array. Texts that repeat, as codes and references to few things do, are one object each: memory
    that nobody touched yet is slow.
    """
    if not pa.types.is_string(values.type) or pc.count_distinct(values.slice(0, _SOME)).as_py() > _SOME // 10:
        made: NDArray[Any] = values.to_numpy()
        return made
    coded = values.dictionary_encode().combine_chunks()
    known = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
    return np.asarray(known[coded.indices.fill_null(-1).to_numpy()])


def plain_frame(columns: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    """A frame of arrays as they are, none copied: pandas would make text columns of its own from objects."""
    kept = {
        name: pd.Series(values, dtype=object if values.dtype == object else None, copy=False)
        for name, values in columns.items()
    }
    return pd.DataFrame(kept, copy=False)
