"""The map drawn on paper: a window onto the ground at a round scale, and what is put into it.

Coordinates are metres in one projected system, x east and y north, as in the data. Names give way to one another: a
label that would lie on an earlier one is left out, so the first ones asked for are the ones that matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from .drawing import Drawing, Item, Label, Pen, Points, Shape
from .fonts import width_mm

SCALES = (100, 200, 250, 500, 1_000, 2_000, 2_500, 5_000, 10_000, 20_000, 25_000, 50_000, 100_000, 250_000)
_MARGIN = 0.25  # of the extent shown, on each side: a lot is read by its neighbours
_FINEST = 0.03  # mm: what is smaller cannot be seen, and a river has a hundred thousand corners
_EM = 25.4 / 72.0  # mm in a point
INK, RED = "#222222", "#c4161c"


@dataclass(frozen=True)
class View:
    """A window of ``width`` × ``height`` mm around the ground point ``x``, ``y`` at 1:``scale``."""

    x: float
    y: float
    scale: int
    width: float
    height: float

    def paper(self, ground: Any) -> Points:
        """Ground coordinates (n, 2) in metres as millimetres on the sheet."""
        made: Points = (np.asarray(ground, dtype=float)[:, :2] - (self.x, self.y)) * 1000.0 / self.scale
        made += np.array([self.width / 2, self.height / 2])
        return made

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The ground shown: least x, least y, most x, most y in metres."""
        across, up = self.width * self.scale / 2000.0, self.height * self.scale / 2000.0
        return self.x - across, self.y - up, self.x + across, self.y + up


def view_of(bounds: Iterable[float], width: float, height: float, margin: float = _MARGIN) -> View:
    """The window at the largest round scale that shows ``bounds`` (metres) with a margin."""
    low_x, low_y, high_x, high_y = (float(value) for value in bounds)
    across, up = (high_x - low_x) * (1 + 2 * margin), (high_y - low_y) * (1 + 2 * margin)
    least = max(across / width, up / height) * 1000.0
    scale = next((scale for scale in SCALES if scale >= least), math.ceil(least / 1e6) * 1_000_000)
    return View((low_x + high_x) / 2, (low_y + high_y) / 2, scale, width, height)


class Sheet:
    """Collects what is drawn in a :class:`View`, the first at the bottom."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.items: list[Item] = []
        self._labels: list[Label] = []
        self._top: list[Item] = []
        self._taken: list[tuple[float, float, float, float]] = []

    def areas(self, geometries: Iterable[Any], pen: Pen) -> None:
        """Draw polygons."""
        for shape in self._seen(geometries):
            polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
            rings = [self.view.paper(shapely.get_coordinates(ring)) for ring in shapely.get_rings(polygons)]
            if rings:
                self.items.append(Shape(tuple(rings), pen))

    def lines(self, geometries: Iterable[Any], pen: Pen) -> None:
        """Draw lines; of areas their borders."""
        for shape in self._seen(geometries):
            line = shapely.boundary(shape) if shapely.get_dimensions(shape) == 2 else shape
            parts = [part for part in shapely.get_parts(line) if part.geom_type in ("LineString", "LinearRing")]
            if parts:
                rings = tuple(self.view.paper(shapely.get_coordinates(part)) for part in parts)
                self.items.append(Shape(rings, pen, closed=False))

    def _seen(self, geometries: Iterable[Any]) -> Iterable[Any]:
        """What of the geometries lies in the window, without what is too fine to be seen."""
        seen = self._in_window(geometries)
        return seen[~shapely.is_missing(seen)]

    def _in_window(self, geometries: Iterable[Any]) -> NDArray[np.object_]:
        """As :meth:`_seen`, in the order given; None where nothing of one is seen."""
        given = np.array([*geometries, None], dtype=object)[:-1]
        points, of = shapely.get_coordinates(given, return_index=True)
        given[np.unique(of[~np.isfinite(points).all(axis=1)])] = None
        broken = ~shapely.is_valid(given) & ~shapely.is_missing(given)
        given[broken] = shapely.make_valid(given[broken])
        grown = np.asarray(self.view.box) + np.array([-1, -1, 1, 1]) * self.view.scale / 500.0
        seen = shapely.simplify(shapely.clip_by_rect(given, *grown), _FINEST * self.view.scale / 1000.0)
        seen[shapely.is_empty(seen)] = None
        return np.asarray(seen)

    def names(self, geometries: Iterable[Any], texts: Iterable[str], *, size: float = 6.5, bold: bool = False) -> None:
        """Write a text on the part of each area that is seen, the first of them first, where there is room."""
        at = shapely.get_coordinates(shapely.point_on_surface(self._in_window(geometries)), return_index=True)
        places, texts = dict(zip(at[1].tolist(), self.view.paper(at[0]), strict=True)), list(texts)
        for i, place in places.items():
            self._write(Label(place[0], place[1] - size * _EM * 0.35, texts[i], size, INK, bold))

    def name(self, geometry: Any, text: str, *, size: float = 6.5, colour: str = INK, bold: bool = False) -> bool:
        """Write ``text`` on the part of an area that is seen; says whether there was room."""
        for shape in self._seen([geometry]):
            at = self.view.paper(shapely.get_coordinates(shapely.point_on_surface(shape)))[0]
            return self._write(Label(at[0], at[1] - size * _EM * 0.35, text, size, colour, bold))
        return False

    def name_along(self, line: Any, text: str, *, size: float = 6.5, colour: str = INK) -> bool:
        """Write ``text`` along the longest straight stretch of a line that is seen; says whether there was room."""
        best: tuple[float, NDArray[np.float64], NDArray[np.float64]] | None = None
        for shape in self._seen([line]):
            for part in shapely.get_parts(shape):
                for start, end in pairwise(self.view.paper(shapely.get_coordinates(part))):
                    inside = shapely.clip_by_rect(
                        shapely.LineString([start, end]), 2.0, 2.0, self.view.width - 2.0, self.view.height - 2.0
                    )
                    ends = shapely.get_coordinates(inside)
                    if len(ends) == 2 and (best is None or shapely.length(inside) > best[0]):
                        best = (float(shapely.length(inside)), ends[0], ends[1])
        if best is None or best[0] < width_mm(text, size):
            return False
        _, start, end = best
        angle = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
        angle += 180.0 if angle < -90.0 else -180.0 if angle > 90.0 else 0.0
        middle, down = (start + end) / 2, size * _EM * 0.35
        x = middle[0] + down * math.sin(math.radians(angle))
        y = middle[1] - down * math.cos(math.radians(angle))
        return self._write(Label(x, y, text, size, colour, italic=True, angle=angle))

    def points(self, ground: Any, names: Sequence[str], *, away_from: Any) -> None:
        """Mark corners by number, written outwards from ``away_from`` (a ground point)."""
        centre = self.view.paper([away_from])[0]
        for at, text in zip(self.view.paper(ground), names, strict=True):
            turn = np.linspace(0, 2 * math.pi, 13)
            ring = at + 0.45 * np.column_stack([np.cos(turn), np.sin(turn)])
            self.items.append(Shape((ring,), Pen(fill="#ffffff", stroke=INK, width=0.15)))
            out = at - centre
            out = out / (float(np.hypot(*out)) or 1.0) * 2.6
            self._write(Label(at[0] + out[0], at[1] + out[1] - 0.8, text, 6.0, INK, bold=True))

    def dimension(self, line: Any, text: str, colour: str = RED) -> None:
        """A measured distance: the line with arrows at its ends and its length beside it."""
        start, end = self.view.paper(shapely.get_coordinates(line))[[0, -1]]
        long = float(np.hypot(*(end - start)))
        along = (end - start) / long if long > 0 else np.array([1.0, 0.0])
        across = np.array([-along[1], along[0]])
        pen = Pen(stroke=colour, width=0.3)
        self.items.append(Shape((np.array([start, end]),), pen, closed=False))
        tip = min(1.6, long / 2)
        for at, way in ((start, along), (end, -along)):
            ends = [at, at + way * tip + across * tip * 0.35, at + way * tip - across * tip * 0.35]
            self.items.append(Shape((np.array(ends),), Pen(fill=colour)))
        half = width_mm(text, 7.5, bold=True) / 2
        place = end + along * (1.5 + half * abs(along[0]) + 2.0 * abs(along[1]))  # beyond its end, clear of the lot
        if not (half < place[0] < self.view.width - half and 4.0 < place[1] < self.view.height - 4.0):
            place = (start + end) / 2 + across * 2.2
        self._write(Label(place[0], place[1] - 1.0, text, 7.5, colour, bold=True), always=True)

    def _write(self, label: Label, *, always: bool = False) -> bool:
        half = width_mm(label.text, label.size, bold=label.bold) / 2
        high = label.size * _EM / 2
        turn = math.radians(label.angle)
        across = half * abs(math.cos(turn)) + high * abs(math.sin(turn))
        up = half * abs(math.sin(turn)) + high * abs(math.cos(turn))
        box = (label.x - across, label.y - up + high * 0.7, label.x + across, label.y + up + high * 0.7)
        inside = box[0] > 0 and box[1] > 0 and box[2] < self.view.width and box[3] < self.view.height
        free = all(box[0] > b[2] or box[2] < b[0] or box[1] > b[3] or box[3] < b[1] for b in self._taken)
        if not always and not (inside and free):
            return False
        self._taken.append(box)
        self._labels.append(label)
        return True

    def above(self, items: Iterable[Item], box: tuple[float, float, float, float]) -> None:
        """Put ``items`` above all else; names keep out of ``box`` (least x, least y, most x, most y in mm)."""
        self._taken.append(box)
        self._top += items

    def furniture(self, north: str) -> None:
        """North arrow with its letter and scale bar, above all else; asked for before the names, which make room."""
        x, y = self.view.width - 6.5, self.view.height - 11.5
        self._taken.append((x - 4.0, y - 1.5, x + 4.0, y + 11.0))
        for side, fill in ((-1.0, INK), (1.0, "#ffffff")):
            half = np.array([[x, y + 6.8], [x + side * 2.1, y], [x, y + 1.6]])
            self._top.append(Shape((half,), Pen(fill=fill, stroke=INK, width=0.2)))
        self._top.append(Label(x, y + 7.5, north, 8.0, INK, bold=True))
        self._scale_bar()

    def _scale_bar(self) -> None:
        metres = self.view.width * self.view.scale / 1000.0
        step = max(
            size * 10.0**power for power in range(-1, 6) for size in (1, 2, 5) if size * 10.0**power <= metres / 8
        )
        long = step * 1000.0 / self.view.scale
        x, y = 4.0, 3.2
        self._taken.append((0.0, 0.0, x + 2 * long + 9.0, y + 6.0))
        under = np.array([[x - 2.5, 1.2], [x + 2 * long + 8.0, 1.2], [x + 2 * long + 8.0, 8.2], [x - 2.5, 8.2]])
        self._top.append(Shape((under,), Pen(fill="#ffffff", opacity=0.85)))
        for i, fill in enumerate((INK, "#ffffff")):
            bar = np.array([[0, 0], [long, 0], [long, 1.0], [0, 1.0]]) + np.array([x + i * long, y])
            self._top.append(Shape((bar,), Pen(fill=fill, stroke=INK, width=0.15)))
        for i in range(3):
            words = f"{i * step:g}" + (" m" if i == 2 else "")
            self._top.append(Label(x + i * long, y + 2.0, words, 6.0, INK, halo=False))

    def drawing(self, description: str) -> Drawing:
        """All of it, with a border."""
        w, h = self.view.width, self.view.height
        border = Shape((np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=float),), Pen(stroke=INK, width=0.3))
        return Drawing(w, h, (*self.items, *self._labels, *self._top, border), description)
