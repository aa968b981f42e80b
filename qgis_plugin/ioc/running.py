"""One job with the other side at a time, in the background, with the secret of its target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...engine.contract import Job
from ...layers.errors import DothiError
from ..credentials import secret_of
from ..job_task import JobTask
from .keeping import kept

Answered = Callable[[Mapping[str, Any], list[str]], None]
Refused = Callable[[DothiError], None]


class Running(QObject):
    """Starts jobs and knows which runs. ``changed``: one began or ended; ``progressed``: percent done."""

    changed = pyqtSignal()
    progressed = pyqtSignal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.task: JobTask | None = None
        self.target = ""

    def start(self, job: Job, data: str, target: str, answered: Answered, refused: Refused, **given: Any) -> bool:
        """Begin ``job`` for ``target``; False while another one runs.

        The secret is read here, in the thread of the window, and goes to the engine over its standard input.
        """
        if self.task is not None:
            return False
        try:
            secret = secret_of(kept(data, target).authcfg)
        except DothiError as error:
            refused(error)
            return True
        parameters = {"data": data, "target": target, **given} | ({"secret": secret} if secret else {})

        def done(value: Mapping[str, Any]) -> None:
            warnings = task.warnings
            self._ended()
            answered(value, warnings)

        def failed(error: DothiError) -> None:
            self._ended()
            refused(error)

        task = JobTask(job, parameters, done, failed)
        task.progressChanged.connect(self.progressed)
        task.taskTerminated.connect(self._terminated)
        self.task, self.target = task, target
        QgsApplication.taskManager().addTask(task)
        self.changed.emit()
        return True

    def cancel(self) -> None:
        """End the job that runs; what was proved by then stays proved."""
        if self.task is not None:
            self.task.cancel()

    def _terminated(self) -> None:
        if self.task is not None:  # cancelled: nobody was called back
            self._ended()

    def _ended(self) -> None:
        self.task, self.target = None, ""
        self.changed.emit()

    def shut(self) -> None:
        """Leave nothing behind."""
        task, self.task = self.task, None
        if task is not None:
            task.taskTerminated.disconnect(self._terminated)
            task.stop()
