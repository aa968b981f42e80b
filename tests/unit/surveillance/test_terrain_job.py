"""The three jobs of terrain on a small data set: runs written, licences in force taken, the balance added up."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely

from dothi.engine.contract import JOBS
from dothi.engine.jobs import terrain
from dothi.layers.errors import EnvironmentTroubleError, InputError, UsageError
from dothi.processing.surveillance.terrain.balance import Interval, balance
from dothi.store import dataset, runs

from . import hills
from .scenes import Told

MINE = shapely.box(hills.EAST + 180, hills.NORTH - 420, hills.EAST + 380, hills.NORTH - 280)
PIT = (slice(160, 200), slice(110, 170))  # 40 × 60 cells of 2 m in the mine
DAYS = (date(2023, 1, 10), date(2024, 1, 12), date(2025, 1, 15))


@pytest.fixture
def data(tmp_path):
    path = dataset.create(tmp_path / "m.gpkg", ["concession"], hills.CRS, profile="binh_thuan", simulated=True)
    rows = {
        "code": ["SN-01", "SN-09"], "name": ["Mỏ Suối Nhum (mô phỏng)", "Mỏ cũ (mô phỏng)"],
        "licence_no": ["MP-1", "MP-9"], "valid_from": ["2015-01-01"] * 2, "valid_to": ["2035-01-01", "2020-01-01"],
        "licensed_level_m": [50.0, 1.0], "height_datum": ["Hòn Dấu"] * 2, "licensed_volume_m3": [40_000.0, 1.0],
    }  # fmt: skip
    shapes = [shapely.MultiPolygon([MINE])] * 2
    dataset.append(path, "concession", gpd.GeoDataFrame(rows, geometry=shapes, crs=hills.CRS))
    return path


def survey(folder, number: int, dug: float):
    heights = hills.model(noise=0.05, seed=10 + number)
    heights[PIT] -= dug
    return str(hills.write(folder / f"s{number}.tif", heights))


def run(job: str, **given):
    return getattr(terrain, job)(JOBS[f"terrain.{job}"].read(given), Told())


def surveyed(data, tmp_path, before: int, after: int, dug=(0.0, 2.0, 4.5)):
    paths = [survey(tmp_path, number, dug[number]) for number in (before, after)]
    return run(
        "compare", before=paths[0], after=paths[1], data=str(data), date_before=DAYS[before], date_after=DAYS[after],
        datum_before="Hòn Dấu", datum_after="Hòn Dấu",
    )  # fmt: skip


def test_a_comparison_is_a_run_with_bodies_and_volumes_of_licences_in_force(data, tmp_path):
    found = surveyed(data, tmp_path, 0, 1)
    bodies = dataset.read(found["run"], "cut_fill")
    assert bodies["code"].tolist() == ["DD-20240112-0001"]
    assert bodies["volume_m3"].iloc[0] == pytest.approx(-2.0 * 9600, rel=0.03)
    volumes = dataset.read(found["run"], "terrain_volume")
    assert set(volumes["concession_code"].dropna()) == {"SN-01"}  # the other had ended
    assert runs.row(found["run"])["simulated"]
    (mine,) = [one for one in found["volumes"] if one["concession"] == "SN-01"]
    assert mine["cut"]["low_m3"] < -2.0 * 9600 < mine["cut"]["high_m3"]
    assert mine["net"]["area_m2"] == pytest.approx(28_000, rel=0.01)


def test_the_balance_is_added_up_and_drawn(data, tmp_path):
    surveyed(data, tmp_path, 0, 1)
    surveyed(data, tmp_path, 1, 2)
    found = run("balance", data=str(data), out=str(tmp_path / "b.pdf"))
    (mine,) = found["mines"]
    assert mine["code"] == "SN-01"
    assert [one["date"] for one in mine["series"]] == [day.isoformat() for day in DAYS]
    assert mine["series"][2]["extracted_m3"] == pytest.approx(4.5 * 9600, rel=0.03)
    assert mine["remaining_m3"] == pytest.approx(40_000 - 4.5 * 9600, abs=1500)
    assert mine["state"] in ("exceeded", "perhaps_exceeded")
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")
    run("balance", data=str(data), concession="SN-01", out=str(tmp_path / "b.html"))
    page = (tmp_path / "b.html").read_text(encoding="utf-8")
    assert "DỮ LIỆU MÔ PHỎNG" in page
    assert "Khối lượng được phép khai thác" in page


def test_the_surest_chain_is_taken_and_what_is_not_joined_is_told():
    a, b, c, lone, end = (date(2020 + n, 1, 1) for n in range(5))
    rows = [
        Interval(a, b, 100.0, 1.0, 3.0), Interval(b, c, 50.0, 0.0, 4.0), Interval(a, c, 160.0, 0.0, 6.0),
        Interval(lone, end, 10.0, 0.0, 1.0),
    ]  # fmt: skip
    found = balance(rows, 1000.0)
    assert [(point.day, point.cut, point.sigma) for point in found.points] == [
        (a, 0, 0),
        (b, 100.0, 3.0),
        (c, 150.0, 5.0),
    ]
    assert found.unconnected == (lone, end)
    assert balance([], 1.0) is None
    assert balance(rows[:1], 90.0).plain()["state"] == "exceeded"
    assert balance(rows[:1], 104.0).plain()["state"] == "perhaps_exceeded"
    assert balance(rows[:1], None).plain()["state"] == "no_licensed_volume"


def test_depth_is_judged_by_the_steps_of_the_law(data, tmp_path):
    heights = np.full((400, 400), 51.0, np.float32)
    heights[PIT] = 48.6  # 0.96 ha, 1.4 m below the licensed level of 50 m
    path = hills.write(tmp_path / "d.tif", heights)
    found = run("depth", dem=str(path), data=str(data), date=DAYS[1], sigma=0.05, datum="Hòn Dấu")
    assert [row["step_m"] for row in found["rows"]] == [0.5, 1.0]
    assert all(row["concession_code"] == "SN-01" and row["certain"] for row in found["rows"])
    assert found["rows"][1]["clause"].startswith("khoản 4, Nghị định 36/2020/NĐ-CP")
    assert {row["clause_status"] for row in found["rows"]} == {"unverified"}
    assert found["law"]["least_area_m2"] == 1000.0
    assert len(dataset.read(found["run"], "depth_breach")) == 2


def test_a_coarse_survey_claims_nothing(data, tmp_path):
    path = hills.write(tmp_path / "d.tif", np.full((400, 400), 40.0, np.float32))
    with pytest.raises(InputError) as error:
        run("depth", dem=str(path), data=str(data), date=DAYS[1], sigma=3.7, datum="Hòn Dấu")
    assert error.value.code == "terrain.depth_not_provable"
    assert "0,18" in error.value.sentence("vi")
    assert runs.runs(data, "terrain.depth") == []


def test_what_is_missing_is_asked_for(data, tmp_path):
    before, after = survey(tmp_path, 0, 0.0), survey(tmp_path, 1, 1.0)
    with pytest.raises(UsageError) as error:
        run("compare", before=before, after=after)
    assert error.value.code == "terrain.nowhere_to_write"
    with pytest.raises(UsageError) as error:
        run("compare", before=before, after=after, data=str(data))
    assert error.value.code == "terrain.dates_missing"
    with pytest.raises(InputError) as wrong:
        run("balance", data=str(data))
    assert wrong.value.code == "terrain.no_surveys"
    with pytest.raises(InputError) as wrong:
        run("balance", data=str(data), concession="XX")
    assert wrong.value.code == "terrain.concession_unknown"


def test_without_a_data_set_only_the_raster_is_written(tmp_path):
    moving = tmp_path / "moving.gpkg"
    gpd.GeoDataFrame(geometry=[MINE], crs=hills.CRS).to_file(moving, layer="moving")
    out = tmp_path / "o.tif"
    found = run(
        "compare", before=survey(tmp_path, 0, 0.0), after=survey(tmp_path, 1, 1.0), out=str(out), unstable=str(moving)
    )
    assert out.is_file()
    assert found["run"] is None
    assert found["fit"]["nmad"] < 0.12
    with pytest.raises(EnvironmentTroubleError):  # nothing is written over
        run("compare", before=survey(tmp_path, 0, 0.0), after=survey(tmp_path, 1, 1.0), out=str(out))
