"""Polygons of a layer, each measured once, however many layers are set against it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from .arrays import Areas, Geometries
from .segments import Outlines


class Shapes:
    """``given`` are valid polygons in one projected system in metres; None and empty ones are nowhere."""

    def __init__(self, given: Geometries, outlines: Outlines | None = None) -> None:
        self.given = given
        if outlines is not None:
            self.outlines = outlines

    @classmethod
    def of(cls, shapes: Geometries | Shapes) -> Shapes:
        """The same, to be measured."""
        return shapes if isinstance(shapes, Shapes) else cls(shapes)

    def forget(self) -> None:
        """Give up what is large and only serves measuring; whoever asks again has it made again."""
        for name in ("tree", "outlines"):
            self.__dict__.pop(name, None)

    def __len__(self) -> int:
        return len(self.given)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Finds those whose boxes meet others."""
        return shapely.STRtree(self.given)

    @cached_property
    def area(self) -> Areas:
        """m² of each, NaN where there is none."""
        return np.asarray(shapely.area(self.given))

    @cached_property
    def box(self) -> NDArray[np.float64]:
        """(n, 4): west, south, east, north of each."""
        return np.asarray(shapely.bounds(self.given))

    @cached_property
    def outlines(self) -> Outlines:
        """The straight pieces of each."""
        return Outlines.around(self.given)
