"""Open land among the houses: car parks and small gardens, each a whole block.

How much there is follows what QCVN 01:2021/BXD asks of a housing unit of some 6,000 people (2.2; Bảng 2.18).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from .blocks import Block

# Parking land (m²) of the old and of the new quarter: 2.5 m² a person, and a little more.
_PARKING_M2 = {False: 16_500.0, True: 15_500.0}
_PARKING_BLOCK = (2_000.0, 5_600.0)  # m², the size of a block that becomes a car park
_GARDEN_BLOCK = (500.0, 3_200.0)
_GARDENS = 4  # in each quarter


def with_open_land(blocks: Sequence[Block]) -> list[Block]:
    """``blocks`` of the town, some of those for houses made car parks and gardens that lie far from each other."""
    made = list(blocks)
    for new in (False, True):
        parks = [block.polygon for block in made if block.kind == "park"]
        for k in _spread(made, new, _GARDEN_BLOCK, parks)[:_GARDENS]:
            made[k] = replace(made[k], kind="park")
        total = 0.0
        for k in _spread(made, new, _PARKING_BLOCK, []):
            if total >= _PARKING_M2[new]:
                break
            total += made[k].polygon.area
            made[k] = replace(made[k], kind="parking")
    return made


def _spread(
    blocks: Sequence[Block], new: bool, sizes: tuple[float, float], away: Sequence[shapely.Geometry]
) -> list[int]:
    """Blocks of houses of these ``sizes`` (m²): each the farthest from those before it and from what lies ``away``."""
    low, high = sizes
    fit = [
        k
        for k, block in enumerate(blocks)
        if block.kind == "residential" and block.new == new and low < block.polygon.area < high
    ]
    shapes: NDArray[np.object_] = np.array([blocks[k].polygon for k in fit], dtype=object)
    apart = np.full(len(fit), np.inf)
    for shape in away:
        apart = np.minimum(apart, shapely.distance(shapes, shape))
    order: list[int] = []
    for _ in fit:
        k = int(np.argmax(apart))
        order.append(fit[k])
        apart = np.minimum(apart, shapely.distance(shapes, shapes[k]))
        apart[k] = -1.0
    return order
