"""The pond failure of 16 June 2016 from its published measures, through the command as a shell runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyogrio
import pytest

from dothi.processing.demo import event_2016
from dothi.scripts.files import ROOT

LAUNCH = [sys.executable, "-I", "-X", "utf8", str(ROOT / "engine" / "launch.py")]


def dothi(*arguments):
    done = subprocess.run([*LAUNCH, *map(str, arguments), "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def event(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sự cố")
    made = dothi("demo", "event", "--out", folder)
    found = dothi("change", "detect", "--before", made["before"], "--after", made["after"], "--data", made["data"])
    alerts = pyogrio.read_dataframe(found["run"], layer="alert").set_index("change_class")
    truth = pyogrio.read_dataframe(made["truth"]).set_index("kind")
    return found, alerts, truth, folder


def test_the_simulated_measures_are_the_published_ones():
    happened = event_2016.failure()
    assert happened.pond.area == pytest.approx(30_000, rel=0.01)
    assert happened.deposit.area == pytest.approx(20_000, rel=0.01)
    assert 290 <= happened.land.road.intersection(happened.deposit).length <= 300
    assert happened.gully.area == pytest.approx(1_050, rel=0.05)
    assert happened.mine.area == pytest.approx(507e4, rel=0.01)
    assert happened.mine.contains(happened.pond)
    assert not happened.mine.intersects(happened.land.sea)


def test_three_alerts_of_the_right_classes(event):
    found, alerts, _, _ = event
    assert found["classes"] == {"plume": 1, "pond_lost": 1, "sand_deposit": 1}
    assert alerts.loc["pond_lost", "relation"] == "inside"
    assert alerts.loc["plume", "relation"] == "outside"
    assert (alerts["class_confidence"] >= 0.9).all()


@pytest.mark.parametrize("kind", ["pond_lost", "sand_deposit"])
def test_pond_and_deposit_within_ten_percent(event, kind):
    _, alerts, truth, _ = event
    assert alerts.loc[kind, "area_m2"] == pytest.approx(truth.loc[kind, "area_m2"], rel=0.10)
    shared = alerts.loc[kind, "geometry"].intersection(truth.loc[kind, "geometry"]).area
    assert shared > 0.9 * truth.loc[kind, "area_m2"]


def test_the_deposit_covers_the_road_in_words(event):
    _, alerts, _, _ = event
    row = alerts.loc["sand_deposit"]
    assert "phủ lên đường ĐT719" in row["reason_vi"]
    assert "covers road ĐT719" in row["reason_en"]
    reason = json.loads(row["reasons"])[0]
    assert reason["code"] == "kinds.reason.sand_on_road"
    assert reason["arguments"]["road_m"] == pytest.approx(295, abs=30)


def test_the_gully_is_told_as_below_resolution(event):
    found, alerts, truth, _ = event
    assert found["set_aside"]["below_resolution"] == 1
    aside = pyogrio.read_dataframe(found["run"], layer="set_aside")
    trace = aside[aside["cause"] == "below_resolution"].iloc[0]
    assert trace.geometry.intersects(truth.loc["gully", "geometry"])
    assert "hẹp hơn một điểm ảnh" in trace["reason_vi"]
    told = json.loads(trace["reasons"])[0]["arguments"]
    assert told["length_m"] == pytest.approx(350, rel=0.15)
    for kind in ("pond_lost", "sand_deposit"):
        assert "hẹp hơn một điểm ảnh" in alerts.loc[kind, "reason_vi"]


def test_the_same_again_is_the_same_file(event, tmp_path):
    again = Path(event_2016.build(tmp_path)["after"])
    assert again.read_bytes() == (event[3] / "scenes" / again.name).read_bytes()
