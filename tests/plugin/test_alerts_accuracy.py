"""What a labelled sample said of a run stands over its alerts."""

from __future__ import annotations

import json

import pytest

from dothi.qgis_plugin.surveillance.alerts import Run, accuracy
from dothi.qgis_plugin.surveillance.card import told_accuracy


def words(path):
    return told_accuracy(Run(path, True, "", accuracy(path), ()))


def test_nothing_is_said_where_nobody_labelled(tmp_path):
    assert words(tmp_path / "run.gpkg") == "Chưa đánh giá độ chính xác"


def test_the_accuracy_is_told_with_its_interval(tmp_path):
    told = {"overall": {"value": 0.947, "low": 0.929, "high": 0.965}, "labelled": 640}
    (tmp_path / "run.accuracy.json").write_text(json.dumps(told), encoding="utf-8")
    line = words(tmp_path / "run.gpkg")
    assert "94" in line
    assert "1" in line.split("±")[1]
    assert "640" in line


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"overall": {"value": null, "high": 1}, "labelled": 3}'])
def test_a_damaged_file_is_told(tmp_path, text):
    (tmp_path / "run.accuracy.json").write_text(text, encoding="utf-8")
    line = words(tmp_path / "run.gpkg")
    assert "run.accuracy.json" in line
