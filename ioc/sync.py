"""Keep two states equal, with proof: read what is there, write what differs, read back, compare, and only then believe.

Nothing here knows a protocol. A change of the other side is never written over in silence: what is there and was not
brought by us is a conflict, until somebody decides. A request without answer is settled by reading, not by hoping.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from ..layers.errors import EnvironmentTroubleError
from ..layers.report import SILENT, Report, Stage
from .plan import LayerPlan, Source, plan, require_few_vanish
from .records import Record, differing
from .selection import LeftOut
from .state import CONFLICT, FAILED, UNPROVED, Sent, State
from .targets.target import Refusal, Target, UnansweredError

AT_ONCE = 5_000  # features made at a time: bounds the memory
ROUNDS = 4  # times a record is sent in one run before it is left unproved
PAUSE_S = 0.2  # before the second round; doubled each time
PATIENCE = 8  # requests in a row without answer before the run gives up

Answer = TypeVar("Answer")

OUTCOMES = ("created", "updated", "deleted", "unchanged", "unproved", "failed", "conflicts")
_WORST_LAST = ("unchanged", "created", "updated", "deleted", "unproved", "failed", "conflicts")


@dataclass
class Result:
    """What became of the features, by layer and :data:`OUTCOMES`; what stays at home; how much the centre said anew."""

    layers: dict[str, Counter[str]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    heard: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Features by outcome over all layers."""
        return {name: sum(one[name] for one in self.layers.values()) for name in OUTCOMES}


def publish(
    source: Source,
    target: Target,
    state: State,
    layers: Sequence[str] = (),
    *,
    vanish: bool = False,
    over: bool = False,
    report: Report = SILENT,
    wait: Callable[[float], None] = time.sleep,
) -> Result:
    """Bring the target to what ``source`` is now.

    ``vanish`` allows a large part of a layer to be deleted there, ``over`` writes over what was changed there. Raises
    :class:`EnvironmentTroubleError` (``ioc.no_answer``) when the other side is silent; what was proved by then is kept.
    """
    plans = plan(source, state, layers)
    if not vanish:
        require_few_vanish(plans)
    run = _Run(source, target, state, over, wait)
    run.prepare([one.layer for one in plans if one.to_send or one.deleted])
    for done, one in enumerate(plans):
        run.bring(one, Stage(report, 0.9 * done / len(plans), 0.9 * (done + 1) / len(plans)))
    for one in reversed(plans):  # what refers goes before what it refers to
        run.take_away(one)
    run.hear([one.layer for one in plans])
    report.progress(1.0)
    return run.result


class _Run:
    """One publication under way."""

    def __init__(self, source: Source, target: Target, state: State, over: bool, wait: Callable[[float], None]) -> None:
        self.source, self.target, self.state, self.over, self.wait = source, target, state, over, wait
        self.result = Result()
        self._silent = 0

    def prepare(self, layers: Sequence[str]) -> None:
        """A dry run with the real permissions."""
        self._asked(partial(self.target.prepare, layers))

    def hear(self, layers: Sequence[str]) -> None:
        """Keep what the centre wrote on our records."""
        self.result.heard = self.state.hear(self._asked(lambda: list(self.target.said(layers))))

    def bring(self, one: LayerPlan, report: Report) -> None:
        """Create and update the features of a layer; where the target has lost some, all are looked at."""
        counts = self.result.layers.setdefault(one.layer, Counter())
        counts["unchanged"] += one.unchanged
        wanted, sources = one.to_send, one.sources
        there = self._asked(partial(self.target.count, one.layer)) if one.known or wanted else 0
        if one.unchanged and there < self.state.expected(one.layer):
            now = self.source.scan(one.layer)
            wanted, sources = tuple(now.uid), dict(zip(now.uid.tolist(), now.source.tolist(), strict=True))
            counts["unchanged"] -= one.unchanged
        for start in range(0, len(wanted), AT_ONCE):
            report.progress(start / len(wanted), "ioc.step_layer", layer=one.layer)
            self._bring(one.layer, wanted[start : start + AT_ONCE], sources, not there, counts)

    def _bring(
        self, layer: str, uids: Sequence[str], sources: dict[str, int], empty: bool, counts: Counter[str]
    ) -> None:
        sent = self.state.records(layer, uids)
        held = {key: one for key, one in sent.items() if key}
        made = self.source.records(layer, uids, frozenset(one.uid for one in held.values()))
        self.result.left_out += made.left_out
        there = {} if empty else self._read([(r.layer, r.key) for r in made.records])
        outcome = dict.fromkeys(uids, "unchanged")

        def note(record: Record | Sent, what: str) -> None:
            if _WORST_LAST.index(what) > _WORST_LAST.index(outcome[record.uid]):
                outcome[record.uid] = what

        same, ours, to_write, foreign = [], [], [], []
        for record in made.records:
            body, before = there.get(record.key), held.get(record.key)
            if body == record.body:
                same.append(record)
                if before is not None and before.content != record.content:  # it arrived, and we had not learnt it
                    note(record, "created" if before.content is None else "updated")
                continue
            if body is not None and not self.over and (before is None or not before.is_ours(body)):
                foreign.append((record, CONFLICT, _told("ioc.changed_there", differs=differing(record.body, body))))
                note(record, "conflicts")
                continue
            if body is not None and before is not None:
                ours.append((before, body))
            to_write.append(record)
        self.state.leaves([one for key, one in sent.items() if not key])
        self.state.proved(same, sources)
        self.state.missed(foreign)
        self.state.seen(ours)
        known = {record.key for record in to_write if record.key in there}
        for record, what in self._written(to_write, sources):
            note(record, what or ("updated" if record.key in known else "created"))
        now = {record.key for record in made.records}
        for before, what in self._taken_away([one for key, one in held.items() if key not in now]):
            note(before, what)
        at_home = set(uids) - {record.uid for record in made.records}
        self.state.stays(layer, {uid: sources[uid] for uid in at_home})
        counts.update(what for uid, what in outcome.items() if uid not in at_home or what != "unchanged")

    def take_away(self, one: LayerPlan) -> None:
        """Delete there what the layer no longer has."""
        counts = self.result.layers[one.layer]
        for start in range(0, len(one.deleted), AT_ONCE):
            uids = one.deleted[start : start + AT_ONCE]
            sent = self.state.records(one.layer, uids)
            self.state.leaves([record for key, record in sent.items() if not key])
            outcome: dict[str, str] = {}
            for record, what in self._taken_away([record for key, record in sent.items() if key]):
                if _WORST_LAST.index(what) > _WORST_LAST.index(outcome.get(record.uid, "unchanged")):
                    outcome[record.uid] = what
            counts.update(outcome.values())

    def _written(self, records: Sequence[Record], sources: dict[str, int]) -> Iterator[tuple[Record, str]]:
        """Send until proved; yields each record with what went wrong (empty: it is there)."""
        for batch in self._batches(records):
            pending, reason = list(batch), ""
            for round_ in range(ROUNDS):
                if round_:
                    self.wait(PAUSE_S * 2 ** (round_ - 1))
                self.state.sending(pending)
                refused = self._tried(partial(self.target.write, tuple(pending)))
                for record in [r for r in pending if r.key in refused and refused[r.key].for_good]:
                    why = refused[record.key]
                    self.state.missed([(record, FAILED, _told(why.code, **why.arguments))])
                    pending.remove(record)
                    yield record, "failed"
                there = self._read([(r.layer, r.key) for r in pending])
                arrived = [r for r in pending if there.get(r.key) == r.body]
                self.state.proved(arrived, sources)
                yield from ((record, "") for record in arrived)
                here = {r.key for r in arrived}
                pending = [r for r in pending if r.key not in here]
                if not pending:
                    break
                reason = next(
                    (_told(refused[r.key].code) for r in pending if r.key in refused), _told("ioc.not_proved")
                )
            self.state.missed([(record, UNPROVED, reason) for record in pending])
            yield from ((record, "unproved") for record in pending)

    def _taken_away(self, records: Sequence[Sent]) -> Iterator[tuple[Sent, str]]:
        """Delete there what is ours; yields each record with its outcome."""
        there = self._read([(r.layer, r.key) for r in records])
        gone = [r for r in records if r.key not in there]
        foreign = [r for r in records if r.key in there and not self.over and not r.is_ours(there[r.key])]
        self.state.missed(
            [(r, CONFLICT, _told("ioc.changed_there", differs=differing("{}", there[r.key]))) for r in foreign]
        )
        yield from ((record, "conflicts") for record in foreign)
        pending = [r for r in records if r.key in there and r not in foreign]
        for round_ in range(ROUNDS):
            if not pending:
                break
            if round_:
                self.wait(PAUSE_S * 2 ** (round_ - 1))
            for start in range(0, len(pending), self.target.at_most):
                some = [(r.layer, r.key) for r in pending[start : start + self.target.at_most]]
                self._tried(partial(self.target.remove, some))
            left = self._read([(r.layer, r.key) for r in pending])
            gone += [r for r in pending if r.key not in left]
            pending = [r for r in pending if r.key in left]
        self.state.removed(gone)
        yield from ((record, "deleted") for record in gone)
        self.state.missed([(r, UNPROVED, _told("ioc.not_proved")) for r in pending])
        yield from ((record, "unproved") for record in pending)

    def _batches(self, records: Iterable[Record]) -> Iterator[list[Record]]:
        batch: list[Record] = []
        size = 0
        for record in records:
            weight = len(record.body.encode()) + 2
            if batch and (len(batch) == self.target.at_most or size + weight > self.target.at_most_bytes):
                yield batch
                batch, size = [], 0
            batch.append(record)
            size += weight
        if batch:
            yield batch

    def _read(self, keys: Sequence[tuple[str, str]]) -> dict[str, str]:
        found: dict[str, str] = {}
        for start in range(0, len(keys), self.target.at_most):
            some = keys[start : start + self.target.at_most]
            found |= self._asked(partial(self.target.read, some))
        return found

    def _tried(self, request: Callable[[], dict[str, Refusal]]) -> dict[str, Refusal]:
        """A request that changes something: without answer it may have worked, and reading will tell."""
        try:
            answer = request()
        except UnansweredError:
            return {}
        return answer

    def _asked(self, request: Callable[[], Answer]) -> Answer:
        """A request that changes nothing: asked again until there is an answer."""
        while True:
            try:
                answer = request()
            except UnansweredError as error:
                self._silent += 1
                if self._silent >= PATIENCE:
                    raise EnvironmentTroubleError("ioc.no_answer", target=self.target.identity) from error
                self.wait(PAUSE_S * 2 ** min(self._silent, 5))
            else:
                self._silent = 0
                return answer


def _told(code: str, **arguments: Any) -> str:
    """Why, as the state keeps it: a code of the messages and its arguments."""
    return json.dumps({"code": code, **arguments}, ensure_ascii=False)


@dataclass
class Proof:
    """What the other side really holds: ``counts`` of features by :data:`OUTCOMES`, and the records that differ."""

    counts: Counter[str]
    differences: list[dict[str, str]]


def verify(source: Source, target: Target, layers: Sequence[str] = (), report: Report = SILENT) -> Proof:
    """Read everything back and compare it with the data as they are now; nothing is changed on either side.

    ``created``: missing there, ``updated``: different there, ``deleted``: there without being in the data.
    """
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
                if what != "unchanged":
                    proof.differences.append({"layer": layer, "uid": record.uid, "key": record.key, "what": what})
                outcome[record.uid] = max(what, outcome.get(record.uid, "unchanged"), key=_WORST_LAST.index)
            proof.counts.update(outcome.values())
    for record in _not_of(source, chosen, there):
        proof.differences.append({"layer": record.layer, "uid": record.uid, "key": record.key, "what": "deleted"})
        proof.counts["deleted"] += 1
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
    left = _not_of(source, chosen, _everything(target, chosen))
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
