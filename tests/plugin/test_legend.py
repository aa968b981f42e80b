"""The legend of a printed drawing: all that the map shows, whole, in its place, in letters that can be read."""

from __future__ import annotations

import gc
from itertools import pairwise

import pytest
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsLayoutExporter,
    QgsLayoutItem,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemPage,
    QgsLayoutPoint,
    QgsLayoutUtils,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsRendererCategory,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtWidgets import QMainWindow

from ...layers import catalogue
from ...qgis_plugin.project import builder, legend, paper
from .conftest import settle
from .test_project import EAST, NORTH, PLACES, ROWS, square, write

CODES = list(catalogue.domains()["land_use"].values)
SHORT = [code for code in CODES if len(catalogue.domains()["land_use"].values[code]["vi"]) < 26][:30]
LEAST_PT = 7.2  # capitals of 1.8 mm


@pytest.fixture
def draw(tmp_path):
    """Gives the sheet QH-01 of a place that is planned for the land uses given."""
    made = []

    def sheet(codes, language="vi"):
        made.append(drawn(tmp_path, codes, language))
        return next(one for one in made[-1].layoutManager().printLayouts() if one.name().startswith("QH-01"))

    yield sheet
    while made:
        made.pop().clear()
    gc.collect()  # of layouts, while there is still a QGIS


def drawn(folder, codes, language):
    """The project of a place that is planned for ``codes``, ten zones in a row; beyond the sheet for yet another."""
    zones = [
        (square(EAST - 290 + 50 * (n % 10), NORTH - 290 + 50 * (n // 10), 40), {"code": f"O{n}", "land_use": code})
        for n, code in enumerate(codes)
    ]
    beyond = next((code for code in CODES if code not in codes), None)
    if beyond is not None:
        zones.append((square(EAST + 50_000, NORTH, 40), {"code": "xa", "land_use": beyond}))
    meta = {"province": "binh_duong", "simulated": True, "judged_on": "2026-06-01", "places": PLACES}
    data = write(folder / "a.gpkg", {**ROWS, "planned_zone": zones}, meta)
    return builder.build(data, folder / "a.qgz", language)


def legends(drawing):
    return sorted((one for one in drawing.items() if isinstance(one, QgsLayoutItemLegend)), key=QgsLayoutItem.page)


def lines(item, layer_name):
    """What a legend says of a layer, its broken lines joined again."""
    model = item.model()
    nodes = [node for node in model.rootGroup().findLayers() if node.layer().name() == layer_name]
    return [" ".join(one.evaluateLabel().split()) for node in nodes for one in model.layerLegendNodes(node)]


def wanted(codes, language="vi"):
    words = catalogue.domains()["land_use"].values
    return [f"{code} – {words[code][language]}" for code in CODES if code in codes]


def stand_alone(drawing):
    """Every legend is whole, lies within its page's frame and on no other item, and can be read."""
    for item in legends(drawing):
        box = item.sceneBoundingRect()
        context = QgsLayoutUtils.createRenderContextForLayout(drawing, None)
        needed = QgsLegendRenderer(item.model(), item.legendSettings()).minimumSize(context)
        assert needed.height() < box.height() + 1  # nothing is cut
        assert needed.width() < box.width() + 4
        others = [one for one in drawing.items() if isinstance(one, QgsLayoutItem) and one is not item]
        others = [one for one in others if not isinstance(one, QgsLayoutItemPage) and one.page() == item.page()]
        frames = [one for one in others if one.sceneBoundingRect().contains(box)]
        assert [one.id() for one in frames] == ["frame"]
        assert [one.id() for one in others if one not in frames and one.sceneBoundingRect().intersects(box)] == []
        size = item.style(QgsLegendStyle.Style.SymbolLabel).textFormat().size()
        assert size >= LEAST_PT


def printed(drawing, folder):
    """Printing lets QGIS set the boxes anew; what it printed are as many pictures as pages."""
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.imageSize = QSize(840, 594)
    done = QgsLayoutExporter(drawing).exportToImage(str(folder / "sheet.png"), settings)
    assert done == QgsLayoutExporter.ExportResult.Success
    assert len(list(folder.glob("sheet*.png"))) == drawing.pageCollection().pageCount()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_map_of_all_land_uses_has_a_whole_legend(draw, tmp_path, language):
    drawing = draw(CODES, language)
    stand_alone(drawing)
    printed(drawing, tmp_path)
    stand_alone(drawing)
    name = catalogue.layer("planned_zone").name[language]
    said = [line for item in legends(drawing) for line in lines(item, name)]
    assert said == wanted(CODES, language)  # each once, in order
    assert drawing.pageCollection().pageCount() == 2
    assert [one.text() for one in drawing.items() if isinstance(one, QgsLayoutItem) and one.id() == "legend_note"]
    numbers = {one.text() for one in drawing.items() if isinstance(one, QgsLayoutItem) and one.id() == "number"}
    assert len(numbers) == 2


def test_a_legend_of_one_page_names_only_what_the_map_shows(draw, tmp_path):
    drawing = draw(SHORT)
    (item,) = legends(drawing)
    stand_alone(drawing)
    printed(drawing, tmp_path)
    stand_alone(drawing)
    assert lines(item, "Ô quy hoạch") == wanted(SHORT)
    assert lines(item, "Cảng thủy nội địa, ICD") == []  # it lies beyond the sheet
    assert item.columnCount() > 1


def test_a_layer_longer_than_a_page_goes_on_within_itself(draw, monkeypatch):
    short = {**paper.sheet(), "further_legend": [12, 32, 302, 50], "legend": [316, 32, 92, 40]}
    monkeypatch.setattr("dothi.qgis_plugin.project.legend.sheet", lambda: short)
    drawing = draw(CODES[:60])
    stand_alone(drawing)
    found = legends(drawing)
    assert len(found) == drawing.pageCollection().pageCount() > 2
    assert [line for item in found for line in lines(item, "Ô quy hoạch")] == wanted(CODES[:60])
    assert all(first.page() < second.page() for first, second in pairwise(found))


class Designer:
    """The part of ``QgsLayoutDesignerInterface`` that is used."""

    def __init__(self, drawing) -> None:
        self.drawing, self.frame = drawing, QMainWindow()
        self.said: list[str] = []

    def layout(self):
        return self.drawing

    def window(self):
        return self.frame

    def messageBar(self):
        return self

    def pushWarning(self, *words):
        self.said.append(" ".join(words))


def grown(item):
    """As if the data had grown after the sheet was made: lines as long as they are, twice as large, in one column."""
    part = item.style(QgsLegendStyle.Style.SymbolLabel)
    look = part.textFormat()
    look.setSize(16)
    part.setTextFormat(look)
    item.setStyle(QgsLegendStyle.Style.SymbolLabel, part)
    item.setColumnCount(1)


def test_a_legend_that_grew_is_fitted_again_in_the_layout_window(draw, plugin, desk):
    drawing = draw(SHORT)
    (item,) = legends(drawing)
    designer = Designer(drawing)
    desk.layoutDesignerOpened.emit(designer)
    grown(item)
    with pytest.raises(AssertionError):
        stand_alone(drawing)
    item.model().hitTestCompleted.emit()
    stand_alone(drawing)
    assert designer.said == []
    item.attemptMove(QgsLayoutPoint(20, 20))
    grown(item)
    item.model().hitTestCompleted.emit()
    assert item.columnCount() == 1  # the user has put it elsewhere, so it is the user's


def test_what_finds_no_room_any_more_is_said_once(draw, plugin, desk, monkeypatch):
    drawing = draw(SHORT)
    (item,) = legends(drawing)
    designer = Designer(drawing)
    desk.layoutDesignerOpened.emit(designer)
    monkeypatch.setattr("dothi.qgis_plugin.project.designer.legend.box_of", lambda page: [316, 32, 92, 40])
    for _ in range(2):
        item.model().hitTestCompleted.emit()
    assert len(designer.said) == 1
    assert "QH-01" in designer.said[0]
    designer.frame.deleteLater()
    settle()
    item.model().hitTestCompleted.emit()  # the window is gone, and nobody listens


def test_a_line_longer_than_its_place_is_wide_is_shown_as_it_is():
    """A word without an end cannot be broken: the sheet is made all the same, and nothing goes on for ever."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:9210", "lớp", "memory")
    one = QgsRendererCategory("a", QgsFillSymbol.createSimple({}), "x" * 400)
    layer.setRenderer(QgsCategorizedSymbolRenderer("'a'", [one]))
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(0, 0, 10, 10)))
    layer.dataProvider().addFeatures([feature])
    drawing = QgsPrintLayout(QgsProject.instance())
    drawing.initializeDefaults()
    shown = QgsLayoutItemMap(drawing)
    drawing.addLayoutItem(shown)
    paper.place(shown, [10, 10, 100, 100])
    shown.setLayers([layer])
    shown.setExtent(QgsRectangle(-5, -5, 15, 15))
    told = legend.entries([layer])
    assert len(told) == 1
    assert legend.put(drawing, shown, told, "vi") == []
    (item,) = legends(drawing)
    assert [node.layer() for node in item.model().rootGroup().findLayers()] == [layer]
