"""The engine's client: finds the engine, verifies it by running it, runs one job and streams what it says.

Which Python runs the engine is never ``sys.executable`` (inside QGIS that can be QGIS). In this order: the setting
``dothi/engine_python``; ``.venv`` in the plugin's folder (a developer's checkout); the environment in the user's data
folder that is named by the hash of the plugin's own lock.
"""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from qgis.core import QgsSettings

from ..engine.contract import Job
from ..engine.contract import environment as place
from ..engine.contract.protocol import (
    EXIT_ENVIRONMENT,
    EXIT_INPUT,
    EXIT_USAGE,
    PROTOCOL,
    clean_environment,
)
from ..layers.errors import CancelledError, DothiError, EnvironmentTroubleError, InputError, UsageError
from .child import Child
from .language import tr

SETTING_PYTHON = "dothi/engine_python"
ROOT = Path(__file__).resolve().parent.parent
LAST_WORDS = 12  # lines of standard error kept for the report of a job that died

_HELLO_WITHIN = 30.0  # seconds; a cold disk and a virus scanner need them
_ERRORS = {EXIT_USAGE: UsageError, EXIT_INPUT: InputError, EXIT_ENVIRONMENT: EnvironmentTroubleError}


class Feedback(Protocol):
    """The part of ``QgsProcessingFeedback`` that a job speaks to."""

    def isCanceled(self) -> bool:
        """Whether the user asked to stop."""

    def setProgress(self, progress: float) -> None:
        """Percent done."""

    def setProgressText(self, text: str) -> None:
        """The present step."""

    def pushInfo(self, info: str) -> None:
        """A sentence for the log."""

    def pushWarning(self, warning: str) -> None:
        """A sentence that deserves attention."""

    def pushDebugInfo(self, info: str) -> None:
        """A line that only developers read."""


@dataclass(frozen=True)
class Engine:
    """An engine that answered: its interpreter, its version and its Python's."""

    python: Path
    version: str
    python_version: str


def command(python: Path, *words: str) -> list[str]:
    """How the engine is started: isolated from user site, ``PYTHON*`` and the working directory."""
    return [str(python), "-I", "-X", "utf8", str(ROOT / "engine" / "launch.py"), *words]


def chosen_python() -> Path | None:
    """The interpreter that the engine would be started with: set, or found where one belongs. None: there is none."""
    chosen = str(QgsSettings().value(SETTING_PYTHON, "") or "")
    if chosen:
        return Path(chosen)
    checkout = place.interpreter(place.checkout_environment(ROOT))
    if checkout.exists():
        return checkout
    folder = place.environment_folder(ROOT)
    own = place.interpreter(folder)
    return own if own.exists() and place.read_stamp(folder) else None


def find() -> Engine:
    """The engine, verified by running it; the answer is kept until the interpreter changes.

    Raises :class:`EnvironmentTroubleError`: ``plugin.engine_missing``, ``plugin.engine_not_starting``,
    ``plugin.engine_other_version`` or ``plugin.engine_other_libraries``.
    """
    python = chosen_python()
    if python is None:
        raise EnvironmentTroubleError("plugin.engine_missing")
    try:
        changed = python.stat().st_mtime_ns
    except OSError as error:
        raise EnvironmentTroubleError("plugin.engine_python_missing", path=str(python)) from error
    made_from = place.read_stamp(place.environment_of(python))
    if made_from and made_from != place.lock_hash(ROOT):
        raise EnvironmentTroubleError("plugin.engine_other_libraries", path=str(python))
    return _verify(python, changed)


@cache
def _verify(python: Path, _changed: int) -> Engine:
    """Start ``serve`` with nothing to answer: it says hello and ends."""
    until = time.monotonic() + _HELLO_WITHIN
    words: deque[str] = deque(maxlen=LAST_WORDS)
    try:
        with Child(command(python, "serve"), clean_environment(os.environ)) as child:
            for stream, line in child.lines(lambda: time.monotonic() > until):
                if stream == "err":
                    words.append(line)
                    continue
                event = _event(line)
                if event is None:
                    words.append(line)
                elif event["event"] == "hello":
                    check_hello(event, python)
                    return Engine(python, str(event.get("engine", "")), str(event.get("python", "")))
    except (OSError, CancelledError) as error:
        words.append(str(error))
    raise EnvironmentTroubleError("plugin.engine_not_starting", path=str(python), last_words="\n".join(words))


def check_hello(event: Mapping[str, Any], python: Path) -> None:
    """Raises ``plugin.engine_other_version`` where the one who says hello speaks another protocol than ours."""
    if event.get("protocol") != PROTOCOL:
        raise EnvironmentTroubleError(
            "plugin.engine_other_version",
            path=str(python),
            version=str(event.get("engine", "?")),
            protocol=str(event.get("protocol", "?")),
            expected=str(PROTOCOL),
        )


def run_job(job: Job, parameters: Mapping[str, Any], feedback: Feedback) -> dict[str, Any]:
    """Run ``job`` in a process of its own and return its result. Blocks; cancel through ``feedback``.

    Raises what the engine raised (:class:`DothiError` and its family), :class:`CancelledError`, and
    ``plugin.engine_died`` for a process that ended without a word.
    """
    python = find().python
    return converse([*command(python, *job.command), "--events"], parameters, feedback, python)


def converse(
    words: Sequence[str], parameters: Mapping[str, Any], feedback: Feedback, python: Path = Path()
) -> dict[str, Any]:
    """Start ``words``, say ``parameters``, pass on events until the result. See :func:`run_job`."""
    last_words: deque[str] = deque(maxlen=LAST_WORDS)
    step = ""
    with Child(words, clean_environment(os.environ), json.dumps(parameters, ensure_ascii=False)) as child:
        for event in _events(child, feedback, last_words):
            kind = event["event"]
            if kind == "hello":
                check_hello(event, python)
            elif kind == "result":
                return dict(event["value"])
            elif kind == "error":
                raise _ERRORS.get(event.get("exit", 0), DothiError)(event["code"], **event.get("arguments", {}))
            else:
                step = _pass_on(event, feedback, step)
        code = child.wait()
    raise EnvironmentTroubleError("plugin.engine_died", exit=str(code), last_words="\n".join(last_words) or "–")


def _events(child: Child, feedback: Feedback, last_words: deque[str]) -> Iterator[dict[str, Any]]:
    for stream, line in child.lines(feedback.isCanceled):
        event = _event(line) if stream == "out" else None
        if event is not None:
            yield event
        elif line.strip():
            last_words.append(line)
            feedback.pushDebugInfo(line)


def _event(line: str) -> dict[str, Any] | None:
    """The event in ``line``; None for what is not one (a library that printed)."""
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _pass_on(event: Mapping[str, Any], feedback: Feedback, step: str) -> str:
    """Tell the user; a step is named once, however often it reports. Returns the present step."""
    text = tr(event["code"], **event.get("arguments", {})) if event.get("code") else ""
    if event["event"] == "progress":
        feedback.setProgress(100.0 * float(event["share"]))
        if text and text != step:
            feedback.setProgressText(text)
            return text
    elif event["event"] == "message":
        say: Callable[[str], None] = feedback.pushWarning if event.get("level") == "warning" else feedback.pushInfo
        say(text)
    return step


def missing() -> str:
    """What stands between the user and the engine, in a sentence; empty where it answers."""
    try:
        find()
    except EnvironmentTroubleError as error:
        return tr(error.code, **error.arguments)
    return ""


def state() -> str:
    """One sentence: which engine answers, or what is missing."""
    try:
        engine = find()
    except EnvironmentTroubleError as error:
        return tr(error.code, **error.arguments)
    return tr("plugin.setup_done", version=engine.version, python=engine.python_version)
