"""Scenarios in the window: unsaved edits become one, its map and its numbers stand beside the base."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QEvent, QPointF, Qt
from qgis.PyQt.QtGui import QMouseEvent
from qgis.PyQt.QtWidgets import QApplication

from dothi.engine.contract import project, scenario
from dothi.layers.messages import sentence
from dothi.qgis_plugin import engine_client, project_data
from dothi.qgis_plugin.scenarios import layers as scenario_layers
from dothi.qgis_plugin.scenarios.edits import edited_layers, edits_of
from dothi.qgis_plugin.scenarios.table import ComparisonModel

from . import small
from .conftest import Heard, settle
from .test_engine_client import needs_engine


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("phương án") / "phường.gpkg"
    engine_client.run_job(project.NEW, {"data": str(path), "province": "binh_duong"}, Heard())
    small.fill(path)
    return path


@pytest.fixture
def data(made, tmp_path) -> Path:
    path = tmp_path / "phường.gpkg"
    path.write_bytes(made.read_bytes())
    return path


@pytest.fixture
def opened(plugin, desk, data):
    here = QgsProject.instance()
    tables = {name: small.table(data, name) for name in ("building", "parcel", "planned_zone")}
    for layer in tables.values():
        layer.setCustomProperty("dothi/layer", layer.name())
    here.addMapLayers(list(tables.values()))
    project_data.remember(here, str(data))
    here.setCrs(tables["parcel"].crs())
    desk.main.resize(900, 600)
    desk.main.show()
    desk.canvas.setDestinationCrs(tables["parcel"].crs())
    desk.canvas.setLayers(list(tables.values()))
    desk.canvas.setExtent(small.box(-5, -5, 25, 30).boundingBox())
    settle()
    yield tables
    here.clear()
    settle()


def edit(tables: dict[str, QgsVectorLayer]) -> None:
    """Add a house on the third lot, make the first higher and narrower, pull the second down."""
    houses = tables["building"]
    houses.startEditing()
    by_code = {feature["code"]: feature for feature in houses.getFeatures()}
    small.draw(houses, small.box(10, 0, 5, 10), code="MỚI", use="detached", height_m=9.0)
    first = by_code["N1"]
    houses.changeAttributeValue(first.id(), houses.fields().indexOf("height_m"), 15.0)
    houses.changeGeometry(first.id(), small.box(0, 0, 5, 12))
    houses.deleteFeature(by_code["N2"].id())
    tables["planned_zone"].startEditing()
    zone = next(tables["planned_zone"].getFeatures())
    tables["planned_zone"].changeAttributeValue(zone.id(), tables["planned_zone"].fields().indexOf("land_use"), None)


def test_the_edit_buffers_are_read_as_they_are(opened, data):
    assert edited_layers(QgsProject.instance(), str(data)) == []
    uids = {feature["code"]: feature["uid"] for feature in opened["building"].getFeatures()}
    edit(opened)
    edited = edited_layers(QgsProject.instance(), str(data))
    assert sorted(layer.name() for layer in edited) == ["building", "planned_zone"]
    found = edits_of(edited, str(data))
    houses = found["building"]
    assert houses["crs"] == "EPSG:9210"
    assert houses["deleted"] == [uids["N2"]]
    (changed,) = houses["changed"]
    assert changed["uid"] == uids["N1"]
    assert changed["values"] == {"height_m": 15.0}
    assert changed["wkt"].startswith("MultiPolygon")
    (added,) = houses["added"]
    assert added["values"]["code"] == "MỚI"
    assert added["values"]["permit_no"] is None
    assert "uid" not in added  # the database gives it
    assert found["planned_zone"]["changed"][0]["values"] == {"land_use": None}


def stored(data: Path) -> list[tuple[Any, ...]]:
    """What the file holds. (QGIS itself turns the file's mode when a layer is edited.)"""
    with closing(sqlite3.connect(data)) as base:
        return base.execute(
            "SELECT code, height_m, geom FROM building UNION ALL SELECT land_use, 0, geom FROM planned_zone"
        ).fetchall()


@needs_engine
def test_edits_are_saved_listed_drawn_and_removed(opened, plugin, desk, data, monkeypatch):
    before = stored(data)
    plugin.window.scenarios_action.trigger()
    dock = plugin.window.scenarios
    monkeypatch.setattr(dock, "_agrees", lambda *_a, **_k: True)
    assert settle(lambda: "Chưa có phương án" in dock.page.message.text())
    dock._ask_to_save()
    assert "Không có chỉnh sửa" in dock.page.message.text()
    edit(opened)
    dock.save("Phương án mở rộng/1")
    assert settle(lambda: dock.page.list.count() == 1)
    assert "Thêm 1 · sửa 2 · xóa 1" in dock.page.list.item(0).text()
    assert not opened["building"].isModified()  # agreed to roll back
    assert stored(data) == before
    one = dock.chosen()
    assert one is not None
    assert one["name"] == "Phương án mở rộng/1"

    dock._show_layers()
    here = QgsProject.instance()
    shown = [one for one in here.mapLayers().values() if one.customProperty(scenario_layers.SCENARIO_PROPERTY)]
    assert sorted(layer.featureCount() for layer in shown) == [1, 3]
    assert all(layer.isValid() and layer.readOnly() for layer in shown)
    dock._show_layers()  # again: not twice
    groups = [group.name() for group in here.layerTreeRoot().findGroups()]
    assert groups == ["Phương án: Phương án mở rộng/1"]

    edit(opened)
    dock.save("phương án MỞ RỘNG/1")
    assert settle(lambda: "Đã có phương án" in dock.page.message.text())
    dock._ask_to_remove()
    assert settle(lambda: dock.page.list.count() == 0)
    assert here.layerTreeRoot().findGroups() == []
    assert len(here.mapLayers()) == 3
    assert not list((data.with_suffix(".dothi") / "scenarios").glob("*.gpkg"))
    for layer in opened.values():
        layer.rollBack()


@pytest.fixture
def saved(opened, data):
    edit(opened)
    edits = edits_of(edited_layers(QgsProject.instance(), str(data)), str(data))
    for layer in opened.values():
        layer.rollBack()
    value = engine_client.run_job(scenario.SAVE, {"data": str(data), "name": "A", "edits": edits}, Heard())
    return {**value, "simulated": False, "note": ""}


@needs_engine
def test_the_planned_map_is_the_base_with_the_edits(saved, opened, data):
    opened["building"].setOpacity(0.5)
    planned = list(scenario_layers.as_planned([opened["building"], opened["parcel"]], str(data), saved))
    names = [layer.name() for layer in planned]
    assert names == ["Công trình – thay đổi", "Ô quy hoạch – thay đổi", "building", "building", "parcel"]
    new, left = planned[2:4]
    assert sorted(feature["code"] for feature in new.getFeatures()) == ["MỚI", "N1"]
    assert sorted(feature["code"] for feature in left.getFeatures()) == []
    assert new.opacity() == left.opacity() == 0.5
    assert planned[4] is opened["parcel"]


def mouse(kind: QEvent.Type, x: float) -> QMouseEvent:
    at, button = QPointF(x, 40.0), Qt.MouseButton.LeftButton
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    return QMouseEvent(kind, at, button, held, Qt.KeyboardModifier.NoModifier)


@needs_engine
def test_swipe_and_linked_map_come_and_go(saved, plugin, desk, opened):
    plugin.window.scenarios_action.trigger()
    dock = plugin.window.scenarios
    assert settle(lambda: dock.page.list.count() == 1)
    dock.page.list.setCurrentRow(0)
    items = len(desk.canvas.scene().items())
    dock.page.swipe.setChecked(True)
    assert settle(lambda: dock.swipe is not None and not dock.swipe.is_drawing)
    viewport, width = desk.canvas.viewport(), desk.canvas.width()
    for kind, x in (
        (QEvent.Type.MouseButtonPress, width / 2),
        (QEvent.Type.MouseMove, width / 4),
        (QEvent.Type.MouseButtonRelease, width / 4),
    ):
        QApplication.sendEvent(viewport, mouse(kind, x))
    assert dock.swipe.curtain.share == pytest.approx(0.25, abs=0.01)
    picture = desk.canvas.grab().toImage()
    assert not picture.isNull()

    dock.page.linked.setChecked(True)
    assert settle(lambda: dock.linked is not None)
    linked = dock.linked
    settle()
    assert linked.windowTitle() == "Phương án: A"
    desk.canvas.setExtent(small.box(0, 0, 10, 10).boundingBox())
    settle()
    assert linked.canvas.center().distance(desk.canvas.center()) < 0.01
    assert linked.canvas.scale() == pytest.approx(desk.canvas.scale(), rel=0.02)
    linked.canvas.setCenter(small.box(12, 12, 2, 2).boundingBox().center())
    settle()
    assert desk.canvas.center().distance(linked.canvas.center()) < 0.01
    dock.page.swipe.setChecked(False)
    dock.page.linked.setChecked(False)
    settle()
    assert len(desk.canvas.scene().items()) == items
    assert dock.swipe is None
    assert dock.linked is None


@needs_engine
def test_numbers_side_by_side(saved, plugin, opened):
    plugin.window.scenarios_action.trigger()
    dock = plugin.window.scenarios
    assert settle(lambda: dock.page.list.count() == 1)
    dock.page.floor.setValue(25.0)
    dock.compare()
    assert not dock.page.compare.isEnabled()
    assert settle(lambda: dock.task is None, 60)
    assert dock.page.compare.isEnabled()
    assert dock.page.message.text() == "", dock.page.message.text()
    model = dock.page.model
    heads = [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]
    assert heads == ["Chỉ tiêu", "Đơn vị", "Dữ liệu gốc", "A"]
    told = {cell(model, row, 0): [cell(model, row, at) for at in (2, 3)] for row in range(model.rowCount())}
    assert told["Tổng diện tích sàn"][0] == "525"  # 3 × 5 × (16 + 19)
    assert "▼ −285" in told["Tổng diện tích sàn"][1]  # N2 is gone, the new house says nothing of its floor
    assert "†" in told["Tổng diện tích sàn"][1]
    assert told["Vi phạm so với dữ liệu gốc: Đã khắc phục"][1] == "1"
    only = model.rowCount()
    dock.page.different.setChecked(False)
    assert model.rowCount() > only
    everything = model.rowCount()
    dock.page.zones.setChecked(True)
    assert model.rowCount() > everything


def cell(model: ComparisonModel, row: int, column: int, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
    return model.data(model.index(row, column), role)


def row_of(indicator: str, values: list[float | None], **more: Any) -> dict[str, Any]:
    count = len(values)
    return {
        "indicator": indicator,
        "key": "",
        "label": "",
        "unit": "",
        "values": values,
        "missing": [""] * count,
        "assumed": [False] * count,
        "left_out": [0] * count,
    } | more


def test_cells_tell_value_difference_mark_and_reason(plugin):
    model = ComparisonModel()
    columns: list[dict[str, Any]] = [{"scenario": None, "name": ""}, {"scenario": "a", "name": "A"}]
    rows: list[dict[str, Any]] = [
        row_of("green_per_person", [None, 6.25], unit="m2_per_person", missing=["green_space", ""]),
        row_of("verdicts", [10, 7], key="fail", label="fail"),
        row_of("far", [1.201, 1.199]),
        row_of("population", [50.0, 80.0], unit="person", assumed=[True, True], left_out=[2, 2]),
        row_of("zone_far", [1.0, 2.0], key="u", label="Z1"),
    ]
    model.fill(columns, rows)
    assert cell(model, 0, 2) == "–"
    assert "thiếu lớp cây xanh" in cell(model, 0, 2, Qt.ItemDataRole.ToolTipRole)
    assert cell(model, 0, 3) == "6,25"
    assert cell(model, 1, 3) == "7   ▼ −3"
    assert cell(model, 1, 3, Qt.ItemDataRole.ForegroundRole).green() > 100  # fewer breaches are better
    assert cell(model, 2, 3) == "1,20"  # no difference that the decimals would show
    assert cell(model, 3, 3) == "80*†   ▲ +30"
    assert cell(model, 4, 0) == "Hệ số sử dụng đất của ô quy hoạch: Z1"
    model.narrow(only_different=True, zones=False)
    assert [row["indicator"] for row in model.rows] == ["green_per_person", "verdicts", "population"]


def test_without_a_data_set_the_panel_says_what_to_open(plugin, desk):
    plugin.window.scenarios_action.trigger()
    assert plugin.window.scenarios.page.message.text() == sentence("plugin.scenario.no_data", "vi")


@needs_engine
def test_unloading_in_the_middle_of_everything_leaves_nothing(saved, plugin, desk, opened):
    plugin.window.scenarios_action.trigger()
    dock = plugin.window.scenarios
    assert settle(lambda: dock.page.list.count() == 1)
    items = len(desk.canvas.scene().items())
    dock.page.list.setCurrentRow(0)
    dock.page.swipe.setChecked(True)
    assert settle(lambda: dock.swipe is not None)
    dock.page.linked.setChecked(True)  # its layers are being opened when the end comes
    dock.compare()
    settle(lambda: dock.task.isActive(), 5)
    plugin.window.scenarios_action.trigger()
    plugin.unload()
    settle()
    from qgis.PyQt.QtWidgets import QDockWidget

    assert [one.objectName() for one in desk.main.findChildren(QDockWidget)] == []
    assert len(desk.canvas.scene().items()) == items
    plugin.initGui()  # the fixture unloads it again
