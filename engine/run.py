"""Run one job and tell about it: in JSON lines for programs, in sentences for people."""

from __future__ import annotations

import errno
import json
import os
import platform
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

from .. import __version__
from ..layers.errors import CancelledError, DothiError, EnvironmentTroubleError, InputError, UsageError
from ..layers.messages import sentence
from .contract import Job
from .contract.protocol import EXIT_CANCELLED, EXIT_OK, EXIT_UNEXPECTED, PROTOCOL
from .contract.spec import parsed
from .jobs import perform

# errno → sentence: what the machine can refuse while a job writes.
_TROUBLES = {28: "engine.disk_full", 122: "engine.disk_full", 13: "engine.no_permission", 30: "engine.read_only"}
# A name that is too long, goes through a file or round in links leads to no file.
_NO_FILE = (errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR)


def plain(value: Any) -> Any:
    """What ``json`` cannot write by itself: dates, paths, numpy scalars."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"not JSON: {type(value).__name__}")


def to_json(value: Any, **options: Any) -> str:
    """JSON text in UTF-8; refuses NaN and infinity."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=plain, **options)


def read_object(text: str) -> dict[str, Any]:
    """A JSON object that somebody sent. Raises :class:`UsageError` for whatever else it is."""
    try:
        value = parsed(text)
    except ValueError as error:
        raise UsageError("engine.parameters_unreadable", reason=str(error)[:200]) from error
    if not isinstance(value, dict):
        raise UsageError("engine.parameters_unreadable", reason=text.strip()[:200])
    return value


class Events:
    """Speaks JSON lines on its own copy of file descriptor 1; what libraries print goes to standard error."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        self._heard = True
        self._one_at_a_time = Lock()
        os.dup2(2, 1)

    def say(self, event: str, **body: Any) -> None:
        """Write one event at once. Raises :class:`CancelledError`, once, where nobody reads any more."""
        if not self._heard:
            return
        line = (to_json({"event": event, **body}) + "\n").encode("utf-8", "backslashreplace")
        try:
            with self._one_at_a_time:  # a job may speak from several threads
                while line:
                    line = line[os.write(self._out, line) :]
        except OSError as error:
            self._heard = False
            raise CancelledError from error

    def hello(self) -> None:
        """Who speaks: protocol and versions."""
        self.say("hello", protocol=PROTOCOL, engine=__version__, python=platform.python_version(), pid=os.getpid())

    def progress(self, share: float, code: str = "", **arguments: Any) -> None:
        """Progress, 0 to 1."""
        self.say("progress", share=round(share, 4), code=code, arguments=arguments)

    def message(self, code: str, level: str = "info", **arguments: Any) -> None:
        """A sentence by its code."""
        self.say("message", level=level, code=code, arguments=arguments)


class Terminal:
    """Speaks to a person on standard error; the progress line only where it is a terminal."""

    def __init__(self, language: str, stream: TextIO | None = None) -> None:
        self.language = language
        self.stream = stream or sys.stderr
        self._line = ""

    def progress(self, share: float, code: str = "", **arguments: Any) -> None:
        """Redraw the progress line."""
        if not self.stream.isatty():
            return
        line = f"{share:4.0%} {sentence(code, self.language, **arguments) if code else ''}"
        if line != self._line:
            self.stream.write(f"\r\x1b[K{line[:100]}")
            self.stream.flush()
            self._line = line

    def message(self, code: str, level: str = "info", **arguments: Any) -> None:
        """Print the sentence."""
        self.clear()
        mark = "⚠ " if level == "warning" else ""
        print(f"{mark}{sentence(code, self.language, **arguments)}", file=self.stream)

    def clear(self) -> None:
        """Wipe the progress line."""
        if self._line:
            self.stream.write("\r\x1b[K")
            self._line = ""


def as_dothi_error(error: BaseException) -> DothiError:
    """The user's view of ``error``: what the machine refused gets its own sentence, a bug keeps its trace on stderr."""
    if isinstance(error, DothiError):
        return error
    if isinstance(error, OSError) and error.errno in _TROUBLES:
        return EnvironmentTroubleError(_TROUBLES[error.errno], path=str(error.filename or ""))
    if isinstance(error, FileNotFoundError) or (isinstance(error, OSError) and error.errno in _NO_FILE):
        return InputError("engine.file_missing", path=str(error.filename or error)[:200])
    if isinstance(error, MemoryError):
        return EnvironmentTroubleError("engine.no_memory")
    traceback.print_exception(error, file=sys.stderr)
    last = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
    where = f"{Path(last.filename).name}:{last.lineno}" if last else ""
    return DothiError("engine.unexpected", reason=f"{type(error).__name__}: {error}", where=where)


def run_events(job: Job, values: Mapping[str, Any], events: Events) -> int:
    """Run ``job`` for a program. Returns the exit code."""
    try:
        events.hello()
        value = perform(job, values, events)
        events.say("result", value=value)
    except KeyboardInterrupt:
        return tell(events, CancelledError())
    except Exception as error:
        return tell(events, as_dothi_error(error))
    return EXIT_OK


def tell(events: Events, error: DothiError) -> int:
    """Say how the job failed and return its exit code."""
    with suppress(CancelledError):  # nobody is there to hear it
        events.say("error", code=error.code, arguments=error.arguments, exit=error.exit_code)
    return error.exit_code


def hand_over(text: str, language: str) -> int:
    """Print what a job gave. Returns the exit code: a reader who closes early (``| head``) has what he wanted."""
    try:
        print(text, flush=True)
    except OSError as error:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)  # else the interpreter tries once more when it ends, and complains
        os.close(quiet)
        if not isinstance(error, BrokenPipeError):
            told = as_dothi_error(error)
            print(f"{told.code}: {told.sentence(language)}", file=sys.stderr)
            return told.exit_code
    return EXIT_OK


def run_terminal(job: Job, values: Mapping[str, Any], *, language: str, as_json: bool) -> int:
    """Run ``job`` for a person or a person's script. Returns the exit code."""
    terminal = Terminal(language)
    try:
        value = perform(job, values, terminal)
        text = to_json(value) if as_json else to_json(value, indent=2)
        terminal.clear()
    except KeyboardInterrupt:
        terminal.message("engine.cancelled")
        return EXIT_CANCELLED
    except Exception as error:
        told = as_dothi_error(error)
        terminal.clear()
        if as_json:
            words = {lang: told.sentence(lang) for lang in ("vi", "en")}
            hand_over(to_json({"error": {"code": told.code, "arguments": told.arguments, "sentence": words}}), language)
        else:
            print(f"{told.code}: {told.sentence(language)}", file=sys.stderr)
        return told.exit_code or EXIT_UNEXPECTED
    return hand_over(text, language)
