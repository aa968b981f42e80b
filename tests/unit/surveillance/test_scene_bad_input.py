"""What comes in practice and in malice: all cloud, stripes, mixed baselines and tiles, bombs, kills in the middle."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from rasterio.windows import Window

from dothi.engine.contract import JOBS
from dothi.engine.jobs import change as change_jobs
from dothi.engine.jobs import scene as jobs
from dothi.layers.errors import InputError
from dothi.processing.surveillance.scenes import library, product_files
from dothi.processing.surveillance.scenes.image import Image
from dothi.processing.surveillance.scenes.reading import open_scene
from dothi.store import dataset, scene_library

from .scenes import Told, grid, ground, numbers, safe, write

LAUNCH = [sys.executable, "-I", "-X", "utf8", str(Path(change_jobs.__file__).resolve().parents[1] / "launch.py")]


@pytest.fixture
def data(tmp_path) -> Path:
    return dataset.create(tmp_path / "d.gpkg", ("concession",), "EPSG:9218", profile="binh_thuan")


def mapped(before: Path, after: Path, out: Path, **given) -> dict:
    values = {"before": str(before), "after": str(after), "out": str(out), "method": "cva", "budget": 0.05, **given}
    return change_jobs.map_(JOBS["change.map"].read(values), Told())


def stack(path: Path, scl: np.ndarray, seed: int = 1, offset: int = -1000, day: str = "2026-02-21") -> Path:
    bands = numbers(ground(scl.shape[0], seed))
    if offset == 0:
        bands = np.where(bands > 1000, bands - 1000, 1).astype(np.uint16)
    tags = {"DATE": day, "BOA_ADD_OFFSET": str(offset), "BOA_QUANTIFICATION_VALUE": "10000"}
    return write(path, np.vstack([bands, scl[None]]), ("B02", "B03", "B04", "B08", "SCL"), tags=tags)


def test_a_scene_that_is_all_cloud_comes_in_and_is_told_and_makes_no_pair(data, tmp_path):
    clear = stack(tmp_path / "clear.tif", np.full((120, 120), 5, np.uint16), day="2025-02-20")
    cloudy = stack(tmp_path / "cloudy.tif", np.full((120, 120), 9, np.uint16))
    jobs.add(JOBS["scene.add"].read({"data": str(data), "product": f"{clear},{cloudy}"}), Told())
    row = library.scenes_of(data)[-1]
    assert (row["cloud_pct"], row["valid_pct"]) == (100.0, 0.0)
    assert "much_cloud" in row["quality"]
    assert [one["code"] for one in library.scenes_of(data, max_cloud=50)] == ["clear"]
    with pytest.raises(InputError, match=r"change\.nothing_valid"):
        mapped(clear, cloudy, tmp_path / "o.tif")


def test_stripes_without_data_are_no_ground_and_no_change(tmp_path):
    classes = np.full((240, 240), 5, np.uint16)
    first = stack(tmp_path / "a.tif", classes)
    striped = numbers(ground(240))
    striped[:, :, ::8] = 0  # as Landsat 7 has them
    second = write(tmp_path / "b.tif", striped, tags={"BOA_ADD_OFFSET": "-1000", "BOA_QUANTIFICATION_VALUE": "10000"})
    scene = open_scene(second)
    with Image(scene, scene.grid) as image:
        valid = image.read(Window(0, 0, 240, 240))[1]
    assert not valid[:, ::8].any()
    assert valid[:, 1::8].all()
    assert mapped(first, second, tmp_path / "o.tif")["valid_share"] == pytest.approx(7 / 8, abs=0.01)


def test_mixed_baselines_show_the_same_ground(tmp_path):
    classes = np.full((60, 60), 5, np.uint16)
    old, new = (stack(tmp_path / f"{offset}.tif", classes, offset=offset) for offset in (0, -1000))
    read = []
    for path in (old, new):
        scene = open_scene(path)
        with Image(scene, scene.grid) as image:
            read.append(image.read(Window(0, 0, 60, 60))[0])
    assert read[0] == pytest.approx(read[1], abs=2e-4)


def test_tiles_that_do_not_meet_make_no_pair(tmp_path):
    first = write(tmp_path / "a.tif", numbers(ground(60)))
    second = write(tmp_path / "b.tif", numbers(ground(60)), transform=grid(east=700_000.0))
    with pytest.raises(InputError, match=r"change\.no_overlap"):
        mapped(first, second, tmp_path / "o.tif")


def test_a_product_cut_off_inside_a_band_is_refused_and_not_zeros(data, tmp_path):
    product = safe(tmp_path)
    band = next(product.rglob("*B03_10m.jp2"))
    band.write_bytes(band.read_bytes()[:300])
    with pytest.raises(InputError, match=r"change\.damaged"):
        jobs.add(JOBS["scene.add"].read({"data": str(data), "product": str(product)}), Told())
    assert library.scenes_of(data) == []


# ---- archives


def test_a_zip_that_unpacks_to_a_thousandfold_is_refused_unread(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.SAFE/MTD_MSIL2A.xml", "<a/>")
        archive.writestr("X.SAFE/GRANULE/b.jp2", bytes(80 * 1024**2))
    with pytest.raises(InputError, match=r"change\.metadata_refused"):
        open_scene(path)


def test_metadata_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(product_files, "MOST_BYTES", 1_000)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.SAFE/MTD_MSIL2A.xml", "x" * 2_000)
    with pytest.raises(InputError, match=r"change\.metadata_refused"):
        open_scene(path)


@pytest.mark.parametrize("name", ["../../etc/evil", "/etc/evil", "X.SAFE/../../evil"])
def test_a_zip_that_names_files_outside_writes_nothing_anywhere(tmp_path, name):
    path = tmp_path / "in" / "slip.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.SAFE/MTD_MSIL2A.xml", "<a/>")
        archive.writestr(name, "evil")
    with pytest.raises(InputError):
        open_scene(path)
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == ["slip.zip"]


# ---- kills


@pytest.mark.skipif(os.name == "nt", reason="POSIX")
def test_killed_at_random_moments_nothing_is_doubled_or_half_there(data, tmp_path):
    """DOTHI_KILLS: how many moments; a hundred were tried when this was written."""
    (tmp_path / "p").mkdir()
    for number, day in enumerate(("2025-12-31", "2026-01-01", "2026-01-02")):
        stack(tmp_path / "p" / f"s{number}.tif", np.full((240, 240), 5, np.uint16), seed=number + 1, day=day)
    chance = random.Random(11)
    given = {"add": ["--product", str(tmp_path / "p")], "cache": []}
    for _ in range(int(os.environ.get("DOTHI_KILLS", "2"))):
        for job, words in given.items():
            command = [*LAUNCH, "scene", job, "--data", str(data), *words, "--json"]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.3, 3.0))
            process.send_signal(signal.SIGKILL)
            process.wait()
            held = library.scenes_of(data)
            assert len({row["code"] for row in held}) == len(held) <= 3
            for copy in scene_library.cache_folder(data).glob("[!.]*.tif"):
                scene = open_scene(copy)
                with Image(scene, scene.grid) as image:
                    assert image.read(Window(0, 0, 240, 240))[1].all()
    jobs.add(JOBS["scene.add"].read({"data": str(data), "product": str(tmp_path / "p")}), Told())
    made = jobs.cache(JOBS["scene.cache"].read({"data": str(data)}), Told())
    assert sorted(made["cached"]) == ["s0", "s1", "s2"]
    assert len(library.scenes_of(data)) == 3
