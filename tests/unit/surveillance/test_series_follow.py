"""A series over simulated years: what it finds, in which order dates may come, and what it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.warp import transform as warp

from dothi.layers.errors import DothiError, InputError
from dothi.processing.demo import year
from dothi.processing.surveillance.kinds.indices import INDICES
from dothi.processing.surveillance.series import dates, follow, measure, season
from dothi.processing.surveillance.series.chart import chart
from dothi.processing.surveillance.series.series_file import (
    opened_series,
    read_record,
    series_in,
    state_path,
)
from dothi.processing.surveillance.series.states import CONFIRMED, ENDED, Rules

from .scenes import Told

SIZE = 64
PITS = (
    year.Pit(20, 24, 3.0, date(2024, 3, 1)),
    year.Pit(40, 14, 3.0, date(2024, 2, 1), date(2024, 7, 1)),
)
DAYS = [date(2023, 1, 4) + timedelta(days=12 * number) for number in range(58)]
BEGINS = date(2024, 1, 1)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("năm mô phỏng")
    return [str(path) for path in year.write(folder, year.land(1, SIZE, PITS), DAYS)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "tỉnh.gpkg"
    path.touch()
    return path


def build(data: Path, images: list[str], **asked: Any) -> follow.Followed:
    given = {"begins": BEGINS, **asked}
    return follow.build(data, follow.Asked("cồn cát", **given), dates.files(data, images), Told())


def update(data: Path, images: list[str], told: Told | None = None) -> follow.Followed:
    return follow.update(data, "cồn cát", dates.files(data, images), told or Told())


def pixels(data: Path) -> np.ndarray:
    with rasterio.open(state_path(data, "cồn cát")) as file:
        found: np.ndarray = file.read()
    return found


def history(images: list[str]) -> int:
    return sum(day < BEGINS for day in DAYS[: len(images)])


@pytest.mark.parametrize("method", ["cusum", "mosum"])
def test_pits_are_confirmed_with_their_dates_and_end_when_filled(data, images, method):
    found = build(data, images, rules=Rules(method=method))
    assert found.pixels["unknown"] < 0.01 * SIZE * SIZE
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    with opened_series(data, "cồn cát") as series:
        window = series.grid.blocks()[0]
        state, first = series.band("state", window), series.band("first", window)
        last, count = series.band("last", window), series.band("count", window)
        confidence = series.band("confidence", window)
    for pit, expected in zip(PITS, (CONFIRMED, ENDED), strict=True):
        heart = np.hypot(rows - pit.row, columns - pit.column) < pit.radius - 1.2
        assert (state[heart] == expected).mean() > 0.7
        known = heart & (state == expected)
        begun = season.day_of(float(np.median(first[known])))
        assert pit.dug <= begun <= pit.dug + timedelta(days=40)
        assert np.median(confidence[known]) > 0.99
        assert np.median(count[known]) >= 3
        if pit.filled:
            assert season.day_of(float(np.median(last[known]))) < pit.filled
    away = np.all([np.hypot(rows - pit.row, columns - pit.column) > pit.radius + 2 for pit in PITS], axis=0)
    assert (state[away] == CONFIRMED).mean() < 0.02


@pytest.mark.parametrize("method", ["cusum", "mosum"])
def test_dates_in_one_run_one_by_one_and_in_any_order_give_the_same_file(data, images, tmp_path, method):
    rules = Rules(method=method)
    together = build(data, images, rules=rules)
    whole = pixels(data)
    one_by_one = tmp_path / "khác" / "tỉnh.gpkg"
    one_by_one.parent.mkdir()
    one_by_one.touch()
    start = history(images)
    build(one_by_one, images[:start], rules=rules)
    for image in images[start:-4]:
        update(one_by_one, [image])
    told = Told()
    found = update(one_by_one, images[-4:][::-1], told)
    assert found.pixels == together.pixels
    np.testing.assert_array_equal(pixels(one_by_one), whole)
    assert told.codes == []
    # nothing is taken in twice
    assert update(one_by_one, images).taken == ()
    np.testing.assert_array_equal(pixels(one_by_one), whole)


def test_a_late_date_is_put_in_its_place(data, images):
    late = images.pop(history(images) + 5)
    try:
        build(data, images)
        told = Told()
        found = update(data, [late], told)
        images.append(late)
        assert found.recomputed
        assert told.codes == ["series.recomputed"]
        late_found = pixels(data)
        build(data, sorted(images))
        np.testing.assert_array_equal(pixels(data), late_found)
    finally:
        images.sort()
    assert len(list(state_path(data, "x").parent.glob("*.tif"))) == 2


def test_a_late_date_without_the_other_scenes_is_refused(data, images, tmp_path):
    folder = tmp_path / "ảnh"
    folder.mkdir()
    copies = [folder / Path(image).name for image in images]
    for image, copy in zip(images, copies, strict=True):
        os.link(image, copy)
    late = copies.pop(history(images) + 5)
    build(data, [str(path) for path in copies])
    before = pixels(data)
    copies[0].unlink()
    with pytest.raises(InputError) as caught:
        update(data, [str(late)])
    assert caught.value.code == "series.source_gone"
    np.testing.assert_array_equal(pixels(data), before)


def test_a_date_of_before_monitoring_is_left_to_a_new_build(data, images):
    early = images[3]
    build(data, [image for image in images if image != early])
    told = Told()
    assert update(data, [early], told).taken == ()
    assert told.codes == ["series.before_monitoring"]


def test_too_few_and_badly_spread_dates_are_refused(data, images):
    for chosen, code in ((images[:5], "series.too_few_dates"), ([], "series.no_dates")):
        with pytest.raises(InputError) as caught:
            build(data, chosen)
        assert caught.value.code == code
    assert series_in(data) == []
    dry = [image for image, day in zip(images, DAYS, strict=True) if day.month in (11, 12, 1, 2, 3, 4)]
    told = Told()
    asked = follow.Asked("cồn cát", begins=BEGINS)
    found = follow.build(data, asked, dates.files(data, dry), told)
    assert told.codes == ["series.months_unknown"]
    assert {7, 8} <= set(told.arguments["series.months_unknown"]["months"])
    assert found.pixels["unknown"] < SIZE * SIZE
    august = [image for image, day in zip(images, DAYS, strict=True) if day.month == 8 and day >= BEGINS]
    judged = update(data, august).judged
    assert {share for day, share in judged.items() if day[5:7] == "08"} == {0.0}


def test_the_record_tells_everything_needed_to_do_it_again(data, images):
    rules = Rules(false_alarm=0.01, needed=2, memory=5, method="mosum", significance=0.01, window=0.5)
    area = shapely.box(107.9, 10.7, 108.2, 10.9)
    found = build(data, images, rules=rules, measure="ndvi", harmonics=2, area=area)
    record = read_record(data, "cồn cát")
    assert record == found.record
    assert (record.rules, record.measure, record.harmonics, record.simulated) == (rules, "ndvi", 2, True)
    assert record.outline.equals(area)
    assert len(record.history) + len(record.monitored) == len(images)


def test_an_area_bounds_the_series(data, images):
    with rasterio.open(images[0]) as file:
        west, north = file.transform @ (10.0, 10.0)
        east, south = file.transform @ (30.0, 40.0)
        x, y = warp(file.crs, "EPSG:4326", [west, east, east, west], [north, north, south, south])
    found = build(data, images, area=shapely.Polygon(np.column_stack([x, y])))
    with opened_series(data, "cồn cát") as series:
        assert (series.grid.width, series.grid.height) in [(20, 30), (21, 31), (22, 32), (21, 32), (22, 31)]
    assert 560 <= sum(found.pixels.values()) - found.pixels["unknown"] <= 640
    with pytest.raises(InputError) as caught:
        build(data, images, area=shapely.box(105.0, 20.0, 105.1, 20.1))
    assert caught.value.code == "series.area_outside"


def test_the_rasters_open_in_any_program(data, images):
    build(data, images)
    with rasterio.open(state_path(data, "cồn cát")) as file:
        assert file.descriptions[:3] == ("state", "first", "last")
        assert {"duration", "confidence", "count"} <= set(file.descriptions)
        assert np.isnan(file.nodata)
        assert file.crs.to_epsg() == 32649


def test_a_chart_tells_what_was_seen_and_expected(data, images):
    build(data, images)
    with rasterio.open(images[0]) as file:
        x, y = file.transform @ (PITS[0].column + 0.5, PITS[0].row + 2.5)
        crs = file.crs
    found = chart(data, "cồn cát", shapely.Point(x, y), crs)
    assert [point["date"] for point in found["points"]] == [day.isoformat() for day in DAYS]
    dug = [point for point in found["points"] if date.fromisoformat(point["date"]) >= PITS[0].dug and point["value"]]
    assert np.mean([point["value"] > point["high"] for point in dug]) > 0.9
    calm = [point for point in found["points"] if point["history"] and not point["masked"]]
    assert np.mean([point["low"] < point["value"] < point["high"] for point in calm]) > 0.9
    assert any(point["masked"] and point["value"] is None for point in found["points"])
    assert (found["state"], found["first"]) == ("confirmed", dug[0]["date"])
    place = chart(data, "cồn cát", shapely.Point(x, y).buffer(25.0), crs)
    assert place["pixels"] > 10
    for wrong, code in ((shapely.Point(0, 0), "series.place_outside"),):
        with pytest.raises(InputError) as caught:
            chart(data, "cồn cát", wrong, crs)
        assert caught.value.code == code


@pytest.mark.parametrize("name", ["", "a/b", "../x", "x" * 80, ".ẩn", "a\x00b"])
def test_names_that_are_no_file_names_are_refused(data, name):
    with pytest.raises(InputError) as caught:
        state_path(data, name)
    assert caught.value.code == "series.name_wrong"


def test_what_is_missing_or_damaged_is_told(data, images):
    with pytest.raises(InputError) as caught:
        read_record(data, "không có")
    assert caught.value.code == "series.unknown"
    with pytest.raises(InputError) as caught:
        build(data, images, measure="B99")
    assert caught.value.code == "series.band_missing"
    found = build(data, images)
    found.path.with_name(found.record.baseline).unlink()
    with pytest.raises(InputError) as caught:
        update(data, images[-1:]) and pixels(data)
    assert caught.value.code == "series.damaged"
    found.path.write_bytes(b"II*\x00 nothing")
    with pytest.raises(DothiError):
        read_record(data, "cồn cát")


class Asked(dict[str, np.ndarray]):
    """Bands that are all there, and remember which were asked for."""

    def __contains__(self, key: object) -> bool:
        self.setdefault(str(key), np.ones(2))
        return True


def test_the_bands_of_every_index_are_those_it_asks_for():
    assert set(measure.NEEDS) == set(INDICES)
    for name, needed in measure.NEEDS.items():
        bands = Asked()
        INDICES[name](bands)
        assert set(bands) == set(needed), name


UPDATE = """
import sys
from pathlib import Path
from dothi.layers.report import SILENT
from dothi.processing.surveillance.kinds.indices import INDICES
from dothi.processing.surveillance.series import dates, follow
data = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
follow.update(data, "cồn cát", dates.files(data, sys.argv[2:]), SILENT)
"""


def test_an_update_killed_at_any_moment_leaves_the_series_whole(data, images):
    build(data, images[:-6])
    before = pixels(data)
    rng = np.random.default_rng(8)
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-P", "-c", UPDATE, str(data), *images[-6:]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with child:
            assert child.stdout.readline() == "ready\n"
            child.stdin.write("\n")
            child.stdin.flush()
            time.sleep(float(rng.uniform(0.0, 0.25)))
            child.send_signal(signal.SIGKILL)
        now = pixels(data)
        if not np.array_equal(now, before, equal_nan=True):
            break
    update(data, images[-6:])
    followed = pixels(data)
    build(data, images)
    np.testing.assert_array_equal(pixels(data), followed)
