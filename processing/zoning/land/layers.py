"""The layers that rules look at, by id. Lots that were read whole stay corners until somebody asks for their shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from ....store import coordinates
from ....store.drawn import Drawn
from ....store.layer_rows import LayerRows
from ..columns import Numbers
from .arrays import Geometries

# The layers of a data set by id, in one projected system in metres; one that the data set lacks is left out. Frames
# carry the fields that the kinds of subjects read.
Layers = Mapping[str, gpd.GeoDataFrame]


@dataclass(frozen=True)
class Cornered:
    """A layer as a ``table`` without geometry, and where its features are ``drawn``, in ``system`` (``EPSG:n``)."""

    table: pd.DataFrame
    drawn: Drawn
    system: str

    @classmethod
    def of(cls, rows: LayerRows, columns: tuple[str, ...]) -> Cornered:
        """What was read of a layer. Raises :class:`InputError` for a missing or unknown system."""
        return cls(rows.table(columns), rows.drawn, coordinates.code_of(rows.system or None))

    def __len__(self) -> int:
        return len(self.table)

    @property
    def total_bounds(self) -> Numbers:
        """West, south, east, north of all."""
        box = self.drawn.box
        return np.array([*np.fmin.reduce(box[:, :2]), *np.fmax.reduce(box[:, 2:])]) if len(box) else np.full(4, np.nan)

    def frame(self) -> gpd.GeoDataFrame:
        """The same with all shapes."""
        return gpd.GeoDataFrame(self.table, geometry=np.asarray(self.drawn), crs=self.system)


class LayersRead(Mapping[str, gpd.GeoDataFrame]):
    """Layers of which some are known as a table and corners: their frames are made when somebody asks for them."""

    def __init__(self, layers: Mapping[str, gpd.GeoDataFrame | Cornered]) -> None:
        self.cornered = {name: one for name, one in layers.items() if isinstance(one, Cornered)}
        self._layers = dict(layers)

    def __getitem__(self, name: str) -> gpd.GeoDataFrame:
        found = self._layers[name]
        if isinstance(found, Cornered):
            found = self._layers[name] = found.frame()
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._layers

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)


def _cornered(layers: Layers, name: str) -> Cornered | None:
    return layers.cornered.get(name) if isinstance(layers, LayersRead) else None


def table(layers: Layers, name: str) -> pd.DataFrame:
    """The fields of a layer; whether it has a geometry beside them is not said."""
    found = _cornered(layers, name)
    return layers[name] if found is None else found.table


def drawn(layers: Layers, name: str) -> Geometries | Drawn:
    """The shapes of a layer as they are drawn."""
    found = _cornered(layers, name)
    if found is not None:
        return found.drawn
    shapes: Geometries = layers[name].geometry.to_numpy()
    return shapes


def system(layers: Layers) -> str:
    """The system of all layers, ``EPSG:n``."""
    name = next(iter(layers))
    found = _cornered(layers, name)
    return coordinates.code_of(layers[name].crs) if found is None else found.system
