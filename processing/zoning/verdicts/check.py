"""All rules over the layers of one data set: frames in, findings out. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ....layers.report import SILENT, Report, Stage
from ....store.verdicts import VerdictColumns
from ..columns import Words
from ..land.layers import Layers, system
from ..land.lots import UNSTATED, States
from ..land.scene import Scene
from ..measures import MEASURES
from ..rulebook.rules import OUTCOMES, Compatibility, Rule
from ..subjects import KINDS, Kind, Subjects
from .findings import Findings, edition_absent, identified, layer_absent, of_subjects
from .judge import NOT_APPLICABLE, InShort, Verdicts, judge
from .outcomes import in_columns
from .standing import Columns, out_of_question

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
    """One rule judged: ``outcomes`` of all subjects, and the ``findings`` asked for.

    The outcomes are None where the rule could not be judged at all: one finding then says why.
    """

    rule: Rule
    outcomes: VerdictColumns | None
    findings: Findings


def judged(
    layers: Layers,
    rules: Sequence[Rule],
    on: date,
    *,
    matrix: Compatibility | None = None,
    states: States = UNSTATED,
    wanted: Collection[str] = OUTCOMES,
    brief: bool = False,
    report: Report = SILENT,
) -> Generator[Judged]:
    """Each of ``rules`` judged on the day ``on``, with findings for the ``wanted`` outcomes.

    A rule that needs a layer which ``layers`` has not gives one row, not checkable, about no feature; so does one of
    which no edition is known on the day for anyone.
    ``states`` overrides what the zones say; ``brief`` leaves out the sentences of passes. A matrix that is not valid on
    the day counts as none.
    """
    asking = _Asking(on, wanted, None, brief)
    return _judged(layers, rules, asking, matrix, states, report)


@dataclass(frozen=True)
class _Asking:
    """What is asked: the day, which outcomes, about which features alone (None: all), and in how many words."""

    on: date
    wanted: Collection[str]
    about: Collection[str] | None
    brief: bool


def _judged(
    layers: Layers,
    rules: Sequence[Rule],
    asking: _Asking,
    matrix: Compatibility | None,
    states: States,
    report: Report,
) -> Generator[Judged]:
    """As :func:`judged`; asked about some features, no outcomes are counted."""
    on = asking.on
    if matrix is not None and not matrix.valid.first <= on <= matrix.valid.last:
        matrix = None
    sliver = max((rule.tolerance for rule in rules if rule.measure in _OF_USE), default=0.0)
    scene = Scene(layers, matrix, states, sliver, Stage(report, 0.0, 0.6))
    judgeable: dict[str, list[list[Rule]]] = {}
    for measure, group in by_measure(rules):
        kind = MEASURES[measure].subject
        absent = [layer_id for layer_id in KINDS[kind].required if layer_id not in layers]
        if absent:
            yield from (Judged(rule, None, layer_absent(rule, absent)) for rule in group)
            continue
        yield from (Judged(rule, None, edition_absent(rule)) for rule in group if out_of_date(rule, on))
        in_force = [rule for rule in group if not out_of_date(rule, on)]
        if in_force:
            judgeable.setdefault(kind, []).append(in_force)
    done = 0
    for kind, subjects in _built(list(judgeable), scene, ahead=asking.about is None):
        uids = subjects.table.words("uid")
        rows = None if asking.about is None else np.flatnonzero([uid in asking.about for uid in uids])
        columns = Columns(subjects.table if rows is None or len(rows) == len(uids) else subjects.table.at(rows))
        for group in judgeable[kind]:
            report.progress(0.6 + 0.4 * done / len(rules), "zoning.step_judge")
            done += len(group)
            if rows is None:
                yield from _judged_together(group, subjects, columns, uids, asking)
            elif len(rows):
                yield from _told_of(group, subjects, columns, rows, asking)


def _built(kinds: Sequence[str], scene: Scene, *, ahead: bool) -> Iterator[tuple[str, Subjects]]:
    """The subjects of each kind; ``ahead``: the next are measured while the caller judges and writes.

    Kinds that ask for what is long in coming are built on the thread that measures it. They come before the last of
    the others: that is measured meanwhile. Few kinds are in memory at a time: a province has a million subjects of
    some. For a few features handing over to another thread would take longer than measuring.
    """
    if not ahead:
        yield from ((kind, KINDS[kind].build(scene)) for kind in kinds)
        return
    reads = {kind: [name for name, fields in KINDS[kind].reads.items() if fields] for kind in kinds}  # else its system
    late = [kind for kind in kinds if scene.late(reads[kind])]
    early = [kind for kind in kinds if kind not in late]
    with ThreadPoolExecutor(1) as pool, ThreadPoolExecutor(1) as beside:
        beside.submit(scene.measure_later, list(reads.values()))  # what fails there fails again where it is asked for
        scene.measure(list(reads.values()))
        waiting: dict[str, Future[Subjects]] = {}

        def begin(sort: Sequence[str], number: int) -> None:
            for kind in sort[number : number + 1]:
                waiting[kind] = (beside if sort is late else pool).submit(KINDS[kind].build, scene)

        begin(early, 0)
        begin(late, 0)
        begin(late, 1)
        try:
            for kind in (*early[:-1], *late, *early[-1:]):
                subjects = waiting.pop(kind).result()
                sort, further = (late, 2) if kind in late else (early, 1)
                begin(sort, sort.index(kind) + further)
                if not waiting:
                    pool.submit(scene.forget)  # all are built
                yield kind, subjects
        finally:
            for one in waiting.values():  # nobody wants them any more
                one.cancel()


def _judged_together(
    group: Sequence[Rule], subjects: Subjects, columns: Columns, uids: Words, asking: _Asking
) -> Iterator[Judged]:
    """The rules on one measure: what the others say of a subject is told beside what holds."""
    codes = [code for code, outcome in enumerate(OUTCOMES) if outcome in asking.wanted]
    kept: list[tuple[VerdictColumns, Verdicts, NDArray[np.intp]]] = []
    short: list[InShort] = []
    for rule in group:
        rows, others, asked = np.arange(columns.count), None, columns
        if NOT_APPLICABLE not in codes:
            others = out_of_question(rule, columns, asking.on)
            rows = np.flatnonzero(others.missing)
            asked = Columns(subjects.table.at(rows))
        verdicts = judge(rule, asked, asking.on)
        wanted = np.flatnonzero(np.isin(verdicts.code, codes))
        outcomes = in_columns(verdicts, subjects.layer, uids, rows, others)
        kept.append((outcomes, verdicts.at(wanted), rows[wanted]))
        short.append(verdicts.in_short.among(rows, columns.count))
    at = np.zeros(0, dtype=np.intp)
    cut = subjects.table.at(at)
    for rule, mine, (outcomes, verdicts, rows) in zip(group, short, kept, strict=True):
        if not np.array_equal(rows, at):
            cut, at = subjects.table.at(rows), rows
        same_side = [one.at(rows) for one in short if one is not mine and one.rule.op == mine.rule.op]
        yield Judged(rule, outcomes, of_subjects(verdicts, subjects, rows, cut, same_side, brief=asking.brief))


def _told_of(
    group: Sequence[Rule], subjects: Subjects, columns: Columns, rows: NDArray[np.intp], asking: _Asking
) -> Iterator[Judged]:
    """As :func:`_judged_together`, of the subjects ``rows`` alone, whose columns these are; none are counted."""
    told = [judge(rule, columns, asking.on) for rule in group]
    short = [verdicts.in_short for verdicts in told]
    for rule, mine, verdicts in zip(group, short, told, strict=True):
        same_side = [one for one in short if one is not mine and one.rule.op == mine.rule.op]
        findings = of_subjects(verdicts, subjects, rows, columns.table, same_side, brief=asking.brief)
        yield Judged(rule, None, findings)


def check(
    layers: Layers,
    rules: Sequence[Rule],
    on: date,
    *,
    matrix: Compatibility | None = None,
    states: States = UNSTATED,
    about: Collection[str] | None = None,
    brief: bool = False,
    report: Report = SILENT,
) -> gpd.GeoDataFrame:
    """The findings of ``rules`` on the day ``on``, all outcomes: one row per rule and subject. See :func:`judged`.

    ``about`` asks for the findings of some features alone, and those about none; their surroundings are measured too.
    """
    found = _judged(layers, rules, _Asking(on, OUTCOMES, about, brief), matrix, states, report)
    table = pd.DataFrame(identified([one.findings.written() for one in found]))
    return gpd.GeoDataFrame(table, geometry="geometry", crs=system(layers))


def judged_about(
    layers: Layers,
    rules: Sequence[Rule],
    on: date,
    about: Collection[str],
    *,
    matrix: Compatibility | None = None,
    states: States = UNSTATED,
) -> Iterator[Judged]:
    """As :func:`judged`, of the features ``about`` alone, all outcomes; none are counted."""
    return _judged(layers, rules, _Asking(on, OUTCOMES, about, False), matrix, states, SILENT)
