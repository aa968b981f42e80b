"""Loading shows everything once; unloading leaves nothing; a second load is as good as the first."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QDir, QTranslator
from qgis.PyQt.QtWidgets import QDockWidget, QMenu, QToolBar

import dothi
from dothi.engine.contract import JOBS
from dothi.qgis_plugin import child

from .conftest import Desk, settle

OF_ENGINE = {job.algorithm for job in JOBS.values() if job.algorithm}


def traces(desk: Desk) -> dict[str, Any]:
    """Everything of ours that a window and an application can hold."""
    main = desk.main
    return {
        "menus": [m.title() for m in main.findChildren(QMenu) if m.objectName().startswith("dothi")],
        "bar": [action.text() for action in main.menuBar().actions()],
        "toolbars": [t.objectName() for t in main.findChildren(QToolBar) if t.objectName().startswith("dothi")],
        "docks": [d.objectName() for d in main.findChildren(QDockWidget) if d.objectName().startswith("dothi")],
        "provider": QgsApplication.processingRegistry().providerById("dothi") is not None,
        "options": len(desk.pages),
        "icons": QDir.searchPaths("dothi"),
        "translators": len(QgsApplication.instance().findChildren(QTranslator)),
        "tool": type(desk.canvas.mapTool()).__name__,
        "receivers": (
            QgsProject.instance().receivers(QgsProject.instance().layersAdded),
            QgsProject.instance().receivers(QgsProject.instance().readProject),
        ),
        "children": [one.pid for one in child._running if not one.ended.is_set()],
        "threads": sorted(one.name for one in threading.enumerate() if one.name.startswith("dothi")),
    }


@pytest.mark.parametrize("times", [1, 3])
def test_unloading_leaves_nothing_behind(desk: Desk, times: int):
    before = traces(desk)
    for _ in range(times):
        plugin = dothi.classFactory(desk)
        plugin.initGui()
        plugin.window.findings_action.trigger()
        plugin.window.surveillance_action.trigger()
        plugin.window.scenarios_action.trigger()
        plugin.window.ioc_action.trigger()
        plugin.window.explain_action.trigger()
        settle()
        shown = traces(desk)
        assert shown["menus"] == ["Đô Thị"]
        assert shown["toolbars"] == ["dothi_toolbar"]
        assert shown["provider"]
        names = ("findings", "ioc", "scenarios", "surveillance", "verdict")
        assert sorted(shown["docks"]) == [f"dothi_{name}" for name in names]
        plugin.unload()
        settle()
        assert traces(desk) == before


def test_every_job_with_a_place_in_processing_is_listed_without_an_engine(plugin, settings):
    settings.setValue("dothi/engine_python", "/nowhere/python")
    provider = QgsApplication.processingRegistry().providerById("dothi")
    assert {a.name() for a in provider.algorithms()} == OF_ENGINE | {"build_project"}
    for algorithm in provider.algorithms():
        if algorithm.name() not in OF_ENGINE:
            continue
        can, sentence = algorithm.canExecute()
        assert not can
        assert "/nowhere/python" in sentence
        assert sentence.endswith(".")


def all_actions(menu):
    """The actions of ``menu`` and of the menus in it, which are filled when they open."""
    for action in menu.actions():
        yield action
        if action.menu() is not None:
            action.menu().aboutToShow.emit()
            yield from all_actions(action.menu())


def test_menu_and_toolbox_run_the_same_algorithms(plugin):
    in_menu = {action.objectName() for action in all_actions(plugin.window.menu) if action.objectName()}
    assert in_menu == OF_ENGINE | {"build_project"}


def test_every_action_has_a_picture_and_whole_words(plugin):
    for action in all_actions(plugin.window.menu):
        if action.isSeparator():
            continue
        assert not action.icon().pixmap(24, 24).isNull(), action.text()
        assert "." not in action.text(), f"a code instead of words: {action.text()}"


def test_without_a_window_the_provider_alone_is_loaded():
    plugin = dothi.classFactory(None)
    plugin.initProcessing()
    assert QgsApplication.processingRegistry().providerById("dothi") is not None
    plugin.unload()
    assert QgsApplication.processingRegistry().providerById("dothi") is None
