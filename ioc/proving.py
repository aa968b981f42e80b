"""What the other side really holds: read back whole, compared with the data, and where asked, made equal again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..layers.report import SILENT, Report
from .plan import Source
from .records import Record
from .state import Standing, State
from .sync import AT_ONCE, WORST_LAST, Result, publish
from .targets.target import Target


@dataclass
class Proof:
    """What the other side really holds: ``counts`` of features by :data:`OUTCOMES`, and the records that differ."""

    counts: Counter[str]
    differences: list[dict[str, str]]


def verify(
    source: Source,
    target: Target,
    layers: Sequence[str] = (),
    report: Report = SILENT,
    standing: Mapping[str, Standing] | None = None,
) -> Proof:
    """Read everything back and compare it with the data as they are now; nothing is changed on either side.

    ``created``: missing there, ``updated``: different there, ``deleted``: there without being in the data. What is
    different because somebody decided that theirs stays (``standing``, of the state) counts as unchanged and is named
    as ``theirs``.
    """
    standing = standing or {}
    chosen = [layer for layer in source.layers if not layers or layer in layers]
    there = _everything(target, chosen)  # two layers may share a kind, so all is read before anything is missed
    proof = Proof(Counter(), [])
    for done, layer in enumerate(chosen):
        report.progress(done / len(chosen), "ioc.step_layer", layer=layer)
        for some in _chunks(source, layer):
            outcome: dict[str, str] = {}
            for record in source.records(layer, some, frozenset()).records:
                found = there.pop(record.key, None)
                what = "created" if found is None else "unchanged" if found.body == record.body else "updated"
                stands = standing.get(record.key)
                if found is not None and stands is not None and stands.holds(record.body, found.body):
                    proof.differences.append({"layer": layer, "uid": record.uid, "key": record.key, "what": "theirs"})
                    what = "unchanged"
                if what != "unchanged":
                    proof.differences.append({"layer": layer, "uid": record.uid, "key": record.key, "what": what})
                outcome[record.uid] = max(what, outcome.get(record.uid, "unchanged"), key=WORST_LAST.index)
            proof.counts.update(outcome.values())
    for record in _not_of(source, chosen, there):
        stands = standing.get(record.key)
        what = "theirs" if stands is not None and stands.holds(None, record.body) else "deleted"
        proof.differences.append({"layer": record.layer, "uid": record.uid, "key": record.key, "what": what})
        if what == "deleted":
            proof.counts[what] += 1
    return proof


def repair(
    source: Source,
    target: Target,
    state: State,
    layers: Sequence[str] = (),
    *,
    over: bool = False,
    vanish: bool = False,
    report: Report = SILENT,
) -> Result:
    """Make the state again from what the target answers, and bring both sides together.

    What is there and equal is adopted. What is there and different is a conflict, as nobody remembers who brought it,
    unless ``over`` says that the data set is right. What is there and in no layer is deleted, with the same guard.
    """
    state.forget()
    result = publish(source, target, state, layers, over=over, report=report)
    chosen = [layer for layer in source.layers if not layers or layer in layers]
    standing = {} if over else state.standing()
    left = [
        record
        for record in _not_of(source, chosen, _everything(target, chosen))
        if record.key not in standing or not standing[record.key].holds(None, record.body)
    ]
    if left:
        state.adopt(left)
        more = publish(source, target, state, layers, over=over, vanish=vanish, report=report)
        for layer, counts in more.layers.items():
            result.layers[layer]["deleted"] += counts["deleted"]
    return result


def _everything(target: Target, layers: Sequence[str]) -> dict[str, Record]:
    return {record.key: record for layer in layers for record in target.everything(layer)}


def _chunks(source: Source, layer: str) -> Iterator[list[str]]:
    uids = source.scan(layer).uid.tolist()
    for start in range(0, len(uids), AT_ONCE):
        yield uids[start : start + AT_ONCE]


def _not_of(source: Source, layers: Sequence[str], there: dict[str, Record]) -> list[Record]:
    """Those of ``there`` that are of no feature, withdrawn ones included."""
    left = dict(there)
    for layer in layers:
        for some in _chunks(source, layer) if left else ():
            for record in source.records(layer, some, frozenset(some)).records:
                left.pop(record.key, None)
    return sorted(left.values(), key=lambda record: record.key)
