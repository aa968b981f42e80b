"""Lots with what is planted on them."""

from __future__ import annotations

import numpy as np
import shapely

from ..columns import Mask, absent, pick, words
from ..land.overlay import Geometries, Indices, every_pair, overlay, unions
from ..land.scene import Scene
from ..land.soundness import repaired
from .lots import BUILT_LOTS
from .model import Kind, Subjects

PLANTED = "planted"


def _unsure(scene: Scene) -> Mask:
    """Lots on which a green space lies whose geometry cannot be measured."""
    layer, (_, flaw) = scene.layers["green_space"], scene.sound("green_space")
    unsound = repaired(layer.geometry.to_numpy()[~absent(flaw)])
    marked = np.zeros(len(scene.ground), dtype=bool)
    if len(unsound):
        marked[scene.ground.meeting(unsound)[0]] = True
    return marked


def planted_lots(scene: Scene) -> Subjects:
    """Built lots with the area planted on them, in m².

    Water and paved yards do not count (QCVN 01:2021/BXD, Bảng 2.11), nor does what lies under a building's footprint.
    Green spaces that overlap count once.
    """
    layer = scene.layers["green_space"]
    shapes, _ = scene.sound("green_space")
    counted = pick(np.asarray(words(layer, "kind") == PLANTED, dtype=bool), shapes)
    there = overlay(counted, scene.ground, wanted=every_pair)
    green = unions(there.part, there.zone, len(scene.ground))
    covered = scene.built["parts"]
    both = np.flatnonzero(~absent(green) & ~absent(covered))
    under = both[~shapely.touches(green[both], covered[both])]  # few: gardens end at the house
    green[under] = shapely.difference(green[under], covered[under])
    table = scene.named_lots.beside(scene.built.without("parts"), scene.lot_states)
    table["green_area"] = np.where(_unsure(scene), np.nan, np.nan_to_num(shapely.area(green)))

    def bare(at: Indices, _limit: object) -> Geometries:
        """What is neither built on nor planted; the whole lot where nothing is."""
        ground: Geometries = scene.ground.given[at]
        for taken in (covered[at], green[at]):
            some = ~absent(taken)
            ground[some] = shapely.difference(ground[some], taken[some])
        return np.where(shapely.is_empty(ground), scene.ground.given[at], ground)

    return Subjects("parcel", table, scene.whole_lots, bare)


PLANTED_LOTS = Kind(
    planted_lots,
    {**BUILT_LOTS.reads, "green_space": ("kind", "access", "name")},
    required=("parcel", "building", "green_space"),
    reach_m=0.0,
)
