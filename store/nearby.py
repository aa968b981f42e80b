"""Only what lies near a place or refers to a feature: short questions about a large data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pyogrio

from . import dataset
from .troubles import told

Box = tuple[float, float, float, float]


def _read(
    path: str | Path, layer_id: str, columns: Sequence[str], *, bbox: Box | None = None, where: str | None = None
) -> gpd.GeoDataFrame:
    present = set(dataset.fields_in(path, layer_id))
    wanted = ["uid", *(name for name in columns if name in present and name != "uid")]
    with told(Path(path), writing=False):
        frame = pyogrio.read_dataframe(path, layer=layer_id, columns=wanted, bbox=bbox, where=where)
    for name in columns:
        if name not in frame:
            frame[name] = None
    return frame


def read_columns(path: str | Path, layer_id: str, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """The whole layer with ``columns``; one that the file lacks is null. Raises :class:`InputError`."""
    return _read(path, layer_id, columns)


def read_near(path: str | Path, layer_id: str, columns: Sequence[str], bbox: Box) -> gpd.GeoDataFrame:
    """The features whose boxes meet ``bbox`` (west, south, east, north in the layer's own system), by its index."""
    return _read(path, layer_id, columns, bbox=bbox)


def read_referring(
    path: str | Path, layer_id: str, columns: Sequence[str], field: str, uids: Sequence[str]
) -> gpd.GeoDataFrame:
    """The features whose reference ``field`` (a declared one) names one of ``uids``. Raises :class:`InputError`."""
    dataset.declared(path, layer_id).find(field)
    if field not in dataset.fields_in(path, layer_id):
        return _read(path, layer_id, columns, where="1 = 0")
    safe = [uid for uid in dict.fromkeys(uids) if dataset.UID.fullmatch(uid)]  # pyogrio takes no parameters
    listed = ", ".join(f"'{uid}'" for uid in safe)
    return _read(path, layer_id, columns, where=f'"{field}" IN ({listed})' if safe else "1 = 0")
