"""The same work on a Dask cluster: blocks are sent to its workers, results come back in order.

The scheduler is Dask's own, and so is what happens when a worker dies: its blocks are done again by another, and since
a block's result depends on nothing but the files, the answer is the same. Workers need this package and see the images
under the same paths. Whoever can reach a scheduler can run code on it: keep it inside a network you trust.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from rasterio.windows import Window

from ....layers.errors import EnvironmentTroubleError
from ..scenes.opening import raster_session
from .blocks import Compute, Result, Source, block_of

# Seconds to wait for the scheduler, and for its first worker.
_PATIENCE = 20
# Blocks in hand for each thread of the cluster: one being worked on, one waiting there.
_IN_HAND = 2
# How often a block is tried again after the machine it ran on failed.
_RETRIES = 3


class Cluster(AbstractContextManager["Cluster"]):
    """Workers behind a Dask scheduler at ``address`` (``tcp://host:8786``).

    Raises :class:`EnvironmentTroubleError`: Dask is not installed, nobody answers there, or it has no workers.
    """

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError as error:
            raise EnvironmentTroubleError("change.no_dask") from error
        try:
            made: Any = distributed.Client
            self._client = made(address, timeout=_PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise EnvironmentTroubleError("change.cluster_unreachable", address=address) from error
        try:
            self._client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError as error:
            self._client.close()
            raise EnvironmentTroubleError("change.cluster_empty", address=address) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def map(
        self, compute: Compute[Result], source: Source, windows: Sequence[tuple[int, Window]], rim: int
    ) -> Iterator[Result]:
        """See :class:`.blocks.Workers`."""
        waiting: deque[Any] = deque()
        most = _IN_HAND * max(1, sum(self._client.nthreads().values()))
        try:
            for number, window in windows:
                waiting.append(
                    self._client.submit(worked, compute, source, number, window, rim, pure=False, retries=_RETRIES)
                )
                if len(waiting) >= most:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def worked(compute: Compute[Result], source: Source, number: int, window: Window, rim: int) -> Result:
    """What a worker does with one block: opens the pair, reads, computes, closes."""
    with raster_session(1), source.open() as pair:
        return compute(block_of(pair, source.area, number, window, rim))
