"""Reading the layers that the rules look at, and refusing what cannot be measured: degrees, another place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ....layers import crs
from ....layers.catalogue import layer
from ....layers.errors import InputError
from ....layers.report import SILENT, Report
from ....store import coordinates, dataset, layer_source, place, scenarios
from ....store.drawn import Drawn
from ....store.layer_rows import LayerRows, read_rows
from ....store.scenarios import Scenario
from ..columns import Mask, Numbers, absent
from ..subjects import KINDS
from .arrays import Geometries
from .layers import Cornered, Layers, LayersRead, table
from .lots import OnLots
from .overlay import overlay
from .soundness import measured


def _fields() -> Mapping[str, tuple[str, ...]]:
    """What the kinds of subjects look at in each layer; parcels come first, they set the system."""
    made: dict[str, tuple[str, ...]] = {"parcel": ()}
    for kind in KINDS.values():
        for layer_id, fields in kind.reads.items():
            made[layer_id] = tuple(dict.fromkeys((*made.get(layer_id, ()), *fields)))
    return made


FIELDS = _fields()
NEVER_EMPTY = ("parcel", "building")
# New data sets have every layer: while nobody has drawn in one of these, it says nothing, not that nothing is there.
UNDRAWN = (
    "green_space", "building_line", "upper_zone", "building_permit", "service_facility",
    "street_centreline", "street_boundary", "red_line",
)  # fmt: skip
# A wrong VN-2000 central meridian moves a province by tens of kilometres; layers of one place never lie so far apart.
ELSEWHERE_M = 30_000.0
# Half of the widest street, so that a centreline is found from the lots along it.
STREET_REACH_M = 110.0

# A wrong zone moves every parcel alike: about so many tell it as well as all.
ENOUGH_TO_PLACE = 2_000

# Layers whose shapes are made when somebody asks for them.
_CORNERED = ("parcel",)

Read = Callable[[str], gpd.GeoDataFrame | Cornered]


def gather(
    needed: set[str],
    read: Mapping[str, Read],
    *,
    may_be_empty: bool = False,
    province: str = "",
    report: Report = SILENT,
) -> Layers:
    """The layers ``needed`` in the system of the parcels; one that ``read`` does not know is left out.

    Raises :class:`InputError` for degrees, a missing or unknown system, parcels or buildings without features (unless
    ``may_be_empty``), and a layer that lies far from the parcels. Parcels that lie outside their ``province``
    but would lie in it in another VN-2000 zone are told to ``report``.
    """
    layers: dict[str, gpd.GeoDataFrame | Cornered] = {}
    target = ""
    here: Numbers | None = None
    for layer_id in FIELDS:
        if layer_id not in needed or layer_id not in read:
            continue
        frame = read[layer_id](layer_id)
        if not isinstance(frame, Cornered) and not frame.index.equals(pd.RangeIndex(len(frame))):
            frame = frame.reset_index(drop=True)
        if len(frame) == 0 and layer_id in NEVER_EMPTY and not may_be_empty:
            raise InputError("zoning.layer_empty", layer=layer_id)
        if len(frame) == 0 and layer_id in UNDRAWN and not may_be_empty:
            continue
        code = frame.system if isinstance(frame, Cornered) else coordinates.code_of(frame.crs)
        if code in (crs.WGS84, crs.VN2000_GEOGRAPHIC):
            raise InputError("zoning.needs_metres", layer=layer_id, crs=code)
        target = target or code
        if layer_id == "parcel":
            shapes = frame.drawn if isinstance(frame, Cornered) else frame.geometry.to_numpy()
            _require_metres(shapes, code, province, report)
        if isinstance(frame, Cornered) and code != target:
            frame = frame.frame()
        moved = frame if code == target else coordinates.to(frame, target)
        bounds = moved.total_bounds
        if layer_id == "parcel":
            here = bounds
        if here is not None:
            _require_one_place(layer_id, bounds, here, code)
        layers[layer_id] = moved if isinstance(moved, Cornered) else _with_dates(layer_id, moved)
    return LayersRead(layers)


def _require_metres(parcels: Geometries | Drawn, code: str, province: str, report: Report) -> None:
    """Refuse degrees that call themselves metres; tell about a wrong zone."""
    found = place.misplaced(parcels[:: max(1, len(parcels) // ENOUGH_TO_PLACE)], code, province)
    if found is not None and found.code == "crs_degrees":
        raise InputError("zoning.needs_metres", layer="parcel", crs=code)
    if found is not None and found.code == "crs_wrong_zone":
        report.message("zoning.wrong_zone", level="warning", layer="parcel", crs=code, likely=found.zone)


def _with_dates(layer_id: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Days as plain dates or None, whoever read them."""
    days = {
        name: pd.Series(
            [None if pd.isna(d) else d.date() for d in pd.to_datetime(frame[name], errors="coerce")], dtype=object
        )
        for name in (field.id for field in layer(layer_id).fields if field.type == "date")
        if name in frame
    }
    return frame.assign(**days) if days else frame


def _require_one_place(layer_id: str, theirs: Numbers, ours: Numbers, code: str) -> None:
    """Refuse a layer whose bounds lie far from those of the parcels: west, south, east, north."""
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return
    apart = np.hypot(*np.maximum(0.0, np.maximum(ours[:2] - theirs[2:], theirs[:2] - ours[2:])))
    if apart > ELSEWHERE_M:
        raise InputError("zoning.layer_elsewhere", layer=layer_id, distance=round(float(apart) / 1000), crs=code)


def whole(
    data: Path,
    needed: set[str],
    instead: Mapping[str, Any],
    report: Report = SILENT,
    *,
    scenario: Scenario | None = None,
    rows: Mapping[str, LayerRows] | None = None,
) -> Layers:
    """The layers of the data set, or as ``scenario`` would have them; ``instead`` gives contract values that replace
    some of them, ``rows`` are those read already.

    One that the data set lacks is left out; a data set with none of them is an error.
    """
    there = dataset.layers_in(data)
    read: dict[str, Read] = {}
    for layer_id in FIELDS:
        if instead.get(layer_id):
            read[layer_id] = lambda name: layer_source.read_layer(_measured(name, instead[name]), data, name)
        elif layer_id in _CORNERED and layer_id in (rows or {}) and scenario is None:
            read[layer_id] = lambda name: Cornered.of((rows or {})[name], FIELDS[name])
        elif layer_id in there or (scenario is not None and layer_id in scenario.layers):
            read[layer_id] = lambda name: _as_planned(data, name, name in there, scenario, (rows or {}).get(name))
    if needed.isdisjoint(read):
        first = next(layer_id for layer_id in FIELDS if layer_id in needed)
        raise InputError("schema.layer_missing", path=str(data), layer=first, known=list(there))
    province = str(dataset.meta(data).get("province") or "")
    layers = gather(needed, read, province=province, report=report)
    given = instead.get("parcel") and _uids(instead["parcel"]) is None
    return _on_given_parcels(layers) if given else layers


def _as_planned(
    data: Path, layer_id: str, there: bool, scenario: Scenario | None, rows: LayerRows | None
) -> gpd.GeoDataFrame:
    if there and rows is None:
        rows = read_rows(data, layer_id, FIELDS[layer_id])
    base = rows.frame(FIELDS[layer_id]) if rows is not None else None
    planned = base if scenario is None else scenarios.merged(scenario, layer_id, base)
    if planned is None:  # the caller asks only for what one of both has
        raise InputError("schema.layer_missing", path=str(data), layer=layer_id, known=["–"])
    return planned


def _uids(value: Any) -> frozenset[str] | None:
    """The features that a contract value chooses, None for all."""
    uids = value.get("uids") if isinstance(value, Mapping) else None
    return None if uids is None else frozenset(str(uid) for uid in uids)


def _measured(layer_id: str, value: Any) -> Any:
    """A choice of features limits what is told, not what is measured: neighbours count."""
    return {**value, "uids": None} if layer_id in ("parcel", "building") and isinstance(value, Mapping) else value


def _on_given_parcels(layers: Layers) -> Layers:
    """Where another file says what the parcels are, only the buildings that count on them are looked at."""
    if "building" not in layers:
        return layers
    on = _counting_on(layers["building"], layers["parcel"])
    return {**layers, "building": layers["building"][on].reset_index(drop=True)}


def _counting_on(buildings: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> Mask:
    """Which buildings stand on ``parcels`` or name one of them."""
    shapes, flaw = measured(buildings.geometry.to_numpy(), "building.geometry")
    lots, _ = measured(parcels.geometry.to_numpy(), "parcel.geometry")
    referring = buildings["parcel"].isin(parcels["uid"]).to_numpy() & ~absent(flaw)
    counting: Mask = (OnLots.of(overlay(shapes, lots), shapes).size > 0) | referring
    return counting


def asked_about(layers: Layers, parcels: Any, buildings: Any) -> Mapping[str, frozenset[str]] | None:
    """By layer the features that the job was asked about, as its parameters choose them; None for all.

    Chosen parcels bring the buildings on them; chosen buildings alone bring all parcels.
    """
    lots, chosen = _uids(parcels), _uids(buildings)
    if lots is None and chosen is None:
        return None
    asked = {"parcel": lots if lots is not None else frozenset(table(layers, "parcel")["uid"])}
    if chosen is not None:
        asked["building"] = chosen
    elif "building" in layers:
        here = layers["parcel"][layers["parcel"]["uid"].isin(asked["parcel"])]
        asked["building"] = frozenset(layers["building"]["uid"][_counting_on(layers["building"], here)])
    return asked


def judged_on(data: Path, asked: date | None) -> date:
    """The day of judgement: the one asked for, else the one that the data set names, else today."""
    if asked is not None:
        return asked
    noted = dataset.meta(data).get("judged_on")
    return date.fromisoformat(str(noted)[:10]) if noted else date.today()
