"""An algorithm of the toolbox in the background, one at a time, for what the panel needs of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
)

from ..language import tr

Ended = Callable[[dict[str, Any], str], None]


class _Heard(QgsProcessingFeedback):
    """Keeps the last trouble, which the task itself does not hand on."""

    def __init__(self) -> None:
        super().__init__(False)
        self.trouble = ""

    def reportError(self, error: str, fatalError: bool = False) -> None:
        """Called by Processing."""
        self.trouble = error
        super().reportError(error, fatalError)


class Background:
    """``ended(results, trouble)`` is called once per :meth:`start`, in the thread of the window, unless stopped."""

    def __init__(self) -> None:
        self._task: QgsProcessingAlgRunnerTask | None = None
        self._ended: Ended = lambda results, trouble: None
        self._context = QgsProcessingContext()
        self._feedback = _Heard()

    def start(self, algorithm: str, parameters: Mapping[str, Any], ended: Ended) -> None:
        """Run ``algorithm`` (``dothi:export_findings``); what ran before is given up."""
        self.stop()
        self._context, self._feedback, self._ended = QgsProcessingContext(), _Heard(), ended
        self._context.setProject(QgsProject.instance())
        made = QgsApplication.processingRegistry().createAlgorithmById(algorithm)
        task = QgsProcessingAlgRunnerTask(made, dict(parameters), self._context, self._feedback)
        task.executed.connect(self._over)
        self._task = task
        QgsApplication.taskManager().addTask(task)

    def _over(self, well: bool, results: dict[str, Any]) -> None:
        self._task = None
        self._ended(results if well else {}, "" if well else self._feedback.trouble or tr("engine.cancelled"))

    def stop(self) -> None:
        """Give up; the engine leaves nothing behind."""
        if self._task is not None:
            self._task.executed.disconnect(self._over)
            self._task.cancel()
            self._task = None
