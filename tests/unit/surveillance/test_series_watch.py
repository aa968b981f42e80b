"""The watch: a killed year ends as one that was not, nothing is doubled, and what it cannot use it says."""

from __future__ import annotations

import random
import shutil
from datetime import date
from pathlib import Path

import pytest
import rasterio
from rasterio.warp import transform_bounds

from dothi.engine.contract import JOBS
from dothi.engine.jobs import perform
from dothi.layers.errors import EnvironmentTroubleError, UsageError
from dothi.processing.demo import year
from dothi.processing.surveillance import night as nights
from dothi.processing.surveillance.scenes import cataloguing
from dothi.processing.surveillance.series.series_file import read_record
from dothi.store import alone, cases, dataset, journal, runs, watches

from . import night_watch
from .scenes import Told

DAYS = night_watch.days(12, date(2024, 3, 26))
# The last days wait in the library: what the tests do costs little.
LEFT = 3


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A province that was watched up to three days of scenes ago."""
    data = night_watch.province(tmp_path_factory.mktemp("canh gác"), DAYS[:-LEFT])
    night_watch.watch(data, pairs=True)
    add(data, DAYS[-LEFT:])
    return data


@pytest.fixture
def data(begun: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return copied(begun, tmp_path)


@pytest.fixture(scope="module")
def whole(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it over which one night went to its end."""
    data = copied(begun, tmp_path_factory.mktemp("trọn đêm"))
    night_watch.watch(data, pairs=True)
    return data


def copied(data: Path, folder: Path) -> Path:
    shutil.copytree(data.parent, folder, dirs_exist_ok=True)
    return folder / data.name


def add(data: Path, days: list[date]) -> None:
    images = year.write(data.parent / "ảnh", year.land(1, 48, night_watch.PITS), days)
    cataloguing.add(data, images, Told())


def test_a_watch_finds_both_pits_once(whole):
    found = cases.read(whole, "case")
    assert list(found["change_class"]) == ["new_pit"] * len(found)
    events = cases.read(whole, "case_event")
    assert len(found) >= 1
    assert (events["kind"] == "raised").sum() == len(found)
    assert len(runs.runs(whole, nights.JOB)) == len(DAYS) - 12
    assert len(runs.runs(whole, "change.detect")) > 0


def test_a_second_night_without_new_scenes_changes_nothing(whole):
    before = night_watch.ending(whole)
    done = night_watch.watch(whole, pairs=True)
    assert (done.days, done.runs, done.raised) == ([], [], [])
    assert night_watch.ending(whole) == before


def test_killed_nights_end_as_one_that_was_not(whole, data):
    killed = night_watch.killed_nights(data, pairs=True, kills=3, longest=1.2, rng=random.Random(16062016))
    assert killed
    assert night_watch.ending(data) == night_watch.ending(whole)


@pytest.mark.parametrize("step", ["series", "finished"])
def test_a_night_that_ends_before_it_could_note_a_step_does_it_once(whole, data, monkeypatch, step):
    """The run is whole, the journal does not know it yet: the next night takes it over."""
    noted = journal.note

    class Killed(BaseException):
        pass

    def fails(where, watch, day, name, told):
        if name.startswith(step) and day == DAYS[-2].isoformat():
            raise Killed
        noted(where, watch, day, name, told)

    monkeypatch.setattr(journal, "note", fails)
    with pytest.raises(Killed):
        night_watch.watch(data, pairs=True)
    monkeypatch.undo()
    night_watch.watch(data, pairs=True)
    assert night_watch.ending(data) == night_watch.ending(whole)


def test_a_year_in_one_night_ends_as_one_in_parts(whole, tmp_path):
    data = night_watch.province(tmp_path / "tỉnh", DAYS)
    assert len(night_watch.watch(data, pairs=True).days) == len(DAYS) - 12
    mine, theirs = night_watch.ending(data), night_watch.ending(whole)
    for name in mine.keys() - {"dates", "steps"}:  # those tell when each file was written, too
        assert mine[name] == theirs[name], name


def test_a_named_watch_chooses_what_becomes_a_case(data):
    watches.add(data, "chỉ ao hồ", classes=["pond_gained"], receivers=["Thanh tra Sở"])
    before = night_watch.ending(data)["cases"]
    values = {"data": str(data), "watch": ["chỉ ao hồ"], "begins": str(DAYS[-LEFT]), "min_area": 1000}
    told = perform(JOBS["watch.run"], values, Told())
    assert told["series"] == "chỉ ao hồ"
    assert len(told["days"]) == LEFT
    assert (told["raised"], told["receivers"]) == ([], {"Thanh tra Sở": []})
    assert night_watch.ending(data)["cases"] == before


def test_what_lies_outside_the_area_becomes_no_case(data):
    """Both pits lie in the west; the eastern third of the scenes is watched."""
    before = night_watch.ending(data)["cases"]
    with rasterio.open(next((data.parent / "ảnh").glob("*.tif"))) as file:
        west, north = file.transform @ (32.0, 0.0)
        box = transform_bounds(file.crs, "EPSG:4326", west, north - 480.0, west + 160.0, north)
    values = {"data": str(data), "bbox": ",".join(map(str, box)), "name": "phía đông", "begins": str(DAYS[-LEFT])}
    told = perform(JOBS["watch.run"], values, Told())
    assert len(told["days"]) == LEFT
    assert night_watch.ending(data)["cases"] == before


def test_too_few_scenes_are_waited_for(tmp_path):
    data = night_watch.province(tmp_path / "tỉnh", DAYS[:5])
    told = Told()
    found = perform(JOBS["watch.run"], {"data": str(data), "begins": "2024-01-01", "once": True}, told)
    assert found["waiting"]
    assert "series.too_few_dates" in told.codes
    empty = tmp_path / "rỗng.gpkg"
    dataset.create(empty, ["concession"], "EPSG:9218")
    assert perform(JOBS["watch.run"], {"data": str(empty)}, told)["waiting"]
    assert "watch.no_scenes" in told.codes


def test_a_damaged_scene_does_not_end_the_watch(data):
    scene = data.parent / "ảnh" / f"S2-{DAYS[-2]:%Y%m%d}.tif"
    scene.write_bytes(scene.read_bytes()[:4000])
    told = Told()
    values = {"data": str(data), "series_only": True, "name": night_watch.NAME}
    found = perform(JOBS["watch.run"], values, told)
    assert [one["date"] for one in found["skipped"]] == [DAYS[-2].isoformat()]
    assert "watch.skipped" in told.codes
    assert DAYS[-1].isoformat() in found["days"]
    assert DAYS[-2] not in {one.on for one in read_record(data, night_watch.NAME).monitored}


def test_two_watches_of_one_data_set_do_not_run_at_once(data):
    folder = dataset.beside(data)
    busy = EnvironmentTroubleError("watch.busy", data=data.name)
    with alone.alone(folder / nights.LOCK, busy), pytest.raises(EnvironmentTroubleError) as caught:
        night_watch.watch(data, pairs=False)
    assert caught.value.code == "watch.busy"


def test_once_and_every_exclude_each_other(data):
    with pytest.raises(UsageError) as caught:
        perform(JOBS["watch.run"], {"data": str(data), "once": True, "every": 60}, Told())
    assert caught.value.code == "watch.once_or_every"
