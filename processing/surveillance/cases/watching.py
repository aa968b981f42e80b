"""Which alerts a watch takes: by place, class, size, relation to a licence and season."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ....store.coordinates import code_of, transform_geometries
from ....store.watches import Watch

# A pseudo-relation: the ground lies in a licence that was not in force on the day of the scene.
EXPIRED = "expired"


def matches(alerts: gpd.GeoDataFrame, watch: Watch) -> NDArray[np.bool_]:
    """Of each alert (columns as the layer ``alert`` has them) whether ``watch`` takes it.

    An alert belongs to the area when it touches it, to a season by the month of its later image. A column that is not
    there, or has no value, counts as class ``unknown``, relation ``none`` and every season.
    """
    taken: NDArray[np.bool_] = alerts["area_m2"].to_numpy(float) >= watch.min_area_m2
    if watch.classes:
        taken &= _texts(alerts, "change_class", "unknown").isin(watch.classes).to_numpy()
    if watch.relations:
        related = _texts(alerts, "relation", "none").isin(watch.relations).to_numpy()
        if EXPIRED in watch.relations:
            related = related | (_texts(alerts, "licence_state", "") == EXPIRED).to_numpy()
        taken &= related
    if watch.months and "date_after" in alerts.columns:
        month = pd.to_datetime(alerts["date_after"]).dt.month
        taken &= (month.isna() | month.isin(watch.months)).to_numpy()
    if watch.area:
        area = transform_geometries([shapely.from_wkt(watch.area)], watch.crs, code_of(alerts.crs))[0]
        shapely.prepare(area)
        taken &= shapely.intersects(area, alerts.geometry.to_numpy())
    return taken


def _texts(alerts: gpd.GeoDataFrame, column: str, absent: str) -> pd.Series:
    if column not in alerts.columns:
        return pd.Series(absent, index=alerts.index, dtype=object)
    values: pd.Series = alerts[column].astype(object)
    return values.where(values.notna(), absent)
