"""A child process that one thread starts, hears line by line, and can end at once together with its own children.

Only the thread that made a :class:`Child` touches the process; three daemon threads only move text through the
pipes, so a full pipe can block neither side. Works without an event loop: in Processing's background thread, in
``qgis_process`` and in tests.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess  # nosec B404 - the engine is a process of its own
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Literal
from weakref import WeakSet

from ..layers.errors import CancelledError

Stream = Literal["out", "err"]

_TICK = 0.05  # seconds between two looks at the Cancel button
_POLITE = 0.6  # seconds a child has for an orderly end; a cancel is over within one second
_DRAIN = 1.0  # seconds to read what a finished child left in its pipes

_running: WeakSet[Child] = WeakSet()


class Child:
    """A running process. Use as a context manager: leaving the block ends the process and its whole group.

    ``said`` is what it gets on standard input, which is then closed. Raises ``OSError`` where it cannot be started.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], said: str = "") -> None:
        options: dict[str, object] = {"start_new_session": True}
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
        # The command is a list, its program was chosen by the user or found by us, and no shell is involved.
        self._process = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603  # nosec B603
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            **options,
        )
        self._lines: queue.SimpleQueue[tuple[Stream, str | None]] = queue.SimpleQueue()
        self._asked_to_end = threading.Event()
        self.ended = threading.Event()
        _start(_write, self._process.stdin, said)
        _start(self._read, "out", self._process.stdout)
        _start(self._read, "err", self._process.stderr)
        _running.add(self)

    @property
    def pid(self) -> int:
        """The process id, which is also its group's."""
        return int(self._process.pid)

    def lines(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[tuple[Stream, str]]:
        """Every line as it comes, until the process has ended.

        Raises :class:`CancelledError` within a tick of ``cancelled()`` turning true; the process has ended by then.
        """
        open_pipes = 2
        ended_at: float | None = None
        while open_pipes:
            if cancelled() or self._asked_to_end.is_set():
                self.end()
                raise CancelledError
            try:
                stream, line = self._lines.get(timeout=_TICK)
            except queue.Empty:
                if self._process.poll() is not None:
                    ended_at = ended_at or time.monotonic()
                    if time.monotonic() - ended_at > _DRAIN:  # a grandchild holds the pipe open
                        return
                continue
            if line is None:
                open_pipes -= 1
            else:
                yield stream, line

    def wait(self) -> int:
        """The exit code, once :meth:`lines` is through; a negative number is the signal that killed it."""
        return int(self._process.wait())

    def ask_to_end(self) -> None:
        """From another thread: let the owner end the process at its next tick."""
        self._asked_to_end.set()

    def end(self) -> None:
        """End the process: politely, then with its whole group by force."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_POLITE)
            except subprocess.TimeoutExpired:
                _kill_group(self._process)
                self._process.wait()
        _kill_group(self._process)
        self.ended.set()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _read(self, stream: Stream, pipe: IO[bytes]) -> None:
        with pipe:
            for line in pipe:
                self._lines.put((stream, line.decode("utf-8", "replace").rstrip("\r\n")))
        self._lines.put((stream, None))


def end_all(seconds: float = 2.0) -> int:
    """Ask every running child to end and wait for their owners. Returns how many were still there."""
    children = [child for child in _running if not child.ended.is_set()]
    for child in children:
        child.ask_to_end()
    until = time.monotonic() + seconds
    return sum(not child.ended.wait(max(0.0, until - time.monotonic())) for child in children)


def _start(function: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=function, args=arguments, daemon=True, name="dothi-pipe").start()


def _write(pipe: IO[bytes], text: str) -> None:
    try:
        with pipe:
            pipe.write(text.encode("utf-8"))
    except (BrokenPipeError, OSError):  # it ended before it had read everything: its last words say why
        return


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the group of ``process``, grandchildren included."""
    if sys.platform == "win32":
        if process.poll() is None:
            taskkill = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "taskkill.exe"
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            # A constant program of Windows itself and a number; no shell is involved.
            subprocess.run([str(taskkill), "/T", "/F", "/PID", str(process.pid)], check=False, **quiet)  # type: ignore[call-overload]  # noqa: S603  # nosec B603
            process.kill()
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:  # nobody left
        return
