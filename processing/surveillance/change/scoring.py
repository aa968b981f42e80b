"""The score of every pixel, as a number from 1 to 65535 of its way to the score that counts as certain; 0 is no pixel.

Scores wait as such codes until the threshold is known: two bytes a pixel, exact enough for a histogram of as many bins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .blocks import Block
from .fusion import RIM, Fusion
from .score import LinearScore, Pixels
from .smoothing import smoothed
from .threshold import BINS

Codes = NDArray[np.uint16]


class Scorer(Protocol):
    """Scores blocks: pixels within ``rim`` of a block's edge need what lies beyond it."""

    @property
    def rim(self) -> int:
        """Pixels."""

    @property
    def degrees(self) -> int:
        """Degrees of freedom the squared score has about where nothing changed."""

    def score(self, stacked: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Scores (rows, columns), 0 or more, of all the bands of the pair (2p, rows, columns)."""


@dataclass(frozen=True)
class Smoothed:
    """A linear score of the bands ``rows``, clipped at ``reach``, then averaged over ``size`` × ``size`` pixels."""

    linear: LinearScore
    rows: tuple[int, ...]
    reach: float
    size: int

    @property
    def rim(self) -> int:
        """Half the window."""
        return self.size // 2

    @property
    def degrees(self) -> int:
        """See :class:`Scorer`."""
        return self.linear.degrees

    def score(self, stacked: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
        """See :class:`Scorer`."""
        bands = chosen_rows(stacked, self.rows)
        length = self.linear.score(bands.reshape(len(bands), -1)).reshape(valid.shape)
        np.minimum(length, np.float32(self.reach), out=length)
        return smoothed(length, valid, self.size)


@dataclass(frozen=True)
class Fused:
    """A fusion of the bands ``rows``."""

    fusion: Fusion
    rows: tuple[int, ...]
    rim: int = RIM

    @property
    def degrees(self) -> int:
        """See :class:`Scorer`."""
        return self.fusion.degrees

    def score(self, stacked: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
        """See :class:`Scorer`."""
        return self.fusion.score(chosen_rows(stacked, self.rows), valid)


@dataclass(frozen=True)
class Scored:
    """Codes of a block's own window (rows, columns), and how many of its pixels were asked for."""

    codes: Codes
    asked: int


def scored(scorer: Scorer, reach: float, block: Block) -> Scored:
    """Score one block."""
    if not block.asked:
        rows, columns = block.inside
        return Scored(np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint16), 0)
    score = scorer.score(block.stacked, block.valid)[block.inside]
    codes = np.minimum(score * np.float32((BINS - 1) / reach), np.float32(BINS - 2)).astype(np.uint16)
    codes += 1
    seen = block.valid[block.inside]
    if not seen.all():
        codes[~seen] = 0
    return Scored(codes, block.asked)


def scores_of_codes(reach: float) -> NDArray[np.float32]:
    """The score (middle of its bin) that each code stands for; that of code 0 is 0."""
    found = (np.arange(BINS, dtype=np.float64) - 0.5) * (reach / (BINS - 1))
    return np.maximum(found, 0.0).astype(np.float32)


def chosen_rows(stacked: Pixels, rows: Sequence[int]) -> Pixels:
    """``stacked`` itself where all of its rows are chosen."""
    return stacked if len(rows) == len(stacked) else stacked[list(rows)]
