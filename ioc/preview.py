"""What a publication would do, shown before it: a few features as they are there and as they will be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .plan import LayerPlan, Source
from .state import State

EXAMPLES = 10  # features shown before and after

# (layer, key) of some records → key, body of those that are there.
Read = Callable[[Sequence[tuple[str, str]]], dict[str, str]]
# A body as people read it.
Shown = Callable[[str], Any]


@dataclass(frozen=True)
class _Some:
    """Features of one layer that are shown; ``gone``: the layer has them no more."""

    layer: str
    uids: tuple[str, ...]
    gone: bool = False


def examples(
    plans: Sequence[LayerPlan], source: Source, state: State, read: Read, shown: Shown = json.loads
) -> Iterator[dict[str, Any]]:
    """At most :data:`EXAMPLES`: first what is changed there, then what is deleted, then what is new.

    ``before`` is what the target holds (None: nothing), read from it and not from memory, ``after`` what it will hold.
    """
    told = 0
    for some in _chosen(plans):
        for one in _of(some, source, state, read, shown):
            if told == EXAMPLES:
                return
            told += 1
            yield one


def _chosen(plans: Sequence[LayerPlan]) -> Iterator[_Some]:
    left = EXAMPLES
    for some in (
        *(_Some(one.layer, (*one.updated, *one.unsure)) for one in plans),
        *(_Some(one.layer, one.deleted, gone=True) for one in plans),
        *(_Some(one.layer, one.created) for one in plans),
    ):
        uids = some.uids[:left]
        left -= len(uids)
        if uids:
            yield _Some(some.layer, uids, some.gone)


def _of(some: _Some, source: Source, state: State, read: Read, shown: Shown) -> Iterator[dict[str, Any]]:
    """The records of some features, those that are known there and those that will be there, feature by feature."""
    there = {one.key: one.uid for one in state.records(some.layer, some.uids).values() if one.key}
    made = [] if some.gone else source.records(some.layer, some.uids, frozenset(there.values())).records
    after = {record.key: record for record in made}
    uid_of = there | {record.key: record.uid for record in made}
    before = read([(some.layer, key) for key in uid_of])
    order = {uid: place for place, uid in enumerate(some.uids)}
    for key in sorted(uid_of, key=lambda key: (order.get(uid_of[key], 0), key)):
        if key in before or key in after:
            yield {
                "layer": some.layer,
                "uid": uid_of[key],
                "before": shown(before[key]) if key in before else None,
                "after": shown(after[key].body) if key in after else None,
            }
