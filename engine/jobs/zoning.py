"""The planning-code check of a data set, and the verdict on one feature."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...layers.errors import UsageError
from ...layers.report import Report, Stage
from ...processing.zoning.land import inputs, zone_cover
from ...processing.zoning.land.layers import Layers, system
from ...processing.zoning.land.lots import States
from ...processing.zoning.rulebook import packs
from ...processing.zoning.rulebook.rules import OUTCOMES, Rule
from ...processing.zoning.verdicts.check import Judged, edition_on, judged, layers_needed
from ...processing.zoning.verdicts.drawn import as_drawn
from ...processing.zoning.verdicts.explain import explained
from ...processing.zoning.verdicts.incremental import Judging
from ...store import dataset, runs, scenarios
from ...store import waivers as waivers_of
from ...store.waivers import Waiver
from . import zoning_again, zoning_rows
from .beside import second_process

# Outcomes that are rows of the run; the others are kept in columns.
ROWS = ("fail", "not_checkable")
# For so many lots a second process is worth its memory.
MANY_LOTS = 50_000
# The parameter that replaces a layer of the data set.
_INSTEAD = {"parcel": "parcels", "building": "buildings", "planned_zone": "zones"}


# Jobs of the area whose code is read when one of them is asked for: libraries for sheets and office files among it.
_ELSEWHERE = {
    "lot_edges": "zoning_edges",
    "export_findings": "zoning_findings",
    "compare_runs": "zoning_life",
    "unwaive": "zoning_life",
    "waive": "zoning_life",
    "waivers": "zoning_life",
    "plan_info": "zoning_plan_info",
    "report": "zoning_report",
    "edges_of_lot": "zoning_seeing",
    "envelope": "zoning_seeing",
    "shadow": "zoning_seeing",
    "sun": "zoning_seeing",
}


def __getattr__(name: str) -> Any:
    if name not in _ELSEWHERE:
        raise AttributeError(name)
    return getattr(import_module(f"{__package__}.{_ELSEWHERE[name]}"), name)


# Seconds after which a thread hands on the interpreter: one that comes back from GEOS waits for no more than that.
_TURN = 0.0005


@contextmanager
def _hurried() -> Iterator[None]:
    """Without the search for circular garbage, and in short turns between threads.

    Millions of findings make no such garbage, and looking through them takes time.
    """
    collected, turn = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(turn)
        if collected:
            gc.enable()


# What the last check measured, until the next one or the end of the process, which frees a million shapes at once: one
# by one it takes a fifth of a second that everybody waits for.
_measured: list[Any] = []


def _library(data: Path) -> packs.Library:
    return packs.library(dataset.beside(data) / "rules")


def _provenance(data: Path, found: packs.Library, rules: Sequence[Rule], on: date) -> dict[str, Any]:
    """What the run was made from: the file as it was, the rules by version, their packs by the hash of their files."""
    state, matrix = data.stat(), found.matrix
    return {
        "data": data.name,
        "bytes": state.st_size,
        "modified": datetime.fromtimestamp(state.st_mtime, UTC).isoformat(timespec="seconds"),
        "judged_on": on.isoformat(),
        "rules": {rule.id: rule.version for rule in rules},
        "packs": found.editions,
        "compatibility": {matrix.id: matrix.version} if matrix else {},
    }


def _asked_about(one: Judged, asked: Mapping[str, Collection[str]] | None) -> Judged:
    """What one rule says on the features ``asked`` about (None: all)."""
    if asked is None:
        return one
    outcomes = one.outcomes
    mine = asked.get(one.rule.layer if outcomes is None else outcomes.layer, ())
    if outcomes is not None:
        outcomes = outcomes.only(np.array([uid in mine for uid in outcomes.uids], dtype=bool))
    return replace(one, outcomes=outcomes, findings=one.findings.among(mine))


@dataclass(frozen=True)
class _Counted:
    """What stays of one rule when its verdicts are on their way: how many by outcome, and about which features.

    Of a rule that could not be judged at all, the one row that says so is counted.
    """

    rule: str
    counts: Mapping[str, int]
    uids: NDArray[np.object_] | None

    @classmethod
    def of(cls, one: Judged) -> _Counted:
        if one.outcomes is None:
            return cls(one.rule.id, dict.fromkeys(OUTCOMES, 0) | {"not_checkable": 1}, None)
        return cls(one.rule.id, one.outcomes.counts, one.outcomes.uids)


def _subjects(done: Sequence[_Counted]) -> int:
    """How many features there is a verdict about."""
    lists = {id(one.uids): one.uids for one in done if one.uids is not None}
    return len(set().union(*lists.values()))


def _judge_all(
    run: runs.RunFile,
    layers: Layers,
    judging: Judging,
    asked: Mapping[str, Collection[str]] | None,
    waived: Mapping[tuple[str, str], Waiver],
    report: Report,
    beside: Executor | None,
) -> list[_Counted]:
    """Judge all of ``layers`` and write what is found as it comes.

    ``beside`` is another process, which puts them into words and writes them; without one another thread does.
    """
    crs = system(layers)
    done: list[_Counted] = []
    every = judged(
        layers,
        judging.rules,
        judging.on,
        matrix=judging.matrix,
        states=judging.states,
        wanted=ROWS,
        report=Stage(report, 0.1, 0.95),
    )
    with (
        ThreadPoolExecutor(1) as thread,
        zoning_rows.writing(run, crs, waived, beside or thread) as rows,
        closing(every),  # where it ends badly, what is being measured ends here and now
    ):
        for one in every:
            wanted = _asked_about(one, asked)
            done.append(_Counted.of(wanted))
            if wanted.outcomes is not None:
                run.verdicts.add(wanted.outcomes)
            rows.add(wanted.findings)
    return done


@_hurried()
def check(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Judge the data set and write a run; returns its path and the outcomes, in total and by rule.

    Where a former run still holds, only what lies around features that changed since is judged again.
    """
    data = Path(parameters["data"])
    report.progress(0.0, "zoning.step_read")
    meta = dataset.meta(data)
    on = inputs.judged_on(data, parameters["date"])
    states = States(parameters["area_state"], parameters["plan_state"])
    instead = {layer_id: parameters[name] for layer_id, name in _INSTEAD.items()}
    scenario = scenarios.find(data, parameters["scenario"]) if parameters["scenario"] else None
    if scenario is not None:
        scenarios.tell_since(data, scenario, report)
    plain = scenario is None and not any(instead.values())
    simulated = bool(meta.get("simulated"))
    given = {name: value for name, value in parameters.items() if value is not None}
    place = data if scenario is None else scenarios.runs_of(scenario)  # the newest run of the data is not a scenario's
    heard = zoning_again.Heard(report)
    anew = bool(parameters["full"])
    many = dataset.most_rows(data, "parcel") >= MANY_LOTS
    with (
        second_process() if many else nullcontext() as beside,
        ThreadPoolExecutor(2) as aside,
        zoning_again.opened(data, aside, wanted=plain, anew=anew) as opened,
    ):
        # What is judged by: a pack that somebody edits from now on does not change this run. Meanwhile layers are read.
        found = _library(data) if beside is None else beside.submit(_library, data).result()
        rules = packs.select(found.rules, parameters["rules"])
        judging = Judging(rules, on, found.matrix, states)
        seen = opened.look(judging, found, anew=anew) if opened is not None else None
        again = seen.again(Stage(heard, 0.1, 0.95)) if seen is not None else None
        if again is not None and beside is not None:
            aside.submit(beside.shutdown)  # nobody asks it any more
        if again is None:
            rows = seen.rows if seen is not None else {}
            layers = inputs.whole(data, layers_needed(rules), instead, heard, scenario=scenario, rows=rows)
            del rows  # the shapes as bytes
            cover = aside.submit(zone_cover.cover, layers["planned_zone"]) if "planned_zone" in layers else None
            if seen is not None:
                seen.settle()
        with runs.new_run(
            place, "zoning.check", given, _provenance(data, found, rules, on), simulated=simulated, judged_on=on
        ) as run:
            waived = waivers_of.in_force(data, on)
            if again is None:
                asked = inputs.asked_about(layers, parameters["parcels"], parameters["buildings"])
                done = _judge_all(run, layers, judging, asked, waived, heard, beside)
                if beside is not None:
                    aside.submit(beside.shutdown)  # it frees its memory while this one comes to the end
                if cover is not None:
                    zone_cover.tell(cover.result(), heard)
            else:
                done = list(map(_Counted.of, zoning_again.write(run, *again, waived)))
            report.progress(0.95, "zoning.step_write")
            checked = aside.submit(_subjects, done)
            if seen is not None:
                seen.leave()
            run.write_verdicts()
            counts = {one.rule: one.counts for one in done}
            outcomes = {outcome: sum(counted[outcome] for counted in counts.values()) for outcome in OUTCOMES}
            by_rule = [
                {"rule": rule.id, "title": {"vi": rule.title.vi, "en": rule.title.en}, "status": rule.status}
                | {"source": rule.source.citation, **counts[rule.id]}
                for rule in (edition_on(rule, on) for rule in rules)
            ]
            run.finish(outcomes)
            report.progress(1.0)
        if seen is not None:
            seen.keep(run.path, heard)
    if again is not None:
        report.message("zoning.again", changed=again[0].changed, touched=again[0].touched)
        if again[0].entire:
            report.message("zoning.again_entire", rules=", ".join(again[0].entire))
    if simulated:
        report.message("zoning.simulated")
    _measured[:] = [layers, done] if again is None else []
    return {
        "run": str(run.path),
        "findings": f"{run.path}|layername=finding",
        "outcomes": outcomes,
        "by_rule": by_rule,
        "checked": checked.result(),
        "changed": again[0].changed if again is not None else None,
        "judged_on": on.isoformat(),
        "simulated": simulated,
    }


def _verdict(row: Mapping[str, Any]) -> dict[str, Any]:
    """One finding as JSON: numbers that are not there are null, the geometry is text in the data set's system."""
    told: dict[str, Any] = {}
    for name, value in row.items():
        if name in ("how", "missing", "arguments"):
            told[name] = json.loads(value) if isinstance(value, str) else None
        elif name == "geometry":
            told["wkt"] = value.wkt if value is not None else None
        else:
            told[name] = None if pd.isna(value) else value
    return told


def explain(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The verdicts on one feature, saved or only drawn; on a building also those of the lots that it stands on."""
    data = Path(parameters["data"])
    drawn = as_drawn(data, parameters["drawn"]) if parameters["drawn"] is not None else None
    uid = parameters["uid"] or (drawn.uid if drawn is not None else None)
    if uid is None:
        raise UsageError("engine.parameter_missing", parameter="uid")
    on = inputs.judged_on(data, parameters["date"])
    found = _library(data)
    states = States(parameters["area_state"], parameters["plan_state"])
    told, crs = explained(data, uid, Judging(found.rules, on, found.matrix, states), drawn)
    rows = zip(*(values.tolist() for values in told.values()), strict=True)
    return {
        "verdicts": [_verdict(dict(zip(told, row, strict=True))) for row in rows],
        "uid": uid,
        "crs": crs,
        "judged_on": on.isoformat(),
    }
