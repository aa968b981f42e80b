"""Mean of a score over a small square, before it meets a threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# A pixel counts for at most this many times its own score: the mean then fills gaps inside a change without growing a
# rim around it (a pit of 15 × 15 pixels would become 17 × 17, a quarter more area).
MOST_GAIN = 2.0


def smoothed(score: NDArray[np.float32], valid: NDArray[np.bool_], size: int) -> NDArray[np.float32]:
    """:func:`box_mean`, but nowhere more than :data:`MOST_GAIN` times the pixel's own score."""
    mean = box_mean(score, valid, size)
    if size == 1:
        return mean
    np.minimum(mean, np.float32(MOST_GAIN) * score, out=mean)
    return mean


def box_mean(score: NDArray[np.float32], valid: NDArray[np.bool_], size: int) -> NDArray[np.float32]:
    """Mean over ``size`` × ``size`` pixels (odd), valid pixels only; at edges over what is there.

    ``score`` and ``valid`` are (rows, columns). Pixels that are not valid come back as 0.
    """
    if size == 1:
        return np.where(valid, score, np.float32(0.0))
    whole = bool(valid.all())
    total = _box_sum(score if whole else np.where(valid, score, np.float32(0.0)), size)
    count = _edge_counts(valid.shape, size) if whole else _box_sum(valid.astype(np.float32), size)
    np.divide(total, count, out=total, where=count > 0)
    if not whole:
        total[~valid] = 0.0
    return total


def _box_sum(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    for axis in (0, 1):
        total = values.copy()
        for step in range(1, size // 2 + 1):
            if step < values.shape[axis]:
                ahead, behind = (
                    (slice(step, None), slice(None, -step)) if axis == 0 else (np.s_[:, step:], np.s_[:, :-step])
                )
                total[ahead] += values[behind]
                total[behind] += values[ahead]
        values = total
    return values


def _edge_counts(shape: tuple[int, ...], size: int) -> NDArray[np.float32]:
    half = size // 2
    along = [np.minimum(np.arange(length), half) + np.minimum(np.arange(length)[::-1], half) + 1 for length in shape]
    return np.outer(*along).astype(np.float32)
