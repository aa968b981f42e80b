"""New verdicts on some features put among the former ones on all, in the order of the features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....store.verdicts import JUDGED, VerdictColumns
from ..columns import Mask, Words
from ..land.overlay import Indices
from .ground import Ground


@dataclass(frozen=True)
class _Place:
    """Where new verdicts go in a list of subjects: which former ones are ``kept``, the ``order`` of these and, after
    them, the new ones, the new list of subjects, and whether it is still the former one.
    """

    kept: Mask
    order: Indices
    uids: Words
    same: bool


class Merging:
    """Merges the verdicts of many rules: where features stand in a list is found once for all that share it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._former: dict[int, Indices] = {}
        self._lists: dict[int, list[Words]] = {}
        self._places: dict[tuple[int, frozenset[str], tuple[str, ...]], _Place] = {}

    def merged(self, former: VerdictColumns, new: VerdictColumns, uids: frozenset[str]) -> VerdictColumns:
        """``former`` without the features ``uids``, and ``new``."""
        place = self._place(former, new, uids)
        reasons = tuple(dict.fromkeys((*former.reasons, *new.reasons)))
        code = np.concatenate([former.code[place.kept], new.code])[place.order]
        numbers = [_renumbered(one, reasons) for one in (former, new)]
        judged = np.isin(code, [number for number, word in enumerate(new.outcomes) if word in JUDGED])

        def values(name: str) -> NDArray[np.float64]:
            old, fresh = (_spread(one, name) for one in (former, new))
            found: NDArray[np.float64] = np.concatenate([old[place.kept], fresh])[place.order][judged]
            return found

        return replace(
            new,
            uids=place.uids,
            code=code,
            measured=values("measured"),
            limit=values("limit"),
            reason=np.concatenate([numbers[0][place.kept], numbers[1]])[place.order],
            reasons=reasons,
            listed=former.listed if place.same else None,
        )

    def _place(self, former: VerdictColumns, new: VerdictColumns, uids: frozenset[str]) -> _Place:
        key = id(former.uids), uids, tuple(new.uids.tolist())
        if key not in self._places:
            kept = self._kept(former, uids)
            places = [self._positions(former)[kept], self._ground.place(new.layer, new.uids)]
            order = np.argsort(np.concatenate(places), kind="stable")
            listed = np.concatenate([former.uids[kept], new.uids])[order]
            alike = self._lists.setdefault(id(former.uids), [former.uids])
            known = next((one for one in alike if np.array_equal(one, listed)), None)
            if known is None:
                alike.append(listed)
            uids_now = listed if known is None else known
            self._places[key] = _Place(kept, order, uids_now, uids_now is former.uids)
        return self._places[key]

    def _kept(self, former: VerdictColumns, uids: frozenset[str]) -> Mask:
        """The former verdicts on other features than ``uids``."""
        at = self._positions(former)
        meant = np.zeros(len(self._ground.prints[former.layer].uid), dtype=bool)
        meant[self._ground.named(former.layer, uids)] = True
        kept = np.ones(len(at), dtype=bool)
        kept[at >= 0] = ~meant[at[at >= 0]]
        kept[at < 0] = [uid not in uids for uid in former.uids[at < 0].tolist()]
        return kept

    def _positions(self, former: VerdictColumns) -> Indices:
        """Where the features of a former list are in their layer now, -1 where they are not."""
        if id(former.uids) not in self._former:
            now = self._ground.prints[former.layer].uid
            if np.array_equal(former.uids, now):  # the usual case, and a tenth of the time
                self._former[id(former.uids)] = np.arange(len(now))
            else:
                self._former[id(former.uids)] = self._ground.place(former.layer, former.uids)
        return self._former[id(former.uids)]


def _spread(one: VerdictColumns, name: str) -> NDArray[np.float64]:
    """Numbers of all subjects, NaN where one has none."""
    made = np.full(len(one.code), np.nan)
    made[one.judged] = getattr(one, name)
    return made


def _renumbered(one: VerdictColumns, reasons: tuple[str, ...]) -> NDArray[Any]:
    numbers = np.array([*(reasons.index(word) for word in one.reasons), -1], dtype=np.int16)
    return numbers[one.reason]
