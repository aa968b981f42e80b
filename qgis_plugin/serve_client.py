"""Short questions to a warm engine (``dothi serve``): one lot, one edit, one pixel; answers come as Qt signals.

Lives in the thread of the window. The process starts with the first question and ends with its standard input.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from qgis.PyQt.QtCore import QObject, QProcess, QProcessEnvironment

from ..engine.contract import Job
from ..engine.contract.protocol import clean_environment
from ..layers.errors import DothiError, EnvironmentTroubleError
from . import engine_client

_GOODBYE_MS = 1000

Answered = Callable[[dict[str, Any]], None]
Refused = Callable[[DothiError], None]


class ServeClient(QObject):
    """Asks ``dothi serve``; exactly one of the two callbacks of :meth:`ask` is called, later, in this thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._waiting: dict[int, tuple[Answered, Refused]] = {}
        self._next = 0
        self._last_words: deque[str] = deque(maxlen=engine_client.LAST_WORDS)

    def ask(self, job: Job, parameters: Mapping[str, Any], answered: Answered, refused: Refused) -> int:
        """Send a question and return its number. Raises :class:`EnvironmentTroubleError` where there is no engine."""
        process = self._started()
        self._next += 1
        self._waiting[self._next] = (answered, refused)
        question = {"id": self._next, "job": job.id, "parameters": dict(parameters)}
        process.write((json.dumps(question, ensure_ascii=False) + "\n").encode("utf-8"))
        return self._next

    def forget(self, question: int) -> None:
        """Nobody waits for the answer to ``question`` any more."""
        self._waiting.pop(question, None)

    def stop(self, within_ms: int | None = None) -> None:
        """Close the engine's standard input, which ends it when all that was asked is answered, and wait a moment.

        ``within_ms`` is how long, where something is still to be written.
        """
        process, self._process = self._process, None
        self._waiting.clear()
        if process is None:
            return
        process.readyReadStandardOutput.disconnect(self._hear)
        process.readyReadStandardError.disconnect(self._overhear)
        process.finished.disconnect(self._ended)
        process.closeWriteChannel()
        if not process.waitForFinished(_GOODBYE_MS if within_ms is None else within_ms):
            process.kill()
            process.waitForFinished(_GOODBYE_MS)
        process.deleteLater()

    @property
    def pid(self) -> int:
        """The process id of the engine; 0 while none runs."""
        return int(self._process.processId()) if self._process else 0

    def _started(self) -> QProcess:
        if self._process is not None:
            return self._process
        python = engine_client.find().python
        environment = QProcessEnvironment()
        for name, value in clean_environment(os.environ).items():
            environment.insert(name, value)
        process = QProcess(self)
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._hear)
        process.readyReadStandardError.connect(self._overhear)
        process.finished.connect(self._ended)
        program, *arguments = engine_client.command(python, "serve")
        process.start(program, arguments)
        self._process = process
        return process

    def _hear(self) -> None:
        process = self._process
        while process is not None and process.canReadLine():
            line = bytes(process.readLine()).decode("utf-8", "replace")
            try:
                event = json.loads(line)
            except json.JSONDecodeError:
                self._last_words.append(line.rstrip())
                continue
            answered, refused = self._waiting.pop(event.get("id"), (None, None))
            if event.get("event") == "answer" and answered:
                answered(event["value"])
            elif event.get("event") == "error" and refused:
                refused(DothiError(event["code"], **event.get("arguments", {})))
            process = self._process  # an answer may have stopped the engine

    def _overhear(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardError()).decode("utf-8", "replace")
            self._last_words.extend(text.splitlines())

    def _ended(self, code: int) -> None:
        """It died: everyone who waits is told, and the next question starts another."""
        waiting, self._waiting = self._waiting, {}
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        words = "\n".join(self._last_words) or "–"
        for _, refused in waiting.values():
            refused(EnvironmentTroubleError("plugin.engine_died", exit=str(code), last_words=words))
