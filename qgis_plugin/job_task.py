"""A long job of the engine in the background of the window: progress and Cancel are in the status bar of QGIS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qgis.core import QgsTask

from ..engine.contract import Job
from ..layers.errors import CancelledError, DothiError
from . import engine_client
from .language import tr

_END_MS = 3000


class JobTask(QgsTask):
    """Runs ``job`` once; later, in the window's thread, one of the two callbacks is called, after a cancel neither."""

    def __init__(
        self,
        job: Job,
        parameters: Mapping[str, Any],
        answered: Callable[[dict[str, Any]], None],
        refused: Callable[[DothiError], None],
    ) -> None:
        super().__init__(tr(f"job.{job.id}.title"), QgsTask.Flag.CanCancel)
        self._job, self._parameters = job, dict(parameters)
        self._answered, self._refused = answered, refused
        self._value: dict[str, Any] = {}
        self._error: DothiError | None = None
        self._wanted = True
        self.warnings: list[str] = []

    def run(self) -> bool:
        """In the task's thread."""
        try:
            self._value = engine_client.run_job(self._job, self._parameters, self)
        except CancelledError:
            return False
        except DothiError as error:
            self._error = error
            return False
        return True

    def finished(self, succeeded: bool) -> None:
        """In the window's thread."""
        if not self._wanted:
            return
        if succeeded:
            self._answered(self._value)
        elif self._error is not None:
            self._refused(self._error)

    def setProgressText(self, text: str) -> None:
        """The present step (see :class:`engine_client.Feedback`); the status bar shows the share alone."""

    def pushInfo(self, info: str) -> None:
        """What the job says by the way is in its run."""

    def pushWarning(self, warning: str) -> None:
        """Kept for whoever shows the result."""
        self.warnings.append(warning)

    def pushDebugInfo(self, info: str) -> None:
        """Nobody reads it here."""

    def stop(self) -> None:
        """Cancel, call nobody back, and wait a moment for the child to end."""
        self._wanted = False
        if self.isActive():
            self.cancel()
            self.waitForFinished(_END_MS)
