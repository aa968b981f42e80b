"""What publishing would do: the layers as they are now against what the target is known to hold.

The comparison is by hashes of rows, in one pass over each layer and without making a single record, so its cost is that
of reading; what is made and sent afterwards grows with the changes alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..layers.errors import InputError
from .blocks import Block
from .records import Record
from .selection import LeftOut
from .state import Known, State

# More than this share of a layer vanishing at once is more often a mistake than a wish; a handful is always believed.
VANISHING = 0.1
HANDFUL = 5


@dataclass(frozen=True)
class Scan:
    """The features of a layer as they are now: ``uid`` and ``source``, the hash of all that decides what leaves.

    ``nameless`` counts rows without an identifier, which nobody could ever find again at the other side. ``blocks`` are
    those in which the features lie; ``kept`` are the digests of agreed blocks, of which no feature is told.
    """

    uid: NDArray[np.object_]
    source: NDArray[np.int64]
    nameless: int = 0
    blocks: tuple[Block, ...] = ()
    kept: frozenset[bytes] = frozenset()


@dataclass(frozen=True)
class Made:
    """The records of some features; ``left_out`` says what did not become one and why.

    ``faulty`` are features that are wrong as they are now (two of one name, no valid shape). Nobody decided that they
    should go, so the target keeps what it holds of them.
    """

    records: list[Record]
    left_out: tuple[LeftOut, ...] = ()
    faulty: frozenset[str] = frozenset()


class Source(Protocol):
    """What is to be published: ``layers`` in the order of reference, those referred to first."""

    @property
    def layers(self) -> Sequence[str]:
        """Layers that may leave."""

    def scan(self, layer: str, agreed: frozenset[bytes] = frozenset()) -> Scan:
        """The layer as it is now; it need not tell the features of blocks whose digests are ``agreed``."""

    def records(self, layer: str, uids: Sequence[str], there: frozenset[str]) -> Made:
        """The records of some features. ``there`` are those of them of which the target holds something: a feature that
        must be withdrawn has a record only if it is there.
        """


class Sources(Mapping[str, int]):
    """Identifier → hash of its row, in arrays: a dictionary of a million would be as large as all else together."""

    def __init__(self, uid: NDArray[np.object_], source: NDArray[np.int64]) -> None:
        self._uid, self._source = uid, source

    @cached_property
    def _index(self) -> pd.Index[Any]:
        return pd.Index(self._uid, dtype=object)

    def __getitem__(self, uid: str) -> int:
        return int(self._source[self._index.get_loc(uid)])

    def __iter__(self) -> Iterator[str]:
        return iter(self._uid)

    def __len__(self) -> int:
        return len(self._uid)


@dataclass(frozen=True)
class LayerPlan:
    """Features by what is to be done with them. ``unsure`` were sent before without proof.

    ``absent``: the data set has no such layer, or it may not leave any more. ``now`` is what was found, for agreeing.
    """

    layer: str
    created: tuple[str, ...]
    updated: tuple[str, ...]
    unsure: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: int
    sources: Mapping[str, int]
    nameless: int = 0
    absent: bool = False
    now: Scan | None = None

    @property
    def to_send(self) -> tuple[str, ...]:
        """All that must be made and compared or sent."""
        return (*self.created, *self.updated, *self.unsure)

    @property
    def known(self) -> int:
        """Features that the target should hold now."""
        return len(self.updated) + len(self.unsure) + len(self.deleted) + self.unchanged


def plan(source: Source, state: State, layers: Sequence[str] = ()) -> list[LayerPlan]:
    """The plan of each layer, in the order of reference; last those of which all vanishes. ``layers`` limits it."""
    of_old = [layer for layer in state.layers() if layer not in source.layers]
    chosen = [layer for layer in (*source.layers, *of_old) if not layers or layer in layers]
    return [_planned(layer, source, state) if layer in source.layers else _absent(layer, state) for layer in chosen]


def _planned(layer: str, source: Source, state: State) -> LayerPlan:
    """The plan of a layer, of which nothing is looked at in blocks that are as they were agreed to be."""
    agreed = state.agreed(layer)
    now = source.scan(layer, frozenset(agreed))
    made = compare(layer, now, state.known(layer, now.kept))
    if now.kept and state.records(layer, made.created):  # a row of another block has the same name
        now = source.scan(layer)
        made = compare(layer, now, state.known(layer))
    return replace(made, unchanged=made.unchanged + sum(agreed[digest] for digest in now.kept), now=now)


def _absent(layer: str, state: State) -> LayerPlan:
    empty = Scan(np.empty(0, dtype=object), np.empty(0, dtype=np.int64))
    return replace(compare(layer, empty, state.known(layer)), absent=True)


def compare(layer: str, now: Scan, known: Known) -> LayerPlan:
    """The plan of one layer."""
    held, sources, proved, stays = _by_feature(known)
    names = pd.Index(now.uid, dtype=object)
    repeated = np.zeros(len(names), dtype=bool)
    if not names.is_unique:  # two rows of one name are looked at in every run, until somebody mends it
        first = ~names.duplicated()
        repeated = names.duplicated(keep=False)[first]
        names, now = names[first], Scan(now.uid[first], now.source[first], now.nameless)
    at = held.get_indexer(names)
    new = at < 0
    differs, unsure, there = np.zeros_like(new), np.zeros_like(new), np.zeros_like(new)
    differs[~new] = (sources[at[~new]] != now.source[~new]) | repeated[~new]
    unsure[~new] = ~proved[at[~new]]
    there[~new] = ~stays[at[~new]]
    gone = np.ones(len(held), dtype=bool)
    gone[at[~new]] = False
    work = new | differs | unsure
    return LayerPlan(
        layer,
        created=tuple(now.uid[new]),
        updated=tuple(now.uid[differs & ~unsure]),
        unsure=tuple(now.uid[unsure]),
        deleted=tuple(held[gone]),
        unchanged=int((~work & there).sum()),
        sources=Sources(now.uid[work], now.source[work]),
        nameless=now.nameless,
    )


def _by_feature(known: Known) -> tuple[pd.Index[str], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """One entry a feature: of several records it is as it was only if all of them are."""
    held = pd.Index(known.uid, dtype=object)
    if held.is_unique:
        return held, known.source, known.proved, known.stays
    rows = pd.DataFrame({"uid": known.uid, "source": known.source, "proved": known.proved, "stays": known.stays})
    groups = rows.groupby("uid", sort=False)
    same = groups["source"].nunique().eq(1) & groups["proved"].all()
    return pd.Index(same.index), groups["source"].first().to_numpy(), same.to_numpy(), groups["stays"].all().to_numpy()


def require_few_vanish(plans: Sequence[LayerPlan]) -> None:
    """Raise :class:`InputError` where more of a layer vanishes than is believed without asking, or a whole layer."""
    for one in plans:
        if one.absent and one.deleted:
            raise InputError("ioc.layer_absent", layer=one.layer, count=len(one.deleted))
        require_few(one.layer, len(one.deleted), one.known)


def require_few(layer: str, gone: int, known: int) -> None:
    """Raise :class:`InputError` where ``gone`` of ``known`` features are more than is believed without asking."""
    if gone > max(HANDFUL, VANISHING * known) or gone == known > 1:
        raise InputError("ioc.many_vanish", layer=layer, count=gone, of=known)
