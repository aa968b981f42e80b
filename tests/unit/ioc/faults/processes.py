"""Publishers that are processes of their own, forked from one that has the libraries loaded and no threads.

A publisher can be held at a moment of its run, so that two of them meet for certain and not by luck.
"""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from dothi.engine.contract.ioc import PUBLISH
from dothi.engine.jobs.ioc import publish
from dothi.engine.run import as_dothi_error
from dothi.ioc import sync
from dothi.layers.report import SILENT

PATIENCE_S = 30.0
FORMS = "geojson"  # of a folder; one form is enough where the fault has nothing to do with forms
_ROOM = multiprocessing.get_context("forkserver")
_ROOM.set_forkserver_preload([__name__])


def _held_at(place: str, arrived: Event, go: Event) -> None:
    """Let the function ``module:Class.name`` say that it is reached, the first time, and wait."""
    module, _, path = place.partition(":")
    owner: Any = importlib.import_module(module)
    *steps, name = path.split(".")
    for step in steps:
        owner = getattr(owner, step)
    before: Callable[..., Any] = getattr(owner, name)

    def held(*given: Any, **more: Any) -> Any:
        if not arrived.is_set():
            arrived.set()
            go.wait(PATIENCE_S)
        return before(*given, **more)

    setattr(owner, name, held)


def _limited(largest: int) -> None:
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))


def _publish(given: dict[str, Any], place: str, arrived: Event, go: Event, largest: int, answer: Connection) -> None:
    if place:
        _held_at(place, arrived, go)
    if largest:
        _limited(largest)
    sync.PAUSE_S = 0.0
    try:
        told: Any = publish(PUBLISH.read(given), SILENT)
    except Exception as error:
        told = as_dothi_error(error)
        told = (told.code, told.arguments)
    answer.send(told)


class Publisher:
    """One publication under way. ``at``: ``module:Class.name`` where it is held until :meth:`go_on`."""

    def __init__(self, data: Path, target: str, at: str = "", largest: int = 0, **more: Any) -> None:
        self._arrived, self._go = _ROOM.Event(), _ROOM.Event()
        self._answer, theirs = _ROOM.Pipe(duplex=False)
        given = {"data": str(data), "target": target, "formats": FORMS, **more}
        self._process = _ROOM.Process(target=_publish, args=(given, at, self._arrived, self._go, largest, theirs))
        self._process.start()
        theirs.close()
        if at:
            assert self._arrived.wait(PATIENCE_S), "it never got there"

    def go_on(self) -> Publisher:
        """Let it go on."""
        self._go.set()
        return self

    def kill(self) -> None:
        """End it where it is."""
        self._process.kill()
        self._process.join()

    def told(self) -> Any:
        """The counts that are not zero, or the code of the error it ended with."""
        answer = None
        with suppress(EOFError):
            assert self._answer.poll(PATIENCE_S), "no answer"
            answer = self._answer.recv()
        self._process.join(PATIENCE_S)
        return answer[0] if isinstance(answer, tuple) else seven(answer)


def seven(result: Any) -> dict[str, int]:
    """The seven counts of a result that are not zero."""
    names = ("created", "updated", "deleted", "unchanged", "unproved", "failed", "conflicts")
    return {name: result[name] for name in names if result[name]}
