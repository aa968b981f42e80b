"""How each layer looked when it was last published: its columns, its coordinate system, what it became at the target.

A column that is gone would erase its values at the other side for every feature, so it is asked about like features
that vanish. A layer in another system is compared as a whole, and it is said why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..layers.errors import InputError
from ..layers.report import Report
from ..store import dataset
from ..store.place import misplaced
from .mapping import LayerMapping
from .publication import ALERT
from .state import CONFLICT, FAILED, SENT, UNPROVED, State, noted

_NOTE = "looks"
UNSETTLED = (SENT, UNPROVED, FAILED, CONFLICT)

Look = Mapping[str, Any]


@dataclass(frozen=True)
class Formerly:
    """What a target got before and must not hold any more, because the rules or its scope became stricter.

    ``attributes``: type of entity → names; ``columns``: layer → names.
    """

    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NOTHING = Formerly()


def looks(data: Path, chosen: Sequence[LayerMapping]) -> dict[str, Look]:
    """Layer → ``columns`` that leave and are in the file, ``system`` (``EPSG:n``), ``attributes`` by type of entity.

    Alerts come from files of the program's own, so only the last is known of them.
    """
    made: dict[str, Look] = {}
    for of in chosen:
        layer, attributes = of.layer.id, _attributes([of])
        look: dict[str, Any] = {"attributes": {kind: sorted(names) for kind, names in attributes.items()}}
        if layer != ALERT:
            present = sorted(set(of.fields) & set(dataset.fields_in(data, layer)))
            look |= {"columns": present, "system": dataset.crs_of(data, layer)}
        made[layer] = look
    return made


def formerly(path: Path, chosen: Sequence[LayerMapping]) -> Formerly:
    """What the target of the state at ``path`` got of the layers in ``chosen`` and gets no more."""
    before: dict[str, Look] = noted(path, _NOTE) or {}
    now, old = _attributes(chosen), dict[str, set[str]]()
    columns: dict[str, tuple[str, ...]] = {}
    for of in chosen:
        look = before.get(of.layer.id, {})
        for kind, names in look.get("attributes", {}).items():
            old.setdefault(kind, set()).update(names)
        known = {one.id for one in of.layer.fields}
        columns[of.layer.id] = tuple(sorted((set(look.get("columns", ())) & known) - set(of.fields)))
    return Formerly({kind: frozenset(names - now.get(kind, set())) for kind, names in old.items()}, columns)


def _attributes(chosen: Sequence[LayerMapping]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entity in (entity for of in chosen for entity in of.entities):
        found.setdefault(entity.type, set()).update(attribute.id for attribute in entity.attributes)
    return found


def require_columns(now: Mapping[str, Look], chosen: Sequence[LayerMapping], state: State) -> None:
    """Raise :class:`InputError` (``ioc.columns_gone``) where the file lacks a column that was published and still may
    be.
    """
    before: dict[str, Look] = state.note(_NOTE) or {}
    for of in chosen:
        layer = of.layer.id
        if "columns" in before.get(layer, {}) and "columns" in now.get(layer, {}):
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
        if "system" not in before.get(layer, {}) or before[layer]["system"] == look.get("system"):
            continue
        province = str(dataset.meta(data).get("province") or "")
        found = misplaced(dataset.read(data, layer, []).geometry.to_numpy(), look["system"], province)
        if found is not None and found.code == "crs_wrong_zone":
            raise InputError("ioc.wrong_zone", layer=layer, crs=look["system"], likely=found.zone)
        report.message("ioc.system_changed", layer=layer, before=before[layer]["system"], now=look["system"])


def remember(now: Mapping[str, Look], state: State) -> None:
    """These are the looks that the target has been brought to; where a layer did not arrive as a whole, what it had
    before is remembered as well.
    """
    before: dict[str, Look] = state.note(_NOTE) or {}
    unsettled = {layer for (layer, mark), count in state.counts().items() if count and mark in UNSETTLED}
    kept = {layer: _both(before.get(layer, {}), look) if layer in unsettled else look for layer, look in now.items()}
    state.remember(**{_NOTE: {**before, **kept}})


def _both(before: Look, now: Look) -> Look:
    made = dict(now)
    if "columns" in now:
        made["columns"] = sorted({*before.get("columns", ()), *now["columns"]})
    kinds = {*before.get("attributes", {}), *now["attributes"]}
    made["attributes"] = {
        kind: sorted({*before.get("attributes", {}).get(kind, ()), *now["attributes"].get(kind, ())}) for kind in kinds
    }
    return made
