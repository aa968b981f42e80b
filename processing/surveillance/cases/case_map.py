"""Drawings of a case: the two dates side by side, and how it lies to licences, coast and roads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from ....layers.messages import sentence
from ...documents.drawing import Drawing, Item, Label, Pen, Raster, Shape, beside
from ...documents.fonts import width_mm
from ...documents.map_sheet import Sheet, View, view_of
from .chips import Look, stretched

WIDTH = 174.0  # mm: the width of a page's text
_GAP = 4.0
_CHIP_HEIGHT = 78.0
_MAP_HEIGHT = 104.0
# A pit of 0.1 ha is read by what lies around it (m).
_LEAST_EXTENT = 500.0
_CASE, _CASE_EDGE, _PLAIN = "#ffd400", "#1a1a1a", "#d7301f"
_LICENCE, _ENDED, _ROAD, _COAST = "#7b1fa2", "#8d8d8d", "#6b6b6b", "#1c6ea4"
_EM = 25.4 / 72.0


def chip_view(ground: Any) -> View:
    """The window of a chip around ``ground`` (polygon, metres)."""
    return view_of(_widened(shapely.bounds(ground)), (WIDTH - _GAP) / 2, _CHIP_HEIGHT)


def _widened(bounds: Any) -> tuple[float, float, float, float]:
    west, south, east, north = (float(value) for value in bounds)
    x, y = (west + east) / 2, (south + north) / 2
    across, up = max(east - west, _LEAST_EXTENT) / 2, max(north - south, _LEAST_EXTENT) / 2
    return x - across, y - up, x + across, y + up


def chips(
    looks: Sequence[Look | None],
    titles: Sequence[str],
    view: View,
    ground: Any,
    licences: gpd.GeoDataFrame | None,
    language: str,
) -> Drawing:
    """Both dates with one stretch, the case outlined, licences dashed; a date that is missing says so."""
    there = [one for one in looks if one is not None]
    pictures = iter(stretched(there))
    drawn = []
    for one, title in zip(looks, titles, strict=True):
        sheet = Sheet(view)
        if one is None:
            paper = np.array([[0, 0], [view.width, 0], [view.width, view.height], [0, view.height]], dtype=float)
            sheet.items.append(Shape((paper,), Pen(fill="#eceae3")))
            words = sentence("case.dossier.no_image", language)
            sheet.items.append(Label(view.width / 2, view.height / 2, words, 8.0, "#5c5c5c", halo=False))
        else:
            sheet.items.append(Raster(0.0, 0.0, view.width, view.height, next(pictures)))
        if licences is not None:
            sheet.lines(licences.geometry, Pen(stroke="#ffffff", width=0.9))
            sheet.lines(licences.geometry, Pen(stroke=_LICENCE, width=0.45, dash=(2.2, 1.2)))
        sheet.lines([ground], Pen(stroke=_CASE_EDGE, width=0.9))
        sheet.lines([ground], Pen(stroke=_CASE, width=0.45))
        sheet.furniture(sentence("case.dossier.north", language))
        _titled(sheet, title, simulated=one is not None and one.simulated, language=language)
        drawn.append(sheet.drawing(title))
    return beside(drawn, _GAP, " – ".join(titles))


def _titled(sheet: Sheet, title: str, *, simulated: bool, language: str) -> None:
    """The date in the upper left corner on a plate, and that the image is simulated."""
    words = [(title, "#1a1a1a", True)]
    if simulated:
        words.append((sentence("case.dossier.simulated_short", language), "#b4231f", True))
    y = sheet.view.height
    for text, colour, bold in words:
        size = 8.0
        y -= 5.2
        long = width_mm(text, size, bold=bold) + 3.0
        plate = np.array([[0, y], [long, y], [long, y + 5.2], [0, y + 5.2]], dtype=float)
        sheet.items.append(Shape((plate,), Pen(fill="#ffffff", opacity=0.9)))
        sheet.items.append(Label(1.5, y + 1.5, text, size, colour, bold=bold, anchor="start", halo=False))


def licence_map(
    grounds: Mapping[str, Any],
    licences: gpd.GeoDataFrame | None,
    ended: gpd.GeoDataFrame | None,
    around: Mapping[str, gpd.GeoDataFrame | None],
    tolerance_m: float,
    language: str,
    *,
    simulated: bool,
    kinds: Mapping[str, tuple[str, str]] | None = None,
) -> Drawing:
    """Cases (``code`` → polygon) with licences in force, those that were not, the ring of tolerance, coast and roads.

    ``kinds`` gives each code its kind of change and colour. The window holds the cases and every licence that touches
    them; else the near side of the nearest one.
    """
    shapes = np.array([*grounds.values(), None], object)[:-1]
    sheet = Sheet(view_of(_extent(shapes, licences, ended), WIDTH, _MAP_HEIGHT, margin=0.08))
    sheet.items.append(_paper(sheet.view))
    for topic, colour, width in (("coast", _COAST, 0.6), ("road", _ROAD, 0.7)):
        frame = around.get(topic)
        if frame is not None:
            sheet.lines(frame.geometry, Pen(stroke=colour, width=width))
    if ended is not None and len(ended):
        sheet.areas(ended.geometry, Pen(fill="#bdbdbd", opacity=0.25))
        sheet.lines(ended.geometry, Pen(stroke=_ENDED, width=0.5, dash=(1.0, 1.0)))
    if licences is not None and len(licences):
        ring = shapely.difference(
            shapely.buffer(licences.geometry.to_numpy(), tolerance_m),
            shapely.buffer(licences.geometry.to_numpy(), -tolerance_m),
        )
        sheet.areas(licences.geometry, Pen(fill="#e1bee7", opacity=0.25))
        sheet.areas(ring, Pen(fill="#ba68c8", opacity=0.35))
        sheet.lines(licences.geometry, Pen(stroke=_LICENCE, width=0.6))
    for code, ground in grounds.items():
        _, colour = (kinds or {}).get(code, ("", _PLAIN))
        sheet.areas([ground], Pen(fill=colour, opacity=0.55))
        sheet.lines([ground], Pen(stroke="#1a1a1a", width=0.35))
    sheet.furniture(sentence("case.dossier.north", language))
    there = [licences is not None and len(licences) > 0, ended is not None and len(ended) > 0]
    _legend(sheet, dict((kinds or {}).values()), there, around, language)
    if simulated:
        _titled(sheet, sentence("case.dossier.simulated_short", language), simulated=False, language=language)
    small = {code: ground for code, ground in grounds.items() if _is_small(sheet, ground, code)}
    for ground in small.values():  # no name may hide them
        (west, south), (east, north) = sheet.view.paper(np.reshape(shapely.bounds(ground), (2, 2)))
        sheet.above([], (west, south, east, north))
    for code, ground in sorted(grounds.items(), key=lambda pair: pair[0] not in small):
        if code in small or not sheet.name(ground, code, size=7.0, bold=True):
            _called(sheet, ground, code)
    for frame in (licences, ended):
        for _, row in (frame if frame is not None else gpd.GeoDataFrame()).iterrows():
            sheet.name(row.geometry, str(row["code"]), size=7.5, colour=_LICENCE, bold=True)
    road = around.get("road")
    for _, row in (road if road is not None else gpd.GeoDataFrame()).iterrows():
        if isinstance(row["name"], str):
            sheet.name_along(row.geometry, row["name"], size=6.5, colour="#333333")
    return sheet.drawing(sentence("case.dossier.map_caption", language))


def _paper(view: View) -> Shape:
    corners = np.array([[0, 0], [view.width, 0], [view.width, view.height], [0, view.height]], dtype=float)
    return Shape((corners,), Pen(fill="#fbfaf6"))


def _extent(
    shapes: Any, licences: gpd.GeoDataFrame | None, ended: gpd.GeoDataFrame | None
) -> tuple[float, float, float, float]:
    """The cases, the licences that they touch, and where they touch none the near side of the nearest one."""
    whole = shapely.union_all(shapes)
    bounds = [shapely.bounds(whole)]
    for frame in (licences, ended):
        if frame is None or frame.empty:
            continue
        every = frame.geometry.to_numpy()
        touched = every[shapely.intersects(every, whole)]
        bounds += [shapely.bounds(one) for one in touched]
        if not len(touched):
            nearest = every[np.argmin(shapely.distance(every, whole))]
            reach = shapely.distance(nearest, whole) + _LEAST_EXTENT
            near = shapely.intersection(nearest, shapely.buffer(whole, reach))
            bounds.append(shapely.bounds(near))
    every_box = np.array(bounds)
    west, south = every_box[:, :2].min(axis=0)
    east, north = every_box[:, 2:].max(axis=0)
    return _widened((west, south, east, north))


def _is_small(sheet: Sheet, ground: Any, code: str) -> bool:
    """Whether its name would hide the ground."""
    west, _, east, _ = shapely.bounds(ground)
    return bool((east - west) * 1000.0 / sheet.view.scale < width_mm(code, 7.0, bold=True))


def _called(sheet: Sheet, ground: Any, code: str) -> None:
    """The code beside its ground, at the end of a thin line, where there is room; else it is left to the table."""
    at = shapely.point_on_surface(ground)
    metre = sheet.view.scale / 1000.0  # of one millimetre on paper
    for far in (12.0, 18.0, 26.0, 36.0):
        for turn in np.linspace(0.0, 2 * np.pi, 12, endpoint=False):
            to = shapely.Point(at.x + far * metre * np.cos(turn), at.y + far * metre * np.sin(turn))
            if sheet.name(to.buffer(metre), code, size=7.0, bold=True):
                sheet.lines([shapely.LineString([at, to])], Pen(stroke="#1a1a1a", width=0.2))
                return


def _legend(
    sheet: Sheet, kinds: Mapping[str, str], there: Sequence[bool], around: Mapping[str, Any], language: str
) -> None:
    """What the colours are, on a plate at the foot, right; ``there``: licences in force, and licences that are not."""
    shown = kinds or {sentence("case.dossier.legend_case", language): _PLAIN}
    entries: list[tuple[str, str, bool]] = []
    if there[0]:
        entries += [("legend_licence", _LICENCE, False), ("legend_ring", "#ba68c8", True)]
    if there[1]:
        entries.append(("legend_ended", _ENDED, False))
    entries += [(f"legend_{topic}", colour, False) for topic, colour in (("coast", _COAST), ("road", _ROAD))
                if around.get(topic) is not None]  # fmt: skip
    entries = [(sentence(f"case.dossier.{key}", language), colour, filled) for key, colour, filled in entries]
    entries = [*((word, colour, True) for word, colour in shown.items()), *entries]
    words = [word for word, _, _ in entries]
    long = max(width_mm(word, 6.5) for word in words) + 9.0
    high = 3.6 * len(words) + 2.0
    x, y = sheet.view.width - long - 1.0, 1.2
    plate = np.array([[x, y], [x + long, y], [x + long, y + high], [x, y + high]])
    items: list[Item] = [Shape((plate,), Pen(fill="#ffffff", opacity=0.88))]
    for i, ((_, colour, filled), word) in enumerate(zip(entries, words, strict=True)):
        at = y + high - 3.6 * (i + 1)
        sample = np.array([[x + 1.5, at], [x + 6.0, at], [x + 6.0, at + 2.2], [x + 1.5, at + 2.2]])
        if filled:
            items.append(Shape((sample,), Pen(fill=colour, opacity=0.6)))
        else:
            middle = sample[[0, 1]] + np.array([0.0, 1.1])
            items.append(Shape((middle,), Pen(stroke=colour, width=0.6), closed=False))
        items.append(Label(x + 7.5, at + 0.2, word, 6.5, anchor="start", halo=False))
    sheet.above(items, (x, y, x + long, y + high))
