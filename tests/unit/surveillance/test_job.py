"""The jobs as a user meets them: parameters, the run file, the command line, a kill in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.windows import Window

from dothi.engine.contract import JOBS
from dothi.engine.jobs import change
from dothi.layers.errors import EnvironmentTroubleError, InputError, UsageError
from dothi.layers.messages import has
from dothi.processing.surveillance.change.change_raster import ChangeRaster
from dothi.processing.surveillance.scenes.grid import Grid
from dothi.processing.surveillance.scenes.opening import raster_session
from dothi.store import dataset, runs
from dothi.store.coordinates import transform

from .scenes import BANDS, EAST, NORTH, UTM49, Told, grid, pair, write, write_pair

LAUNCH = [sys.executable, "-I", "-X", "utf8", str(Path(change.__file__).resolve().parents[1] / "launch.py")]


def province(folder: Path) -> Path:
    """A data set with one licence whose east border runs through the pit of the pair: rows 100-115, columns 60-80."""
    path = folder / "Bình Thuận.gpkg"
    dataset.create(path, ("concession", "scene"), "EPSG:9218", profile="binh_thuan", simulated=True)
    corners = [
        (EAST + 500, NORTH - 900),
        (EAST + 700, NORTH - 900),
        (EAST + 700, NORTH - 1300),
        (EAST + 500, NORTH - 1300),
    ]
    ring = [tuple(float(v) for v in transform(*corner, UTM49, "EPSG:9218")) for corner in corners]
    frame = gpd.GeoDataFrame(
        {"code": ["SN-01"], "valid_from": [date(2020, 1, 1)], "valid_to": [date(2038, 12, 31)]},
        geometry=[shapely.MultiPolygon([shapely.Polygon(ring)])], crs="EPSG:9218",
    )  # fmt: skip
    dataset.append(path, "concession", frame)
    return path


def asked(job: str, **values: Any) -> dict[str, Any]:
    return JOBS[job].read({name: str(v) if isinstance(v, Path) else v for name, v in values.items()})


def detect(told: Told | None = None, **values: Any) -> dict[str, Any]:
    return change.detect(asked("change.detect", **values), told or Told())


def test_detect_writes_a_run_with_alerts_and_their_raster(tmp_path):
    before, after = write_pair(tmp_path)
    data = province(tmp_path)
    held = data.read_bytes()
    told = Told()
    found = detect(told, before=before, after=after, data=data)
    assert data.read_bytes() == held
    assert found["count"] == 1
    assert found["relations"] == {"inside": 0, "outside": 0, "straddling": 1, "tolerance": 0, "none": 0}
    frame = dataset.read(found["run"], "alert")
    row = frame.iloc[0]
    assert row["area_m2"] == pytest.approx(30_000 / 1.0019, rel=0.1)
    assert row["inside_m2"] == pytest.approx(15_000, rel=0.1)
    assert (str(row["date_before"])[:10], str(row["date_after"])[:10]) == ("2025-02-16", "2026-02-21")
    assert row["concession_code"] == "SN-01"
    assert row["confidence"] > 0.9
    assert frame.crs.to_epsg() == 9218
    assert found["alerts"] == f"{found['run']}|layername=alert"
    assert Path(found["change"]) == Path(found["run"]).with_suffix(".tif")
    with rasterio.open(found["change"]) as raster:
        assert (raster.count, raster.compression.name) == (2, "deflate")
    noted = runs.row(found["run"])
    assert noted["job"] == "change.detect"
    assert noted["counts"]["straddling"] == 1
    assert noted["inputs"]["after"]["name"] == "sau.tif"
    assert noted["simulated"]
    assert "change.simulated" in told.codes
    assert runs.newest(data, "change.detect") == Path(found["run"])
    json.dumps(found, allow_nan=False, default=str)


def test_no_change_is_a_run_without_alerts(tmp_path):
    before, after = write_pair(tmp_path, pit=None)
    found = detect(before=before, after=after, data=province(tmp_path))
    assert (found["count"], found["area_m2"]) == (0, 0.0)
    assert len(dataset.read(found["run"], "alert")) == 0


def test_detect_without_a_data_set_writes_into_a_folder(tmp_path):
    before, after = write_pair(tmp_path)
    found = detect(before=before, after=after, out=tmp_path / "kết quả")
    assert found["relations"]["none"] == 1
    assert Path(found["run"]).parent == tmp_path / "kết quả"
    with pytest.raises(UsageError) as told:
        detect(before=before, after=after)
    assert told.value.code == "change.nowhere_to_write"


def test_a_folder_is_no_output_raster(tmp_path):
    before, after = write_pair(tmp_path)
    with pytest.raises(InputError) as told:
        change.map_(asked("change.map", before=before, after=after, out=tmp_path), Told())
    assert told.value.code == "engine.is_folder"


def test_nothing_to_judge_by_and_another_resolution_are_told(tmp_path):
    before, after = write_pair(tmp_path)
    with rasterio.open(after) as file:
        coarse = file.read()[:, ::2, ::2]
    second = write(tmp_path / "20 m.tif", coarse, transform=grid(pixel=20.0), tags={"DATE": "2026-02-21"})
    told = Told()
    detect(told, before=before, after=second, out=tmp_path / "o", max_shift=5)
    assert "change.no_licences" in told.codes
    assert told.arguments["change.resolutions_differ"] == {"before": 10.0, "after": 20.0}


def test_licences_in_a_wrong_zone_are_told_for_they_turn_every_verdict(tmp_path):
    before, after = write_pair(tmp_path)
    data = province(tmp_path)
    licences = dataset.read(data, "concession").set_crs("EPSG:9210", allow_override=True)
    wrong = dataset.create(tmp_path / "sai múi.gpkg", ("concession",), "EPSG:9210", profile="binh_thuan")
    dataset.append(wrong, "concession", licences)
    told = Told()
    detect(told, before=before, after=after, data=wrong)
    assert told.arguments["change.licences_wrong_zone"] == {"crs": "EPSG:9210", "likely": "EPSG:9218"}
    again = Told()
    detect(again, before=before, after=after, data=data)
    assert "change.licences_wrong_zone" not in again.codes


def test_only_the_area_asked_for_is_searched(tmp_path):
    before, after = write_pair(tmp_path)
    box = shapely.box(EAST, NORTH - 800, EAST + 2400, NORTH)  # north of the pit
    area = tmp_path / "vùng.gpkg"
    gpd.GeoDataFrame(geometry=[box], crs=UTM49).to_file(area, layer="vùng")
    found = detect(before=before, after=after, out=tmp_path / "o", area=f"{area}|layername=vùng")
    assert found["count"] == 0
    assert found["valid_share"] == 1.0
    south = tmp_path / "nam.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.box(EAST, NORTH - 2400, EAST + 2400, NORTH - 800)], crs=UTM49).to_file(south)
    assert detect(before=before, after=after, out=tmp_path / "o", area=str(south))["count"] == 1


def test_dates_are_needed_for_licences_and_go_forward(tmp_path):
    before, after = pair()
    first, second = write(tmp_path / "a.tif", before), write(tmp_path / "b.tif", after)
    data = province(tmp_path)
    with pytest.raises(InputError) as told:
        detect(before=first, after=second, data=data)
    assert told.value.code == "change.date_missing"
    with pytest.raises(InputError) as told:
        detect(before=first, after=second, data=data, date_before="2026-02-21", date_after="2025-02-16")
    assert told.value.code == "change.dates_reversed"
    assert detect(before=first, after=second, data=data, date_after="2026-02-21")["count"] == 1
    assert len(runs.runs(data)) == 1


@pytest.mark.parametrize(
    ("given", "rule", "value"),
    [
        ({}, "auto", None),
        ({"auto": True}, "auto", None),
        ({"auto": False}, "auto", None),
        ({"budget": 0.04}, "budget", 0.04),
        ({"false_alarm": 0.001, "auto": False}, "false_alarm", 0.001),
    ],
)
def test_one_threshold_is_chosen_by_giving_it(given, rule, value):
    found = change.settings(asked("change.map", before="a", after="b", out="c", **given))
    assert (found.rule, found.value) == (rule, value)


@pytest.mark.parametrize(
    "given",
    [{"budget": 0.04, "false_alarm": 0.001}, {"auto": True, "budget": 0.04}, {"auto": True, "false_alarm": 0.1}],
)
def test_two_thresholds_at_once_are_refused(given):
    with pytest.raises(UsageError) as told:
        change.settings(asked("change.map", before="a", after="b", out="c", **given))
    assert told.value.code == "change.threshold_twice"
    with pytest.raises(UsageError) as told:
        change.settings(asked("change.map", before="a", after="b", out="c", smooth=4))
    assert told.value.code == "change.smooth_even"


def dothi(*arguments: str | Path, expect: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        [*LAUNCH, *map(str, arguments)], capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == expect, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("options", [["--auto"], ["--budget", "0.04"], ["--false-alarm", "0.001", "--method", "cva"]])
def test_the_command_line_that_scripts_rely_on(tmp_path, options):
    before, after = write_pair(tmp_path)
    out = tmp_path / "change.tif"
    told = dothi("change", "map", "--before", before, "--after", after, *options, "--out", out, "--json")
    assert told["out"] == str(out)
    assert told["shift"]["known"]
    with rasterio.open(out) as raster:
        assert (raster.read(1)[100:115, 60:80] == 1).mean() > 0.9


def test_an_error_on_the_command_line_has_a_code_and_both_languages(tmp_path):
    before, _ = write_pair(tmp_path)
    images = ["--before", before, "--after", tmp_path / "x.tif"]
    told = dothi("change", "map", *images, "--out", tmp_path / "o.tif", "--json", expect=3)
    assert told["error"]["code"] == "engine.file_missing"
    assert set(told["error"]["sentence"]) == {"vi", "en"}


def large(folder: Path, size: int = 2400) -> tuple[Path, Path]:
    rng = np.random.default_rng(0)
    texture = rng.integers(1_500, 4_000, (4, size // 8, size // 8)).repeat(8, axis=1).repeat(8, axis=2)
    paths = []
    for name in ("a.tif", "b.tif"):
        noisy = (texture + rng.normal(0, 20, texture.shape)).astype(np.uint16)
        paths.append(write(folder / name, noisy, BANDS))
    return paths[0], paths[1]


def test_killed_in_the_middle_nothing_lies_under_a_final_name(tmp_path):
    before, after = large(tmp_path)
    out = tmp_path / "kết quả"
    seen_at_work = 0
    for wait in (0.0, 0.4, 0.8):
        command = ["change", "detect", "--before", str(before), "--after", str(after), "--out", str(out), "--json"]
        child = subprocess.Popen([*LAUNCH, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while child.poll() is None and not (out.exists() and any(out.iterdir())):
            time.sleep(0.01)
        time.sleep(wait)
        child.send_signal(signal.SIGKILL)
        seen_at_work += child.wait() == -signal.SIGKILL
        names = [path.name for path in out.iterdir()]
        runs_there = [name for name in names if not name.startswith(".part-")]
        assert {Path(name).suffix for name in runs_there} in (set(), {".gpkg", ".tif"})
        for name in runs_there:
            (out / name).unlink()
    assert seen_at_work


def test_two_runs_at_once_do_not_disturb_each_other(tmp_path):
    before, after = write_pair(tmp_path)
    data = province(tmp_path)
    command = [
        *LAUNCH,
        "change",
        "detect",
        "--before",
        str(before),
        "--after",
        str(after),
        "--data",
        str(data),
        "--json",
    ]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(2)]
    told = [json.loads(child.communicate(timeout=120)[0]) for child in children]
    assert [one["count"] for one in told] == [1, 1]
    assert len(runs.runs(data, "change.detect")) == 2
    assert Path(told[0]["change"]).read_bytes() == Path(told[1]["change"]).read_bytes()


def write_noise(path: Path) -> None:
    noise = np.random.default_rng(5).random((320, 320), np.float32)
    where = Grid(rasterio.crs.CRS.from_string(UTM49), grid(), 320, 320)
    with raster_session(2), ChangeRaster(path, where, {}) as out:
        for top, height in ((0, 256), (256, 64)):
            rows = noise[top : top + height]
            out.write(Window(0, top, 320, height), rows, rows)


@pytest.mark.parametrize("room", [0, 8, 60, 130])
def test_a_disk_that_fills_up_while_threads_compress_is_no_success(tmp_path, room):
    """The last tiles are compressed and written by threads of GDAL, which raise nothing."""
    place = tmp_path / "đĩa nhỏ"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={room + 8}k", "tmpfs", str(place)]
    if os.name != "posix" or os.getuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system needs the right to mount")
    try:
        with pytest.raises(EnvironmentTroubleError) as told:
            write_noise(place / "ra.tif")
        assert told.value.code == "engine.disk_full"
        assert list(place.iterdir()) == []
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(os.name != "posix", reason="a limit on file sizes stands in for the full disk")
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    before, after = large(tmp_path, 1200)
    folder = tmp_path / "o"
    folder.mkdir()
    limit = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000));"
        "import os; os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [
        "change",
        "map",
        "--before",
        str(before),
        "--after",
        str(after),
        "--out",
        str(folder / "o.tif"),
        "--json",
    ]
    done = subprocess.run([sys.executable, "-c", limit, *LAUNCH, *command], capture_output=True, text=True, timeout=120)
    assert done.returncode == 4, done.stderr + done.stdout
    assert json.loads(done.stdout)["error"]["code"] == "engine.disk_full"
    assert list(folder.iterdir()) == []


def test_every_word_of_the_contract_is_there_in_both_languages():
    for job in (JOBS["change.map"], JOBS["change.detect"]):
        for end in ("title", "help"):
            assert has(f"job.{job.id}.{end}")
        for parameter in job.parameters:
            assert has(f"job.{job.id}.{parameter.id}.name"), parameter.id
            assert has(f"job.{job.id}.{parameter.id}.help"), parameter.id
        for result in job.results:
            if result.kind in ("layer", "raster"):
                assert has(f"job.{job.id}.results.{result.id}")


def test_every_code_raised_has_its_sentence():
    import re

    from dothi.processing import surveillance

    folder = Path(surveillance.__file__).parent
    text = (
        "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py")) + Path(change.__file__).read_text()
    )
    codes = set(re.findall(r'"(change\.[a-z_]+)"', text)) - {"change.map", "change.detect"}
    assert len(codes) > 30
    assert [code for code in sorted(codes) if not has(code)] == []
