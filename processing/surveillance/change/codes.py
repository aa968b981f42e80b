"""Scores of a whole image, waiting in an unnamed file until the threshold is known: two bytes a pixel.

A code from 1 to 65535 is a score's way to the one that counts as certain; 0 is no pixel. That is as exact as the
histogram the threshold is found in.
"""

from __future__ import annotations

import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ....layers.report import Report
from ..scenes.grid import Grid, clipped, widened
from ..scenes.opening import processors
from .blocks import Threads
from .smoothing import smoothed
from .threshold import BINS

Codes = NDArray[np.uint16]


def codes_of(score: NDArray[np.float32], seen: NDArray[np.bool_], reach: float) -> Codes:
    """Codes of scores (any shape); what is not ``seen`` becomes 0, what lies beyond ``reach`` counts as it."""
    scaled = score * np.float32((BINS - 1) / reach)
    np.minimum(scaled, np.float32(BINS - 2), out=scaled)
    codes = scaled.astype(np.uint16)
    codes += 1
    if not seen.all():
        codes[~seen] = 0
    return codes


def scores_of_codes(reach: float) -> NDArray[np.float32]:
    """The score (middle of its bin) that each code stands for; that of code 0 is 0."""
    found = (np.arange(BINS, dtype=np.float64) - 0.5) * (reach / (BINS - 1))
    return np.maximum(found, 0.0).astype(np.float32)


class CodeFile(AbstractContextManager["CodeFile"]):
    """Codes on ``grid``, row after row, in an unnamed file of ``folder``; only the rows in hand are in memory."""

    def __init__(self, grid: Grid, folder: Path) -> None:
        self.grid = grid
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by __exit__
        self._file.truncate(2 * grid.pixels)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, window: Window, codes: Codes) -> None:
        """Put the codes of ``window`` (rows, columns) in their place."""
        start = 2 * (int(window.row_off) * self.grid.width + int(window.col_off))
        if int(window.width) == self.grid.width:
            self._put(start, codes.tobytes())
            return
        for row in codes:
            self._put(start, row.tobytes())
            start += 2 * self.grid.width

    def read(self, window: Window) -> Codes:
        """The codes of ``window``, a copy."""
        rows = np.memmap(
            self._file,
            np.uint16,
            "r",
            2 * int(window.row_off) * self.grid.width,
            (int(window.height), self.grid.width),
        )
        return np.array(rows[:, int(window.col_off) : int(window.col_off + window.width)])

    def _put(self, start: int, octets: bytes) -> None:
        """Unbuffered writing may stop half-way; a full disk raises ``OSError``."""
        self._file.seek(start)
        left = memoryview(octets)
        while left:
            left = left[self._file.write(left) or 0 :]


def smooth_codes(raw: CodeFile, into: CodeFile, reach: float, size: int, report: Report) -> NDArray[np.int64]:
    """Average the scores over ``size`` × ``size`` pixels (:func:`.smoothing.smoothed`); returns the count of each code.

    With a ``size`` of 1 the codes are copied as they are.
    """
    score = scores_of_codes(reach)
    counts = np.zeros(BINS, np.int64)
    windows = list(enumerate(raw.grid.blocks()))

    def work(number: int, window: Window) -> tuple[Codes, NDArray[np.int64]]:
        wide = clipped(widened(window, size // 2), raw.grid)
        codes = raw.read(wide)
        if size > 1:
            seen = codes > 0
            mean = smoothed(score.take(codes), seen, size)
            row, column = int(window.row_off - wide.row_off), int(window.col_off - wide.col_off)
            inside = slice(row, row + int(window.height)), slice(column, column + int(window.width))
            codes = codes_of(mean[inside], seen[inside], reach)
        return codes, np.bincount(codes.ravel(), minlength=BINS)

    with Threads(processors()) as team:
        for (number, window), (codes, found) in zip(windows, team.each(work, windows), strict=True):
            into.write(window, codes)
            counts += found
            report.progress((number + 1) / len(windows), "change.step_smooth")
    return counts
