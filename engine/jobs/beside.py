"""A second process of the engine, for a job that keeps two processors busy.

Of the threads of one process only one at a time may run Python; what they hand on to each other they wait for. What is
sent to the other process is copied, so it should be little, and columns, not shapes.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread, active_count

from ...layers.errors import EnvironmentTroubleError


@contextmanager
def second_process() -> Iterator[Executor | None]:
    """A process that does what is asked of it in turn, while the block lasts; None where it would be no help.

    It begins as a copy of this one, which has read all modules: to read them again takes as long as it gains. So it is
    for Linux alone, before other threads begin, on more than one processor. Raises :class:`EnvironmentTroubleError`
    where somebody ends it meanwhile, as a system without memory does.
    """
    if sys.platform != "linux" or active_count() > 1 or len(os.sched_getaffinity(0)) < 2:
        yield None
        return
    try:
        pool = ProcessPoolExecutor(1, get_context("fork"), _begin)
        pool.submit(_nothing)  # begins it
        # This process only writes there. As long as it could read, too, what it writes would wait for ever when the
        # other one has ended (CPython issue 94777).
        pool._call_queue._reader.close()  # type: ignore[attr-defined]
    except (OSError, NotImplementedError):  # no semaphores, or no further process
        yield None
        return
    try:
        yield pool
    except BrokenProcessPool as error:
        raise EnvironmentTroubleError("engine.second_process_ended") from error
    finally:
        pool.shutdown(cancel_futures=True)  # waited for: the end of this process would find it half closed


def _begin() -> None:
    """Made ready in the other process. Whoever ends the job ends the first one, and that is enough."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    Thread(target=_end_with_the_first, daemon=True).start()
    gc.disable()


def _end_with_the_first() -> None:
    first = parent_process()
    if first is not None:
        first.join()
        os._exit(1)


def _nothing() -> None:
    """To be asked of a process that is to begin."""
