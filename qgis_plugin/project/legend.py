"""The legend of a drawing: what its map shows and nothing else, whole and readable in its place.

QGIS cuts a legend at its box without a word, or lets it grow over what lies below. So it is measured here as QGIS will
draw it, and :func:`fit` takes the largest lettering of the sheet at which it has room, in as many columns as it needs.
Where even the smallest has no room, the legend goes on on a further page (:func:`put` says with what).
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from qgis.core import (
    QgsLayerTree,
    QgsLayerTreeFilterSettings,
    QgsLayerTreeModel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutSize,
    QgsLayoutUtils,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsMapLayer,
    QgsMapLayerLegendUtils,
    QgsPrintLayout,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSizeF

from ...layers.messages import sentence
from ..styling.labels import text_format
from .paper import INK, MM, label, place, sheet

ITEM = "legend"  # the id of a legend among a layout's items

_MM_PER_PT = 25.4 / 72.0
_NARROWEST = 0.42  # em: so narrow are the letters of a line at most; from here on lines are made shorter until they fit
_SHORTEST = 12  # letters of a line: shorter ones would break words
_SLACK = (0.96, 0.99)  # of width and height: letters are a little wider on a screen than on paper
_LINE = 0.86  # of the usual height of a line: the lines of one entry stand closer together than entries do
_NOTE_MM = 6.0  # at the foot of a legend that goes on


class Entry(NamedTuple):
    """One line of a legend: a class of a layer, by its place among all of the layer's classes."""

    layer: QgsVectorLayer
    number: int


def entries(layers: Sequence[QgsMapLayer]) -> list[Entry]:
    """All that the legend of ``layers`` may have to say, from top to bottom; an image explains itself."""
    vectors = [layer for layer in layers if isinstance(layer, QgsVectorLayer) and layer.isSpatial()]
    return [Entry(layer, number) for layer in vectors for number in range(_classes(layer))]


def put(
    made: QgsPrintLayout, shown: QgsLayoutItemMap, told: Sequence[Entry], language: str, page: int = 0
) -> list[Entry]:
    """Add the legend of ``told`` to a page, as far as there is room; returns what has to go on a further page.

    It is cut between layers, within one only where that layer alone is too long for the page.
    """
    box = box_of(page)
    item = _item(made, shown, language, page)
    _fill(item, told)
    _ask_map(item)
    if fit(item, box, page, sheet()["legend_pt"]) or len(told) == 1:  # one line is not divided, however long
        return []
    short = [*box[:3], box[3] - _NOTE_MM]
    low, high = 1, len(told) - 1  # the most lines that have room lie between
    while low < high:
        middle = (low + high + 1) // 2
        _fill(item, told[:middle])
        low, high = (middle, high) if fit(item, short, page, sheet()["legend_pt"][-1:]) else (low, middle - 1)
    whole = next((n for n in range(low, 0, -1) if told[n].layer is not told[n - 1].layer), low)
    _fill(item, told[:whole])
    if not _says_anything(item):  # the map shows nothing of the layers before the long one
        whole = low
        _fill(item, told[:whole])
    fit(item, short, page, sheet()["legend_pt"])
    foot = [box[0] + 2.0, short[1] + short[3], box[2] - 4.0, _NOTE_MM]
    note = sentence("project.legend_goes_on", language, page=page + 2)
    label(made, note, foot, {"size_pt": 8, "italic": True, "colour": INK}, page).setId("legend_note")
    return list(told[whole:])


def box_of(page: int) -> Sequence[float]:
    """The place of the legend on a page: left, top, width, height in millimetres."""
    box: Sequence[float] = sheet()["legend" if page == 0 else "further_legend"]
    return box


def fit(item: QgsLayoutItemLegend, box: Sequence[float], page: int, sizes_pt: Sequence[float]) -> bool:
    """Give the legend the first of ``sizes_pt`` and the fewest columns at which all its lines have room in ``box``.

    False where they have none at any size. The legend's model must know what the map shows.
    """
    room = QSizeF(box[2] * _SLACK[0], box[3] * _SLACK[1])
    most = max(1, int(box[2] // sheet()["least_column_mm"]))
    place(item, box, page)
    for size in sizes_pt:
        _letter(item, size)
        for columns in range(1, most + 1):
            for split in (False, True) if columns > 1 else (False,):
                item.setColumnCount(columns)
                item.setSplitLayer(split)
                if _break_lines(item, room, size * _MM_PER_PT):
                    needed = measured(item)
                    item.attemptResize(QgsLayoutSize(needed.width(), needed.height(), MM))
                    return True
    return False


def measured(item: QgsLayoutItemLegend) -> QSizeF:
    """The millimetres that the legend needs as it is."""
    context = QgsLayoutUtils.createRenderContextForLayout(item.layout(), None)
    return QgsLegendRenderer(item.model(), item.legendSettings()).minimumSize(context)


def _item(made: QgsPrintLayout, shown: QgsLayoutItemMap, language: str, page: int) -> QgsLayoutItemLegend:
    item = QgsLayoutItemLegend(made)
    made.addLayoutItem(item)
    item.setId(ITEM)
    item.setLinkedMap(shown)
    item.setAutoUpdateModel(False)
    item.setLegendFilterByMapEnabled(True)
    item.setTitle(sentence("project.legend" if page == 0 else "project.legend_further", language))
    item.setWrapString("\n")
    item.setEqualColumnWidth(True)
    item.setColumnSpace(3.0)
    item.setResizeToContents(True)  # should the data grow afterwards, it is seen and not cut
    return item


def _fill(item: QgsLayoutItemLegend, told: Sequence[Entry]) -> None:
    """Let the legend say ``told``, no more. Layers of one symbol stand apart: they are no class of the layer above."""
    root: QgsLayerTree = item.model().rootGroup()
    root.removeAllChildren()
    by_layer = [(layer, [one.number for one in run]) for layer, run in groupby(told, key=lambda one: one.layer)]
    for alone, some in groupby(by_layer, key=lambda one: isinstance(one[0].renderer(), QgsSingleSymbolRenderer)):
        parent = root.addGroup("") if alone else root
        for layer, numbers in some:
            node = parent.addLayer(layer)
            if len(numbers) < _classes(layer):
                QgsMapLayerLegendUtils.setLegendNodeOrder(node, numbers)
                item.model().refreshLayerLegend(node)


def _classes(layer: QgsVectorLayer) -> int:
    return len(layer.renderer().legendSymbolItems())


def _says_anything(item: QgsLayoutItemLegend) -> bool:
    model = item.model()
    return any(model.layerLegendNodes(node) for node in model.rootGroup().findLayers())


def _ask_map(item: QgsLayoutItemLegend) -> None:
    """Leave only what the map shows. QGIS does so when it draws, in a thread; the room is to be known before."""
    shown, dots = item.linkedMap(), item.layout().renderContext().dpi() / 25.4
    seen = shown.mapSettings(
        shown.extent(), QSizeF(shown.rect().width() * dots, shown.rect().height() * dots), dots * 25.4, True
    )
    threaded = QgsLayerTreeModel.Flag.UseThreadedHitTest
    item.model().setFlag(threaded, False)
    item.model().setFilterSettings(QgsLayerTreeFilterSettings(seen))
    item.model().setFlag(threaded, True)


def _letter(item: QgsLayoutItemLegend, size_pt: float) -> None:
    """Lettering of ``size_pt``, symbols and distances in keeping with it."""
    for style, look, above_mm in (
        (QgsLegendStyle.Style.Title, {"size_pt": 10, "bold": True}, 0.0),
        (QgsLegendStyle.Style.Group, {"size_pt": 1}, 1.2),  # without a name: only its distance
        (QgsLegendStyle.Style.Subgroup, {"size_pt": size_pt + 0.4, "bold": True}, size_pt * 0.25),
        (QgsLegendStyle.Style.Symbol, {}, size_pt * 0.22),
        (QgsLegendStyle.Style.SymbolLabel, {"size_pt": size_pt}, 1.0),
    ):
        part = item.style(style)
        words = text_format({**look, "colour": INK, "buffer_mm": 0})
        words.setLineHeight(_LINE)
        part.setTextFormat(words)
        part.setMargin(QgsLegendStyle.Side.Top, above_mm)
        item.setStyle(style, part)
    item.setSymbolWidth(6.0)
    item.setSymbolHeight(size_pt * 0.38)


def _break_lines(item: QgsLayoutItemLegend, room: QSizeF, em_mm: float) -> bool:
    """Break the words into lines as long as the columns let them be; says whether there is room for all."""
    columns = item.columnCount()
    width = (room.width() - 2 * item.boxSpace() - (columns - 1) * item.columnSpace()) / columns - item.symbolWidth()
    for letters in range(int(width / (_NARROWEST * em_mm)), _SHORTEST - 1, -1):
        for node in item.model().rootGroup().findLayers():
            node.setLabelExpression(f"wordwrap(@symbol_label, {letters})")
            node.setCustomProperty("legend/title-label", "\n".join(textwrap.wrap(node.layer().name(), letters)))
            item.model().refreshLayerLegend(node)
        needed = measured(item)
        if needed.height() > room.height():
            return False  # shorter lines are more lines
        if needed.width() <= room.width():
            return True
    return False
