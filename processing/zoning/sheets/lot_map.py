"""The drawing of a lot: its surroundings in the catalogue's colours, what breaks a rule in red, corners numbered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from ....layers import catalogue
from ....layers.messages import number, sentence
from ...documents.drawing import Drawing, Pen
from ...documents.map_sheet import INK, RED, Sheet, view_of
from ..columns import absent
from .corners import corners
from .lot_case import LotCase

WIDTH, HEIGHT = 175.0, 92.0  # mm
OVERVIEW_MARGIN = 0.06
_MOST_CORNERS = 40  # more numbers than this hide the map
_PALE = 0.55
_STREET, _STREET_EDGE, _STREET_NAME = "#fffdf8", "#cfc6b4", "#4d4030"
_LOT_EDGE, _RED_LINE, _BUILDING_EDGE, _DOUBT = "#857a66", "#e2001a", "#6b4b36", "#7e57c2"
_NO_COLOUR = "#f4f2ec"


def lot_map(case: LotCase, language: str) -> Drawing:
    """The map of the lot on a sheet :data:`WIDTH` × :data:`HEIGHT` mm."""
    sheet = Sheet(view_of(shapely.bounds(case.shape), WIDTH, HEIGHT))
    sheet.furniture(sentence("zoning.report.north", language))
    draw_ground(sheet, case.around)
    _draw_breaches(sheet, case.verdicts)
    sheet.lines([case.shape], Pen(stroke=INK, width=0.75))
    _draw_dimensions(sheet, case, language)
    _name(sheet, case)
    return sheet.drawing(sentence("zoning.report.map_alt", language, lot=str(case.record["code"] or "")))


def draw_ground(sheet: Sheet, around: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Zones, streets, lots, buildings and red lines, without names."""
    zones, streets = around.get("planned_zone"), around.get("street_boundary")
    lots, buildings, red = around.get("parcel"), around.get("building"), around.get("red_line")
    if zones is not None:
        _by_colour(sheet, zones, "land_use", "land_use", _PALE, "")
    if streets is not None:
        sheet.areas(streets.geometry, Pen(fill=_STREET, stroke=_STREET_EDGE, width=0.12))
    if lots is not None:
        sheet.lines(lots.geometry, Pen(stroke=_LOT_EDGE, width=0.15))
    if buildings is not None:
        _by_colour(sheet, buildings, "use", "building_use", 0.9, _BUILDING_EDGE)
    if red is not None:
        sheet.lines(red.geometry, Pen(stroke=_RED_LINE, width=0.35))


def _by_colour(sheet: Sheet, frame: gpd.GeoDataFrame, field: str, domain: str, opacity: float, edge: str) -> None:
    colours = catalogue.domains()[domain].colours
    for code, rows in frame.groupby(frame[field].fillna(""), sort=True):
        pen = Pen(fill=colours.get(str(code), _NO_COLOUR), stroke=edge, width=0.2, opacity=opacity)
        sheet.areas(rows.geometry, pen)


def _draw_breaches(sheet: Sheet, verdicts: Iterable[Mapping[str, Any]]) -> None:
    for told in verdicts:
        shape = told.get("geometry")
        if shape is None or told["outcome"] != "fail":
            continue
        sheet.areas([shape], Pen(fill=RED, stroke=RED, width=0.35, opacity=0.38))


def _draw_dimensions(sheet: Sheet, case: LotCase, language: str) -> None:
    """How far a building stands from the red line that it stands too close to, and how far it should."""
    buildings, red = case.around.get("building"), case.around.get("red_line")
    if buildings is None or red is None:
        return
    for told in case.verdicts:
        street = ((told.get("how") or {}).get("inputs") or {}).get("street_uid")
        if told["outcome"] != "fail" or told["unit"] != "m" or not street or not told["measured"]:
            continue
        house = buildings.geometry[buildings["uid"] == told["feature_uid"]].to_numpy()
        lines = red.geometry[red["street"] == street].to_numpy()
        if len(house) != 1 or not len(lines) or told["geometry"] is None:
            continue
        line: Any = shapely.shortest_line(told["geometry"], shapely.union_all(lines))
        words = sentence(
            "zoning.report.dimension", language,
            measured=number(told["measured"], language), limit=number(told["limit_value"], language),
        )  # fmt: skip
        if line is not None and shapely.length(line) > 0:
            sheet.dimension(line, words)


def _name(sheet: Sheet, case: LotCase) -> None:
    """Names, the most needed first: corners, the lot, streets, buildings, zones, neighbours."""
    at = corners(case.shape)
    if len(at) <= _MOST_CORNERS:
        middle = shapely.get_coordinates(shapely.centroid(case.shape))[0]
        sheet.points(at[["east", "north"]].to_numpy(), [str(n) for n in at["number"]], away_from=middle)
    streets = case.around.get("street_centreline")
    if streets is not None:
        for name, rows in streets.groupby(streets["name"].fillna(streets["code"]), sort=True):
            sheet.name_along(shapely.union_all(rows.geometry.to_numpy()), str(name), size=7.5, colour=_STREET_NAME)
    for layer_id, field, size, bold in (
        ("building", "code", 6.0, False), ("planned_zone", "code", 6.5, True), ("parcel", "code", 5.5, False),
    ):  # fmt: skip
        frame = case.around.get(layer_id)
        if frame is None:
            continue
        near = frame.assign(apart=shapely.distance(frame.geometry.to_numpy(), case.shape)).sort_values(["apart", "uid"])
        named = near[~absent(near[field])]
        texts = [str(text).rsplit("-", 1)[-1] if layer_id == "parcel" else str(text) for text in named[field]]
        sheet.names(named.geometry, texts, size=size, bold=bold)


def overview(shapes: Any, colours: Iterable[str], streets: gpd.GeoDataFrame | None, language: str) -> Drawing:
    """Many lots on one sheet, each in the colour of its worst outcome, among the streets."""
    given = np.asarray(shapes, dtype=object)
    sheet = Sheet(view_of(shapely.total_bounds(given), WIDTH, HEIGHT, margin=OVERVIEW_MARGIN))
    sheet.furniture(sentence("zoning.report.north", language))
    if streets is not None:
        sheet.lines(streets.geometry, Pen(stroke=_STREET_EDGE, width=0.35))
        for name, rows in streets.groupby(streets["name"].fillna(streets["code"]), sort=True):
            sheet.name_along(shapely.union_all(rows.geometry.to_numpy()), str(name), size=5.5, colour=_STREET_NAME)
    for shape, colour in zip(given, colours, strict=True):
        sheet.areas([shape], Pen(fill=colour, stroke=colour, width=0.6, opacity=0.8))
    return sheet.drawing(sentence("zoning.report.overview_alt", language))
