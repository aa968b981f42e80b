"""All rules over the layers of one data set: frames in, findings out. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import geopandas as gpd
import pandas as pd

from ...layers.report import SILENT, Report, Stage
from .findings import edition_absent, layer_absent, new_uids, tell_others, write_down
from .judge import judge
from .lots import UNSTATED, States
from .measures import MEASURES
from .rules import Compatibility, Rule
from .scene import Layers, Scene
from .subjects import KINDS, Kind, Subjects


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
    return not any(
        entry.valid.first <= on and (on <= entry.valid.last or entry.valid.transition != "none")
        for entry in rule.entries
    )


def check(
    layers: Layers,
    rules: Sequence[Rule],
    on: date,
    *,
    matrix: Compatibility | None = None,
    states: States = UNSTATED,
    brief: bool = False,
    report: Report = SILENT,
) -> gpd.GeoDataFrame:
    """The findings of ``rules`` on the day ``on``: one row per rule and subject, columns of ``findings.COLUMNS``.

    A rule that needs a layer which ``layers`` has not gives one row, not checkable, about no feature; so does one of
    which no edition is known on the day for anyone.
    ``states`` overrides what the zones say; ``brief`` leaves out the sentences of passes. A matrix that is not valid on
    the day counts as none.
    """
    if matrix is not None and not matrix.valid.first <= on <= matrix.valid.last:
        matrix = None
    sliver = max((rule.tolerance for rule in rules if rule.measure == "misused_area"), default=0.0)
    scene = Scene(layers, matrix, states, sliver, Stage(report, 0.0, 0.6))
    subjects: dict[str, Subjects] = {}
    tables = []
    for done, (measure, group) in enumerate(by_measure(rules)):
        kind = MEASURES[measure].subject
        absent = [layer_id for layer_id in KINDS[kind].required if layers.get(layer_id) is None]
        if absent:
            tables += [layer_absent(rule, absent) for rule in group]
            continue
        tables += [edition_absent(rule) for rule in group if out_of_date(rule, on)]
        group = [rule for rule in group if not out_of_date(rule, on)]
        if not group:
            continue
        if kind not in subjects:
            subjects[kind] = KINDS[kind].build(scene)
        report.progress(0.6 + 0.4 * done / len(rules), "zoning.step_judge")
        written, short = [], []
        for rule in group:
            verdicts = judge(rule, subjects[kind].frame, on)
            written.append(write_down(verdicts, subjects[kind], brief=brief))
            short.append(verdicts.in_short)
        for table, mine in zip(written, short, strict=True):
            same_side = [one for one in short if one is not mine and one.rule.op == mine.rule.op]
            tell_others(table, mine, same_side, brief=brief)
        tables += written
    found = pd.concat(tables, ignore_index=True)
    found.insert(0, "uid", new_uids(len(found)))
    return gpd.GeoDataFrame(found, geometry="geometry", crs=next(iter(layers.values())).crs)
