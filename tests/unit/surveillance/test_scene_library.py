"""The library of scenes: nothing doubled, what is gone is said, and a decoded copy is the product's very pixels."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.windows import Window

from dothi.engine.contract import JOBS
from dothi.engine.jobs import change as change_jobs
from dothi.engine.jobs import scene as jobs
from dothi.layers.errors import InputError
from dothi.processing.surveillance.scenes import cache, library
from dothi.processing.surveillance.scenes.common_grid import area_grid, footprint
from dothi.processing.surveillance.scenes.grid import Grid
from dothi.processing.surveillance.scenes.image import Image
from dothi.processing.surveillance.scenes.reading import open_scene
from dothi.store import dataset, scene_library

from .scenes import EAST, NORTH, UTM49, Told, grid, ground, landsat, numbers, safe, write, write_pair


@pytest.fixture
def data(tmp_path) -> Path:
    return dataset.create(tmp_path / "tỉnh mẫu.gpkg", ("concession",), "EPSG:9218", profile="binh_thuan")


def ran(job: str, data: Path, told: Told | None = None, **values) -> dict:
    given = {name: str(v) if isinstance(v, Path) else v for name, v in values.items()}
    runner = {"list": jobs.list_}.get(job) or getattr(jobs, job)
    found = runner(JOBS[f"scene.{job}"].read({"data": str(data), **given}), told or Told())
    json.dumps(found, allow_nan=False)
    return found


def test_products_of_a_folder_come_in_once(data, tmp_path):
    place = tmp_path / "ảnh"
    safe(place)
    landsat(place)
    (place / "sâu").mkdir()
    write(place / "sâu" / "ảnh đồi.tif", numbers(ground(60)), tags={"DATE": "2026-03-01"})
    (place / "chú thích.txt").write_text("x")
    added = ran("add", data, product=place)
    assert sorted(added["added"]) == ["LC08_20260220_124052", "S2A_20260221T031541_T49PAM", "anh-doi"]
    again = ran("add", data, product=place)
    assert (again["added"], len(again["unchanged"])) == ([], 3)
    listed = ran("list", data)
    assert listed["count"] == 3
    assert [row["acquired_on"] for row in listed["scenes"]] == ["2026-02-20", "2026-02-21", "2026-03-01"]
    row = library.scenes_of(data)[1]
    assert (row["season"], row["kind"], row["sensor"]) == ("dry", "optical", "Sentinel-2A")
    assert row["path"].startswith("ảnh/")  # the folder may move
    picture = scene_library.placed(data, row["thumbnail"])
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert not picture.with_name(picture.name + ".aux.xml").exists()
    assert dataset.read(scene_library.library_path(data), "scene").crs.to_epsg() == 4326


def test_shares_are_those_of_the_area(data, tmp_path):
    product = safe(tmp_path / "a")  # 60 × 60; rows 0-2 nodata; cloud on rows and columns 20-27
    ran("add", data, product=product)
    row = library.scenes_of(data)[0]
    assert row["cloud_pct"] == pytest.approx(100 * 64 / (60 * 57), abs=0.1)
    assert row["valid_pct"] == pytest.approx(100 * (60 * 57 - 64) / 3600, abs=0.1)
    assert "part_only" in row["quality"]
    middle = Grid(rasterio.CRS.from_string(UTM49), grid(EAST + 200, NORTH - 200), 8, 8)
    box = ",".join(str(value) for value in footprint(middle).bounds)
    told = ran("add", data, product=product, bbox=box)
    assert told["replaced"]
    row = library.scenes_of(data)[0]
    assert row["cloud_pct"] == pytest.approx(64, abs=5)  # the box of degrees takes a rim of one pixel
    assert row["valid_pct"] == pytest.approx(100 - row["cloud_pct"], abs=0.1)
    assert "much_cloud" in row["quality"]


def test_a_newer_processing_replaces_and_an_older_one_does_not(data, tmp_path):
    def product(name: str, processed: str, baseline: str) -> Path:
        root = safe(tmp_path / name)
        final = root.with_name(f"S2A_MSIL2A_20260221T031541_N{baseline}_R118_T49PAM_{processed}.SAFE")
        root.rename(final)
        metadata = final / "MTD_MSIL2A.xml"
        uri = f"<PRODUCT_URI>{final.name}</PRODUCT_URI>"
        text = metadata.read_text(encoding="utf-8")
        metadata.write_text(text.replace("<PROCESSING_BASELINE>", uri + "<PROCESSING_BASELINE>"), encoding="utf-8")
        return final

    first, second = product("a", "20260221T060000", "0511"), product("b", "20260221T060001", "0511")
    ran("add", data, product=first)
    uid = library.scenes_of(data)[0]["uid"]
    told = Told()
    assert len(ran("add", data, told, product=second)["replaced"]) == 1
    assert "scene.newer_processing" in told.codes
    assert ran("add", data, told, product=first)["older"] == ["S2A_20260221T031541_T49PAM"]
    assert "scene.older_processing" in told.codes
    rows = library.scenes_of(data)
    assert [(row["uid"], row["product"]) for row in rows] == [(uid, second.stem)]


def test_the_same_file_elsewhere_is_the_same_scene(data, tmp_path):
    first = write(tmp_path / "a.tif", numbers(ground(60)), tags={"DATE": "2026-02-21"})
    ran("add", data, product=first)
    moved = tmp_path / "đã chuyển.tif"
    first.rename(moved)
    told = Told()
    assert ran("list", data, told)["scenes"][0]["state"] == "gone"
    assert "scene.gone" in told.codes
    assert ran("add", data, product=moved)["replaced"] == ["a"]
    assert ran("list", data)["scenes"][0]["state"] == "present"


def test_two_files_of_one_name_and_day_are_two_scenes_and_told(data, tmp_path):
    for name, seed in (("x", 1), ("y", 2)):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "ảnh.tif", numbers(ground(60, seed)), tags={"DATE": "2026-02-21"})
    told = Told()
    ran("add", data, told, product=f"{tmp_path / 'x'},{tmp_path / 'y'}")
    assert len(library.scenes_of(data)) == 2
    assert "scene.same_day" in told.codes


def test_what_cannot_be_read_is_listed_and_the_rest_comes_in(data, tmp_path):
    (tmp_path / "p").mkdir()
    good = write(tmp_path / "p" / "a.tif", numbers(ground(60)), tags={"DATE": "2026-02-21"})
    (tmp_path / "p" / "b.tif").write_bytes(good.read_bytes()[:900])
    write(tmp_path / "p" / "no date.tif", numbers(ground(60, 3)))
    told = Told()
    made = ran("add", data, told, product=tmp_path / "p")
    assert made["added"] == ["a"]
    assert {one["code"] for one in made["refused"]} == {"change.damaged", "scene.date_missing"}
    with pytest.raises(InputError, match=r"scene\.date_missing"):
        ran("add", data, product=tmp_path / "p" / "no date.tif")
    assert ran("add", data, product=tmp_path / "p" / "no date.tif", date="2026-01-05")["added"] == ["no-date"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"scene\.nothing_found"):
        ran("add", data, product=tmp_path / "empty")


def test_finding_by_area_days_season_and_cloud(data, tmp_path):
    for day in ("2025-08-01", "2025-12-31", "2026-01-01"):
        write(tmp_path / f"{day}.tif", numbers(ground(60, int(day[-2:]))), tags={"DATE": day})
    ran("add", data, product=tmp_path)
    codes = lambda **given: [row["code"] for row in ran("find", data, **given)["scenes"]]  # noqa: E731
    assert codes() == ["2025-08-01", "2025-12-31", "2026-01-01"]
    assert codes(season="rainy") == ["2025-08-01"]
    assert codes(**{"from": "2025-12-31", "to": "2025-12-31"}) == ["2025-12-31"]
    assert codes(bbox="100,1,101,2") == []
    west, south, east, north = footprint(open_scene(tmp_path / "2026-01-01.tif").grid).bounds
    assert len(codes(bbox=f"{west},{south},{east},{north}")) == 3
    assert codes(max_cloud=0) == ["2025-08-01", "2025-12-31", "2026-01-01"]  # unknown cloud is not known to be more
    for wrong in ("1,2,3", "a,b,c,d", "5,1,4,2", "nan,0,1,1"):
        with pytest.raises(InputError, match=r"scene\.area_wrong"):
            ran("find", data, bbox=wrong)


def test_an_empty_library_is_an_answer(data):
    assert ran("list", data) == {"scenes": [], "count": 0, "grid": None}
    assert library.scenes_of(data, shapely.box(0, 0, 1, 1)) == []
    with pytest.raises(InputError, match=r"scene\.unknown"):
        ran("remove", data, scene="x")
    with pytest.raises(InputError, match=r"scene\.library_empty"):
        library.library_grid(data)


# ---- the decoded copy


def pixels(scene, on: Grid) -> tuple[np.ndarray, np.ndarray]:
    with Image(scene, on) as image:
        return image.read(Window(0, 0, on.width, on.height))


def same_pixels(data: Path, product, area=None) -> tuple[Grid, str]:
    row = library.scenes_of(data)[-1]
    with library.open_cached(data, row, area) as image:
        on = image.grid
        values, valid = image.read(Window(0, 0, on.width, on.height))
        path = image.scene.path
    expected, usable = pixels(open_scene(product), on)
    assert (valid == usable).all()
    assert (values == expected).all()
    assert valid.any()
    with rasterio.open(path) as opened:
        assert opened.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert opened.descriptions[-1] == "USABLE"
        return on, opened.dtypes[0]


def test_a_copy_on_the_products_pixels_keeps_its_numbers(data, tmp_path):
    product = safe(tmp_path / "a")
    ran("add", data, product=product)
    on, dtype = same_pixels(data, product)
    assert (dtype, on.width, on.height, on.transform) == ("uint16", 60, 60, grid())
    again = open_scene(ran("cache", data)["cached"]["S2A_20260221T031541_T49PAM"])
    assert (again.acquired_on, again.sensor, again.baseline) == (date(2026, 2, 21), "Sentinel-2A", "05.11")
    assert [band.common for band in again.bands] == ["blue", "green", "red", "nir"]


def test_a_copy_of_the_other_zone_lies_on_the_same_grid(data, tmp_path):
    ran("add", data, product=safe(tmp_path / "a"))
    corner = footprint(open_scene(next((tmp_path / "a").iterdir())).grid)
    over = area_grid(corner, "EPSG:32648", 10.0)
    other = write(tmp_path / "48.tif", numbers(ground(over.width))[:, : over.height], crs="EPSG:32648",
                  transform=over.transform, tags={"DATE": "2026-03-01"})  # fmt: skip
    ran("add", data, product=other)
    area = corner.centroid.buffer(0.002)
    on, dtype = same_pixels(data, other, area)
    assert (on.code, dtype) == (UTM49, "float32")
    rows = library.scenes_of(data)
    with library.open_cached(data, rows[0], area) as first, library.open_cached(data, rows[1], area) as second:
        assert first.grid == second.grid


def test_a_landsat_copy_is_the_products_pixels(data, tmp_path):
    product = landsat(tmp_path / "a")
    ran("add", data, product=product)
    same_pixels(data, product)


def test_every_area_is_cut_from_the_same_pixels(data, tmp_path):
    ran("add", data, product=safe(tmp_path / "a"))
    whole = library.library_grid(data)
    part = library.library_grid(data, footprint(whole).centroid.buffer(0.0005))
    assert part.offset_in(whole) is not None
    with pytest.raises(InputError, match=r"scene\.area_too_large"):
        library.library_grid(data, shapely.box(-170, -80, 170, 80))


def test_copies_may_be_deleted_and_are_pruned_by_use(data, tmp_path):
    for day in ("2025-12-31", "2026-01-01"):
        write(tmp_path / f"{day}.tif", numbers(ground(60, int(day[-2:]))), tags={"DATE": day})
    ran("add", data, product=tmp_path)
    made = ran("cache", data)
    assert sorted(made["cached"]) == ["2025-12-31", "2026-01-01"]
    first, second = (Path(made["cached"][code]) for code in ("2025-12-31", "2026-01-01"))
    os.utime(first, (1, 1))
    gone, left = cache.prune(scene_library.cache_folder(data), first.stat().st_size + 10)
    assert (gone, first.exists(), second.exists()) == (1, False, True)
    assert left == second.stat().st_size
    assert ran("cache", data, prune=True, most_gb=0)["bytes"] == 0
    # the library still answers, from the product
    assert open_scene(scene_library.call(data, "2026-01-01")).path == tmp_path / "2026-01-01.tif"
    assert ran("cache", data)["cached"] == made["cached"]


def test_a_copy_cut_off_while_it_is_written_is_never_seen(data, tmp_path, monkeypatch):
    ran("add", data, product=safe(tmp_path / "a"))
    folder = scene_library.cache_folder(data)

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cache, "copy_raster", killed)
        with pytest.raises(KeyboardInterrupt):
            ran("cache", data)
    assert list(folder.glob("[!.]*")) == []
    leftover = folder / ".part-00000000-x.tif"
    leftover.write_bytes(b"half")
    assert len(ran("cache", data)["cached"]) == 1
    assert cache.prune(folder, 10**12)[0] == 0


def test_another_grid_makes_other_copies(data, tmp_path):
    ran("add", data, product=safe(tmp_path / "a"))
    first = ran("cache", data)
    second = ran("cache", data, grid="EPSG:9218", pixel=5)
    assert second["grid"]["crs"] == "EPSG:9218"
    assert second["grid"]["transform"][0] == 5.0
    assert set(first["cached"].values()).isdisjoint(second["cached"].values())
    for wrong in ("EPSG:4326", "nonsense", "EPSG:999999"):
        with pytest.raises(InputError, match=r"crs\.unknown"):
            ran("cache", data, grid=wrong)


def test_jobs_take_a_scene_of_the_library_by_its_code(data, tmp_path):
    (tmp_path / "x").mkdir()
    write_pair(tmp_path / "x")
    ran("add", data, product=tmp_path / "x")
    ran("cache", data)
    shutil.rmtree(tmp_path / "x")  # the copies are enough
    calls = {name: scene_library.call(data, code) for name, code in (("before", "truoc"), ("after", "sau"))}
    asked = JOBS["change.map"].read({**calls, "out": str(tmp_path / "o.tif"), "method": "cva", "budget": 0.01})
    found = change_jobs.map_(asked, Told())
    assert [str(day) for day in found["dates"]] == ["2025-02-16", "2026-02-21"]
    with pytest.raises(InputError, match=r"scene\.unknown"):
        open_scene(scene_library.call(data, "khác"))
    ran("cache", data, prune=True, most_gb=0)
    with pytest.raises(InputError, match=r"scene\.product_gone"):
        open_scene(scene_library.call(data, "sau"))
    told = Told()
    assert ran("cache", data, told)["cached"] == {}
    assert "scene.product_gone" in told.codes


def test_removing_leaves_the_product(data, tmp_path):
    product = safe(tmp_path / "a")
    code = ran("add", data, product=product)["added"][0]
    copy = Path(ran("cache", data)["cached"][code])
    assert ran("remove", data, scene=code)["removed"] == [code]
    assert library.scenes_of(data) == []
    assert not copy.exists()
    assert product.is_dir()


def test_detect_takes_bare_codes_and_tells_of_seasons(data, tmp_path):
    (tmp_path / "x").mkdir()
    first, second = write_pair(tmp_path / "x")
    with rasterio.open(second, "r+") as file:
        file.update_tags(DATE="2025-08-21")
    ran("add", data, product=f"{first},{second}")
    told = Told()
    given = {"before": "truoc", "after": "sau", "data": str(data), "method": "cva", "budget": 0.01}
    found = change_jobs.detect(JOBS["change.detect"].read(given), told)
    assert found["count"] >= 1
    assert told.arguments["change.seasons_differ"]["days"] == 179


def test_what_a_killed_writer_left_is_rolled_back(data, tmp_path):
    """The writer dies after its pages are in the file and before the commit: the library is as before."""
    ran("add", data, product=safe(tmp_path / "a"))
    path = scene_library.library_path(data)
    killed = (
        "import os, sqlite3, sys; d = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "d.execute('PRAGMA cache_size = 1'); d.execute('BEGIN IMMEDIATE'); "
        "d.execute('CREATE TABLE half (x)'); d.execute(\"INSERT INTO half SELECT hex(randomblob(5000)) FROM "
        '(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n)"); '
        "os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", killed, str(path)], check=False)
    assert path.with_name(path.name + "-journal").exists()
    assert len(library.scenes_of(data)) == 1
    assert not path.with_name(path.name + "-journal").exists()
    assert "half" not in dataset.layers_in(path)
