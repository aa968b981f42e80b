"""The timeline of surveillance: scenes chosen, compared, charted under the cursor, played; products drawn by legend."""

from __future__ import annotations

import json
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from osgeo import gdal, osr
from qgis.core import (
    Qgis,
    QgsPalettedRasterRenderer,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsSingleBandPseudoColorRenderer,
    QgsTemporalNavigationObject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QPointF
from qgis.PyQt.QtGui import QImage, QPainter

from dothi.engine.contract import JOBS
from dothi.layers.errors import InputError
from dothi.qgis_plugin import engine_client, project_data, styling
from dothi.qgis_plugin.styling import products
from dothi.qgis_plugin.surveillance import images
from dothi.qgis_plugin.surveillance.asking import Latest
from dothi.qgis_plugin.surveillance.chart import ChartView, points_of
from dothi.qgis_plugin.surveillance.scenes import ranges, scenes_of, told
from dothi.qgis_plugin.surveillance.strip import TimelineStrip
from dothi.qgis_plugin.surveillance.timeline import TimelineTab

from .conftest import settle
from .test_engine_client import needs_engine

PIT = QgsPointXY(172000 + 505, 1196000 - 605)  # of :data:`_MAKE`
SERIES = "Đồi cát"

_MAKE = """
import json, sys
from datetime import date, timedelta
from pathlib import Path
from dothi.engine.contract import JOBS
from dothi.engine.jobs import perform
from dothi.layers.report import SILENT
from dothi.processing.demo import year
from dothi.store import dataset

out = Path(sys.argv[1])
data = out / "biển nam.gpkg"
land = year.land(7, 100, (year.Pit(60, 50, 5.0, date(2026, 2, 12)),))
year.write(out / "ảnh", land, [date(2025, 1, 4) + timedelta(days=20 * k) for k in range(26)])
dataset.create(data, ("concession",), "EPSG:9218", profile="binh_thuan", simulated=True)
for job, more in (
    ("scene.add", {"product": [str(out / "ảnh")]}),
    ("scene.cache", {"scene": [f"S2-2026{md}" for md in ("0119", "0519")]}),
    ("series.build", {"name": "Đồi cát", "begins": "2026-01-01"}),
):
    perform(JOBS[job], {"data": str(data), **more}, SILENT)
print(json.dumps(str(data)))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A data set with 26 simulated scenes, two of them decoded, and a series."""
    out = tmp_path_factory.mktemp("dòng thời gian")
    python = engine_client.find().python
    command = [str(python), "-P", "-X", "utf8", "-c", _MAKE, str(out)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, cwd=out)
    assert done.returncode == 0, done.stderr
    return Path(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture
def tab(plugin, desk, made):
    here = QgsProject.instance()
    project_data.remember(here, str(made))
    desk.main.resize(900, 600)
    desk.main.show()
    shown = TimelineTab(desk)
    shown.resize(480, 900)
    yield shown
    shown.shut()
    shown.deleteLater()
    here.clear()
    settle()


def rows(*days: str, **more: object) -> list[dict[str, object]]:
    base = {"sensor": "Sentinel-2 L2A", "kind": "optical", "season": "dry", "cloud_pct": 4.0, "bounds": [0, 0, 1, 1]}
    return [{"code": f"S2-{day}", "acquired_on": day, **base, **more} for day in days]


def pictured(widget) -> QImage:
    """The widget as it is painted."""
    picture = QImage(widget.size(), QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    widget.render(painter)
    painter.end()
    return picture


# ---- scenes and the strip


def test_a_scene_lasts_until_the_next_one_and_of_one_day_the_clearest_stays():
    cloudy = rows("2026-01-10", cloud_pct=50.0)
    cloudy[0]["code"] = "S2-cloudy"
    shown = ranges(scenes_of("/x/a.gpkg", [*rows("2026-01-10", "2026-01-20", "2026-02-09"), *cloudy]))
    assert [(one.code, str(first), str(last)) for one, first, last in shown] == [
        ("S2-2026-01-10", "2026-01-10", "2026-01-19"),
        ("S2-2026-01-20", "2026-01-20", "2026-02-08"),
        ("S2-2026-02-09", "2026-02-09", "2026-02-28"),  # as long as the one before it
    ]


def test_a_single_scene_lasts_its_day_and_none_is_none():
    assert ranges([]) == []
    ((_, first, last),) = ranges(scenes_of("/x/a.gpkg", rows("2026-01-10")))
    assert first == last == date(2026, 1, 10)


def test_a_scene_is_told_in_one_line(plugin):
    (one,) = scenes_of("/x/a.gpkg", rows("2026-03-05", cloud_pct=12.4, state="gone"))
    text = "05/03/2026 · Sentinel-2 L2A · mây 12 % · Mùa khô · chưa giải nén · không còn tệp ảnh"
    assert told(one) == text
    (radar,) = scenes_of("/x/a.gpkg", rows("2026-03-05", kind="radar", cloud_pct=None))
    assert "ra đa" in told(radar)


def test_clicking_the_strip_chooses_before_and_after(plugin):
    strip = TimelineStrip()
    strip.resize(500, strip.sizeHint().height())
    days = [date(2026, 1, 1) + timedelta(days=20 * k) for k in range(8)]
    strip.show_scenes(scenes_of("/x/a.gpkg", rows(*(str(day) for day in days))))
    scenes = strip.scenes
    assert strip.role_of_click(scenes[3]) == "before"
    strip.mark(scenes[3].code, "")
    assert strip.role_of_click(scenes[6]) == "after"
    strip.mark(scenes[1].code, scenes[6].code)
    assert [strip.role_of_click(scenes[k]) for k in (0, 2, 5, 7)] == ["before", "before", "after", "after"]
    at = QPointF(strip.x_of(scenes[4].day.toordinal()) + 2, strip._line())
    assert strip.scene_at(at) is scenes[4]
    assert strip.scene_at(QPointF(at.x(), 2)) is None
    assert not pictured(strip).isNull()
    strip.show_scenes([])
    assert not pictured(strip).isNull()


# ---- the chart


ANSWER: dict[str, Any] = {
    "measure": "ndvi", "begins": "2026-01-01", "pixels": 4, "simulated": True,
    "points": [
        {"date": "2025-12-20", "value": 0.31, "masked": False, "history": True, "low": 0.1, "high": 0.2},
        {"date": "2026-01-09", "value": 0.15, "masked": False, "history": False, "low": 0.1, "high": 0.2},
        {"date": "2026-01-29", "value": None, "masked": True, "history": False, "low": 0.1, "high": 0.2},
        {"date": "2026-02-18", "value": 0.31, "masked": False, "history": False, "low": 0.1, "high": 0.2},
        {"date": "2026-03-10", "value": 0.31, "masked": False, "history": False, "low": None, "high": None},
    ],
    "curve": [
        {"date": "2025-12-20", "expected": 0.15, "low": 0.1, "high": 0.2},
        {"date": "2025-12-30", "expected": None, "low": None, "high": None},
        {"date": "2026-02-18", "expected": 0.15, "low": 0.1, "high": 0.2},
    ],
    "state": "suspected", "first": "2026-02-18", "last": "2026-02-18", "count": 1, "confidence": 0.9,
}  # fmt: skip


def test_a_date_departs_only_beyond_known_bounds_and_after_monitoring_began():
    assert [one.departed for one in points_of(ANSWER)] == [False, False, False, True, False]


def test_the_chart_tells_state_and_dates_in_vietnamese(plugin):
    chart = ChartView()
    chart.resize(460, 280)
    chart.say("Chưa có gì")
    assert not pictured(chart).isNull()
    chart.show_answer(ANSWER, "NDVI")
    assert not pictured(chart).isNull()
    assert chart.state_line() == "Nghi ngờ biến động từ 18/02/2026: 1 lần vượt ngưỡng, gần nhất 18/02/2026"
    assert "18/02/2026: 0,310, vượt khoảng bình thường từ 0,100 đến 0,200" in chart.accessibleDescription()
    chart.show_answer({**ANSWER, "state": None, "first": None, "curve": [], "points": ANSWER["points"][2:3]}, "x")
    assert not pictured(chart).isNull()
    assert "Chưa đủ ngày" in chart.state_line()


class _Slow:
    """An engine that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, object], Any]] = []

    def ask(self, _job, given, answered, _refused):
        self.asked.append((given, answered))


def test_of_many_places_only_the_newest_is_asked_while_an_answer_is_on_its_way(plugin, desk, monkeypatch):
    engine = _Slow()
    heard: list[dict[str, object]] = []
    latest = Latest(desk.main, JOBS["series.chart"], heard.append, lambda _trouble: None)
    monkeypatch.setattr(latest, "_engine", engine)
    for x in range(50):
        latest.ask({"x": x})
    assert settle(lambda: len(engine.asked) == 1)
    assert engine.asked[0][0] == {"x": 49}
    for x in range(100, 150):
        latest.ask({"x": x})
    settle(lambda: False, 0.2)
    assert len(engine.asked) == 1
    engine.asked[0][1]({"answer": 1})
    assert settle(lambda: len(engine.asked) == 2)
    assert engine.asked[1][0] == {"x": 149}
    latest.forget()
    engine.asked[1][1]({"answer": 2})
    assert heard == [{"answer": 1}]


# ---- with the engine


@needs_engine
def test_scenes_are_listed_two_are_compared_and_the_rest_is_decoded_when_needed(tab, desk, made):
    tab.read(str(made))
    assert settle(lambda: len(tab.scenes) == 26 and tab.series, 60)
    assert "2 cảnh đã giải nén" in tab.page.head.text()
    assert "mô phỏng" in tab.page.head.text()
    assert not tab.page.swipe.isEnabled()
    tab.choose("S2-20260519", "before")
    tab.choose("S2-20260119", "after")
    assert (tab.before, tab.after) == ("S2-20260119", "S2-20260519")  # the earlier is before
    tab.page.swipe.setChecked(True)
    swipe = tab.comparison.swipe
    assert swipe is not None
    assert swipe.curtain._names[0] == "Trước: 19/01/2026 · Ảnh mô phỏng"
    layers = {one.customProperty(images.CODE): one for one in QgsProject.instance().mapLayers().values()}
    assert set(layers) == {"S2-20260119", "S2-20260519"}
    assert [one.customProperty(images.CODE) for one in swipe._layers] == ["S2-20260519"]
    stretch = [one.renderer().redContrastEnhancement() for one in layers.values()]
    assert {(one.minimumValue(), one.maximumValue()) for one in stretch} == {(0.0, 0.34)}
    assert layers["S2-20260119"].renderer().redBand() == 3
    tab.page.colours.setCurrentIndex(1)
    shown = [one.renderer() for one in QgsProject.instance().mapLayers().values()]
    assert [(one.redBand(), one.greenBand(), one.blueBand()) for one in shown] == [(4, 3, 2)] * 2
    tab.choose("S2-20250524", "before")  # not decoded yet
    assert settle(lambda: tab.comparison.swipe is not None and tab.task is None, 60)
    assert tab.scene("S2-20250524").copy is not None
    tab.page.swipe.setChecked(False)
    assert tab.comparison.swipe is None
    root = QgsProject.instance().layerTreeRoot()
    assert all(node.isVisible() for node in root.findLayers())
    tab.rest()
    assert tab.engine.client.pid == 0


@needs_engine
def test_the_place_under_the_cursor_is_charted_and_a_polygon_as_well(tab, desk, made):
    desk.canvas.setDestinationCrs(QgsRasterLayer(str(made.parent / "ảnh" / "S2-20260119.tif"), "x").crs())
    tab.read(str(made))
    assert settle(lambda: tab.page.series.count() == 1, 60)
    tab.page.cursor.setChecked(True)
    tool = tab.charting.tool
    assert desk.canvas.mapTool() is tool
    tool.pin(PIT)
    assert settle(lambda: tab.page.chart.answer is not None, 60)
    assert tab.page.chart.answer["state"] == "confirmed"
    assert tab.page.chart.answer["first"] > "2026-02-12"
    assert tab.page.chart.title == "Độ sáng · chuỗi «Đồi cát» · 1 điểm ảnh"
    tab.page.polygon.setChecked(True)
    assert tool.drawing
    assert not tab.page.cursor.isChecked()
    for dx, dy in ((-14, -14), (14, -14), (14, 14), (-14, 14)):
        tool._corners.append(QgsPointXY(PIT.x() + dx, PIT.y() + dy))
    tool.end_polygon()
    assert settle(lambda: tab.page.chart.answer["pixels"] == 9, 60)
    tool.draw(False)
    tool.pin(QgsPointXY(0, 0))
    assert settle(lambda: tab.page.chart.answer is None, 60)
    assert tab.page.chart.message
    tab.page.polygon.setChecked(False)
    assert desk.canvas.mapTool() is not tool


@needs_engine
def test_change_between_the_two_is_found_in_the_background_and_loaded_dressed(tab, made):
    tab.read(str(made))
    assert settle(lambda: len(tab.scenes) == 26, 60)
    tab.choose("S2-20260119", "before")
    tab.choose("S2-20260519", "after")
    tab.detect()
    assert not tab.page.detect.isEnabled()  # one job at a time
    assert settle(lambda: tab.task is None, 90)
    assert "cảnh báo, tổng" in tab.page.message.text(), tab.page.message.text()
    layers = QgsProject.instance().mapLayers().values()
    (alerts,) = (one for one in layers if isinstance(one, QgsVectorLayer))
    (raster,) = (one for one in layers if isinstance(one, QgsRasterLayer))
    assert alerts.readOnly()
    assert f"Có {alerts.featureCount()} cảnh báo" in tab.page.message.text()
    assert isinstance(raster.renderer(), QgsPalettedRasterRenderer)
    assert raster.name() == "Bản đồ biến động 19/01/2026 – 19/05/2026 (ảnh mô phỏng)"
    assert raster.styleManager().styles() == ["Quyết định", "Độ tin cậy"]


@needs_engine
def test_the_temporal_controller_plays_a_frame_for_each_scene(tab, desk, made):
    controller = QgsTemporalNavigationObject(desk.main)
    desk.canvas.setTemporalController(controller)
    tab.read(str(made))
    assert settle(lambda: len(tab.scenes) == 26, 60)
    tab.page.play.setChecked(True)
    assert settle(lambda: tab.task is None and not tab.player.is_loading and tab.player._caption is not None, 90)
    (group,) = (one for one in QgsProject.instance().layerTreeRoot().findGroups() if one.name() == "Chuỗi ảnh")
    assert len(group.findLayers()) == 26
    assert controller.navigationMode() == QgsTemporalNavigationObject.NavigationMode.Animated
    assert controller.totalFrameCount() == 26
    assert QgsProject.instance().timeSettings().timeStepUnit() == Qgis.TemporalUnit.IrregularStep
    for frame, tail in ((0, "04/01/2025"), (19, "19/01/2026")):
        controller.setCurrentFrameNumber(frame)
        settle()
        shown = controller.dateTimeRangeForFrameNumber(frame)
        seen = [n.layer() for n in group.findLayers() if n.layer().temporalProperties().isVisibleInTemporalRange(shown)]
        assert [one.name().split(" · ")[0] for one in seen] == [tail]
        assert tab.player._caption.text.startswith(tail)
        assert tab.player._caption.text.endswith("Ảnh mô phỏng")
    (alerts,) = (one for one in QgsProject.instance().mapLayers().values() if isinstance(one, QgsVectorLayer))
    assert alerts.temporalProperties().startField() == "first_on"
    tab.page.play.setChecked(False)
    assert controller.navigationMode() == QgsTemporalNavigationObject.NavigationMode.NavigationOff
    assert not any(one.name() == "Chuỗi ảnh" for one in QgsProject.instance().layerTreeRoot().findGroups())


@needs_engine
def test_a_series_on_the_map_tells_states_days_and_counts(tab, made):
    tab.read(str(made))
    assert settle(lambda: tab.series, 60)
    tab.show_series()
    (layer,) = QgsProject.instance().mapLayers().values()
    assert layer.name() == "Chuỗi «Đồi cát» (ảnh mô phỏng)"
    assert [one.label for one in layer.renderer().classes()] == [
        "Không có dấu hiệu", "Nghi ngờ", "Đã xác nhận qua nhiều ngày", "Đã hết",
    ]  # fmt: skip
    layer.styleManager().setCurrentStyle("Ngày thấy đầu tiên")
    items = layer.renderer().shader().rasterShaderFunction().colorRampItemList()
    assert items[0].label.startswith("19/01/2026 – ")
    tab.show_series()
    assert len(QgsProject.instance().mapLayers()) == 1


@needs_engine
def test_a_folder_without_images_and_a_missing_catalogue_are_told(tab, made, tmp_path):
    tab.read(str(made))
    assert settle(lambda: len(tab.scenes) == 26, 60)
    tab.add_folder(str(tmp_path))
    assert settle(lambda: tab.task is None, 60)
    assert "color" in tab.page.message.styleSheet()
    tab.bring_newest({"catalogue": str(tmp_path / "không có"), "max_cloud": 10.0})
    assert settle(lambda: tab.task is None and tab.page.message.text() != "", 60)
    assert "color" in tab.page.message.styleSheet()
    tab.read("")
    assert "chưa gắn" in tab.page.head.text()
    assert not tab.page.add.isEnabled()


# ---- products


def raster(path: Path, names: tuple[str, ...], value: float = 1.0) -> QgsRasterLayer:
    """A small raster of named bands."""
    made = gdal.GetDriverByName("GTiff").Create(str(path), 4, 4, len(names), gdal.GDT_Float32)
    system = osr.SpatialReference()
    system.ImportFromEPSG(32649)
    made.SetProjection(system.ExportToWkt())
    made.SetGeoTransform((172000.0, 10.0, 0.0, 1196000.0, 0.0, -10.0))
    for number, name in enumerate(names, start=1):
        made.GetRasterBand(number).SetDescription(name)
        made.GetRasterBand(number).Fill(value)
    made = None
    return QgsRasterLayer(str(path), "x", "gdal")


@pytest.mark.parametrize(
    ("names", "product"),
    [
        (("decision", "confidence"), "change"),
        (("decision", "confidence", "ratio_db"), "radar"),
        (("state", "first", "last", "count", "clear", "magnitude", "duration", "confidence"), "series"),
        (("difference_m", "detection_m", "direction"), "terrain"),
    ],
)
def test_each_product_has_its_styles_with_a_legend_in_words(plugin, tmp_path, names, product):
    layer = raster(tmp_path / "a.tif", names)
    assert products.product_of(layer) == product
    for language in ("en", "vi"):
        assert styling.apply_product(layer, language)
    declared = [style["name"]["vi"] for style in products.declared()[product]["style"]]
    assert sorted(layer.styleManager().styles()) == sorted(declared)
    assert layer.styleManager().currentStyle() == declared[0]
    for name in declared:
        layer.styleManager().setCurrentStyle(name)
        assert isinstance(layer.renderer(), (QgsPalettedRasterRenderer, QgsSingleBandPseudoColorRenderer))
        assert layer.renderer().legendSymbologyItems()


def test_cut_and_fill_is_told_in_the_steps_of_the_law(plugin, tmp_path):
    layer = raster(tmp_path / "a.tif", ("difference_m", "detection_m", "direction"), -1.5)
    styling.apply_product(layer, "vi")
    items = layer.renderer().shader().rasterShaderFunction().colorRampItemList()
    labels = [item.label for item in items]
    assert labels[0] == "đến −10 m"
    assert "−1 – −0,5 m" in labels
    assert labels[-1] == "trên 10 m"


def test_other_rasters_are_no_product_and_a_missing_copy_is_told(plugin, tmp_path):
    assert not styling.apply_product(raster(tmp_path / "a.tif", ("B02", "B03")), "vi")
    (one,) = scenes_of(str(tmp_path / "a.gpkg"), rows("2026-01-10"))
    with pytest.raises(InputError) as wrong:
        images.layer_of(one, "x", "true", simulated=True)
    assert wrong.value.code == "plugin.surveillance.timeline.copy_missing"
