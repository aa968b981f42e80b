"""One program at a time on this machine: a lock that cannot outlive its process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..layers.errors import DothiError


@contextmanager
def alone(lock: Path, busy: DothiError) -> Iterator[None]:
    """Hold ``lock``, which the system gives back when the process ends, however it ends.

    Raises ``busy`` while another process holds it.
    """
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _hold(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise busy from error
        try:
            if os.path.samestat(os.fstat(descriptor), lock.stat()):
                break
        except FileNotFoundError:
            pass
        os.close(descriptor)  # the one who held it removed it between our two steps: that lock is worth nothing
    try:
        yield
    finally:
        if os.name != "nt":  # Windows does not remove what is open
            lock.unlink(missing_ok=True)
        os.close(descriptor)
        if os.name == "nt":
            lock.unlink(missing_ok=True)


if sys.platform == "win32":
    import msvcrt

    def _hold(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _hold(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
