"""Questions under a moving cursor: at most one is on its way, and of those that wait only the newest is asked.

The engine answers one after the other, so an answer nobody wants any more would make all later ones late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qgis.PyQt.QtCore import QObject, QTimer

from ...engine.contract import Job
from ...layers.errors import DothiError, EnvironmentTroubleError
from .. import engine_client
from ..findings.worker import Worker
from ..serve_client import ServeClient

PAUSE_MS = 60  # between two questions of a moving cursor

Answered = Callable[[dict[str, Any]], None]
Refused = Callable[[DothiError], None]


class WarmEngine(QObject):
    """A :class:`ServeClient` whose engine is first looked for in a thread: verifying it takes a second."""

    def __init__(self, refused: Refused, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.client = ServeClient(self)
        self._refused = refused
        self._worker = Worker(self._missing, self)
        self._found = False
        self._waiting: list[tuple[Callable[[], None], Refused]] = []

    def ask(self, job: Job, parameters: Mapping[str, Any], answered: Answered, refused: Refused | None = None) -> None:
        """Ask as soon as the engine is there; one of the callbacks is called later, in this thread."""
        asked = dict(parameters)

        def go() -> None:
            try:
                self.client.ask(job, asked, answered, refused or self._refused)
            except EnvironmentTroubleError as error:
                (refused or self._refused)(error)

        if self._found:
            go()
            return
        self._waiting.append((go, refused or self._refused))
        if len(self._waiting) == 1:
            self._worker.ask(engine_client.find, self._ready, kept=True)

    def _ready(self, _engine: Any) -> None:
        self._found = True
        waiting, self._waiting = self._waiting, []
        for go, _ in waiting:
            go()

    def _missing(self, error: DothiError) -> None:
        waiting, self._waiting = self._waiting, []
        for _, refused in waiting:
            refused(error)

    def rest(self) -> None:
        """The engine may end; the next question starts another."""
        self._waiting.clear()
        self._found = False
        self.client.stop()

    def shut(self) -> None:
        """End it for good."""
        self.rest()
        self._worker.close()


class Latest(QObject):
    """Asks one job again and again; what was asked while an answer is on its way waits, and the newest wins."""

    def __init__(self, engine: WarmEngine, job: Job, answered: Answered, refused: Refused) -> None:
        super().__init__(engine)
        self._engine, self._job = engine, job
        self._answered, self._refused = answered, refused
        self._next: dict[str, Any] | None = None
        self._asked = 0
        self._busy = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._go)

    @property
    def asked(self) -> int:
        """How many questions have been sent."""
        return self._asked

    def ask(self, parameters: Mapping[str, Any]) -> None:
        """Ask when there is time; what waits is forgotten."""
        self._next = dict(parameters)
        if not self._busy and not self._pause.isActive():
            self._pause.start()

    def forget(self) -> None:
        """Nobody waits any more; the answer on its way is dropped."""
        self._next = None
        self._pause.stop()
        self._asked += 1
        self._busy = False

    def _go(self) -> None:
        if self._next is None:
            return
        given, self._next = self._next, None
        self._busy = True
        self._asked += 1
        number = self._asked
        self._engine.ask(
            self._job,
            given,
            lambda value: self._over(number, lambda: self._answered(value)),
            lambda error: self._over(number, lambda: self._refused(error)),
        )

    def _over(self, number: int, tell: Callable[[], None]) -> None:
        if number != self._asked:
            return
        self._busy = False
        tell()
        if self._next is not None:
            self._pause.start()
