"""Polygons of a layer, each measured once, however many layers are set against it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from ....store.drawn import Drawn
from ..columns import Mask, pick
from .arrays import Areas, Geometries, Indices
from .box_index import Boxes, BoxIndex
from .segments import Outlines


@dataclass(frozen=True)
class Fit:
    """Of polygons as they are ``drawn`` those that are ``fit``, in two dimensions, None in place of the others. Each is
    made when somebody first asks for it.
    """

    drawn: Drawn
    fit: Mask

    def __len__(self) -> int:
        return len(self.fit)

    def __getitem__(self, rows: Any) -> Any:
        """The shapes of ``rows``, positions or a mask or a slice, or that of one position."""
        made = self.drawn[rows]
        if np.any(shapely.has_z(made)):
            made = shapely.force_2d(made)
        return pick(self.fit[rows], made) if isinstance(made, np.ndarray) else made if self.fit[rows] else None

    def __array__(self, _dtype: Any = None, copy: bool | None = None) -> Geometries:
        """All shapes, where somebody asks for an array."""
        shapes: Geometries = self[:]
        return shapes


class Shapes:
    """``given`` are valid polygons in one projected system in metres; None and empty ones are nowhere."""

    def __init__(
        self,
        given: Geometries | Fit,
        outlines: Outlines | None = None,
        area: Areas | None = None,
        box: Boxes | None = None,
    ) -> None:
        self.given = given
        known = {"outlines": outlines, "area": area, "box": box}
        vars(self).update({name: one for name, one in known.items() if one is not None})

    @classmethod
    def of(cls, shapes: Geometries | Shapes) -> Shapes:
        """The same, to be measured."""
        return shapes if isinstance(shapes, Shapes) else cls(shapes)

    def forget(self) -> None:
        """Give up what is large and only serves measuring; whoever asks again has it made again."""
        for name in ("index", "outlines"):
            vars(self).pop(name, None)

    def __len__(self) -> int:
        return len(self.given)

    @cached_property
    def index(self) -> BoxIndex:
        """Finds those whose boxes meet others."""
        return BoxIndex(self.box)

    def meeting(self, others: Geometries) -> tuple[Indices, Indices]:
        """The pairs of one of these and one of ``others`` that meet, by these."""
        theirs, mine = self.index.meeting(shapely.bounds(others))
        met = shapely.intersects(self.given[mine], others[theirs])
        mine, theirs = mine[met], theirs[met]
        order = np.lexsort((theirs, mine))
        return mine[order], theirs[order]

    @cached_property
    def area(self) -> Areas:
        """m² of each, NaN where there is none."""
        return np.asarray(shapely.area(np.asarray(self.given)))

    @cached_property
    def box(self) -> Boxes:
        """(n, 4): west, south, east, north of each."""
        return np.asarray(shapely.bounds(np.asarray(self.given)))

    @cached_property
    def outlines(self) -> Outlines:
        """The straight pieces of each."""
        return Outlines.around(np.asarray(self.given))
