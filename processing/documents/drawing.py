"""Drawings in millimetres on paper, x to the right and y upwards from the lower left corner; no library in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # shape (n, 2), mm


@dataclass(frozen=True)
class Pen:
    """How a shape is drawn: colours as ``#rrggbb``, widths and dashes in mm, ``opacity`` of the filling."""

    fill: str = ""
    stroke: str = ""
    width: float = 0.2
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True)
class Shape:
    """Rings of an area (filled by the even-odd rule) or, with ``closed`` false, lines."""

    rings: tuple[Points, ...]
    pen: Pen
    closed: bool = True


@dataclass(frozen=True)
class Label:
    """One line of text; ``anchor`` is ``start``, ``middle`` or ``end``, ``angle`` in degrees anticlockwise.

    ``y`` is the base line. ``halo`` draws a white edge around the letters, so that they can be read over lines.
    """

    x: float
    y: float
    text: str
    size: float = 7.0
    colour: str = "#222222"
    bold: bool = False
    italic: bool = False
    anchor: str = "middle"
    angle: float = 0.0
    halo: bool = True


Item: TypeAlias = Shape | Label


@dataclass(frozen=True)
class Drawing:
    """A picture ``width`` × ``height`` mm; nothing outside is shown. ``description`` is for those who cannot see it."""

    width: float
    height: float
    items: tuple[Item, ...]
    description: str
