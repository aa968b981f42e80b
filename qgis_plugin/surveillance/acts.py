"""What an inspector does to a case, written by the engine: every act is one question to it, one transaction there.

The window keeps nothing: what the engine has not answered yet is finished before QGIS closes (:meth:`Acts.shut`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...engine.contract import Job, case
from ...layers.errors import DothiError, EnvironmentTroubleError
from ..job_task import JobTask
from ..language import tr
from ..serve_client import ServeClient

_FINISH_MS = 120_000  # to write what was asked before the window closes; an engine that hangs longer is ended


class Acts(QObject):
    """``written(case)`` and ``refused(sentence)`` come later; ``waiting`` holds the cases being written, by uid."""

    written = pyqtSignal(str)
    refused = pyqtSignal(str)
    waits = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = ServeClient(self)
        self._tasks: set[JobTask] = set()
        self.waiting: Counter[str] = Counter()

    def set(self, data: str, uid: str, **values: Any) -> None:
        """Change ``status``, ``assignee``, ``decision`` of the case, or add a ``note``; of a state it is the reason."""
        self._act(case.SET, data, uid, values)

    def evidence(self, data: str, uid: str, **values: Any) -> None:
        """Add a photo, a citizen's report or a document (``kind``, ``file``, ``note``)."""
        self._act(case.EVIDENCE, data, uid, values)

    def ask(self, job: Job, parameters: Mapping[str, Any], answered: Callable[[dict[str, Any]], None]) -> None:
        """A question that changes nothing."""
        try:
            self._client.ask(job, parameters, answered, lambda error: self.refused.emit(_sentence(error)))
        except EnvironmentTroubleError as error:
            self.refused.emit(_sentence(error))

    def run(self, job: Job, parameters: Mapping[str, Any], done: Callable[[dict[str, Any]], None]) -> None:
        """A longer job, with progress and Cancel in the status bar."""

        def ended(then: Callable[[], None]) -> None:
            self._tasks.discard(task)
            then()

        task = JobTask(
            job, parameters,
            lambda value: ended(lambda: done(value)),
            lambda error: ended(lambda: self.refused.emit(_sentence(error))),
        )  # fmt: skip
        task.taskTerminated.connect(lambda: self._tasks.discard(task))
        self._tasks.add(task)
        QgsApplication.taskManager().addTask(task)

    @property
    def busy(self) -> bool:
        """Whether a longer job is under way."""
        return bool(self._tasks)

    def _act(self, job: Job, data: str, uid: str, values: Mapping[str, Any]) -> None:
        def over() -> None:
            self.waiting[uid] -= 1
            self.waiting += Counter()  # forget those that nobody waits for
            self.waits.emit()

        def answered(_: dict[str, Any]) -> None:
            over()
            self.written.emit(uid)

        def refused(error: DothiError) -> None:
            over()
            self.refused.emit(_sentence(error))

        self.waiting[uid] += 1
        self.waits.emit()
        try:
            self._client.ask(job, {"data": data, "case": uid, **values}, answered, refused)
        except EnvironmentTroubleError as error:
            refused(error)

    def rest(self) -> None:
        """The dock was closed: the engine may rest as soon as it has written all that was asked."""
        self._client.stop(_FINISH_MS if self.waiting else None)
        self.waiting.clear()

    def shut(self) -> None:
        """Finish what was asked to be written, give up the rest."""
        for task in tuple(self._tasks):
            task.stop()
        self._tasks.clear()
        self.rest()


def _sentence(error: DothiError) -> str:
    return tr(error.code, **error.arguments)
