"""How computing tells the world how far it is, without knowing who listens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")


class Report(Protocol):
    """What a long function is given to speak through. Either call may raise ``CancelledError``."""

    def progress(self, share: float, code: str = "", **arguments: Any) -> None:
        """``share`` of the work done, 0 to 1, and optionally the message code of the present step."""

    def message(self, code: str, level: str = "info", **arguments: Any) -> None:
        """A sentence for the user; ``level`` is ``info`` or ``warning``."""


class Silent:
    """A report nobody listens to."""

    def progress(self, share: float, code: str = "", **arguments: Any) -> None:
        """Say nothing."""

    def message(self, code: str, level: str = "info", **arguments: Any) -> None:
        """Say nothing."""


SILENT = Silent()


@dataclass(frozen=True)
class Stage:
    """A part of a longer job: its 0 to 1 is ``start`` to ``end`` of the whole."""

    whole: Report
    start: float
    end: float

    def progress(self, share: float, code: str = "", **arguments: Any) -> None:
        """Progress within the stage."""
        self.whole.progress(self.start + (self.end - self.start) * share, code, **arguments)

    def message(self, code: str, level: str = "info", **arguments: Any) -> None:
        """Passed on as it is."""
        self.whole.message(code, level, **arguments)


def steps(report: Report, items: Sequence[Item] | Iterable[Item], total: int, code: str = "") -> Iterator[Item]:
    """Yield ``items`` and report after each; the place where a cancel is noticed."""
    report.progress(0.0, code)
    for done, item in enumerate(items, start=1):
        yield item
        report.progress(min(1.0, done / max(total, 1)), code)
