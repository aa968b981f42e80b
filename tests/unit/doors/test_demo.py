"""What the demo finds in a folder of one's own, what it uses again, and how it counts tests."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from dothi.layers.errors import InputError
from dothi.scripts import own_data, qgis_profile, qgis_run
from dothi.scripts.files import ROOT
from dothi.scripts.run_tests import read
from dothi.scripts.steps import Steps, digest, state


def _folder(tmp_path, *names):
    folder = tmp_path / "dữ liệu của tôi"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


def test_one_geopackage_and_two_images_are_found(tmp_path):
    folder = _folder(tmp_path, "quận 1.gpkg", "after_2026.tif", "before_2025.tif", "ghi chú.txt")
    subject = own_data.chosen(str(folder), tmp_path / "build")
    assert subject.data == folder / "quận 1.gpkg"
    assert subject.images == (folder / "before_2025.tif", folder / "after_2026.tif")
    assert subject.project == tmp_path / "build" / "quận 1" / "quận 1.qgz"
    assert not subject.simulated


def test_products_are_ordered_by_their_sensing_date_not_by_their_name(tmp_path):
    later = "S2A_MSIL2A_20260304T030539_N0511_R032_T49PCN_20260304T070000.SAFE"
    earlier = "S2B_MSIL2A_20250301T030539_N0511_R032_T49PCN_20250301T070000.SAFE"
    folder = _folder(tmp_path, later, earlier)
    assert own_data.images(folder) == (folder / earlier, folder / later)


def test_images_that_cannot_be_told_apart_are_not_guessed(tmp_path):
    assert own_data.images(_folder(tmp_path, "a.tif", "b.tif")) is None


@pytest.mark.parametrize("names", [(), ("a.gpkg", "b.gpkg")])
def test_a_folder_without_exactly_one_geopackage_is_refused(tmp_path, names):
    with pytest.raises(InputError) as caught:
        own_data.own(_folder(tmp_path, *names), tmp_path)
    assert caught.value.code == "doors.not_one_gpkg"
    assert str(len(names)) in caught.value.sentence("vi")


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        own_data.own(tmp_path / "không có", tmp_path)
    assert caught.value.code == "doors.no_folder"


def test_a_step_is_used_again_until_something_changes(tmp_path):
    steps = Steps(tmp_path / "build" / "steps.json")
    steps.note("data", "abc", {"path": "x"})
    again = Steps(tmp_path / "build" / "steps.json")
    assert again.made("data", "abc") == {"path": "x"}
    assert again.made("data", "abd") is None
    assert again.last("data") == {"path": "x"}
    assert again.made("other", "abc") is None


def test_the_digest_follows_the_code_and_the_place():
    assert digest(["layers"]) == digest(["layers"])
    assert digest(["layers"]) != digest(["layers", "store"])
    assert digest(["layers"], "here") != digest(["layers"], "there")


def test_the_state_of_a_data_set_changes_with_its_content_not_with_its_opening(tmp_path):
    path = tmp_path / "a.gpkg"
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE parcel (code TEXT)")
    before = state(path)
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("SELECT * FROM parcel").fetchall()
        base.execute("PRAGMA journal_mode = DELETE")
    assert state(path) == before
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("INSERT INTO parcel VALUES ('1')")
    assert state(path) != before


def test_the_state_of_a_file_changes_with_it(tmp_path):
    path = tmp_path / "a.tif"
    assert state(path) == ""
    path.write_bytes(b"1")
    before = state(path)
    path.write_bytes(b"12")
    assert state(path) != before


def test_the_profile_links_the_plugin_and_keeps_settings(tmp_path):
    profile = qgis_profile.prepare(tmp_path / "hồ sơ", "vi")
    home = profile / "profiles" / "default"
    plugin = home / "python" / "plugins" / "dothi"
    assert (plugin / "qgis_plugin").resolve() == ROOT / "qgis_plugin"
    assert (plugin / "metadata.txt").is_file()
    assert not (plugin / "build").exists()
    settings = home / "QGIS" / "QGIS3.ini"
    assert "dothi=true" in settings.read_text(encoding="utf-8")
    settings.write_text("mine", encoding="utf-8")
    qgis_profile.prepare(profile, "vi")
    assert settings.read_text(encoding="utf-8") == "mine"


def test_qgis_gets_its_own_profile_and_no_python_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    given = qgis_profile.environment(tmp_path, headless=True)
    assert given["QGIS_CUSTOM_CONFIG_PATH"] == str(tmp_path)
    assert given["QT_QPA_PLATFORM"] == "offscreen"
    assert "PYTHONPATH" not in given


def test_the_printed_command_can_be_typed():
    words = qgis_run.command("check_zoning", {"data": ROOT / "build" / "demo" / "dothi.gpkg", "date": "2026-06-01"})
    assert " ".join(words) == (
        "qgis_process --json run dothi:check_zoning --data=build/demo/dothi.gpkg --date=2026-06-01"
    )


_REPORT = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"><failure>no</failure></testcase>
<testcase name="c"><skipped message="DOTHI_TEST_DATA is not set"/></testcase>
</testsuite></testsuites>"""


def test_tests_are_counted_with_the_reason_of_each_skip(tmp_path):
    report = tmp_path / "unit.xml"
    report.write_text(_REPORT, encoding="utf-8")
    outcome = read(report, 1, 2.0)
    assert (outcome.passed, outcome.failed) == (1, 1)
    assert outcome.skipped == {"DOTHI_TEST_DATA is not set": 1}


def test_a_suite_that_died_or_ran_nothing_has_failed(tmp_path):
    assert read(tmp_path / "never written.xml", -11, 1.0).failed == 1
    assert read(tmp_path / "never written.xml", 5, 1.0).failed == 1
