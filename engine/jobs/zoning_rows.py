"""What a check found, put into words and written into the run by whichever process has time for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from ...processing.zoning.verdicts.findings import Findings, Wording, Written, identified, in_words, with_waivers
from ...store.bulk import Packed
from ...store.packed_index import Entries
from ...store.runs import RunFile, RunTable
from ...store.waivers import Waiver

Waived = Mapping[tuple[str, str], Waiver]

Made = TypeVar("Made")

# So many rows may wait to be written: all of them take memory.
WAITING = 30_000


def _columns(said: Wording | Written, waived: Waived) -> Written:
    return with_waivers(identified([in_words(said)]), waived)


def _fill(table: RunTable, said: Wording | Written, shapes: Packed, waived: Waived) -> Entries:
    """Write the findings of one rule; where their rows lie."""
    return table.fill([(_columns(said, waived), shapes)])


@dataclass(frozen=True)
class _Portion:
    """The findings of one rule on their way."""

    said: Wording | Written
    shapes: Packed
    writing: Future[Entries]


class Rows:
    """What a run is to hold, written by ``hand`` – another process or thread – while the next rules are judged."""

    def __init__(self, run: RunFile, crs: str, waived: Waived, hand: Executor) -> None:
        self._run = run
        self._crs = crs
        self._waived = waived
        self._hand = hand
        self._table = run.table("finding", crs)
        self._waiting: deque[_Portion] = deque()
        self._verdicts: list[Future[None]] = []

    def add(self, findings: Findings) -> None:
        """Those of the next rule; and verdicts that are ready."""
        if (rows := self._run.verdicts.take(wait=False)).rules:
            self._verdicts.append(self._hand.submit(self._table.write_verdicts, rows))
        if len(findings) == 0:
            return
        shapes = Packed.of(findings.geometry, self._crs)
        writing = self._hand.submit(_fill, self._table, findings.said, shapes, self._waived)
        self._waiting.append(_Portion(findings.said, shapes, writing))
        while self._waiting and (self._waiting[0].writing.done() or self._too_many()):
            self._settle()

    def finish(self) -> None:
        """See all of them written; what ``hand`` has not begun is put into words here meanwhile."""
        mine: list[tuple[Written, Packed]] = []
        while self._waiting and self._waiting[-1].writing.cancel():
            last = self._waiting.pop()
            mine.append((_columns(last.said, self._waived), last.shapes))
        while self._waiting:
            self._settle()
        for writing in self._verdicts:
            _result(writing)
        self._run.placed("finding", self._table.fill(mine[::-1]))  # in the order of the rules

    def leave(self) -> None:
        """Nobody writes any more."""
        every: list[Future[Any]] = [*self._verdicts, *(one.writing for one in self._waiting)]
        wait([writing for writing in every if not writing.cancel()])

    def _too_many(self) -> bool:
        """Whether more wait than may; those of one rule alone may, however many they are."""
        return len(self._waiting) > 1 and sum(len(one.shapes.blobs) for one in self._waiting) > WAITING

    def _settle(self) -> None:
        self._run.placed("finding", _result(self._waiting[0].writing))
        self._waiting.popleft()


def _result(writing: Future[Made]) -> Made:
    """What was written. Raises what went wrong; a process that ended while it was written to is a broken one."""
    try:
        return writing.result()
    except BrokenPipeError as error:
        raise BrokenProcessPool from error


@contextmanager
def writing(run: RunFile, crs: str, waived: Waived, hand: Executor) -> Iterator[Rows]:
    """Rows that are all written when the block ends well, and of which none is being written when it ends."""
    rows = Rows(run, crs, waived, hand)
    try:
        yield rows
        rows.finish()
    finally:
        rows.leave()
