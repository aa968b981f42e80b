"""Which pixels of a mask are ground that can be compared: Sentinel-2 SCL and cloud probability, Landsat QA_PIXEL.

``usable`` is our own: 1 where all masks of a scene agreed when its area was decoded, cloud grown already.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

MaskKind = Literal["scl", "qa_pixel", "probability", "usable"]

# Scene classification of Sen2Cor: 0 nodata, 1 saturated, 3 cloud shadow, 8 and 9 cloud, 10 cirrus, 11 snow are no
# ground; 2 dark, 4 vegetation, 5 bare, 6 water, 7 unclassified are.
_SCL_UNUSABLE = (0, 1, 3, 8, 9, 10, 11)
_SCL_CLOUD = (3, 8, 9, 10)
# QA_PIXEL bits 0-5: fill, dilated cloud, cirrus, cloud, cloud shadow, snow (USGS, Collection 2 quality bands).
# Bit 6 "clear" is no help: shadow, snow and cirrus carry it too.
_QA_UNUSABLE = 0b111111

# What a mask says outside its own file, and how far cloud and shadow are grown, in metres (two SCL pixels of 20 m is
# the usual choice, one is kept here: 0.1 ha is small; Landsat brings its own dilated cloud).
OUTSIDE: dict[MaskKind, int] = {"scl": 0, "qa_pixel": 1, "probability": 0, "usable": 0}
GROWN_M: dict[MaskKind, float] = {"scl": 20.0, "qa_pixel": 0.0, "probability": 20.0, "usable": 0.0}

MASK_NAMES: dict[str, MaskKind] = {"SCL": "scl", "QA_PIXEL": "qa_pixel", "USABLE": "usable"}


def usable(classes: NDArray[np.integer], kind: MaskKind, most: int = 0) -> NDArray[np.bool_]:
    """True where the pixel is ground. ``classes`` in any shape, values as the product defines them.

    ``most``: the highest cloud probability (percent) that is taken for ground.
    """
    if kind == "scl":
        return _lookup(classes, _SCL_UNUSABLE, others=True)
    if kind == "probability":
        return np.asarray(classes <= most)
    if kind == "usable":
        return np.asarray(classes == 1)
    return np.asarray((classes.astype(np.uint16) & _QA_UNUSABLE) == 0)


def cloud(classes: NDArray[np.integer], kind: MaskKind, most: int = 0) -> NDArray[np.bool_]:
    """True where cloud or its shadow lies: what is grown by :data:`GROWN_M`."""
    if kind == "scl":
        return ~_lookup(classes, _SCL_CLOUD, others=True)
    if kind == "probability":
        return ~usable(classes, kind, most)
    if kind == "usable":
        return np.zeros(classes.shape, bool)
    return np.asarray((classes.astype(np.uint16) & 0b011110) != 0)


def missing(classes: NDArray[np.integer], kind: MaskKind) -> NDArray[np.bool_]:
    """True where the product has no picture at all: outside the swath, or fill."""
    if kind == "qa_pixel":
        return np.asarray((classes.astype(np.uint16) & 1) == 1)
    return np.asarray(classes == 0) if kind == "scl" else np.zeros(classes.shape, bool)


def grow(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """``mask`` widened by ``pixels`` to all sides (a square), within the array."""
    for axis in (0, 1):
        wide = mask.copy()
        for step in range(1, pixels + 1):
            ahead, behind = np.moveaxis(wide, axis, 0), np.moveaxis(mask, axis, 0)
            ahead[step:] |= behind[:-step]
            ahead[:-step] |= behind[step:]
        mask = wide
    return mask


def _lookup(classes: NDArray[np.integer], listed: tuple[int, ...], *, others: bool) -> NDArray[np.bool_]:
    table = np.full(256, others)
    table[list(listed)] = not others
    return np.asarray(table[np.clip(classes, 0, 255)])
