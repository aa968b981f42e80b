"""Some features as a published folder holds them now, read from whichever of its forms keeps them as fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import shapely

from ...layers import crs
from ...store.coordinates import code_of
from ...store.troubles import told
from ..forms import feature
from ..forms.columns import SIMULATED
from ..mapping import LayerMapping
from ..selection import take
from .folder import GEOPACKAGE

_QUOTABLE = re.compile(r"[A-Za-z0-9_.-]{1,64}")  # what identifiers that were published look like
# Form → its file of a layer, the column that names a feature; those that are searched fastest first.
_FORMS = (
    ("gpkg", GEOPACKAGE, "uid"),
    ("parquet", "geoparquet/{}.parquet", "uid"),
    ("fgb", "flatgeobuf/{}.fgb", "uid"),
    ("csv", "csv/{}.csv", "uid"),
    ("geojson", "geojson/{}.geojson", "id"),
)
READABLE = tuple(form for form, _, _ in _FORMS)


def read(folder: Path, of: LayerMapping, uids: Sequence[str]) -> dict[str, str]:
    """Key → canonical body (as :func:`~dothi.ioc.forms.feature.form` makes it) of the features that are there.

    Empty where the folder holds no form with fields (NGSI-LD and CAP alone). Raises :class:`InputError` for a file
    that cannot be read.
    """
    layer, wanted = of.layer.id, [uid for uid in uids if _QUOTABLE.fullmatch(uid)]
    for form, place, name in _FORMS:
        path = folder / place.format(layer)
        if wanted and path.is_file() and (form != "gpkg" or layer in pyogrio.list_layers(path)[:, 0]):
            with told(path, writing=False):
                frame: pd.DataFrame = _parquet(path, wanted) if form == "parquet" else _ogr(path, layer, name, wanted)
            return _bodies(of, frame, wanted)
    return {}


def _ogr(path: Path, layer: str, name: str, uids: Sequence[str]) -> Any:
    listed = ", ".join(f"'{uid}'" for uid in uids)
    frame = pyogrio.read_dataframe(path, layer=layer, where=f'"{name}" IN ({listed})', on_invalid="ignore")
    return frame.rename(columns={name: "uid"})


def _parquet(path: Path, uids: Sequence[str]) -> Any:
    frame = pq.read_table(path, filters=[("uid", "in", list(uids))]).to_pandas()
    if "geom" not in frame:
        return frame
    return gpd.GeoDataFrame(frame.drop(columns="geom"), geometry=shapely.from_wkb(frame["geom"]), crs=crs.WGS84)


def _bodies(of: LayerMapping, frame: pd.DataFrame, uids: Sequence[str]) -> dict[str, str]:
    """The canonical bodies, made in the way in which what leaves is made."""
    here = frame[frame["uid"].isin(uids)]
    lacking: dict[str, Any] = {name: None for name in of.fields if name not in here.columns}
    system = code_of(here.crs) if isinstance(here, gpd.GeoDataFrame) and here.crs is not None else crs.WGS84
    simulated = SIMULATED in here and here[SIMULATED].astype(str).str.lower().isin(("true", "1")).any()
    leaving = take(replace(of, withhold=()), here.assign(**lacking), system, simulated=bool(simulated))
    return {record.key: record.body for record in feature.form(leaving).records}
