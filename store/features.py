"""Features of one layer as the file has them, before a frame is made of them.

Around one place a handful of features is looked up in several ways: joining them here costs next to nothing, each frame
about a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from geopandas.array import GeometryArray
from numpy.typing import NDArray
from pyproj import CRS


@dataclass(frozen=True)
class Features:
    """``rows`` hold the values of ``names`` (``uid`` first) and then the shape, in the system ``crs`` (empty: none)."""

    names: tuple[str, ...]
    crs: str
    rows: Sequence[tuple[Any, ...]]

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame, columns: Sequence[str], crs: str) -> Features:
        """The features of a frame with ``uid`` and ``columns``."""
        names = tuple(dict.fromkeys(("uid", *columns)))
        values = [frame[name].to_numpy(dtype=object) for name in names]
        return cls(names, crs, list(zip(*values, frame.geometry.to_numpy(), strict=True)))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shapes(self) -> NDArray[np.object_]:
        """The geometries."""
        return _column([row[-1] for row in self.rows])

    def column(self, name: str) -> list[Any]:
        """The values of one field."""
        at = self.names.index(name)
        return [row[at] for row in self.rows]

    def joined(self, other: Features) -> Features:
        """These and those of ``other``, which has the same names, each once."""
        if not other.rows:
            return self
        once = {row[0]: row for row in (*other.rows, *self.rows)}
        mine = dict.fromkeys((*(row[0] for row in self.rows), *once))
        return Features(self.names, self.crs, [once[uid] for uid in mine])

    def at(self, positions: Sequence[int]) -> Features:
        """Those at some positions."""
        return Features(self.names, self.crs, [self.rows[i] for i in positions])

    def without(self, uid: str) -> Features:
        """All but the feature ``uid``."""
        return Features(self.names, self.crs, [row for row in self.rows if row[0] != uid])

    def frame(self) -> gpd.GeoDataFrame:
        """A frame of them: words and numbers as the file has them, null as None."""
        values = np.empty((len(self.names), len(self.rows)), dtype=object)  # in one piece: pandas need not put it so
        for i, row in enumerate(self.rows):
            values[:, i] = row[:-1]
        table = pd.DataFrame(values.T, columns=list(self.names), dtype=object, copy=False)
        table["geometry"] = GeometryArray(self.shapes, crs=_system(self.crs) if self.crs else None)
        return gpd.GeoDataFrame(table, geometry="geometry")  # half the time of handing it the shapes


@lru_cache(maxsize=64)
def _system(code: str) -> CRS:
    return CRS.from_user_input(code)


def _column(values: Sequence[Any]) -> NDArray[np.object_]:
    """One value each, whatever it is: numpy would look into shapes of many parts."""
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made
