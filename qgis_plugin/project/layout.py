"""One drawing as a print layout: map with a coordinate grid, legend, scale bar, north arrow, title block.

Places and sizes come from ``resources/layouts/a3_landscape.toml``, in millimetres.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from qgis.core import (
    Qgis,
    QgsBasicNumericFormat,
    QgsFillSymbol,
    QgsLayerTree,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemMapGrid,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutItemShape,
    QgsLayoutMeasurement,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendStyle,
    QgsMapLayer,
    QgsPrintLayout,
    QgsProject,
    QgsReferencedRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from ...layers.messages import RESOURCES, number, sentence
from ...layers.model import Text
from ..styling.labels import text_format
from ..styling.symbols import embedded

INK = "#2f2f2f"
MM = Qgis.LayoutUnit.Millimeters


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


@cache
def sheet() -> dict[str, Any]:
    """``resources/layouts/a3_landscape.toml``."""
    with (RESOURCES / "layouts" / "a3_landscape.toml").open("rb") as file:
        return tomllib.load(file)


def make(project: QgsProject, drawing: Drawing, language: str) -> QgsPrintLayout:
    """The layout of ``drawing``, named after it."""
    made = QgsPrintLayout(project)
    made.initializeDefaults()
    made.setName(f"{drawing.number} {drawing.name}")
    width, height = sheet()["page"]
    made.pageCollection().page(0).setPageSize(QgsLayoutSize(width, height, MM))
    _frame(made, sheet()["frame"], 0.7)
    shown = _map(made, drawing)
    _north(made, shown)
    _scale_bar(made, shown, language)
    _legend(made, shown, drawing, language)
    _block(made, drawing, round(shown.scale()), language)
    if drawing.mark:
        _mark(made, drawing.mark)
    return made


def _place(item: Any, box: Sequence[float]) -> None:
    item.attemptMove(QgsLayoutPoint(box[0], box[1], MM))
    item.attemptResize(QgsLayoutSize(box[2], box[3], MM))


def _frame(made: QgsPrintLayout, box: Sequence[float], width: float, fill: str = "none") -> QgsLayoutItemShape:
    shape = QgsLayoutItemShape(made)
    shape.setShapeType(QgsLayoutItemShape.Shape.Rectangle)
    style = {"outline_color": INK, "outline_width": str(width), "joinstyle": "miter"}
    shape.setSymbol(QgsFillSymbol.createSimple({**style, **({"style": "no"} if fill == "none" else {"color": fill})}))
    shape.setId("frame")
    made.addLayoutItem(shape)
    _place(shape, box)
    return shape


def _map(made: QgsPrintLayout, drawing: Drawing) -> QgsLayoutItemMap:
    item = QgsLayoutItemMap(made)
    item.setId("map")
    made.addLayoutItem(item)
    box = sheet()["map"]
    _place(item, box)
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
    grid.setAnnotationPrecision(0)
    grid.setAnnotationTextFormat(text_format({"size_pt": 6, "colour": "#555555", "buffer_mm": 0.6}))
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
    item.setPicturePath(embedded("north.svg"))
    item.setLinkedMap(shown)
    item.setNorthMode(QgsLayoutItemPicture.NorthMode.GridNorth)
    made.addLayoutItem(item)
    _place(item, sheet()["north"])


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
    _place(item, sheet()["scale_bar"])


def _legend(made: QgsPrintLayout, shown: QgsLayoutItemMap, drawing: Drawing, language: str) -> None:
    item = QgsLayoutItemLegend(made)
    made.addLayoutItem(item)
    item.setLinkedMap(shown)
    item.setAutoUpdateModel(False)
    root: QgsLayerTree = item.model().rootGroup()
    root.removeAllChildren()
    for layer in drawing.layers:
        if isinstance(layer, QgsVectorLayer):  # an image explains itself
            root.addLayer(layer)
    item.setLegendFilterByMapEnabled(True)
    item.setTitle(sentence("project.legend", language))
    item.setResizeToContents(False)
    for style, look, above_mm in (
        (QgsLegendStyle.Style.Title, {"size_pt": 10, "bold": True}, 0.0),
        (QgsLegendStyle.Style.Subgroup, {"size_pt": 7.5, "bold": True}, 1.8),
        (QgsLegendStyle.Style.Symbol, {}, 1.0),
        (QgsLegendStyle.Style.SymbolLabel, {"size_pt": 6.8}, 1.0),
    ):
        part = item.style(style)
        part.setTextFormat(text_format({**look, "colour": INK, "buffer_mm": 0}))
        part.setMargin(QgsLegendStyle.Side.Top, above_mm)
        item.setStyle(style, part)
    item.setSymbolWidth(6.0)
    item.setSymbolHeight(2.8)
    item.setWrapString("\n")
    _place(item, sheet()["legend"])


def _block(made: QgsPrintLayout, drawing: Drawing, scale: int, language: str) -> None:
    block = sheet()["block"]
    left, top, _width, _height = block["box"]
    texts = {**drawing.texts, "scale": f"1:{number(scale, language, 0)}"}
    _frame(made, block["box"], 0.5, "#ffffff")
    for cell in block["cell"]:
        x, y, width, height = cell["at"]
        box = [left + x, top + y, width, height]
        _frame(made, box, 0.2)
        head = {"size_pt": 5.5, "colour": "#6d6d6d"}
        _label(made, Text(**cell["head"])[language], [box[0] + 1.2, box[1] + 0.8, width - 2, 4], head)
        text = texts.get(cell["text"], "")
        if text:
            look = {"size_pt": cell["size_pt"], "bold": cell.get("bold", False), "colour": INK}
            label = _label(made, text, [box[0] + 1.2, box[1] + 4.4, width - 2.4, height - 5], look)
            label.setId(cell["text"])


def _label(made: QgsPrintLayout, text: str, box: Sequence[float], look: Mapping[str, Any]) -> QgsLayoutItemLabel:
    item = QgsLayoutItemLabel(made)
    item.setText(text)
    item.setTextFormat(text_format({**look, "buffer_mm": 0}))
    item.setVAlign(Qt.AlignmentFlag.AlignTop)
    item.setMarginX(0)
    item.setMarginY(0)
    made.addLayoutItem(item)
    _place(item, box)
    return item


def _mark(made: QgsPrintLayout, mark: str) -> None:
    item = _label(made, mark, sheet()["mark"], {"size_pt": 20, "bold": True, "colour": "#8a1c1c", "spacing_pt": 6})
    item.setId("mark")
    item.setHAlign(Qt.AlignmentFlag.AlignHCenter)
    item.setVAlign(Qt.AlignmentFlag.AlignVCenter)
    item.setBackgroundEnabled(True)
    item.setBackgroundColor(QColor(255, 246, 214, 215))
    item.setFrameEnabled(True)
    item.setFrameStrokeColor(QColor("#8a1c1c"))
    item.setFrameStrokeWidth(QgsLayoutMeasurement(0.3, MM))
