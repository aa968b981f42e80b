"""One drawing as a print layout: map with a coordinate grid, legend, scale bar, north arrow, title block."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qgis.core import (
    Qgis,
    QgsBasicNumericFormat,
    QgsLayoutItemMap,
    QgsLayoutItemMapGrid,
    QgsLayoutItemPage,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutMeasurement,
    QgsLayoutSize,
    QgsMapLayer,
    QgsPrintLayout,
    QgsProject,
    QgsReferencedRectangle,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from ...layers.messages import sentence
from ...layers.model import Text
from ..styling.labels import text_format
from ..styling.symbols import embedded
from . import legend
from .paper import INK, MM, frame, label, place, sheet

# A coordinate is written unless its words would run over the corner of the map: they are some 9 mm long.
_COORDINATE = """with_variable('room', @map_scale * 0.006, with_variable('at', if(@grid_axis = 'x',
    array(x_min(@map_extent), x_max(@map_extent)), array(y_min(@map_extent), y_max(@map_extent))),
    if(@grid_number - @at[0] > @room AND @at[1] - @grid_number > @room, to_string(to_int(@grid_number)), '')))"""

# The scale that the map has when it is printed: who moves the map on the sheet changes it.
_SCALE = "1:[% format_number(round(map_get(item_variables('map'), 'map_scale')), 0, '{language}') %]"


@dataclass(frozen=True)
class Drawing:
    """What a layout shows. ``texts`` fill the cells of the title block; ``mark`` stands across the map's head."""

    name: str
    number: str
    theme: str
    layers: Sequence[QgsMapLayer]
    extent: QgsReferencedRectangle
    texts: Mapping[str, str]
    mark: str = ""


def make(project: QgsProject, drawing: Drawing, language: str) -> QgsPrintLayout:
    """The layout of ``drawing``, named after it; of more than one page where the legend needs them."""
    made = QgsPrintLayout(project)
    made.initializeDefaults()
    made.setName(f"{drawing.number} {drawing.name}")
    made.pageCollection().page(0).setPageSize(QgsLayoutSize(*sheet()["page"], MM))
    shown = _map(made, drawing)
    _north(made, shown)
    _scale_bar(made, shown, language)
    rest = legend.put(made, shown, legend.entries(drawing.layers), language)
    while rest:
        further = QgsLayoutItemPage(made)
        further.setPageSize(QgsLayoutSize(*sheet()["page"], MM))
        made.pageCollection().addPage(further)
        rest = legend.put(made, shown, rest, language, made.pageCollection().pageCount() - 1)
    for page in range(made.pageCollection().pageCount()):
        frame(made, sheet()["frame"], 0.7, page)
        _block(made, drawing, language, page)
        if drawing.mark:
            _mark(made, drawing.mark, page)
    return made


def _map(made: QgsPrintLayout, drawing: Drawing) -> QgsLayoutItemMap:
    item = QgsLayoutItemMap(made)
    item.setId("map")
    made.addLayoutItem(item)
    box = sheet()["map"]
    place(item, box)
    item.setCrs(drawing.extent.crs())
    item.setFollowVisibilityPreset(True)
    item.setFollowVisibilityPresetName(drawing.theme)
    item.setLayers(list(drawing.layers))
    item.zoomToExtent(drawing.extent)
    item.setScale(round_scale(drawing.extent.width(), drawing.extent.height(), box[2], box[3]))
    item.setBackgroundColor(made.project().backgroundColor())
    item.setFrameEnabled(True)
    item.setFrameStrokeWidth(QgsLayoutMeasurement(0.35, MM))
    _grid(item)
    return item


def round_scale(width_m: float, height_m: float, width_mm: float, height_mm: float) -> float:
    """The largest scale of the list at which a ground rectangle fits a paper one; past the list, as large as needed."""
    needed = max(width_m * 1000.0 / width_mm, height_m * 1000.0 / height_mm)
    return float(next((scale for scale in sheet()["scales"] if scale >= needed), math.ceil(needed)))


def grid_interval(scale: float) -> float:
    """Metres between grid lines: 1, 2 or 5 times a power of ten, nearest below the sheet's distance on paper."""
    wanted = sheet()["grid_mm"] / 1000.0 * scale
    power = 10.0 ** math.floor(math.log10(wanted))
    return float(next(power * step for step in (5.0, 2.0, 1.0) if power * step <= wanted * 1.001))


def _grid(item: QgsLayoutItemMap) -> None:
    grid = item.grid()
    grid.setEnabled(True)
    grid.setCrs(item.crs())
    interval = grid_interval(item.scale())
    grid.setIntervalX(interval)
    grid.setIntervalY(interval)
    grid.setStyle(QgsLayoutItemMapGrid.GridStyle.Cross)
    grid.setCrossLength(2.0)
    grid.setFrameStyle(QgsLayoutItemMapGrid.FrameStyle.ExteriorTicks)
    grid.setFrameWidth(1.2)
    grid.setFramePenSize(0.25)
    grid.setAnnotationEnabled(True)
    grid.setAnnotationFormat(QgsLayoutItemMapGrid.AnnotationFormat.CustomFormat)
    grid.setAnnotationExpression(_COORDINATE)
    grid.setAnnotationTextFormat(text_format({"size_pt": 6.5, "colour": INK, "buffer_mm": 0.5}))
    for side in (
        QgsLayoutItemMapGrid.BorderSide.Left,
        QgsLayoutItemMapGrid.BorderSide.Right,
        QgsLayoutItemMapGrid.BorderSide.Top,
        QgsLayoutItemMapGrid.BorderSide.Bottom,
    ):
        grid.setAnnotationPosition(QgsLayoutItemMapGrid.AnnotationPosition.InsideMapFrame, side)
    for side in (QgsLayoutItemMapGrid.BorderSide.Left, QgsLayoutItemMapGrid.BorderSide.Right):
        grid.setAnnotationDirection(QgsLayoutItemMapGrid.AnnotationDirection.Vertical, side)


def _north(made: QgsPrintLayout, shown: QgsLayoutItemMap) -> None:
    item = QgsLayoutItemPicture(made)
    item.setPicturePath(embedded("north.svg"), Qgis.PictureFormat.SVG)  # else it is drawn as an image of few dots
    item.setLinkedMap(shown)
    item.setNorthMode(QgsLayoutItemPicture.NorthMode.GridNorth)
    made.addLayoutItem(item)
    place(item, sheet()["north"])


def _scale_bar(made: QgsPrintLayout, shown: QgsLayoutItemMap, language: str) -> None:
    item = QgsLayoutItemScaleBar(made)
    item.setStyle("Single Box")
    item.setLinkedMap(shown)
    item.setUnits(Qgis.DistanceUnit.Meters)
    item.setUnitLabel("m")
    item.setNumberOfSegments(2)
    item.setNumberOfSegmentsLeft(0)
    item.setUnitsPerSegment(grid_interval(shown.scale()) / 2.0)
    item.setMapUnitsPerScaleBarUnit(1.0)
    item.setHeight(1.8)
    numbers = QgsBasicNumericFormat()
    numbers.setShowThousandsSeparator(True)
    numbers.setThousandsSeparator("." if language == "vi" else ",")
    numbers.setDecimalSeparator("," if language == "vi" else ".")
    item.setNumericFormat(numbers)
    item.setTextFormat(text_format({"size_pt": 7, "colour": INK, "buffer_mm": 0}))
    made.addLayoutItem(item)
    place(item, sheet()["scale_bar"])


def _block(made: QgsPrintLayout, drawing: Drawing, language: str, page: int) -> None:
    block = sheet()["block"]
    left, top, _width, _height = block["box"]
    texts = {**drawing.texts, "scale": _SCALE.replace("{language}", language)}
    if made.pageCollection().pageCount() > 1:
        texts["number"] = sentence("project.page_of", language, number=drawing.number, page=page + 1)
    frame(made, block["box"], 0.5, page, "#ffffff")
    for cell in block["cell"]:
        x, y, width, height = cell["at"]
        box = [left + x, top + y, width, height]
        frame(made, box, 0.2, page)
        head = {"size_pt": 5.5, "colour": "#6d6d6d"}
        label(made, Text(**cell["head"])[language], [box[0] + 1.2, box[1] + 0.8, width - 2, 4], head, page)
        text = texts.get(cell["text"], "")
        if text:
            look = {"size_pt": cell["size_pt"], "bold": cell.get("bold", False), "colour": INK}
            label(made, text, [box[0] + 1.2, box[1] + 4.4, width - 2.4, height - 5], look, page).setId(cell["text"])


def _mark(made: QgsPrintLayout, mark: str, page: int) -> None:
    look = {"size_pt": 20, "bold": True, "colour": "#8a1c1c", "spacing_pt": 6}
    item = label(made, mark, sheet()["mark"], look, page)
    item.setId("mark")
    item.setHAlign(Qt.AlignmentFlag.AlignHCenter)
    item.setVAlign(Qt.AlignmentFlag.AlignVCenter)
    item.setBackgroundEnabled(True)
    item.setBackgroundColor(QColor(255, 246, 214, 215))
    item.setFrameEnabled(True)
    item.setFrameStrokeColor(QColor("#8a1c1c"))
    item.setFrameStrokeWidth(QgsLayoutMeasurement(0.3, MM))
