"""In the map: the verdict on a picked building, and the findings of the newest run."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsProject
from qgis.gui import QgsMapMouseEvent
from qgis.PyQt.QtCore import QEvent, QPoint, Qt

from dothi.engine.contract import project, zoning
from dothi.qgis_plugin import engine_client, project_data
from dothi.qgis_plugin.map.rule_titles import rule_title
from dothi.qgis_plugin.map.verdict_page import page

from . import small
from .conftest import Heard, settle
from .test_engine_client import alive, needs_engine

VERDICT = {
    "rule": "qcvn01.net_density.detached",
    "rule_status": "transcribed",
    "outcome": "fail",
    "measured": 95.0,
    "limit_value": 90.0,
    "margin": -5.0,
    "unit": "%",
    "source": "QCVN 01:2021/BXD, 2.6.3, Bảng 2.8",
    "how": {
        "limit": {
            "table": "Bảng 2.8",
            "lookup": "linear",
            "rows": [{"plot_area": 100.0, "weight": 0.4}, {"plot_area": 200.0, "weight": 0.6}],
        },
        "inputs": {"plot_area": 160.8, "use": "detached"},
    },
    "missing": None,
    "message_vi": "Thửa <1-2> quá mật độ.",
    "message_en": "Parcel <1-2> is too dense.",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("trên bản đồ") / "phường.gpkg"
    engine_client.run_job(project.NEW, {"data": str(path), "province": "binh_duong"}, Heard())
    small.fill(path)
    engine_client.run_job(zoning.CHECK, {"data": str(path), **small.JUDGED}, Heard())
    return path


@pytest.fixture
def opened(plugin, desk, data):
    """The small data set in an open project, the whole block in the map."""
    here = QgsProject.instance()
    layers = [small.table(data, name) for name in ("building", "parcel")]
    here.addMapLayers(layers)
    project_data.remember(here, str(data))
    desk.main.resize(800, 600)
    desk.main.show()
    desk.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:9210"))
    desk.canvas.setLayers(layers)
    desk.canvas.setExtent(small.box(-2, -2, 20, 24).boundingBox())
    settle()
    yield plugin
    desk.canvas.setLayers([])
    here.clear()


def test_a_class_of_a_table_is_told_by_its_bounds(settings, plugin):
    cell = {"road_width": [0.0, 19.0], "height": [28.0, None]}
    how = {"limit": {"table": "Bảng 2.7", "lookup": "interval", "cell": cell}}
    text = page("Nhà 1", [VERDICT | {"how": how, "measured": 4.08, "unit": "FAR"}])
    assert "Bảng 2.7, tra theo khoảng: lộ giới (m) từ 0 đến dưới 19; chiều cao (m) từ 28 trở lên" in text
    assert "4,08 lần" in text


def test_a_verdict_tells_rule_figures_source_and_the_mark_of_the_unverified(settings, plugin):
    text = page("Thửa 1-2", [VERDICT])
    for words in (
        "Không đạt",
        "Mật độ xây dựng thuần tối đa, nhà ở riêng lẻ",
        "95 %",
        "90 %",
        "-5 %",
        "Bảng 2.8, nội suy giữa các dòng: diện tích lô (m²) 100 (40 %); diện tích lô (m²) 200 (60 %)",
        "diện tích lô (m²) 160,8",
        "chưa kiểm chứng",
        "QCVN 01:2021/BXD",
    ):
        assert words in text, words
    assert "&lt;1-2&gt;" in text  # data are text, never markup
    assert "detached" not in text


def test_a_rule_nobody_declares_is_shown_by_its_id(plugin):
    assert rule_title("qcvn99.none") == "qcvn99.none"


@needs_engine
def test_a_click_on_a_building_reads_its_verdict(opened, desk):
    opened.window.explain_action.trigger()
    explain = opened.window.explain
    assert desk.canvas.mapTool() is explain.tool
    place = desk.canvas.getCoordinateTransform().transform(small.EAST + 7.5, small.NORTH + 5.0)
    click = QgsMapMouseEvent(
        desk.canvas,
        QEvent.Type.MouseButtonRelease,
        QPoint(round(place.x()), round(place.y())),
        Qt.MouseButton.LeftButton,
    )
    explain.tool.canvasReleaseEvent(click)
    assert settle(lambda: "N2" in explain.text.toPlainText() and "95" in explain.text.toPlainText())
    words = explain.text.toPlainText()
    assert "Công trình N2" in words
    assert "Không đạt" in words
    pid = explain.client.pid
    assert alive(pid)
    opened.window.explain_action.trigger()
    assert desk.canvas.mapTool() is not explain.tool
    explain.dock.close()
    assert settle(lambda: not alive(pid), 3)


@needs_engine
def test_a_click_beside_everything_says_so(opened, desk):
    opened.window.explain_action.trigger()
    explain = opened.window.explain
    click = QgsMapMouseEvent(desk.canvas, QEvent.Type.MouseButtonRelease, QPoint(2, 2), Qt.MouseButton.LeftButton)
    explain.tool.canvasReleaseEvent(click)
    assert "không có nhà hay thửa" in explain.text.toPlainText()


def test_a_project_without_data_says_what_to_open(plugin, desk):
    plugin.window.explain_action.trigger()
    assert "không gắn với dữ liệu" in plugin.window.explain.text.toPlainText()
    plugin.window.surveillance_action.trigger()
    assert "Chưa có lần phát hiện" in plugin.window.surveillance.tab("alerts").head.text()
    plugin.window.findings_action.trigger()
    assert "Chưa có lần kiểm tra" in plugin.window.findings.panel.head.text()
