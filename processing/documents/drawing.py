"""Drawings in millimetres on paper, x to the right and y upwards from the lower left corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
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


@dataclass(frozen=True, eq=False)
class Raster:
    """Pixels (rows, columns, 3), 8 bits each, laid over ``width`` × ``height`` mm with the corner ``x``, ``y`` below
    left. ``photo`` says that it may be kept with loss; a map is kept as it is.
    """

    x: float
    y: float
    width: float
    height: float
    pixels: NDArray[np.uint8]
    photo: bool = False


Item: TypeAlias = Shape | Label | Raster


def encoded(raster: Raster) -> tuple[bytes, str]:
    """The pixels as a file, with its media type: JPEG for photos, else PNG. Nothing but the pixels is in it."""
    from PIL import Image  # what draws no raster does not wait for it

    file = BytesIO()
    image = Image.fromarray(raster.pixels, "RGB")
    if raster.photo:
        image.save(file, "JPEG", quality=85)
        return file.getvalue(), "image/jpeg"
    image.save(file, "PNG", optimize=True)
    return file.getvalue(), "image/png"


def moved(item: Item, x: float, y: float) -> Item:
    """``item`` laid ``x`` mm to the right and ``y`` up."""
    if isinstance(item, Shape):
        return replace(item, rings=tuple(ring + np.array([x, y]) for ring in item.rings))
    return replace(item, x=item.x + x, y=item.y + y)


def beside(drawings: Sequence[Drawing], gap: float, description: str) -> Drawing:
    """Drawings in a row, ``gap`` mm apart, their feet on one line. What one draws beyond its edge is covered."""
    items: list[Item] = []
    covers: list[Item] = []
    x, height = 0.0, max(one.height for one in drawings)
    for i, one in enumerate(drawings):
        items += [moved(item, x, 0.0) for item in one.items]
        x += one.width + gap
        if i < len(drawings) - 1:
            paper = np.array([[x - gap, 0], [x, 0], [x, height], [x - gap, height]], dtype=float)
            covers.append(Shape((paper + np.array([[0.2, 0], [-0.2, 0], [-0.2, 0], [0.2, 0]]),), Pen(fill="#ffffff")))
    items += covers
    return Drawing(x - gap, height, tuple(items), description)


@dataclass(frozen=True)
class Drawing:
    """A picture ``width`` × ``height`` mm; nothing outside is shown. ``description`` is for those who cannot see it."""

    width: float
    height: float
    items: tuple[Item, ...]
    description: str
