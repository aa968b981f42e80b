"""The pond failure of 16 June 2016, simulated: three cases in one dossier, printed, repeated, and changed since."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pypdfium2
import pytest
import rasterio
from PIL import Image

from dothi.engine.contract import JOBS
from dothi.engine.jobs import perform
from dothi.layers.errors import DothiError, InputError
from dothi.processing.demo import event_2016
from dothi.processing.surveillance.cases import life
from dothi.store import cases, dataset

from .scenes import Told
from .test_case_evidence import picture

CODES = ["VV-2016-0001", "VV-2016-0002", "VV-2016-0003"]


def run(job, told=None, **parameters):
    return perform(JOBS[job], {name: str(v) if isinstance(v, Path) else v for name, v in parameters.items()},
                   told or Told())  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The event as data set and scenes, detected and taken into cases, once. Not to be changed: copy it."""
    folder = tmp_path_factory.mktemp("sự cố") / "Nam Suối Nhum"
    folder.mkdir()
    event_2016.build(folder)
    data = folder / event_2016.DATA
    run("change.detect", data=data, before=folder / "scenes" / f"{event_2016.BEFORE}.tif",
        after=folder / "scenes" / f"{event_2016.AFTER}.tif")  # fmt: skip
    run("case.take", data=data)
    return data


@pytest.fixture
def data(made, tmp_path):
    folder = tmp_path / "chép lại"
    shutil.copytree(made.parent, folder)
    return folder / made.name


def text_of(path):
    with pypdfium2.PdfDocument(path) as pdf:
        return "\n".join(page.get_textpage().get_text_bounded() for page in pdf)


def test_the_event_is_three_cases_of_the_right_kinds_and_sizes(made):
    found = {case["change_class"]: case for case in run("case.list", data=made)["cases"]}
    assert set(found) == {"pond_lost", "sand_deposit", "plume"}
    assert found["pond_lost"]["area_m2"] == pytest.approx(event_2016.POND_HA * 1e4, rel=0.1)
    assert found["sand_deposit"]["area_m2"] == pytest.approx(event_2016.DEPOSIT_HA * 1e4, rel=0.1)
    for case in found.values():
        assert case["area_low_m2"] < case["area_m2"] < case["area_high_m2"]
        assert case["simulated"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("vi", ["Sự cố vỡ hồ", "Đề xuất, không phải kết luận", "Mất hồ chứa", "Cát bồi phủ", "Vệt nước đục ngoài biển",
                "ĐT719", "MÔ PHỎNG", "Trần Thị Bình", "dothi case reproduce VV-2016-0002", "Trước", "Diễn biến"]),
        ("en", ["A proposal, no verdict", "Pond lost", "SIMULATED", "dothi case reproduce VV-2016-0002", "Before"]),
    ],
)  # fmt: skip
def test_one_dossier_holds_all_three_and_all_that_repeats_them(data, tmp_path, language, words):
    life.change(data, CODES[1], status="in_field", assignee="Trần Thị Bình", author="người-ghi-bí-mật")
    out = tmp_path / "hồ sơ.pdf"
    made = run("case.dossier", data=data, cases=CODES, out=out, language=language, heading="Sự cố vỡ hồ")
    assert (made["cases"], made["missing"]) == (CODES, [])
    text = text_of(out)
    flat = " ".join(text.split())
    assert [word for word in [*words, *CODES, "2016-05-28"] if word not in flat] == []
    assert "\N{REPLACEMENT CHARACTER}" not in text
    assert "người-ghi-bí-mật" not in flat
    runs = cases.read(data, "case_run")
    tight = "".join(text.split()).replace("\x02", "").replace("\ufffe", "")
    assert str(runs["uid"].iloc[0]) in tight
    for record in json.loads(runs["scenes"].iloc[0]):
        assert record["sha256"] in tight
    if language == "en":
        return
    again = tmp_path / "lần hai.pdf"  # the same blocks, the same bytes
    run("case.dossier", data=data, cases=CODES, out=again, language=language, heading="Sự cố vỡ hồ")
    assert again.read_bytes() == out.read_bytes()


def test_the_dossier_shows_field_photos_and_where_they_were_taken(data, tmp_path):
    photo = picture(tmp_path / "hiện trường.jpg", 108.0206, 10.7991, size=(400, 300))
    run("case.evidence", data=data, case=CODES[1], file=photo, note="bờ phía bắc")
    run("case.evidence", data=data, case=CODES[1], kind="citizen_report", note="Nước đỏ tràn qua đường lúc 4 giờ sáng")
    out = tmp_path / "hồ sơ.pdf"
    run("case.dossier", data=data, cases=CODES[1], out=out)
    flat = " ".join(text_of(out).split())
    assert "Ảnh hiện trường" in flat
    assert "Nước đỏ tràn qua đường lúc 4 giờ sáng" in flat
    assert "10.79910" in flat
    assert b"Exif" not in out.read_bytes()


def test_html_holds_its_pictures_and_nothing_from_outside(data, tmp_path):
    out = tmp_path / "hồ sơ.html"
    run("case.dossier", data=data, cases=CODES[0], out=out)
    page = out.read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 2
    assert "http://www.w3.org/2000/svg" in page
    assert "src=" not in page


def test_a_scene_that_is_gone_or_changed_is_named_and_stops_nothing(data, tmp_path):
    scenes = data.parent / "scenes"
    (scenes / f"{event_2016.BEFORE}.tif").unlink()
    with (scenes / f"{event_2016.AFTER}.tif").open("ab") as file:
        file.write(b"\x00")
    move_original_away(data)
    told = Told()
    made = run("case.dossier", told, data=data, cases=CODES, out=tmp_path / "a.pdf")
    assert [one["code"] for one in made["missing"]] == ["scene_gone", "scene_changed"]
    assert "Không tìm thấy cảnh ảnh" in " ".join(text_of(tmp_path / "a.pdf").split())


def move_original_away(data):
    """The recorded places are those of the original; only what lies beside the copy may count."""
    from dothi.store import case_changes

    with case_changes.changing(data) as changes:
        for row in changes.rows("case_run").to_dict("records"):
            records = json.loads(row["scenes"])
            changes.update("case_run", row["uid"], scenes=[one | {"path": "/nowhere/a.tif"} for one in records])


def test_a_case_is_repeated_to_the_same_polygons_wherever_the_folder_lies(data):
    move_original_away(data)
    life.merge(data, CODES[0], CODES[1:], note="cùng một sự cố")  # all three in one run
    made = run("case.reproduce", data=data, case=CODES[0])
    assert made["same"] is True
    assert [one["how"] for one in made["alerts"]] == ["exact"] * 3
    assert made["differences"] == []
    assert len(list((dataset.beside(data) / "runs").glob("*.gpkg"))) == 1  # nothing was added to the user's runs


def test_a_changed_licence_is_named_and_the_kept_one_used(data):
    licence = dataset.read(data, "concession")
    with rasterio.Env():
        data.unlink()
        dataset.create(data, ["concession", "coastline", "street_centreline"], "EPSG:9218", simulated=True)
    dataset.append(data, "concession", licence.assign(valid_to="2015-12-31"))
    made = run("case.reproduce", data=data, case=CODES[1])
    assert {"what": "licence_changed", "codes": licence["code"].tolist(), "run": made["alerts"][0]["run"]} in made[
        "differences"
    ]
    assert made["alerts"][0]["changed"].get("relation") is None


def test_a_changed_scene_is_named_and_the_shapes_differ(data):
    move_original_away(data)
    path = data.parent / "scenes" / f"{event_2016.AFTER}.tif"
    pond = gpd.GeoSeries([cases.find(data, CODES[1])["geometry"]], crs="EPSG:9218")
    with rasterio.open(path, "r+") as file:
        rows, columns = (int(v) for v in file.index(*np.ravel(pond.to_crs(file.crs).centroid.iloc[0].coords)))
        values = file.read()
        with rasterio.open(path.with_name(f"{event_2016.BEFORE}.tif")) as before:
            here = np.s_[:, rows - 30 : rows, columns - 30 : columns + 30]
            values[here] = before.read()[here]
        file.write(values)
    made = run("case.reproduce", data=data, case=CODES[1])
    assert made["same"] is False
    assert [one["what"] for one in made["differences"]] == ["scene_changed"]
    assert made["alerts"][0]["how"] in ("differs", "absent")


def test_a_scene_that_is_gone_cannot_be_repeated(data):
    move_original_away(data)
    (data.parent / "scenes" / f"{event_2016.AFTER}.tif").unlink()
    made = run("case.reproduce", data=data, case=CODES[1])
    assert (made["same"], made["alerts"][0]["how"]) == (False, "not_run")
    assert made["differences"][0]["what"] == "scene_gone"


def test_another_version_is_told(data, monkeypatch):
    monkeypatch.setattr("dothi.processing.surveillance.cases.reproducing.__version__", "9.9.9")
    made = run("case.reproduce", data=data, case=CODES[1])
    assert made["same"] is True
    assert made["differences"][0]["what"] == "version"


@pytest.mark.parametrize("job", ["case.dossier", "case.reproduce", "case.show", "case.set"])
def test_an_unknown_case_is_told(made, tmp_path, job):
    given = {"cases": "VV-1999-0001", "out": tmp_path / "a.pdf"} if job == "case.dossier" else {"case": "VV-1999-0001"}
    if job == "case.set":
        given["note"] = "x"
    with pytest.raises(InputError) as error:
        run(job, data=made, **given)
    assert error.value.code == "case.unknown"
    assert not (tmp_path / "a.pdf").exists()


def test_jobs_of_cases_answer_in_plain_json(data, tmp_path):

    run("case.set", data=data, case=CODES[0], status="rejected", note="Vệt đục do mưa")
    run("case.set", data=data, case=CODES[1], status="confirmed", decision="01/QĐ-XPVPHC")
    assert json.loads(json.dumps(run("case.show", data=data, case=CODES[0])))["case"]["withdrawn_at"]
    assert [one["code"] for one in run("case.list", data=data, status="rejected")["cases"]] == [CODES[0]]
    assert run("case.list", data=data, since=date(2200, 1, 1))["count"] == 0
    merged = run("case.merge", data=data, into=CODES[1], cases=CODES[2], note="cùng sự cố")
    assert merged["case"]["sightings"] == 2
    split = run("case.split", data=data, case=CODES[1], alerts="BD-20160617-0003")
    assert split["case"]["code"].startswith("VV-")
    for name in ("a.csv", "a.gpkg", "a.geojson"):
        assert run("case.export", data=data, out=tmp_path / name)["count"] == 3
    table = (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    assert "assignee" not in table
    assert gpd.read_file(tmp_path / "a.geojson").crs.to_epsg() == 4326
    with pytest.raises(DothiError):
        run("case.set", data=data, case=CODES[1], status="lạ")


def test_watches_by_command(data):
    added = run("watches.add", data=data, name="Suối Nhum", area=f"{data}|layername=concession", months="5,6",
                relations="outside,expired", classes="new_pit,sand_deposit")["watch"]  # fmt: skip
    assert (added["months"], added["crs"]) == ([5, 6], "EPSG:9218")
    assert [one["name"] for one in run("watches.list", data=data)["watches"]] == ["Suối Nhum"]
    with pytest.raises(InputError) as error:
        run("watches.add", data=data, name="b", months="tháng năm")
    assert error.value.code == "case.watch_month"
    assert run("watches.remove", data=data, name="suối nhum")["watch"]["ended_at"]
    assert run("watches.list", data=data)["watches"] == []


def test_a_photo_made_of_nothing_but_a_name_stays_a_name(data, tmp_path):
    file = tmp_path / "<script>&.jpg"
    Image.new("RGB", (30, 20)).save(file)
    run("case.evidence", data=data, case=CODES[1], file=file)
    out = tmp_path / "a.html"
    run("case.dossier", data=data, cases=CODES[1], out=out)
    assert "<script>" not in out.read_text(encoding="utf-8")
