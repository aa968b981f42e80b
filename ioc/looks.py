"""How each layer looked when it was last published: its columns and its coordinate system.

A column that is gone would erase its values at the other side for every feature, so it is asked about like features
that vanish. A layer in another system is compared as a whole, and it is said why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..layers.errors import InputError
from ..layers.report import Report
from ..store import dataset
from ..store.place import misplaced
from .mapping import LayerMapping
from .publication import ALERT
from .state import State

_NOTE = "looks"

Look = Mapping[str, Any]


def looks(data: Path, chosen: Sequence[LayerMapping]) -> dict[str, Look]:
    """Layer → ``columns`` that leave and are in the file, ``system`` (``EPSG:n``). Alerts are the program's own."""
    return {
        of.layer.id: {
            "columns": sorted(set(of.fields) & set(dataset.fields_in(data, of.layer.id))),
            "system": dataset.crs_of(data, of.layer.id),
        }
        for of in chosen
        if of.layer.id != ALERT
    }


def require_columns(now: Mapping[str, Look], chosen: Sequence[LayerMapping], state: State) -> None:
    """Raise :class:`InputError` (``ioc.columns_gone``) where the file lacks a column that was published and still may
    be.
    """
    before: dict[str, Look] = state.note(_NOTE) or {}
    for of in chosen:
        layer = of.layer.id
        if layer in before and layer in now:
            gone = set(before[layer]["columns"]) & set(of.fields) - set(now[layer]["columns"])
            if gone:
                raise InputError("ioc.columns_gone", layer=layer, columns=sorted(gone))


def tell_systems(data: Path, now: Mapping[str, Look], state: State, report: Report) -> None:
    """Say of which layers every feature is looked at because they stand in another system than before.

    Raises :class:`InputError` (``ioc.wrong_zone``) where the coordinates are still those of another zone: somebody has
    given the layer another name of a system, and all of it would move by kilometres.
    """
    before: dict[str, Look] = state.note(_NOTE) or {}
    for layer, look in now.items():
        if layer not in before or before[layer]["system"] == look["system"]:
            continue
        province = str(dataset.meta(data).get("province") or "")
        found = misplaced(dataset.read(data, layer, []).geometry.to_numpy(), look["system"], province)
        if found is not None and found.code == "crs_wrong_zone":
            raise InputError("ioc.wrong_zone", layer=layer, crs=look["system"], likely=found.zone)
        report.message("ioc.system_changed", layer=layer, before=before[layer]["system"], now=look["system"])


def remember(now: Mapping[str, Look], state: State) -> None:
    """These are the looks that the target has been brought to."""
    state.remember(**{_NOTE: {**(state.note(_NOTE) or {}), **now}})
