"""The score of every pixel of a block, by any method, as codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .blocks import Block
from .codes import Codes, codes_of
from .fusion import RIM, Fusion
from .score import LinearScore, Pixels


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
class Linear:
    """A linear score of the bands ``rows``, pixel by pixel."""

    linear: LinearScore
    rows: tuple[int, ...]
    rim: int = 0

    @property
    def degrees(self) -> int:
        """See :class:`Scorer`."""
        return self.linear.degrees

    def score(self, stacked: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
        """See :class:`Scorer`."""
        bands = chosen_rows(stacked, self.rows)
        return self.linear.score(bands.reshape(len(bands), -1)).reshape(valid.shape)


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
    seen = block.valid[block.inside]
    if not block.asked:
        return Scored(np.zeros(seen.shape, np.uint16), 0)
    return Scored(codes_of(scorer.score(block.stacked, block.valid)[block.inside], seen, reach), block.asked)


def chosen_rows(stacked: Pixels, rows: Sequence[int]) -> Pixels:
    """``stacked`` itself where all of its rows are chosen."""
    return stacked if len(rows) == len(stacked) else stacked[list(rows)]
