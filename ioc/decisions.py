"""Conflicts are decided by people, feature by feature, and it is kept who decided what and when.

*Ours*: our version is sent over the one that was seen when it was decided; if they change it once more in between, it
is a conflict again. *Theirs*: their version stays as it is, and the data set stays as it is; both are known and told.
When either side changes again, it is a conflict again. Nothing is ever written into the data set from here.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..layers.errors import EnvironmentTroubleError, InputError
from ..layers.report import SILENT, Report
from .plan import LayerPlan, Source, plan
from .records import hash_of
from .state import CONFLICT, STANDS, UNPROVED, Sent, State
from .sync import Result, carry_out
from .targets.target import Target, UnansweredError

OURS, THEIRS = "ours", "theirs"
KEEP = (OURS, THEIRS)


def decide(
    source: Source,
    target: Target,
    state: State,
    uids: Sequence[str],
    keep: str,
    by: str,
    layers: Sequence[str] = (),
    *,
    report: Report = SILENT,
    wait: Callable[[float], None] = time.sleep,
) -> Result:
    """Decide for the features ``uids`` which version stays, and send what is ours; no other feature is touched.

    Raises :class:`InputError` (``ioc.not_disputed``) for features without a conflict, (``ioc.gone_there``) where their
    version is gone meanwhile; :class:`EnvironmentTroubleError` (``ioc.no_answer``).
    """
    disputed = _disputed(state, uids, layers)
    there = _read(target, disputed)
    if keep == THEIRS and len(there) < len(disputed):
        raise InputError("ioc.gone_there", uids=[one.uid for one in disputed if one.key not in there][:10])
    touched = tuple(dict.fromkeys(one.layer for one in disputed))
    now = {layer: source.scan(layer) for layer in touched if layer in source.layers}
    ours = _ours(source, disputed, {layer: set(rows.uid.tolist()) for layer, rows in now.items()})
    state.decided([(one, keep, *_hashes(ours.get(one.key), there.get(one.key))) for one in disputed], by)
    if keep == THEIRS:
        standing = state.standing()
        for layer in touched:
            rows = now.get(layer)
            sources = dict(zip(rows.uid.tolist(), rows.source.tolist(), strict=True)) if rows is not None else {}
            some = [one for one in disputed if one.layer == layer]
            state.stands([(one, standing[one.key].told(ours.get(one.key), there[one.key])) for one in some], sources)
        kept = {(one.layer, one.uid) for one in disputed}
        return Result({layer: Counter(unchanged=sum(of == layer for of, _ in kept)) for layer in touched})
    state.seen([(one, there[one.key]) for one in disputed if one.key in there])
    state.missed((one, UNPROVED, json.dumps({"code": "ioc.ours_next"})) for one in disputed)
    plans = [_narrowed(one, set(uids)) for one in plan(source, state, touched)]
    return carry_out(plans, source, target, state, vanish=True, report=report, wait=wait)


def _disputed(state: State, uids: Sequence[str], layers: Sequence[str]) -> list[Sent]:
    """The records of the features that are in conflict, or of which theirs stands until now."""
    found = [
        one for one in state.marked(CONFLICT, STANDS) if one.uid in set(uids) and (not layers or one.layer in layers)
    ]
    missing = sorted(set(uids) - {one.uid for one in found})
    if missing:
        raise InputError("ioc.not_disputed", uids=missing[:10], count=len(missing))
    return found


def _read(target: Target, records: Sequence[Sent]) -> dict[str, str]:
    there: dict[str, str] = {}
    for start in range(0, len(records), target.at_most):
        try:
            there |= target.read([(one.layer, one.key) for one in records[start : start + target.at_most]])
        except UnansweredError as error:
            raise EnvironmentTroubleError("ioc.no_answer", target=target.identity) from error
    return there


def _ours(source: Source, records: Sequence[Sent], there: Mapping[str, set[str]]) -> dict[str, str]:
    """Key → our version of each record; none of a feature that the data set no longer has (``there``: its uids)."""
    made: dict[str, str] = {}
    for layer, uids in there.items():
        held = uids & {one.uid for one in records if one.layer == layer}
        made |= {one.key: one.body for one in source.records(layer, sorted(held), frozenset(held)).records}
    return made


def _hashes(ours: str | None, theirs: str | None) -> tuple[int | None, int | None]:
    return None if ours is None else hash_of(ours), None if theirs is None else hash_of(theirs)


def _narrowed(one: LayerPlan, uids: set[str]) -> LayerPlan:
    """The plan of some features alone."""
    names: dict[str, Any] = {
        name: tuple(uid for uid in getattr(one, name) if uid in uids)
        for name in ("created", "updated", "unsure", "deleted")
    }
    return replace(one, **names, unchanged=0, nameless=0)
