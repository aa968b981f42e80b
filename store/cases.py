"""Cases: places of change followed over time, in ``NAME.dothi/cases.gpkg``, which the engine alone writes.

Its tables are layers of the catalogue: ``case`` (one place), ``case_event`` (all that happened to it, in order, never
deleted), ``case_sighting`` (the alerts that belong to it), ``case_run`` (parameters, scenes and licences of the runs
that found them) and ``case_evidence``. Changes are in :mod:`.case_changes`; QGIS opens the file to read.

What was published of a case follows its :class:`Life`: ``raised``, ``updated``, ``withdrawn``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from ..layers import catalogue
from ..layers.errors import InputError
from . import dataset
from .recovery import recover

FILE = "cases.gpkg"
LAYERS = ("case", "case_event", "case_sighting", "case_run", "case_evidence")


@dataclass(frozen=True)
class Life:
    """What the outside may know of a case. ``state`` is ``raised``, ``updated`` or ``withdrawn``, with ``reason``
    ``rejected`` or ``merged``; moments are ISO texts in UTC; ``alerts`` are the uids of its alerts.
    """

    uid: str
    code: str
    state: str
    status: str
    revision: int
    raised_at: str
    updated_at: str
    withdrawn_at: str | None
    reason: str | None
    alerts: tuple[str, ...]
    simulated: bool


def path_of(data: str | Path) -> Path:
    """Where the cases of a data set lie; the file may not be there yet."""
    return dataset.beside(data) / FILE


def folder_of(data: str | Path, uid: str) -> Path:
    """Where the files of the evidence of one case lie."""
    return dataset.beside(data) / "cases" / uid


def read(data: str | Path, layer_id: str) -> gpd.GeoDataFrame:
    """The rows of one of :data:`LAYERS` as :func:`dataset.read` gives them; no rows where there are no cases yet."""
    path = path_of(data)
    if path.exists():
        recover(path)
        return dataset.read(path, layer_id)
    names = [field.id for field in catalogue.layer(layer_id).fields]
    return gpd.GeoDataFrame({name: pd.Series(dtype=object) for name in names}, geometry=[], crs=None)


def of_case(data: str | Path, layer_id: str, uid: str) -> gpd.GeoDataFrame:
    """The rows that belong to the case ``uid``; events in their order."""
    return belonging(read(data, layer_id), uid)


def belonging(rows: gpd.GeoDataFrame, uid: str) -> gpd.GeoDataFrame:
    """Those of ``rows`` that belong to the case ``uid``; events in their order."""
    rows = rows[rows["case"] == uid].reset_index(drop=True)
    return rows.sort_values("number").reset_index(drop=True) if "number" in rows.columns else rows


def find(data: str | Path, word: str) -> dict[str, Any]:
    """The case with the code (or uid) ``word``: its fields, ``geometry`` with them. Raises :class:`InputError`."""
    return found(read(data, "case"), word)


def found(rows: gpd.GeoDataFrame, word: str) -> dict[str, Any]:
    """As :func:`find`, among the cases ``rows``."""
    wanted = word.strip()
    hit = rows[(rows["code"] == wanted.upper()) | (rows["uid"] == wanted.lower())]
    if hit.empty:
        known = rows["code"].tolist()[-5:]
        raise InputError("case.unknown", case=wanted[:60], known=known or ["–"])
    return {str(name): value for name, value in hit.iloc[0].items()}


def lives(data: str | Path) -> list[Life]:
    """What may be known of every case, by code. Raises :class:`InputError` for a damaged file."""
    sightings = read(data, "case_sighting")
    alerts: dict[str, list[str]] = {}
    for uid, alert in zip(sightings["case"], sightings["alert"], strict=True):
        alerts.setdefault(uid, []).append(alert)
    return [_life(row, alerts) for row in read(data, "case").sort_values("code").to_dict("records")]


def to_withdraw(data: str | Path) -> list[Life]:
    """The cases of which nothing may stay published: rejected, or merged into another."""
    return [life for life in lives(data) if life.state == "withdrawn"]


def _life(row: Mapping[Any, Any], alerts: Mapping[str, list[Any]]) -> Life:
    withdrawn = _moment(row["withdrawn_at"])
    merged = isinstance(row["merged_into"], str)
    return Life(
        uid=row["uid"],
        code=row["code"],
        state="withdrawn" if withdrawn else "raised" if row["revision"] <= 1 else "updated",
        status=row["status"],
        revision=int(row["revision"]),
        raised_at=_moment(row["raised_at"]) or "",
        updated_at=_moment(row["updated_at"]) or "",
        withdrawn_at=withdrawn,
        reason=("merged" if merged else "rejected") if withdrawn else None,
        alerts=tuple(sorted(one for one in alerts.get(row["uid"], []) if isinstance(one, str))),
        simulated=bool(row["simulated"]),
    )


def _moment(value: Any) -> str | None:
    return None if pd.isna(value) else pd.Timestamp(value).tz_convert("UTC").isoformat(timespec="milliseconds")
