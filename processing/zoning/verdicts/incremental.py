"""A map judged again after edits: only what lies around them, by the same functions as the whole map.

The rest is taken from the former run. What comes out is what judging everything would give, verdict by verdict; the
order of a feature's own rows among each other may be another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from ....layers.report import SILENT, Report
from ....store.fingerprints import Prints, changes, taken
from ....store.layer_rows import LayerRows, read_rows
from ....store.nearby import Nearby
from ....store.verdicts import VerdictColumns
from ..land.inputs import ELSEWHERE_M, FIELDS, NEVER_EMPTY, UNDRAWN, gather
from ..land.layers import Layers
from ..land.lots import UNSTATED, States
from ..land.overlay import Indices
from ..land.threads import each
from ..rulebook.rules import Compatibility, Rule
from ..subjects import Kind
from .affected import Affected, Reached
from .check import Judged, by_measure, judged, kind_of, layers_needed
from .findings import NO_FINDINGS, Written
from .ground import Ground
from .merging import Merging
from .vicinity import vicinity

# What features name, by layer: found by it, not by where they lie.
NAMES: Mapping[str, tuple[str, ...]] = {
    "building": ("parcel", "permit_no"),
    "building_permit": ("permit_no",),
    "street_boundary": ("street",),
    "red_line": ("street",),
    "building_line": ("street",),
    "lot_edge": ("parcel", "street"),
    "planned_zone": ("unit",),
}
NUMBERS: Mapping[str, tuple[str, ...]] = {"street_centreline": ("width_m",)}
# What a whole check asks of shapes: all buildings are cut with something, few lots are.
_MADE: Mapping[str, Literal["shapes", "drawn"]] = {"parcel": "drawn", "building": "shapes"}
# Outcomes that are rows of a run.
ROWS = ("fail", "not_checkable")


@dataclass(frozen=True)
class Judging:
    """By what is judged: the rules, the day, the province's matrix, and what is said of all lots."""

    rules: Sequence[Rule]
    on: date
    matrix: Compatibility | None = None
    states: States = UNSTATED


@dataclass(frozen=True)
class Again:
    """A map judged again: every rule with the ``outcomes`` of all features and no rows, and which of them were
    ``renewed``; the new ``findings``; and by rule the features (None: all) of which the former ones hold no more.

    ``changed`` features led to judging ``touched`` others and them again; ``entire`` rules were judged on everything.
    """

    judged: Sequence[Judged]
    renewed: frozenset[str]
    findings: Sequence[Written]
    stale: Mapping[str, frozenset[str] | None]
    crs: str
    changed: int
    touched: int
    entire: tuple[str, ...]


def read_ahead(near: Nearby, pool: Executor, *, whole: bool) -> dict[str, Future[LayerRows]]:
    """The layers that nearly all rules look at, being read while the rules are: GDAL lets go of the interpreter.
    They are read for nothing where only other rules are asked for.

    ``whole``: with what a whole check asks of their shapes, and a search for edits does not.
    """
    names = [name for name in NEVER_EMPTY if name in near.layers]
    return {
        name: pool.submit(read_rows, near.path, name, FIELDS[name], made=_MADE[name] if whole else "") for name in names
    }


def look(near: Nearby, rules: Sequence[Rule], ahead: MutableMapping[str, Future[LayerRows]]) -> dict[str, LayerRows]:
    """The rows of all layers that ``rules`` look at and that say something; those read ``ahead`` are taken from it."""
    needed = layers_needed(rules)
    names = [name for name in FIELDS if name in needed and name in near.layers]

    def rows(name: str) -> LayerRows:
        return ahead.pop(name).result() if name in ahead else read_rows(near.path, name, FIELDS[name])

    found = each(rows, names)
    return {name: rows for name, rows in zip(names, found, strict=True) if name not in UNDRAWN or len(rows.fid)}


def prints(rows: Mapping[str, LayerRows], before: Mapping[str, Prints]) -> dict[str, Prints]:
    """The prints of layers; ``before`` are older ones, of any layers."""
    return {
        name: taken(one, NAMES.get(name, ()), NUMBERS.get(name, ()), before.get(name)) for name, one in rows.items()
    }


def comparable(before: Mapping[str, Prints], now: Mapping[str, Prints]) -> bool:
    """Whether two looks at a data set can be compared feature by feature: the same layers and columns, one system for
    all, no identifier twice, and everything in one place.
    """
    same = before.keys() == now.keys() and all(
        (before[name].system, before[name].columns) == (now[name].system, now[name].columns) for name in now
    )
    if not same or len({one.system for one in now.values()}) != 1:
        return False
    if any(len(now[name].fid) == 0 for name in NEVER_EMPTY if name in now):
        return False
    if any((len(before[name].fid) == 0) != (len(now[name].fid) == 0) for name in now):
        return False  # nothing at all is told otherwise than nothing near
    return all(one.has_names for one in now.values()) and _in_one_place(now)


def _in_one_place(now: Mapping[str, Prints]) -> bool:
    extents = [_extent(one.box) for one in now.values() if np.isfinite(one.box).all(axis=1).any()]
    together = np.array(extents)
    apart = np.maximum(together[:, None, :2] - together[None, :, 2:], 0.0)
    return bool((np.hypot(*apart.max(axis=(0, 1))) <= ELSEWHERE_M) if len(extents) else True)


def _extent(box: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([np.fmin.reduce(box[:, :2]), np.fmax.reduce(box[:, 2:])])  # past those without geometry


def again(
    near: Nearby,
    before: Mapping[str, Prints],
    now: Mapping[str, Prints],
    former: Sequence[VerdictColumns],
    judging: Judging,
    report: Report = SILENT,
) -> Again:
    """The map as it is ``now``, of which ``former`` are the verdicts when it was as ``before``."""
    ground = Ground(now, {name: changes(before[name], now[name]) for name in now})
    kept = {one.rule: one for one in former}
    groups = _groups(Reached(ground, before), judging.rules, kept)
    outcomes, findings = dict(kept), []
    stale: dict[str, frozenset[str] | None] = {}
    touched: dict[str, set[int]] = {}
    merging = Merging(ground)
    for number, group in enumerate(groups):
        report.progress(number / len(groups), "zoning.step_judge")
        touched.setdefault(group.own, set()).update(group.found.rows.tolist())
        uids = frozenset(now[group.own].uid[group.found.rows].tolist()) | group.found.gone
        for rule in group.rules:
            stale[rule.id] = None if group.found.entire else uids
        if len(group.found.rows) == 0:  # there is nothing any more that they could be about
            fresh = {rule.id: kept[rule.id].only(np.zeros(len(kept[rule.id].code), dtype=bool)) for rule in group.rules}
        else:
            fresh = {}
            for one, told in _judged(near, ground, group, judging, report):
                findings.append(told)
                if one.outcomes is not None:
                    fresh[one.rule.id] = one.outcomes
        for rule_id, columns in fresh.items():
            outcomes[rule_id] = columns if group.found.entire else merging.merged(kept[rule_id], columns, uids)
    every = [rule for _, rules in by_measure(judging.rules) for rule in rules]
    return Again(
        [Judged(rule, outcomes.get(rule.id), NO_FINDINGS) for rule in every],
        frozenset(rule_id for rule_id, columns in outcomes.items() if columns is not kept.get(rule_id)),
        findings,
        stale,
        near.layers[next(iter(now))][1],
        sum(one.count for one in ground.changed.values()),
        sum(map(len, touched.values())),
        tuple(sorted(rule for rule, uids in stale.items() if uids is None)),
    )


@dataclass(frozen=True)
class _Group:
    """Rules whose affected features are the same: judged on one reading of their surroundings."""

    own: str
    found: Affected
    kinds: list[Kind]
    rules: list[Rule]


def _groups(reached: Reached, rules: Sequence[Rule], kept: Mapping[str, VerdictColumns]) -> list[_Group]:
    kinds: dict[int, tuple[Kind, str, list[Rule]]] = {}
    for rule in rules:
        if rule.id in kept:
            kind = kind_of(rule)
            kinds.setdefault(id(kind), (kind, kept[rule.id].layer, []))[2].append(rule)
    made: dict[tuple[str, bytes, bool], _Group] = {}
    for kind, own, mine in kinds.values():
        found = reached.affected(kind, own)
        if found.nothing:
            continue
        key = own, found.rows.tobytes(), found.entire
        group = made.setdefault(key, _Group(own, found, [], []))
        group.kinds.append(kind)
        group.rules.extend(mine)
    return list(made.values())


def _judged(
    near: Nearby, ground: Ground, group: _Group, judging: Judging, report: Report
) -> Iterator[tuple[Judged, Written]]:
    """What the rules of ``group`` say of the features that are affected, and of no others: verdicts, and findings."""
    rows = None if group.found.entire else group.found.rows
    layers = _layers(near, vicinity(ground, group.own, group.kinds, rows))
    asked = {rule.id for rule in group.rules}
    # What share of a lot is a sliver, the rules on land use say for all.
    slivers = [rule for rule in judging.rules if rule.measure == "misused_area" and rule.id not in asked]
    mine = frozenset(ground.prints[group.own].uid[group.found.rows].tolist())
    for one in judged(
        layers,
        [*group.rules, *slivers],
        judging.on,
        matrix=judging.matrix,
        states=judging.states,
        wanted=ROWS,
        report=_Told(report),
    ):
        if one.rule.id not in asked:
            continue
        outcomes = one.outcomes
        if outcomes is not None and rows is not None:
            outcomes = outcomes.only(np.array([uid in mine for uid in outcomes.uids.tolist()], dtype=bool))
        yield replace(one, outcomes=outcomes, findings=NO_FINDINGS), one.findings.among(mine).written()


@dataclass(frozen=True)
class _Told:
    """Passes sentences on; how far a part is says nothing of the whole."""

    whole: Report

    def progress(self, share: float, code: str = "", **arguments: Any) -> None:
        """Not passed on."""

    def message(self, code: str, level: str = "info", **arguments: Any) -> None:
        """Passed on."""
        self.whole.message(code, level, **arguments)


def _layers(near: Nearby, rows: Mapping[str, Indices | None]) -> Layers:
    """The layers with these rows of them (None: all), read in one order: that of the tables."""
    frames: dict[str, gpd.GeoDataFrame] = {}
    for name, fids in rows.items():
        if fids is None:
            frames[name] = read_rows(near.path, name, FIELDS[name]).frame(FIELDS[name])
        else:
            frames[name] = near.rows(name, FIELDS[name], fids.tolist())
    return gather(set(frames), dict.fromkeys(frames, frames.__getitem__), may_be_empty=True)
