"""A pair's blocks, worked on side by side: on threads of this machine, or on a cluster; the same functions, in order.

What is done to a block is a plain function of what it holds. Results come back in the order of the windows, whoever
was first, so that sums over them end in the same digits on one thread, on eight and on a cluster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..alignment.pair import Pair
from ..scenes.grid import Grid, clipped, widened
from ..scenes.scene import Scene

Result = TypeVar("Result")
# Where the analysis may look, on a block's grid: True inside.
Area = Callable[[Grid], NDArray[np.bool_]]

# A block of one million pixels: some 35 MB for two dates of four bands. A multiple of all usual tiles (256, 512, 1024),
# so that no tile is decoded for two blocks; a file in strips is read in strips.
BLOCK = 1024
STRIP_ROWS, STRIP_COLUMNS = 256, 8192
# More threads than this only wait for the disk and for memory.
MOST_THREADS = 8
# Blocks in hand beyond those being worked on.
_AHEAD = 1


@dataclass(frozen=True)
class Source:
    """All a worker needs to open the pair for itself; small enough to be sent to another machine.

    ``moved``: what the second date is moved by, in pixels (columns, rows). ``area`` bounds the analysis.
    """

    before: Scene
    after: Scene
    moved: tuple[float, float] = (0.0, 0.0)
    area: Area | None = None

    def open(self) -> Pair:
        """The pair, moved as it was measured; the caller closes it."""
        pair = Pair(self.before, self.after)
        pair.after.shift = self.moved
        return pair


@dataclass(frozen=True)
class Block:
    """A window with a rim around it: stacked bands (2p, rows, columns) and the pixels of it that can be used.

    ``inside`` is where the window itself lies in them, ``asked`` how many of its pixels are asked for, ``number`` its
    place among the windows.
    """

    number: int
    stacked: NDArray[np.float32]
    valid: NDArray[np.bool_]
    inside: tuple[slice, slice]
    asked: int


Compute = Callable[[Block], Result]


class Workers(Protocol):
    """Who works on the blocks."""

    def map(
        self, compute: Compute[Result], source: Source, windows: Sequence[tuple[int, Window]], rim: int
    ) -> Iterator[Result]:
        """``compute`` of every block (number and window), in the order given."""


def windows_of(pair: Pair) -> list[tuple[int, Window]]:
    """Numbered windows that cover the pair's grid row by row, as its first file is laid out."""
    rows, columns = (BLOCK, BLOCK) if pair.before.tiled else (STRIP_ROWS, STRIP_COLUMNS)
    return list(enumerate(pair.grid.blocks(rows, columns)))


def block_of(pair: Pair, area: Area | None, number: int, window: Window, rim: int) -> Block:
    """Read one block. Raises :class:`InputError` where a file is damaged."""
    wide = clipped(widened(window, rim), pair.grid)
    row, column = int(window.row_off - wide.row_off), int(window.col_off - wide.col_off)
    inside = slice(row, row + int(window.height)), slice(column, column + int(window.width))
    if area is None:
        return Block(number, *pair.read(wide), inside, int(window.width * window.height))
    wanted = area(pair.grid.window(wide))
    asked = int(np.count_nonzero(wanted[inside]))
    if not asked:
        empty = np.zeros((2 * len(pair.names), *wanted.shape), np.float32)
        return Block(number, empty, np.zeros_like(wanted), inside, 0)
    stacked, valid = pair.read(wide)
    return Block(number, stacked, valid & wanted, inside, asked)


class Threads(AbstractContextManager["Threads"]):
    """Workers of this machine: a bounded number of threads, each with the files open for itself."""

    def __init__(self, count: int) -> None:
        self.count = max(1, min(count, MOST_THREADS))
        self._pool = ThreadPoolExecutor(self.count)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def map(
        self, compute: Compute[Result], source: Source, windows: Sequence[tuple[int, Window]], rim: int
    ) -> Iterator[Result]:
        """See :class:`Workers`. At most a few blocks are in memory, however many there are."""
        free: SimpleQueue[Pair] = SimpleQueue()
        with ExitStack() as opened:
            for _ in range(min(self.count, len(windows))):
                free.put(opened.enter_context(source.open()))

            def work(number: int, window: Window) -> Result:
                pair = free.get()
                try:
                    return compute(block_of(pair, source.area, number, window, rim))
                finally:
                    free.put(pair)

            yield from self.each(work, windows)

    def each(self, work: Callable[[int, Window], Result], windows: Sequence[tuple[int, Window]]) -> Iterator[Result]:
        """``work`` of every window, in order, a few at a time."""
        waiting: deque[Future[Result]] = deque()
        try:
            for number, window in windows:
                waiting.append(self._pool.submit(work, number, window))
                if len(waiting) > self.count + _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # what the work uses is closed only when nobody is at it any more
            for future in waiting:
                future.cancel()
            for future in waiting:
                if not future.cancelled():
                    future.exception()
