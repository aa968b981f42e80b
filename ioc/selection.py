"""Which features of a layer can be published as they are; the others are left out and named with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

from ..layers import crs
from ..store.coordinates import transform_geometries
from ..store.rows import promote
from ..store.values import cast
from .mapping import LayerMapping

# 1e-9 degree is 0.1 mm: finer than the millimetre that is promised, and the most that RFC 7946 calls sensible.
DECIMALS = 9
# Land, islands and sea of Viet Nam in degrees, generously: what lies outside was given a wrong system.
COUNTRY = (101.0, 5.0, 118.0, 24.5)
_UID = r"[A-Za-z0-9_.-]{1,64}"  # what may stand in a URN without quoting
NAMED = 20  # uids listed per reason; the count is always whole
WITHHELD = "withheld"  # the reason that is a decision; all others are faults of the data


@dataclass(frozen=True)
class LeftOut:
    """What was not published of a layer and why.

    ``reason`` is a key below ``ioc.left_out`` in the messages. ``what`` is ``feature`` (in no output), ``entity``
    (in the files, but not as this entity) or ``value`` (the entity lacks this attribute).
    """

    layer: str
    what: str
    reason: str
    count: int
    uids: tuple[str, ...]
    type: str = ""
    attribute: str = ""

    @classmethod
    def of(cls, layer: str, what: str, reason: str, uids: Any, kind: str = "", attribute: str = "") -> LeftOut:
        """For the features ``uids`` (array of text), of which the first are named."""
        named = tuple(sorted(str(uid) for uid in uids)[:NAMED])
        return cls(layer, what, reason, len(uids), named, kind, attribute)


@dataclass(frozen=True)
class Leaving:
    """What leaves of one layer.

    ``frame`` is sorted by ``uid``, has the fields that may leave and those alone, and keeps the system of the data
    (``crs``). ``wgs84`` are its geometries in longitude, latitude, rounded, outer rings counter-clockwise. ``faulty``
    are features that stay because something is wrong with them, and not because somebody withheld them.
    """

    mapping: LayerMapping
    frame: pd.DataFrame
    crs: str
    wgs84: NDArray[np.object_]
    simulated: bool
    facts: dict[str, Any] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    faulty: frozenset[str] = frozenset()

    @property
    def uids(self) -> NDArray[np.object_]:
        """Identifiers in the order of the frame."""
        return self.frame["uid"].to_numpy(dtype=object)

    def with_facts(self, **facts: Any) -> Leaving:
        """The same with facts of the publication: scalars, or arrays in the order of the frame."""
        return replace(self, facts={**self.facts, **facts})


def to_wgs84(geometries: Any, source: str) -> NDArray[np.object_]:
    """Geometries through the pinned operation, rounded to what is written, rings turned by the right-hand rule."""
    moved = transform_geometries(geometries, source, crs.WGS84)
    rounded = shapely.transform(moved, lambda points: np.round(points, DECIMALS))
    turned: NDArray[np.object_] = shapely.orient_polygons(rounded, exterior_cw=False)
    return turned


def take(
    mapping: LayerMapping,
    frame: pd.DataFrame,
    source: str,
    *,
    simulated: bool,
    repeated: frozenset[str] = frozenset(),
) -> Leaving:
    """The features of ``frame`` (system ``source``, ``EPSG:n``) that can be published.

    ``repeated`` are identifiers that rows outside the frame have too.

    A field that the mapping does not name is dropped here, before anything is written.
    """
    layer = mapping.layer
    frame = frame.sort_values("uid", kind="stable").reset_index(drop=True)
    reasons = np.full(len(frame), "", dtype=object)

    def mark(where: Any, reason: str) -> None:
        reasons[(reasons == "") & np.asarray(where, dtype=bool)] = reason

    uids: pd.Series = frame["uid"].astype("string")
    mark(~uids.str.fullmatch(_UID).fillna(False), "uid_unusable")
    mark(uids.duplicated(keep=False) | uids.isin(repeated), "uid_repeated")
    for name, held in mapping.withhold:
        mark(frame[name].isin(held), WITHHELD)
    here = wgs84 = np.empty(0, dtype=object)
    if layer.is_spatial:
        here = promote(frame["geometry"].to_numpy())
        sound = shapely.is_valid(here)
        known = here.copy()
        known[~sound] = None  # GEOS cannot turn a ring with NaN in it
        wgs84 = to_wgs84(known, source)
        mark(shapely.is_missing(here) | shapely.is_empty(here), "geometry_missing")
        mark(shapely.get_type_id(here) != GeometryType[layer.geometry.upper()], "geometry_type")
        mark(~sound, "geometry_invalid")
        mark(~_within(wgs84, COUNTRY), "outside_country")
        mark(~shapely.is_valid(wgs84), "geometry_too_fine")

    good = reasons == ""
    out = [
        LeftOut.of(layer.id, "feature", str(reason), uids[reasons == reason].fillna(""))
        for reason in pd.unique(reasons[~good])
    ]
    made: dict[str, Any] = {"uid": uids[good].astype(object)}
    for name in mapping.fields:
        values, wrong = cast(frame.loc[good, name], layer.find(name))
        made[name] = values
        if wrong.any():
            out.append(LeftOut.of(layer.id, "value", "value_wrong_type", made["uid"][wrong], attribute=name))
    if layer.is_spatial:
        made["geometry"] = here[good]
        wgs84 = wgs84[good]
    faulty = frozenset(uids[~good & (reasons != WITHHELD)].dropna())
    frame = pd.DataFrame(made).reset_index(drop=True)
    return Leaving(mapping, frame, source, wgs84, simulated, left_out=tuple(out), faulty=faulty)


def _within(geometries: NDArray[np.object_], box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    bounds = shapely.bounds(geometries)
    west, south, east, north = box
    low: NDArray[np.bool_] = np.all(bounds[:, :2] >= (west, south), axis=1)
    high: NDArray[np.bool_] = np.all(bounds[:, 2:] <= (east, north), axis=1)
    return low & high
