"""Edges of a lot by kind: shown, decided in the edit buffer, taken back, and heeded by the engine once saved."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsPointXY, QgsProject
from qgis.PyQt.QtWidgets import QMessageBox

from dothi.engine.contract import project, zoning_seeing
from dothi.qgis_plugin import engine_client, project_data
from dothi.qgis_plugin.map import edge_corrections

from . import small
from .conftest import Heard, settle
from .test_engine_client import needs_engine


def line(*points: tuple[float, float]) -> QgsGeometry:
    words = ", ".join(f"{small.EAST + x} {small.NORTH + y}" for x, y in points)
    return QgsGeometry.fromWkt(f"MultiLineString(({words}))")


@pytest.fixture
def data(tmp_path) -> Path:
    """The three lots, on a street to their south."""
    path = tmp_path / "phường có đường.gpkg"
    engine_client.run_job(project.NEW, {"data": str(path), "province": "binh_duong"}, Heard())
    small.fill(path)
    street, border = small.table(path, "street_centreline"), small.table(path, "red_line")
    street.startEditing()
    small.draw(street, line((-50, -6), (70, -6)), code="D1", name="Đường Số 1", width_m=12.0)
    assert street.commitChanges(), street.commitErrors()
    uid = next(street.getFeatures())["uid"]
    border.startEditing()
    small.draw(border, line((-50, 0), (70, 0)), street=uid)
    assert border.commitChanges(), border.commitErrors()
    return path


@pytest.fixture
def tool(plugin, desk, data):
    """The tool in use, the first lot picked, its edges shown."""
    here = QgsProject.instance()
    layer = small.table(data, "parcel")
    here.addMapLayers([layer])
    project_data.remember(here, str(data))
    desk.main.resize(800, 600)
    desk.main.show()
    desk.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:9210"))
    desk.canvas.setExtent(small.box(-5, -5, 30, 30).boundingBox())
    settle()
    plugin.window.edges_action.trigger()
    made = plugin.window.edges
    made.pick(layer, next(layer.getFeatures()))
    assert settle(lambda: len(made.edges) == 4)
    yield made
    for one in here.mapLayers().values():
        one.rollBack()
    here.clear()


def kinds(tool) -> list[str]:
    return sorted(edge.kind for edge in tool.edges)


def the_back(tool) -> int:
    return next(number for number, edge in enumerate(tool.edges) if edge.kind == "back")


def computed(data: Path, lot: str) -> list[str]:
    found = engine_client.run_job(zoning_seeing.EDGES_OF_LOT, {"data": str(data), "uid": lot}, Heard())
    return sorted(edge["kind"] for edge in found["edges"])


@needs_engine
def test_the_edges_of_a_lot_are_shown_by_kind(tool, desk):
    assert kinds(tool) == ["back", "side", "side", "street"]
    assert "Giáp đường: 5 m" in tool.legend.text()
    assert "Cạnh bên: 40 m" in tool.legend.text()
    near = QgsPointXY(small.EAST + 2.5, small.NORTH + 0.1)
    assert tool.edges[tool.edge_at(near)].kind == "street"
    assert tool.edge_at(QgsPointXY(small.EAST + 2.5, small.NORTH + 10)) is None  # inside: another lot may be meant
    desk.canvas.unsetMapTool(tool.tool)
    assert tool.edges == []
    assert tool.legend.isHidden()


@needs_engine
def test_a_decision_is_one_step_of_the_edit_buffer_and_counts_when_saved(tool, data, desk):
    lot = tool.lot
    tool.decide(the_back(tool), "public")
    assert kinds(tool) == ["public", "side", "side", "street"]
    assert "do người lập quy hoạch xác định" in tool.legend.text()
    assert "Lưu chỉnh sửa" in str(desk.bar.said)
    layer = edge_corrections.layer_of(str(data))
    assert layer.isEditable()
    assert layer.undoStack().count() == 1
    assert computed(data, lot) == ["back", "side", "side", "street"]  # nobody has saved yet
    assert layer.commitChanges(), layer.commitErrors()
    assert settle(lambda: any(edge["corrected"] for edge in tool._computed))
    assert computed(data, lot) == ["public", "side", "side", "street"]
    row = next(layer.getFeatures())
    assert (row["parcel"], row["kind"]) == (lot, "public")
    assert len(row["uid"]) == 36
    number = next(n for n, edge in enumerate(tool.edges) if edge.kind == "public")
    assert [a.text() for a in tool.menu(number).actions() if a.text()][-1] == "Bỏ chỉnh sửa, dùng kết quả tự động"
    tool.decide(number, "")
    assert layer.commitChanges(), layer.commitErrors()
    assert settle(lambda: kinds(tool) == ["back", "side", "side", "street"])


@needs_engine
def test_deciding_again_replaces_what_was_decided(tool, data):
    tool.decide(the_back(tool), "public")
    number = next(n for n, edge in enumerate(tool.edges) if edge.kind == "public")
    tool.decide(number, "side")
    layer = edge_corrections.layer_of(str(data))
    assert [row["kind"] for row in layer.getFeatures()] == ["side"]
    layer.undoStack().undo()
    tool.show()
    assert "public" in kinds(tool)
    layer.rollBack()
    assert settle(lambda: kinds(tool) == ["back", "side", "side", "street"])


@needs_engine
def test_an_older_data_set_gets_the_layer_from_qgis_if_the_user_agrees(tool, data, monkeypatch):
    QgsProject.instance().removeMapLayers(
        [one.id() for one in QgsProject.instance().mapLayers().values() if one.name() != "parcel"]
    )
    with closing(sqlite3.connect(data)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            if "lot_edge" in name:
                database.execute(f'DROP TRIGGER "{name}"')
        for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions", "gpkg_data_columns"):
            database.execute(f"DELETE FROM {table} WHERE table_name = 'lot_edge'")
        database.execute("DROP TABLE lot_edge")
        database.execute("DROP TABLE rtree_lot_edge_geom")
    answers = iter([QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes])
    monkeypatch.setattr(QMessageBox, "question", lambda *_: next(answers))
    lot, back = tool.lot, the_back(tool)
    tool.decide(back, "public")
    assert edge_corrections.layer_of(str(data)) is None
    tool.decide(back, "public")
    layer = edge_corrections.layer_of(str(data))
    assert layer.fields().names()[:4] == ["fid", "uid", "parcel", "kind"]
    assert layer.commitChanges(), layer.commitErrors()
    assert computed(data, lot) == ["public", "side", "side", "street"]
