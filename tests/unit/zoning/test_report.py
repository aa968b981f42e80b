"""The report job: what the check says and nothing else, on paper and on the screen; whole or not there at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dothi.engine.contract import JOBS
from dothi.engine.jobs import zoning
from dothi.layers.errors import InputError
from dothi.layers.report import SILENT
from dothi.processing.zoning.sheets.corners import corners
from dothi.store import dataset

from ..documents.sample import texts
from .scenes import parcels, rectangle, uid
from .test_job import check, data, explain, write  # noqa: F401  data is a fixture


def report(path: Path, out: Path, listener=SILENT, **values) -> dict[str, Any]:
    return zoning.report(JOBS["zoning.report"].read({"data": str(path), "out": str(out), **values}), listener)


def test_the_sheet_of_a_lot_says_all_that_explain_says(data, tmp_path):  # noqa: F811
    made = report(data, tmp_path / "phiếu.pdf", uids=[uid("lot1")])
    told = explain(data, "house1")
    mine = [one for one in told if one["feature_uid"] in (uid("lot1"), uid("house1"))]
    counts = {outcome: sum(one["outcome"] == outcome for one in mine) for outcome in made["outcomes"]}
    lacking = [one for one in told if one["feature_uid"] is None and one["layer"] in ("parcel", "building")]
    counts["not_checkable"] += len({one["rule"] for one in lacking})
    assert made["outcomes"] == counts
    assert made["lots"] == 1
    pages = texts(tmp_path / "phiếu.pdf")
    assert len(pages) == made["pages"]
    text = " ".join("\n".join(pages).split())
    for one in mine:
        if one["outcome"] == "fail":
            assert " ".join(one["message_vi"].split()) in text
    for words in (
        "Phiếu kết quả kiểm tra quy hoạch", "Thửa đất mã lot1", "Khoảng lùi tối thiểu", "Bảng 2.7",
        "lộ giới (m) từ 0 đến dưới 19", "chưa kiểm chứng với Công báo", "QCVN 01:2021/BXD, 2.6.2", "qcvn-01/2021",
        "kinh tuyến trục 105°45′", "1220000,000", "600020,000", "DỮ LIỆU MÔ PHỎNG", "Người kiểm tra",
        "kiểm tra riêng, không thuộc lần chạy nào", "01/06/2026",
    ):  # fmt: skip
        assert words in text, words


def test_it_speaks_english_too(data, tmp_path):  # noqa: F811
    report(data, tmp_path / "a.pdf", uids=[uid("lot1")], language="en")
    text = " ".join("\n".join(texts(tmp_path / "a.pdf")).split())
    for words in ("Result of the planning check", "Minimum setback", "What fails", "SIMULATED DATA", "Page 1/"):
        assert words in text, words


def test_html_says_the_same(data, tmp_path):  # noqa: F811
    made = report(data, tmp_path / "a.html", uids=[uid("lot1")])
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    for one in explain(data, "house1"):
        if one["outcome"] == "fail" and one["feature_uid"] == uid("house1"):
            assert one["message_vi"] in text
    assert made["pages"] == 1
    assert text.count("<svg") == 1


def test_without_lots_named_all_that_fail_in_the_newest_run(data, tmp_path):  # noqa: F811
    run = check(data)
    made = report(data, tmp_path / "a.pdf")
    found = dataset.read(run["run"], "finding")
    failing = set(found[(found["outcome"] == "fail") & found["layer"].isin(["parcel", "building"])]["feature_code"])
    lots = {code.replace("house", "lot") for code in failing}
    assert made["lots"] == len(lots)
    text = " ".join("\n".join(texts(tmp_path / "a.pdf")).split())
    assert all(f"Thửa đất mã {lot}" in text for lot in lots)
    assert Path(run["run"]).stem in text.replace("- ", "-")
    assert "Kết quả theo quy định" in text


def test_the_same_input_gives_the_same_bytes(data, tmp_path):  # noqa: F811
    for kind in ("pdf", "html"):
        for name in "ab":
            report(data, tmp_path / f"{name}.{kind}", uids=[uid("lot0"), uid("lot2")])
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_many_lots_are_judged_as_few_are(data, tmp_path, monkeypatch):  # noqa: F811
    check(data, rules=["qcvn01.net_density", "qcvn01.setback", "qcvn01.red_line", "plan.land_use"])
    uids = [uid(f"lot{i}") for i in range(5)]
    few = report(data, tmp_path / "few.html", uids=uids)
    monkeypatch.setattr("dothi.engine.jobs.zoning_report.MANY", 1)
    many = report(data, tmp_path / "many.html", uids=uids)
    assert few["outcomes"] == many["outcomes"]
    assert (tmp_path / "few.html").read_text() == (tmp_path / "many.html").read_text()


def test_a_lot_is_found_by_the_building_on_it(data, tmp_path):  # noqa: F811
    assert report(data, tmp_path / "a.pdf", uids=[uid("house3")])["lots"] == 1
    assert "mã lot3" in texts(tmp_path / "a.pdf")[0]


def test_a_lot_away_from_streets_and_without_buildings_has_a_sheet(data, tmp_path):  # noqa: F811
    made = report(data, tmp_path / "a.pdf", uids=[uid("far")])
    assert made["outcomes"]["fail"] == 0 or made["outcomes"]["pass"] >= 0
    assert "Công trình trên thửa" in texts(tmp_path / "a.pdf")[0]


def test_an_unmeasurable_lot_has_a_sheet_without_a_map(data, tmp_path):  # noqa: F811
    bow = rectangle(300, 0, 320, 20).geoms[0].exterior.coords[:-1]
    from shapely.geometry import MultiPolygon, Polygon

    crossed = MultiPolygon([Polygon([bow[0], bow[2], bow[1], bow[3]])])
    dataset.append(data, "parcel", parcels(bow=(crossed, {"land_use": "ODT"})))
    report(data, tmp_path / "a.pdf", uids=[uid("bow")])
    assert "không hợp lệ" in texts(tmp_path / "a.pdf")[0]


def test_hostile_names_stay_names_and_personal_fields_stay_at_home(tmp_path):
    path = write(tmp_path / "a.gpkg")
    canary = "Nguyễn Văn Bí Mật 0903123456"
    rows = parcels(evil=(rectangle(100, 0, 120, 30), {"land_use": "ODT", "sheet_no": "<b>1", "parcel_no": "</svg>2"}))
    rows["sheet_no"], rows["parcel_no"] = "<b>1", "</svg>2"
    rows["owner_name"] = rows["address"] = canary
    dataset.append(path, "parcel", rows)
    for name in ("a.html", "a.pdf"):
        report(path, tmp_path / name, uids=[uid("evil")])
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;1" in text
    assert "</svg>2" not in text
    for told in (text, *texts(tmp_path / "a.pdf")):
        assert "Bí Mật" not in told


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "zoning.report.no_run_for_report"),
        ({"uids": ["00000000-0000-4000-8000-000000000000"]}, "zoning.uid_unknown"),
        ({"uids": ["'; DROP TABLE parcel; --"]}, "zoning.uid_unknown"),
        ({"run": "20260101T000000000Z-zoning.check-aaaaaa.gpkg"}, "engine.file_missing"),
    ],
)
def test_what_cannot_be_reported_is_said(data, tmp_path, values, code):  # noqa: F811
    with pytest.raises(InputError) as told:
        report(data, tmp_path / "a.pdf", **values)
    assert told.value.code == code
    assert list(tmp_path.glob("*.pdf")) == []


def test_a_file_of_another_kind_is_never_written_over(data, tmp_path):  # noqa: F811
    other = tmp_path / "luận văn.pdf"
    other.write_text("not a report")
    with pytest.raises(InputError, match=r"zoning\.report\.over_other"):
        report(data, other, uids=[uid("lot1")])
    with pytest.raises(InputError, match=r"zoning\.report\.format_unclear"):
        report(data, tmp_path / "a.docx", uids=[uid("lot1")])
    report(data, tmp_path / "a", uids=[uid("lot1")], format="html")
    report(data, tmp_path / "a", uids=[uid("lot1")], format="html")  # one's own report may be made again


def test_a_run_that_data_or_rules_have_left_behind_is_told(data, tmp_path):  # noqa: F811
    check(data)
    dataset.append(data, "parcel", parcels(new=(rectangle(600, 0, 620, 20), {"land_use": "ODT"})))
    with data.open("ab") as file:
        file.write(b"\0" * 4096)

    codes: list[str] = []

    class Heard:
        def progress(self, share, code="", **arguments):
            pass

        def message(self, code, level="info", **arguments):
            codes.append(code)

    report(data, tmp_path / "a.pdf", Heard(), uids=[uid("lot1")])
    assert "zoning.report.data_changed" in codes


_RUN = """
import json, resource, sys
from dothi.engine.cli import main
limit = int(sys.argv[1])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.exit(main(sys.argv[2:]))
"""


def _start(data: Path, out: Path, limit: int = 0) -> subprocess.Popen[bytes]:  # noqa: F811
    words = ["zoning", "report", "--data", str(data), "--out", str(out), "--json"]
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _RUN, str(limit), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_a_full_disk_is_told_and_nothing_stays(data, tmp_path):  # noqa: F811
    check(data)
    place = tmp_path / "báo cáo"
    place.mkdir()
    process = _start(data, place / "a.pdf", limit=20_000)
    said, trouble = process.communicate(timeout=120)
    assert process.returncode == 4, trouble.decode()
    assert json.loads(said)["error"]["code"] == "engine.disk_full"
    assert list(place.iterdir()) == []


@pytest.mark.slow
def test_killed_in_the_middle_leaves_nothing_under_the_name(data, tmp_path):  # noqa: F811
    lots = {f"more{i}": (rectangle(20 * i, 40, 20 * i + 20, 70), {"land_use": "SKC"}) for i in range(300)}
    dataset.append(data, "parcel", parcels(**lots))
    check(data)
    place = tmp_path / "báo cáo"
    place.mkdir()
    process = _start(data, place / "a.html")
    until = time.monotonic() + 60
    while not list(place.glob(".part-*")) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (place / "a.html").exists()


def test_corners_go_round_from_the_north_west():
    at = corners(rectangle(0, 0, 20, 30))
    assert at[["north", "east"]].to_numpy().tolist() == [
        [1_220_030.0, 600_000.0], [1_220_030.0, 600_020.0], [1_220_000.0, 600_020.0], [1_220_000.0, 600_000.0]
    ]  # fmt: skip
    assert at["side"].tolist() == [20.0, 30.0, 20.0, 30.0]
    assert at["number"].tolist() == [1, 2, 3, 4]
    assert corners(None).empty
