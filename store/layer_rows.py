"""All rows of a layer at once, in columns as GDAL hands them over through Arrow: no object is made for a feature.

A million features are there in half a second, as long as nobody asks for their shapes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyogrio.raw import read_arrow

from . import dataset
from .troubles import told


@dataclass(frozen=True)
class LayerRows:
    """The rows of one layer in the order of their ``fid``.

    ``columns`` are those asked for that are there: texts are objects, None where null. ``wkb`` are the shapes, None
    where there is none; ``system`` is ``EPSG:n``.
    """

    system: str
    fid: NDArray[np.int64]
    columns: Mapping[str, NDArray[Any]]
    wkb: NDArray[np.object_]

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """The shapes; None for one that nobody can read, such as a ring that does not close."""
        return read_shapes(self.wkb)

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        """One number per row that changes when anything in it does."""
        table = plain_frame({**self.columns, "geometry": self.wkb})
        return np.asarray(pd.util.hash_pandas_object(table, index=False, categorize=False), dtype=np.uint64)

    def frame(self, columns: Sequence[str]) -> gpd.GeoDataFrame:
        """``uid``, ``columns`` (null where the layer lacks one) and ``geometry``."""
        nothing = np.full(len(self.fid), None, dtype=object)
        table = plain_frame({name: self.columns.get(name, nothing) for name in dict.fromkeys(("uid", *columns))})
        return gpd.GeoDataFrame(table, geometry=self.shapes, crs=self.system or None)


def read_rows(path: str | Path, layer_id: str, columns: Sequence[str]) -> LayerRows:
    """The whole layer with those of ``columns`` that it has. Raises :class:`InputError`."""
    present = set(dataset.fields_in(path, layer_id))
    wanted = [name for name in dict.fromkeys(("uid", *columns)) if name in present]
    with told(Path(path), writing=False):
        about, table = read_arrow(path, layer=layer_id, columns=wanted, return_fids=True)
    return LayerRows(
        about["crs"] or "",
        table[about["fid_column"]].to_numpy(),
        {name: table[name].to_numpy() for name in wanted},
        table[about["geometry_name"]].to_numpy(),
    )


def read_shapes(wkb: Any) -> NDArray[np.object_]:
    """The shapes of WKB; None for one that nobody can read."""
    return np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)


def plain_frame(columns: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    """A frame of arrays as they are: pandas would make text columns of its own from objects."""
    return pd.DataFrame(
        {name: pd.Series(values, dtype=object if values.dtype == object else None) for name, values in columns.items()}
    )
