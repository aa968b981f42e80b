"""One publisher at a time on this machine."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from ..layers.errors import EnvironmentTroubleError
from ..store import alone as locks


def alone(lock: Path, target: str) -> AbstractContextManager[None]:
    """Hold ``lock``, which the system gives back when the process ends, however it ends.

    Raises :class:`EnvironmentTroubleError` (``ioc.target_busy``) naming ``target`` while another process holds it.
    """
    return locks.alone(lock, EnvironmentTroubleError("ioc.target_busy", folder=target))
