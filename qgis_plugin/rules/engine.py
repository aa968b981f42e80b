"""The engine as the panel asks it: short questions to a warm one, whole jobs beside; nothing waits in the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import QObject

from ...engine.contract import Job
from ...layers.errors import DothiError, EnvironmentTroubleError
from ...layers.messages import has
from .. import engine_client
from ..findings.words import prepare
from ..job_task import JobTask
from ..language import tr
from ..serve_client import ServeClient

Answered = Callable[[dict[str, Any]], None]


class _Wake(QgsTask):
    """Finds and verifies the engine, and reads the words, beside the window: the first time that takes a second."""

    def __init__(self, done: Callable[[DothiError | None], None]) -> None:
        super().__init__(tr("plugin.rules.title"), QgsTask.Flag.CanCancel)
        self._done: Callable[[DothiError | None], None] | None = done
        self._error: DothiError | None = None

    def run(self) -> bool:
        """In the task's thread."""
        prepare()
        has("plugin.rules.title")  # a code that exists: both languages are read then
        try:
            engine_client.find()
        except EnvironmentTroubleError as error:
            self._error = error
        return True

    def finished(self, succeeded: bool) -> None:
        """In the window's thread."""
        if self._done is not None:
            self._done(self._error)

    def forget(self) -> None:
        """Nobody waits any more."""
        self._done = None


class RuleEngine(QObject):
    """Asks; ``refused`` hears of every trouble that the asker does not want to hear of itself."""

    def __init__(self, refused: Callable[[DothiError], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._refused = refused
        self._client = ServeClient(self)
        self._waiting: dict[str, int] = {}
        self._wake: _Wake | None = None
        self._later: list[Callable[[], None]] = []
        self._awake = False
        self.task: JobTask | None = None

    @property
    def pid(self) -> int:
        """The process id of the warm engine; 0 while none runs."""
        return self._client.pid

    def ask(self, job: Job, parameters: Mapping[str, Any], answered: Answered, refused: Any = None) -> None:
        """A short question. Only the last answer to a job is wanted: an earlier one that comes late is dropped."""
        if not self._awake:
            self._later.append(lambda: self.ask(job, parameters, answered, refused))
            self._rouse()
            return
        before = self._waiting.pop(job.id, None)
        if before is not None:
            self._client.forget(before)
        try:
            self._waiting[job.id] = self._client.ask(job, parameters, answered, refused or self._refused)
        except EnvironmentTroubleError as error:
            self._awake = False
            (refused or self._refused)(error)

    def _rouse(self) -> None:
        if self._wake is None:
            self._wake = _Wake(self._roused)
            QgsApplication.taskManager().addTask(self._wake)

    def _roused(self, error: DothiError | None) -> None:
        self._wake = None
        later, self._later = self._later, []
        if error is not None:
            self._refused(error)
            return
        self._awake = True
        for again in later:
            again()

    def run(self, job: Job, parameters: Mapping[str, Any], answered: Answered, refused: Any = None) -> bool:
        """A whole job in a process of its own; False while another is under way."""
        if self.task is not None:
            return False

        def done(value: dict[str, Any]) -> None:
            self.task = None
            answered(value)

        def failed(error: DothiError) -> None:
            self.task = None
            (refused or self._refused)(error)

        self.task = JobTask(job, parameters, done, failed)
        self.task.taskTerminated.connect(self._over)
        QgsApplication.taskManager().addTask(self.task)
        return True

    def _over(self) -> None:
        """Cancelled in the status bar: nobody was called back."""
        self.task = None

    def rest(self) -> None:
        """The warm engine may end; the next question starts another."""
        self._waiting.clear()
        self._later.clear()
        self._client.stop()

    def stop(self) -> None:
        """End all of it."""
        if self._wake is not None:
            self._wake.forget()
            self._wake = None
        if self.task is not None:
            self.task.taskTerminated.disconnect(self._over)
            self.task.stop()
            self.task = None
        self.rest()
