"""One thread that answers questions about a run; answers come back in the thread of the window.

SQLite works without Python's lock, so the window stays fluid while a hundred thousand findings are read. A question
that nobody waits for any more (the filter was changed again) is given up or its answer dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...layers.errors import DothiError

Answered = Callable[[Any], None]
Refused = Callable[[DothiError], None]


class Worker(QObject):
    """Runs functions one after the other in a thread of its own."""

    _done = pyqtSignal(object, object)

    def __init__(self, refused: Refused, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._refused = refused
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dothi-findings")
        self._generation = 0
        self._open = True
        self._done.connect(self._deliver)

    def forget(self) -> None:
        """Nobody waits for the answers asked for so far."""
        self._generation += 1

    def ask(self, work: Callable[[], Any], answered: Answered, *, kept: bool = False) -> None:
        """Do ``work`` in the thread, then call ``answered`` with its value here, or ``refused`` with its error.

        What is ``kept`` is not given up by :meth:`forget`.
        """
        generation = None if kept else self._generation

        def run() -> None:
            if generation not in (None, self._generation) or not self._open:
                return
            value: Any
            try:
                value = work()
            except DothiError as error:
                value = error
            except Exception as error:  # a fault of ours: told here, raised there, where QGIS shows it
                value = error
            if self._open:
                self._done.emit((generation, answered), value)

        if self._open:
            self._thread.submit(run)

    def _deliver(self, asked: tuple[int | None, Answered], value: Any) -> None:
        generation, answered = asked
        if generation not in (None, self._generation) or not self._open:
            return
        if isinstance(value, DothiError):
            self._refused(value)
        elif isinstance(value, Exception):
            raise value
        else:
            answered(value)

    def close(self, last: Callable[[], None] = lambda: None) -> None:
        """End the thread after what it is doing; ``last`` is done in it at the end."""
        if not self._open:
            return
        self.forget()
        self._open = False
        self._thread.submit(last)
        self._thread.shutdown(wait=True)
