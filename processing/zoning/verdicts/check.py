"""All rules over the layers of one data set: frames in, findings out. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ....layers.report import SILENT, Report, Stage
from ....store.verdicts import VerdictColumns
from ..columns import Words, words
from ..land.lots import UNSTATED, States
from ..land.scene import Layers, Scene
from ..measures import MEASURES
from ..rulebook.rules import OUTCOMES, Compatibility, Rule
from ..subjects import KINDS, Kind, Subjects
from .findings import COLUMNS, edition_absent, layer_absent, new_uids, tell_others, write_down
from .judge import InShort, Verdicts, judge
from .outcomes import in_columns
from .standing import Columns

# Measures of land on which a use is not permitted: their tolerance is the sliver that decides nothing.
_OF_USE = ("misused_area", "upper_misused_area")


def kind_of(rule: Rule) -> Kind:
    """What a verdict of ``rule`` is about."""
    return KINDS[MEASURES[rule.measure].subject]


def layers_needed(rules: Sequence[Rule]) -> set[str]:
    """Ids of the layers that ``rules`` look at."""
    return {layer_id for rule in rules for layer_id in kind_of(rule).reads}


def by_measure(rules: Sequence[Rule]) -> list[tuple[str, list[Rule]]]:
    """The rules on each measure: their verdicts tell of each other."""
    made: dict[str, list[Rule]] = {}
    for rule in rules:
        made.setdefault(rule.measure, []).append(rule)
    return list(made.items())


def out_of_date(rule: Rule, on: date) -> bool:
    """Whether no edition of ``rule`` holds on the day ``on``, for no plan whatever its state."""
    return not any(_may_hold(entry, on) for entry in rule.entries)


def edition_on(rule: Rule, on: date) -> Rule:
    """The entry of the widest level that a list shows for the day ``on``: the first edition that may hold then."""
    editions = [entry for entry in rule.entries if entry.level == rule.level]
    return next((entry for entry in editions if _may_hold(entry, on)), editions[-1])


def _may_hold(entry: Rule, on: date) -> bool:
    return entry.valid.first <= on and (on <= entry.valid.last or entry.valid.transition != "none")


@dataclass(frozen=True)
class Judged:
    """One rule judged: ``outcomes`` of all subjects, and the ``findings`` asked for, as rows without identifiers.

    The outcomes are None where the rule could not be judged at all: one row then says why.
    """

    rule: Rule
    outcomes: VerdictColumns | None
    findings: pd.DataFrame


def judged(
    layers: Layers,
    rules: Sequence[Rule],
    on: date,
    *,
    matrix: Compatibility | None = None,
    states: States = UNSTATED,
    wanted: Collection[str] = OUTCOMES,
    about: str | None = None,
    brief: bool = False,
    report: Report = SILENT,
) -> Iterator[Judged]:
    """Each of ``rules`` judged on the day ``on``, with rows for the ``wanted`` outcomes (columns ``findings.COLUMNS``).

    A rule that needs a layer which ``layers`` has not gives one row, not checkable, about no feature; so does one of
    which no edition is known on the day for anyone.
    ``about`` asks for the rows of one feature alone; its surroundings are judged with it, and only counted.
    ``states`` overrides what the zones say; ``brief`` leaves out the sentences of passes. A matrix that is not valid on
    the day counts as none.
    """
    if matrix is not None and not matrix.valid.first <= on <= matrix.valid.last:
        matrix = None
    sliver = max((rule.tolerance for rule in rules if rule.measure in _OF_USE), default=0.0)
    scene = Scene(layers, matrix, states, sliver, Stage(report, 0.0, 0.6))
    judgeable: dict[str, list[list[Rule]]] = {}
    for measure, group in by_measure(rules):
        kind = MEASURES[measure].subject
        absent = [layer_id for layer_id in KINDS[kind].required if layers.get(layer_id) is None]
        if absent:
            yield from (Judged(rule, None, layer_absent(rule, absent)) for rule in group)
            continue
        yield from (Judged(rule, None, edition_absent(rule)) for rule in group if out_of_date(rule, on))
        in_force = [rule for rule in group if not out_of_date(rule, on)]
        if in_force:
            judgeable.setdefault(kind, []).append(in_force)
    done = 0
    for kind, subjects in _built(list(judgeable), scene):
        columns, uids = Columns(subjects.frame), words(subjects.frame, "uid")
        for group in judgeable[kind]:
            report.progress(0.6 + 0.4 * done / len(rules), "zoning.step_judge")
            done += len(group)
            yield from _judged_together(group, subjects, columns, uids, on, wanted, about, brief)


def _built(kinds: Sequence[str], scene: Scene) -> Iterator[tuple[str, Subjects]]:
    """The subjects of each kind; the next are measured while the caller judges and writes.

    No more than two kinds are in memory: a province has a million subjects of some.
    """
    with ThreadPoolExecutor(1) as pool:
        ahead = [pool.submit(KINDS[kind].build, scene) for kind in kinds[:1]]
        for number, kind in enumerate(kinds):
            subjects = ahead.pop().result()
            ahead += [pool.submit(KINDS[later].build, scene) for later in kinds[number + 1 : number + 2]]
            yield kind, subjects


def _judged_together(
    group: Sequence[Rule],
    subjects: Subjects,
    columns: Columns,
    uids: Words,
    on: date,
    wanted: Collection[str],
    about: str | None,
    brief: bool,
) -> Iterator[Judged]:
    """The rules on one measure: what the others say of a subject is told beside what holds."""
    codes = [code for code, outcome in enumerate(OUTCOMES) if outcome in wanted]
    kept: list[tuple[VerdictColumns, Verdicts, NDArray[np.intp]]] = []
    short: list[InShort] = []
    for rule in group:
        verdicts = judge(rule, columns, on)
        chosen = np.isin(verdicts.code, codes)
        rows = np.flatnonzero(chosen if about is None else chosen & (uids == about))
        kept.append((in_columns(verdicts, subjects.layer, uids), verdicts.at(rows), rows))
        short.append(verdicts.in_short)
    cut, at = subjects.frame.iloc[:0], np.zeros(0, dtype=np.intp)
    for rule, mine, (outcomes, verdicts, rows) in zip(group, short, kept, strict=True):
        if about is not None and len(rows) == 0:
            continue
        if not np.array_equal(rows, at):  # asked about one feature, all rules ask for the same rows
            cut, at = subjects.frame.iloc[rows], rows
        table = write_down(verdicts, subjects, rows, cut, brief=brief)
        same_side = [one.at(rows) for one in short if one is not mine and one.rule.op == mine.rule.op]
        tell_others(table, mine.at(rows), same_side, brief=brief)
        yield Judged(rule, outcomes, table)


def check(
    layers: Layers,
    rules: Sequence[Rule],
    on: date,
    *,
    matrix: Compatibility | None = None,
    states: States = UNSTATED,
    about: str | None = None,
    brief: bool = False,
    report: Report = SILENT,
) -> gpd.GeoDataFrame:
    """The findings of ``rules`` on the day ``on``, all outcomes: one row per rule and subject. See :func:`judged`."""
    found = judged(layers, rules, on, matrix=matrix, states=states, about=about, brief=brief, report=report)
    return identified([one.findings for one in found], next(iter(layers.values())).crs)


def identified(tables: Sequence[pd.DataFrame], crs: object) -> gpd.GeoDataFrame:
    """Findings in one frame, each with a new ``uid``."""
    found = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*COLUMNS, "geometry"])
    found.insert(0, "uid", new_uids(len(found)))
    return gpd.GeoDataFrame(found, geometry="geometry", crs=crs)
