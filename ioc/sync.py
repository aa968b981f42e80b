"""Keep two states equal, with proof: read what is there, write what differs, read back, compare, and only then believe.

Nothing here knows a protocol. A change of the other side is never written over in silence: what is there and was not
brought by us is a conflict, until somebody decides. A request without answer is settled by reading, not by hoping.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from ..layers.errors import EnvironmentTroubleError, InputError
from ..layers.report import SILENT, Report, Stage
from .plan import LayerPlan, Source, plan, require_few, require_few_vanish
from .records import Record, differing
from .selection import LeftOut
from .state import CONFLICT, FAILED, UNPROVED, Sent, State
from .targets.target import Refusal, Target, UnansweredError

AT_ONCE = 5_000  # features made at a time: bounds the memory
ROUNDS = 4  # times a record is sent in one run before it is left unproved
PAUSE_S = 0.2  # before the second round; doubled each time
_TRIAL = "trial"  # in the state: the layers of a dry run that has not ended
PATIENCE = 8  # requests in a row without answer before the run gives up

Answer = TypeVar("Answer")
One = TypeVar("One", Record, Sent)

OUTCOMES = ("created", "updated", "deleted", "unchanged", "unproved", "failed", "conflicts")
WORST_LAST = ("unchanged", "created", "updated", "deleted", "unproved", "failed", "conflicts")


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
    return carry_out(plans, source, target, state, vanish=vanish, over=over, report=report, wait=wait)


def carry_out(
    plans: Sequence[LayerPlan],
    source: Source,
    target: Target,
    state: State,
    *,
    vanish: bool = False,
    over: bool = False,
    report: Report = SILENT,
    wait: Callable[[float], None] = time.sleep,
) -> Result:
    """Do what the plans say and nothing else; see :func:`publish`."""
    run = _Run(source, target, state, over, vanish, wait)
    run.prepare([one.layer for one in plans if one.to_send or one.deleted])
    for done, one in enumerate(plans):
        run.bring(one, Stage(report, 0.9 * done / len(plans), 0.9 * (done + 1) / len(plans)))
    for one in reversed(plans):  # what refers goes before what it refers to
        run.take_away(one)
        state.agree(one.layer, one.now)
    run.hear([one.layer for one in plans])
    report.progress(1.0)
    return run.result


class _Run:
    """One publication under way."""

    def __init__(
        self,
        source: Source,
        target: Target,
        state: State,
        over: bool,
        vanish: bool,
        wait: Callable[[float], None],
    ) -> None:
        self.source, self.target, self.state, self.over, self.vanish = source, target, state, over, vanish
        self.wait = wait
        self.result = Result()
        self._silent = 0
        self._standing = {} if over else state.standing()
        self._known: dict[str, int] = {}  # features that each layer should have there
        self._withdrawn: dict[str, set[str]] = {}  # of them, those that no longer become a record

    def prepare(self, layers: Sequence[str]) -> None:
        """A dry run with the real permissions. One that was cut off is made again, even where nothing is to be sent:
        what it wrote may still lie there.
        """
        left = [layer for layer in self.state.note(_TRIAL) or () if layer not in layers]
        if not left and not layers:
            return
        self.state.remember(**{_TRIAL: (*left, *layers)})
        if left:
            with suppress(InputError):  # who may not write there any more cannot take it away either
                self._asked(partial(self.target.prepare, left))
        try:
            if layers:
                self._asked(partial(self.target.prepare, layers))
        except InputError:
            self.state.remember(**{_TRIAL: ()})  # a refusal is an end, too
            raise
        self.state.remember(**{_TRIAL: ()})

    def hear(self, layers: Sequence[str]) -> None:
        """Keep what the centre wrote on our records."""
        self.result.heard = self.state.hear(self._asked(lambda: list(self.target.said(layers))))

    def bring(self, one: LayerPlan, report: Report) -> None:
        """Create and update the features of a layer; where the target has lost some, all are looked at."""
        counts = self.result.layers.setdefault(one.layer, Counter())
        counts["unchanged"] += one.unchanged
        self._known[one.layer] = one.known
        if one.nameless:
            self.result.left_out.append(LeftOut(one.layer, "feature", "uid_unusable", one.nameless, ()))
            counts["failed"] += one.nameless
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
        self, layer: str, uids: Sequence[str], sources: Mapping[str, int], empty: bool, counts: Counter[str]
    ) -> None:
        sent = self.state.records(layer, uids)
        held = {key: one for key, one in sent.items() if one.key}
        made = self.source.records(layer, uids, frozenset(one.uid for one in held.values()))
        self.result.left_out += made.left_out
        outcome = dict.fromkeys(uids, "unchanged")

        def note(record: Record | Sent, what: str) -> None:
            if WORST_LAST.index(what) > WORST_LAST.index(outcome[record.uid]):
                outcome[record.uid] = what

        self.state.leaves([one for one in sent.values() if not one.key])
        for batch in self._batches(made.records):
            for record, what in self._settled(batch, held, sources, empty):
                note(record, what)
        now = {record.key for record in made.records}
        withdrawn = [one for key, one in held.items() if key not in now and one.uid not in made.faulty]
        self._require_few(layer, withdrawn)
        for before, what in self._taken_away(withdrawn):
            note(before, what)
        at_home = set(uids) - {record.uid for record in made.records}
        faulty = sorted(at_home & made.faulty)
        outcome |= dict.fromkeys(faulty, "failed")
        kept = [one for one in held.values() if one.uid in made.faulty]
        never = [Record(layer, uid, "", "", "") for uid in faulty if uid not in {one.uid for one in kept}]
        self.state.missed([(one, FAILED, _told("ioc.kept_there")) for one in kept])
        self.state.missed([(one, FAILED, _told("ioc.cannot_leave")) for one in never])
        self.state.stays(layer, {uid: sources[uid] for uid in at_home - made.faulty})
        counts.update(what for uid, what in outcome.items() if uid not in at_home or what != "unchanged")

    def _require_few(self, layer: str, withdrawn: Sequence[Sent]) -> None:
        """The guard again, for features that are in the layer and no longer become a record."""
        gone = self._withdrawn.setdefault(layer, set())
        gone |= {one.uid for one in withdrawn}
        if not self.vanish:
            require_few(layer, len(gone), self._known.get(layer, 0))

    def _settled(
        self, batch: Sequence[Record], held: dict[str, Sent], sources: Mapping[str, int], empty: bool
    ) -> Iterator[tuple[Record, str]]:
        """Read a batch and write what differs at once, so that nobody else has long to change it in between."""
        there = {} if empty else self._read([(r.layer, r.key) for r in batch])
        same, ours, to_write, foreign, standing = [], [], [], [], []
        for record in batch:
            body, before = there.get(record.key), held.get(record.key)
            if body == record.body:
                same.append(record)
                if before is not None and before.content != record.content:  # it arrived, and we had not learnt it
                    yield record, "created" if before.content is None else "updated"
                continue
            stands = self._standing.get(record.key)
            if body is not None and stands is not None and stands.holds(record.body, body):
                standing.append((record, stands.told(record.body, body)))
                continue
            if body is not None and not self.over and (before is None or not before.is_ours(body)):
                foreign.append((record, body))
                continue
            if body is not None and before is not None:
                ours.append((before, body))
            to_write.append(record)
        self.state.proved(same, sources)
        self.state.stands(standing, sources)
        yield from self._disputed(foreign)
        self.state.seen(ours)
        for record, what in self._written(to_write, held, there, sources):
            yield record, what or ("updated" if record.key in there else "created")

    def _disputed(self, foreign: Sequence[tuple[One, str]]) -> Iterator[tuple[One, str]]:
        """Somebody else wrote these bodies: they stay, and both versions are kept for showing."""
        self.state.missed(
            [
                (one, CONFLICT, _told("ioc.changed_there", differs=differing(getattr(one, "body", "{}"), body)))
                for one, body in foreign
            ]
        )
        yield from ((one, "conflicts") for one, _ in foreign)

    def take_away(self, one: LayerPlan) -> None:
        """Delete there what the layer no longer has."""
        counts = self.result.layers[one.layer]
        for start in range(0, len(one.deleted), AT_ONCE):
            uids = one.deleted[start : start + AT_ONCE]
            sent = self.state.records(one.layer, uids)
            self.state.leaves([record for record in sent.values() if not record.key])
            outcome: dict[str, str] = {}
            for record, what in self._taken_away([record for record in sent.values() if record.key]):
                if WORST_LAST.index(what) > WORST_LAST.index(outcome.get(record.uid, "unchanged")):
                    outcome[record.uid] = what
            counts.update(outcome.values())

    def _written(
        self, batch: Sequence[Record], held: dict[str, Sent], before: dict[str, str], sources: Mapping[str, int]
    ) -> Iterator[tuple[Record, str]]:
        """Send until proved; yields each record with what went wrong (empty: it is there). ``before``: what was there
        when it was read. What another publisher writes in the meantime is left as it is.
        """
        pending, reason = list(batch), ""
        for round_ in range(ROUNDS):
            if not pending:
                break
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
            theirs = [
                (r, there[r.key])
                for r in pending
                if r.key in there and not self.over and _is_theirs(there[r.key], r, before.get(r.key), held.get(r.key))
            ]
            yield from self._disputed(theirs)
            settled = {r.key for r in arrived} | {r.key for r, _ in theirs}
            pending = [r for r in pending if r.key not in settled]
            reason = next((_told(refused[r.key].code) for r in pending if r.key in refused), _told("ioc.not_proved"))
        self.state.missed([(record, UNPROVED, reason) for record in pending])
        yield from ((record, "unproved") for record in pending)

    def _taken_away(self, records: Sequence[Sent]) -> Iterator[tuple[Sent, str]]:
        """Delete there what is ours; yields each record with its outcome."""
        for start in range(0, len(records), self.target.at_most):
            yield from self._batch_away(records[start : start + self.target.at_most])

    def _batch_away(self, records: Sequence[Sent]) -> Iterator[tuple[Sent, str]]:
        pending, gone = list(records), list[Sent]()
        for round_ in range(ROUNDS + 1):
            there = self._read([(r.layer, r.key) for r in pending])
            gone += [r for r in pending if r.key not in there]
            alone = {r.key: self._standing[r.key] for r in pending if r.key in there and r.key in self._standing}
            alone = {key: one for key, one in alone.items() if one.holds(None, there[key])}
            self.state.stands([(r, alone[r.key].told(None, there[r.key])) for r in pending if r.key in alone], {})
            pending = [r for r in pending if r.key not in alone]
            foreign = [
                (r, there[r.key]) for r in pending if r.key in there and not self.over and not r.is_ours(there[r.key])
            ]
            yield from self._disputed(foreign)
            theirs = {r.key for r, _ in foreign}
            pending = [r for r in pending if r.key in there and r.key not in theirs]
            if not pending or round_ == ROUNDS:
                break
            if round_:
                self.wait(PAUSE_S * 2 ** (round_ - 1))
            self._tried(partial(self.target.remove, [(r.layer, r.key) for r in pending]))
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


def _is_theirs(now: str, sent: Record, before: str | None, known: Sent | None) -> bool:
    """Whether a body holds what neither we sent nor what stood there before: somebody else wrote it meanwhile.

    What was taken only in part, or not at all, is not theirs, nor is what we had sent earlier and arrives late.
    """
    if now == before or (known is not None and known.is_ours(now)):
        return False
    found, ours, old = (json.loads(body) for body in (now, sent.body, before or "{}"))
    return any(value not in (ours.get(name), old.get(name)) for name, value in found.items())


def _told(code: str, **arguments: Any) -> str:
    """Why, as the state keeps it: a code of the messages and its arguments."""
    return json.dumps({"code": code, **arguments}, ensure_ascii=False)
