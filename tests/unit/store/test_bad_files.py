"""Whatever stands in the way has a code and a sentence, and nothing is lost or left half-written."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import shapely

from dothi.layers.errors import DothiError
from dothi.layers.messages import has
from dothi.store import dataset, geopackage, runs
from dothi.store.checking import check
from dothi.store.whole import made_whole

from .conftest import EAST, LAYERS, NORTH, opened, parcels


def code_of(action, *arguments) -> str:
    with pytest.raises(DothiError) as caught:
        action(*arguments)
    assert has(caught.value.code)
    assert "{" not in caught.value.sentence("vi")
    return caught.value.code


def test_what_is_not_a_geopackage_is_said_so(folder):
    assert code_of(dataset.read, folder / "không có.gpkg", "parcel") == "engine.file_missing"
    for number, content in enumerate((b"", b"xin ch\xc3\xa0o", geopackage.MAGIC + b"\0" * 200)):
        path = folder / f"{number}.gpkg"
        path.write_bytes(content)
        assert code_of(dataset.read, path, "parcel") == "schema.not_geopackage", content
    plain = folder / "sqlite.gpkg"
    with opened(plain) as database:
        database.execute("CREATE TABLE a (b)")
    assert code_of(dataset.layers_in, plain) == "schema.not_geopackage"


def test_a_truncated_file_is_noticed(data):
    dataset.append(data, "parcel", parcels(200))
    whole = data.read_bytes()
    data.write_bytes(whole[: len(whole) // 2])
    assert code_of(dataset.read, data, "parcel") == "schema.not_geopackage"
    assert code_of(dataset.append, data, "parcel", parcels(1)) == "schema.not_geopackage"


def test_a_missing_layer_is_named(data):
    assert code_of(dataset.read, data, "building") == "schema.layer_missing"
    assert code_of(dataset.read, data, "no_layer") == "schema.layer_missing"


LOCK = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def locked(data):
    """The data set while another process holds its lock."""
    with subprocess.Popen(
        [sys.executable, "-c", LOCK, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        yield data


def test_a_locked_file_is_told_and_left_alone(locked, monkeypatch):
    monkeypatch.setattr(geopackage, "PATIENCE", 0.2)
    before = locked.read_bytes()
    assert code_of(dataset.append, locked, "parcel", parcels(1)) == "store.locked"
    assert code_of(lambda: dataset.set_meta(locked, simulated=True)) == "store.locked"
    assert code_of(dataset.read, locked, "parcel") == "store.locked"
    assert locked.read_bytes() == before


def as_nobody(code: str, *arguments: object) -> str:
    """Run Python as a user whom the machine can refuse; root is refused nothing."""
    program = f"import os\nif os.getuid() == 0:\n    os.setgid(65534); os.setuid(65534)\n{code}"
    command = [sys.executable, "-P", "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


READ_ONLY = """
import sys, geopandas, shapely
from dothi.layers.errors import DothiError
from dothi.store import dataset, runs
frame = geopandas.GeoDataFrame({"code": ["a"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:9210")
def create():
    dataset.create(sys.argv[1] + ".new.gpkg", ["parcel"], "EPSG:9210")
def run():
    with runs.new_run(sys.argv[1], "x", {}, {}, simulated=False) as one:
        one.finish({})
for action in (lambda: dataset.append(sys.argv[1], "parcel", frame), create, run):
    try:
        action()
        print("written")
    except DothiError as error:
        print(error.code)
print(len(dataset.read(sys.argv[1], "parcel")))
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_file_or_folder_that_may_only_be_read(journal):
    # pytest keeps its folders to their owner, so the place lies elsewhere
    place = Path("/tmp") / f"dothi chỉ đọc {os.getpid()}"
    place.mkdir()
    try:
        path = dataset.create(place / "a.gpkg", ["parcel", "run"], "EPSG:9210")
        dataset.append(path, "parcel", parcels(1))
        with opened(path) as database:
            database.execute(f"PRAGMA journal_mode = {journal}")
        path.chmod(0o444)
        place.chmod(0o555)
        said = as_nobody(READ_ONLY, path)
        if not said:
            pytest.skip("the interpreter cannot be run by another user here")
        assert said.split() == ["engine.no_permission", "engine.no_permission", "engine.no_permission", "1"]
        assert sorted(p.name for p in place.iterdir()) == ["a.gpkg"]
    finally:
        place.chmod(0o755)
        shutil.rmtree(place)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB."""
    place = tmp_path / "đĩa nhỏ"
    place.mkdir()
    mounted = os.name == "posix" and os.getuid() == 0
    if mounted:
        command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    if not mounted:
        pytest.skip("a small file system needs the right to mount")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_leaves_the_data_set_as_it_was(small_disk):
    path = dataset.create(small_disk / "a.gpkg", ["parcel"], "EPSG:9210")
    dataset.append(path, "parcel", parcels(10))
    many = parcels(20_000, code=[f"N{number}" for number in range(20_000)])
    assert code_of(dataset.append, path, "parcel", many) == "engine.disk_full"
    assert len(dataset.read(path, "parcel")) == 10
    with opened(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_full_disk_leaves_no_half_data_set_and_no_half_run(small_disk):
    path = dataset.create(small_disk / "a.gpkg", ["parcel"], "EPSG:9210")
    (small_disk / "đầy").write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 20_000))
    assert code_of(dataset.create, small_disk / "b.gpkg", LAYERS, "EPSG:9210") == "engine.disk_full"

    def run() -> None:
        with runs.new_run(path, "x", {}, {}, simulated=False) as one:
            one.finish({})

    assert code_of(run) == "engine.disk_full"
    left = {p.name for p in small_disk.rglob("*") if p.is_file()}
    assert left == {"a.gpkg", "đầy"}


CREATE = """
import sys, time
from dothi.store import dataset, tables
def slow(*given, make=tables.create_table, **more):
    make(*given, **more)
    print("writing", flush=True)
    time.sleep(60)
tables.create_table = slow
dataset.create(sys.argv[1], ["parcel", "building"], "EPSG:9210")
"""
APPEND = """
import sys
import geopandas, numpy, shapely
from dothi.store import dataset
n = 400_000
x = numpy.arange(n) * 10.0
frame = geopandas.GeoDataFrame({"code": numpy.arange(n).astype(str)}, geometry=shapely.box(x, 0, x + 9, 9), crs=9210)
print("writing", flush=True)
dataset.append(sys.argv[1], "parcel", frame)
"""


def kill_while_writing(program: str, path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-P", "-c", program, str(path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"writing\n"
    journal = path.with_name(path.name + "-journal")
    while path.exists() and not (journal.exists() and journal.stat().st_size):
        assert child.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    child.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_kill_while_creating_leaves_nothing_under_the_name(folder):
    kill_while_writing(CREATE, folder / "mới.gpkg")
    assert not (folder / "mới.gpkg").exists()
    assert dataset.create(folder / "mới.gpkg", ["parcel"], "EPSG:9210").is_file()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_kill_while_appending_takes_all_of_it_back(data):
    dataset.append(data, "parcel", parcels(3))
    kill_while_writing(APPEND, data)
    assert data.with_name(data.name + "-journal").exists()
    assert len(dataset.read(data, "parcel")) == 3
    with opened(data) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert dataset.append(data, "parcel", parcels(1, code=["sau"])) == 1


def test_a_link_to_nowhere_is_not_written_over(folder):
    link = folder / "mới.gpkg"
    link.symlink_to("không đâu.gpkg")
    assert code_of(dataset.create, link, ["parcel"], "EPSG:9210") == "store.exists"
    assert link.is_symlink()
    link.unlink()
    link.symlink_to(link.name)
    assert code_of(dataset.read, link, "parcel") == "engine.file_missing"


def test_of_two_who_create_at_once_the_first_is_kept(folder):
    path = folder / "mới.gpkg"

    def slow() -> None:
        with made_whole(path, new=True) as temporary:
            temporary.write_text("của người sau")
            path.write_text("của người trước")

    assert code_of(slow) == "store.exists"
    assert path.read_text() == "của người trước"
    assert [p.name for p in folder.iterdir()] == ["mới.gpkg"]


def test_a_table_that_lacks_columns_is_named_before_anything_is_written(folder):
    path = folder / "của chương trình khác.gpkg"
    parcels(2).to_file(path, layer="parcel")
    before = path.read_bytes()
    assert code_of(dataset.append, path, "parcel", parcels(1)) == "schema.column_missing"
    assert path.read_bytes() == before


def test_coordinates_that_are_no_numbers_are_read_without_a_word_and_named(data):
    with np.errstate(invalid="ignore"):
        broken = shapely.MultiPolygon([shapely.Polygon([(EAST, NORTH), (float("nan"), NORTH), (EAST, NORTH + 9)])])
    frame = parcels(2)
    frame.loc[1, "geometry"] = broken
    dataset.append(data, "parcel", frame)
    named = [row["uid"] for row in check(data).rows if row["code"] == "schema.problem.geometry_invalid"]
    assert named == dataset.read(data, "parcel")["uid"].tolist()[1:]
