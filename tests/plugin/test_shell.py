"""``qgis_process run dothi:… --json`` from a shell, in a profile of its own that has the plugin linked and on."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from dothi.engine.contract import project
from dothi.qgis_plugin import engine_client
from dothi.scripts.qgis_profile import environment, prepare

from . import small
from .conftest import Heard
from .test_engine_client import needs_engine

pytestmark = [
    needs_engine,
    pytest.mark.skipif(shutil.which("qgis_process") is None, reason="qgis_process is not on the PATH"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("từ dòng lệnh") / "phường.gpkg"
    engine_client.run_job(project.NEW, {"data": str(path), "province": "binh_duong"}, Heard())
    small.fill(path)
    return path


@pytest.fixture(scope="module")
def profile(tmp_path_factory) -> Path:
    return prepare(tmp_path_factory.mktemp("profile"), "vi")


def shell(profile: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["qgis_process", "--json", *words],
        env=environment(profile, headless=True),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def results(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)["results"]
    assert isinstance(told, dict)
    return told


def test_the_plugin_is_listed(profile):
    listed = json.loads(shell(profile, "list").stdout)["providers"]["dothi"]
    assert {"dothi:check_zoning", "dothi:detect_change", "dothi:publish_ioc"} <= set(listed["algorithms"])


def test_the_three_jobs_run_from_a_shell(profile, data, tmp_path):
    judged = [f"--{name}={value}" for name, value in small.JUDGED.items()]
    zoning = results(shell(profile, "run", "dothi:check_zoning", f"--data={data}", *judged))
    assert Path(str(zoning["run"])).is_file()
    assert zoning["checked"] == 6  # three lots, two houses and the zone they lie in

    before, after = small.images(tmp_path)
    words = [f"--before={before}", f"--after={after}", f"--data={data}", "--method=irmad"]
    change = results(shell(profile, "run", "dothi:detect_change", *words))
    assert change["count"] == 1

    words = [
        f"--data={data}",
        f"--target={tmp_path / 'gói dữ liệu'}",
        "--layers=building,parcel",
        "--formats=gpkg,geojson",
    ]
    package = results(shell(profile, "run", "dothi:publish_ioc", *words))
    assert Path(str(package["manifest"])).is_file()


def test_a_refusal_has_a_sentence_and_an_exit_code(profile, tmp_path):
    (tmp_path / "hỏng.gpkg").write_text("không phải GeoPackage")
    done = shell(profile, "run", "dothi:check_zoning", f"--data={tmp_path / 'hỏng.gpkg'}")
    assert done.returncode != 0
    assert "hỏng.gpkg" in done.stderr
