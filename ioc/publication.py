"""What of a data set is published: its layers and alerts, the facts of the publication, what leaves of some rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..layers import catalogue, crs
from ..layers.errors import InputError
from ..layers.profiles import profile
from ..store.coordinates import code_of
from .mapping import LayerMapping, mapping, path_of
from .selection import Leaving, take

ALERT = "alert"
FORMATS = ("gpkg", "geojson", "ngsi", "parquet", "csv", "fgb", "cap")

Read = Callable[[str, Sequence[str]], gpd.GeoDataFrame]


@dataclass(frozen=True)
class Source:
    """Where features come from: ``read`` gives ``uid``, the named columns and the geometry of a layer."""

    layers: tuple[str, ...]
    read: Read
    simulated: bool
    issued_at: str = ""


@dataclass(frozen=True)
class Cases:
    """Cases as the outside may know them: ``frame`` with the fields of an alert, ``alerts`` that belong to them."""

    frame: gpd.GeoDataFrame
    alerts: frozenset[str]
    issued: Mapping[str, str]
    states: Mapping[str, str]
    simulated: bool


@dataclass(frozen=True)
class Publication:
    """What to publish. ``data_date`` is the instant the data describe (RFC 3339, UTC).

    ``own`` is the province's folder of mappings, ``extra`` that of its own layers; both may be missing.
    """

    province: str
    data_date: str
    data: Source
    runs: tuple[Source, ...] = ()
    cases: Cases | None = None
    formats: tuple[str, ...] = ("gpkg", "geojson", "ngsi")
    own: Path | None = None
    extra: Path | None = None
    known: dict[str, pd.DataFrame] = field(default_factory=dict)

    def lookup(self, layer_id: str, columns: list[str]) -> pd.DataFrame:
        """Columns of another layer of the data set, only such as may leave; empty where the layer is not there."""
        allowed = mapping(catalogue.layer(layer_id, self.extra), self.own).fields
        if not set(columns) <= set(allowed):
            raise InputError("ioc.mapping_wrong", path=layer_id, reason=f"{columns}")
        if layer_id not in self.data.layers:
            return pd.DataFrame(columns=["uid", *columns])
        if layer_id not in self.known:
            self.known[layer_id] = pd.DataFrame(self.data.read(layer_id, allowed)).drop_duplicates("uid")
        return self.known[layer_id]


def layers_to_publish(publication: Publication, wanted: Sequence[str] | None) -> list[LayerMapping]:
    """The chosen layers, or all that may leave. Raises :class:`InputError` for one that may not."""
    if wanted:
        return [
            mapping(catalogue.layer(layer_id, publication.extra), publication.own) for layer_id in sorted(set(wanted))
        ]
    present = [*publication.data.layers, *([ALERT] if publication.runs or publication.cases else [])]
    found = []
    for layer_id in sorted(set(present) & set(catalogue.ids(publication.extra))):
        try:
            found.append(mapping(catalogue.layer(layer_id, publication.extra), publication.own))
        except InputError as error:
            if error.code != "ioc.layer_stays":
                raise
    if not found:
        raise InputError("ioc.nothing_to_publish")
    return found


def known_mappings(publication: Publication, layer_ids: Sequence[str]) -> list[LayerMapping]:
    """What may leave of layers that were published once, where there still are rules for them."""
    known = set(catalogue.ids(publication.extra))
    return [
        mapping(catalogue.layer(layer_id, publication.extra), publication.own)
        for layer_id in layer_ids
        if layer_id in known and path_of(layer_id, publication.own) is not None
    ]


def ready(
    publication: Publication,
    of: LayerMapping,
    frame: gpd.GeoDataFrame,
    simulated: bool,
    issued: Mapping[str, str] | None = None,
    states: Mapping[str, str] | None = None,
    repeated: frozenset[str] = frozenset(),
) -> Leaving:
    """What leaves of the rows in ``frame``, with the facts; ``issued`` says when each alert was raised.

    ``states`` is the life of each: ``raised``, ``updated`` or ``withdrawn``. ``repeated`` are identifiers that other
    rows of the layer have too. Raises :class:`InputError` for a layer that should have geometry and has none.
    """
    if of.layer.is_spatial and not isinstance(frame, gpd.GeoDataFrame):
        raise InputError("schema.geometry_missing", layer=of.layer.id, geometry=of.layer.geometry)
    code = code_of(frame.crs) if of.layer.is_spatial else ""
    taken = take(of, frame, code, simulated=simulated, repeated=repeated)
    facts: dict[str, Any] = {
        "operation": crs.OPERATION if crs.is_vn2000(code) else "none",
        "@data_date": publication.data_date,
        "@address": address(publication.province),
    }
    if issued is not None:
        facts["@issued_at"] = np.array([issued.get(uid) for uid in taken.uids], dtype=object)
    if states is not None:
        facts["@state"] = np.array([states.get(uid) for uid in taken.uids], dtype=object)
    return taken.with_facts(**facts)


def needed(of: LayerMapping) -> list[str]:
    """Columns to read: what may leave, and what decides whether it does."""
    return list(dict.fromkeys((*of.fields, *(name for name, _ in of.withhold))))


@dataclass(frozen=True)
class Alerts:
    """Alerts in one frame, one a case where an inspector follows the place; by uid when raised and in which state."""

    frame: gpd.GeoDataFrame
    simulated: bool
    issued: Mapping[str, str]
    states: Mapping[str, str]


def alerts(publication: Publication, of: LayerMapping) -> Alerts:
    """The cases, and the alerts of the runs that belong to none (system of the first frame).

    A case is one alert for as long as it lives, whatever it grows to, so that the centre never has a place twice.
    """
    if not publication.runs and publication.cases is None:
        raise InputError("ioc.no_run")
    frames = [run.read(ALERT, needed(of)) for run in publication.runs]
    issued = {
        uid: run.issued_at for run, frame in zip(publication.runs, frames, strict=True) for uid in frame["uid"].tolist()
    }
    states = dict.fromkeys(issued, "raised")
    simulated = any(run.simulated for run in publication.runs)
    if publication.cases is not None:
        cases = publication.cases
        frames = [frame[~frame["uid"].isin(cases.alerts)] for frame in frames]
        frames.append(cases.frame.reindex(columns=["uid", *needed(of), "geometry"]))
        issued |= cases.issued
        states |= cases.states
        simulated = simulated or cases.simulated
    frames = [frame for frame in frames if len(frame)] or frames[:1]
    systems = {code_of(frame.crs) for frame in frames}
    if len(systems) > 1:
        raise InputError("ioc.runs_differ", systems=sorted(systems))
    together = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    return Alerts(together, simulated, _after_images(together, issued), states)


def _after_images(frame: gpd.GeoDataFrame, issued: Mapping[str, str]) -> dict[str, str]:
    """When alerts were raised, but never before the image that shows the change: such a clock was wrong."""
    seen = pd.to_datetime(frame["date_after"], errors="coerce") if "date_after" in frame else pd.Series(dtype="M8[ns]")
    days = seen.dt.strftime("%Y-%m-%dT00:00:00Z").fillna("")
    return {
        **issued,
        **{uid: max(issued[uid], day) for uid, day in zip(frame["uid"], days, strict=False) if uid in issued},
    }


def address(province: str) -> dict[str, str] | None:
    """The address that all features of a province share; none for a province without a profile."""
    try:
        return {"addressRegion": profile(province).name.vi, "addressCountry": "VN"}
    except InputError:
        return None
