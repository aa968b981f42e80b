"""Judged before it is saved: picked, drawn and changed features in the editor's buffer."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from qgis.core import QgsFeature, QgsProject

from dothi.engine.contract import project
from dothi.qgis_plugin import engine_client, project_data
from dothi.qgis_plugin.map import live
from dothi.qgis_plugin.map.unsaved import as_drawn, is_unsaved

from . import small
from .conftest import Heard, settle
from .test_engine_client import needs_engine


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("đang vẽ") / "phường.gpkg"
    engine_client.run_job(project.NEW, {"data": str(path), "province": "binh_duong"}, Heard())
    small.fill(path)
    return path


@pytest.fixture
def building(plugin, desk, data):
    """The building layer of an open project, in edit mode, with the verdict panel open."""
    here = QgsProject.instance()
    layers = [small.table(data, name) for name in ("building", "parcel")]
    here.addMapLayers(layers)
    project_data.remember(here, str(data))
    desk.main.show()
    plugin.window.explain_action.trigger()
    layers[0].startEditing()
    yield layers[0]
    layers[0].rollBack()
    here.clear()


def drawn(layer, depth: float) -> QgsFeature:
    """A third house on the empty lot, as the user has just drawn it."""
    small.draw(
        layer, small.box(2 * small.LOT_WIDTH, 0, small.LOT_WIDTH, depth),
        code="N3", use="detached", height_m=9.0, floors=2, floor_area_m2=2 * depth * small.LOT_WIDTH,
    )  # fmt: skip
    return max(layer.getFeatures(), key=lambda feature: feature["code"])


def words(plugin) -> str:
    return plugin.window.explain.text.toPlainText()


def test_what_the_editor_holds_is_told_from_what_is_saved(building):
    saved = next(building.getFeatures())
    assert not is_unsaved(building, saved)
    new = drawn(building, 10.0)
    assert is_unsaved(building, new)
    told = as_drawn(building, new)
    assert told["layer"] == "building"
    assert told["values"]["floors"] == 2
    assert "fid" not in told["values"]
    assert told["wkt"].startswith("MultiPolygon")
    building.changeAttributeValue(saved.id(), building.fields().lookupField("floors"), 7)
    assert is_unsaved(building, building.getFeature(saved.id()))


@needs_engine
def test_a_drawn_house_is_judged_before_it_is_saved(building, plugin):
    new = drawn(building, 19.5)
    plugin.window.explain.live.watch(False)
    plugin.window.explain.ask(building, new)
    assert settle(lambda: "97,5 %" in words(plugin))
    assert "Đang vẽ, chưa lưu" in words(plugin)
    assert "Không đạt" in words(plugin)
    assert "PDF" not in words(plugin)  # no document of what is in no file


@needs_engine
def test_drawing_and_changing_judge_by_themselves(building, plugin):
    new = drawn(building, 19.5)
    assert settle(lambda: "97,5 %" in words(plugin))
    for depth in (15.0, 14.0, 10.0):  # a hand that drags: only the last is asked for
        building.changeGeometry(new.id(), small.box(2 * small.LOT_WIDTH, 0, small.LOT_WIDTH, depth))
    assert settle(lambda: "50 %" in words(plugin) and "97,5 %" not in words(plugin))
    assert "Đang vẽ, chưa lưu" in words(plugin)
    asked = plugin.window.explain.client._next
    building.changeAttributeValue(new.id(), building.fields().lookupField("remark"), "thử")
    assert settle(lambda: plugin.window.explain.client._next == asked + 1)


@needs_engine
def test_a_saved_house_that_is_changed_is_judged_as_changed_and_then_as_saved(building, plugin):
    house = next(one for one in building.getFeatures() if one["code"] == "N1")
    plugin.window.explain.ask(building, house)
    assert settle(lambda: "80 %" in words(plugin))
    assert "Đang vẽ" not in words(plugin)
    building.changeGeometry(house.id(), small.box(0, 0, small.LOT_WIDTH, 19.0))
    assert settle(lambda: "95 %" in words(plugin) and "Đang vẽ, chưa lưu" in words(plugin))
    building.changeGeometry(house.id(), house.geometry())
    assert building.commitChanges()
    assert settle(lambda: "80 %" in words(plugin) and "Đang vẽ" not in words(plugin))


def test_the_window_is_not_held_up(building, plugin, monkeypatch):
    """A change only starts a clock, and the question is written and gone."""
    asked = []
    monkeypatch.setattr(plugin.window.explain.client, "ask", lambda *words: (asked.append(words), len(asked))[1])  # type: ignore[func-returns-value]
    new = drawn(building, 10.0)
    begun = time.perf_counter()
    for number in range(200):
        building.changeGeometry(new.id(), small.box(10, 0, 5, 10 + number / 100))
    assert asked == []
    assert settle(lambda: len(asked) == 1)
    assert time.perf_counter() - begun < 5
    building.changeGeometry(new.id(), small.box(10, 0, 5, 12))
    settle(lambda: False, 3 * live.PAUSE_MS / 1000)
    assert len(asked) == 1  # the first is not answered yet
    asked[0][2]({"verdicts": []})
    assert settle(lambda: len(asked) == 2)


def test_a_closed_panel_asks_nothing(building, plugin, monkeypatch):
    asked = []
    explain = plugin.window.explain
    explain.dock.close()
    monkeypatch.setattr(explain.client, "ask", lambda *words: (asked.append(words), 1)[1])  # type: ignore[func-returns-value]
    drawn(building, 10.0)
    settle(lambda: False, 2 * live.PAUSE_MS / 1000)
    assert asked == []
