"""Setting up the engine: asked first, never QGIS's own interpreter, whole or not at all, ends on cancel."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtWidgets import QMessageBox

from dothi.engine.contract import environment as place
from dothi.qgis_plugin import child, engine_client, engine_setup

from .conftest import settle


@pytest.fixture
def empty_plugin(tmp_path, monkeypatch) -> Path:
    """A plugin whose lock asks for nothing, so that the set-up takes seconds and no network."""
    root = tmp_path / "plugin"
    (root / "requirements").mkdir(parents=True)
    (root / place.LOCK).write_text("# nothing\n", encoding="utf-8")
    monkeypatch.setattr(engine_client, "ROOT", root)
    monkeypatch.setattr(place, "user_data_folder", lambda *_: tmp_path / "dữ liệu của tôi")
    return root


def run(desk) -> bool:
    task = engine_setup.SetupTask(desk)
    ends: list[bool] = []
    task.taskCompleted.connect(lambda: ends.append(True))
    task.taskTerminated.connect(lambda: ends.append(False))
    QgsApplication.taskManager().addTask(task)
    assert settle(lambda: bool(ends), 120)
    settle()
    return ends[0]


def test_the_environment_is_made_verified_and_stamped(desk, settings, empty_plugin, monkeypatch):
    monkeypatch.setattr(engine_setup, "_VERIFY", "import json")
    assert run(desk)
    folder = place.environment_folder(empty_plugin)
    assert place.read_stamp(folder) == place.lock_hash(empty_plugin)
    assert engine_client.chosen_python() == place.interpreter(folder)
    assert "import" not in desk.bar.said[0]


def test_an_environment_that_does_not_work_is_not_used(desk, settings, empty_plugin):
    assert not run(desk)
    assert place.read_stamp(place.environment_folder(empty_plugin)) == ""
    assert engine_client.chosen_python() is None
    assert "geopandas" in desk.bar.said[0]


def test_cancel_ends_the_set_up(desk, settings, empty_plugin, monkeypatch):
    monkeypatch.setattr(engine_setup, "_VERIFY", "import time; time.sleep(60)")
    task = engine_setup.SetupTask(desk)
    QgsApplication.taskManager().addTask(task)
    assert settle(lambda: task.progress() >= 5.0, 60)
    task.stop()
    assert task.status() == QgsTask.TaskStatus.Terminated
    assert settle(lambda: all(one.ended.is_set() for one in list(child._running)), 5)
    assert place.read_stamp(place.environment_folder(empty_plugin)) == ""


def test_nothing_happens_without_a_yes(desk, settings, monkeypatch):
    asked: list[str] = []

    def no(parent: object, title: str, question: str) -> QMessageBox.StandardButton:
        asked.append(question)
        return QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "question", no)
    assert engine_setup.offer(desk, None) is None
    assert str(place.environment_folder(engine_client.ROOT)) in asked[0]


def test_offline_packages_need_no_network(settings, tmp_path):
    settings.setValue("dothi/wheelhouse", str(tmp_path))
    options = engine_setup.install_options(engine_setup.wheelhouse())
    assert "--no-index" in options
    assert str(tmp_path) in options
    assert "--require-hashes" in options


def test_the_python_of_the_set_up_is_not_the_running_one(settings):
    assert engine_setup.base_python() != Path(sys.executable)
