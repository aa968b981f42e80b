"""Field photos with and without position, wrong ones, huge ones; reports and documents; the same file twice."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from PIL import Image
from PIL.ExifTags import IFD
from PIL.TiffImagePlugin import IFDRational

from dothi.layers.crs import WGS84
from dothi.layers.errors import InputError
from dothi.processing.surveillance.cases import evidence, photo
from dothi.processing.surveillance.cases.taking import take
from dothi.store import cases
from dothi.store.coordinates import transform

from .casework import CRS, X, Y, box, province, run_of
from .scenes import Told

CASE = "VV-2026-0001"
LON, LAT = (float(value) for value in transform(X + 50, Y + 150, CRS, WGS84))


def dms(value):
    degrees, rest = divmod(abs(value), 1)
    minutes, rest = divmod(rest * 60, 1)
    return IFDRational(int(degrees), 1), IFDRational(int(minutes), 1), IFDRational(round(rest * 60 * 10_000), 10_000)


def picture(path, lon=LON, lat=LAT, *, size=(64, 48), gps=None, camera=None):
    """A JPEG with EXIF; ``gps`` replaces what the GPS part holds."""
    exif = Image.Exif()
    exif.get_ifd(IFD.GPSInfo).update(
        gps
        if gps is not None
        else {1: "N", 2: dms(lat), 3: "E", 4: dms(lon), 7: (2.0, 30.0, 15.0), 17: IFDRational(225, 1), 29: "2026:03:01"}
    )
    exif.get_ifd(IFD.Exif).update(camera or {})
    Image.new("RGB", size, (200, 150, 90)).save(path, exif=exif)
    return path


@pytest.fixture
def data(tmp_path):
    made = province(tmp_path)
    take(made, run_of(made, [box(0, 0)]))
    return made


def test_a_photo_keeps_its_bytes_its_place_its_time_and_direction(data, tmp_path):
    file = picture(tmp_path / "Ảnh hiện trường số 1 – moong.JPG")
    added = evidence.add(data, CASE, "photo", file=file, note="bờ moong phía bắc", author="An")
    assert added.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert added.position == pytest.approx((LON, LAT), abs=1e-7)
    assert added.distance_m == pytest.approx(50, abs=0.1)
    row = cases.of_case(data, "case_evidence", cases.find(data, CASE)["uid"]).iloc[0]
    assert (row["position_from"], row["direction"], row["original_name"]) == ("exif", 225.0, file.name)
    assert row["taken_at"] == datetime(2026, 3, 1, 2, 30, 15, tzinfo=UTC)
    kept = cases.path_of(data).parent / row["file"]
    assert kept.read_bytes() == file.read_bytes()
    assert kept.name.isascii()
    events = cases.of_case(data, "case_event", row["case"])
    assert events["kind"].tolist() == ["raised", "evidence"]


def test_the_same_photo_is_added_once(data, tmp_path):
    file = picture(tmp_path / "a.jpg")
    first = evidence.add(data, CASE, "photo", file=file)
    told = Told()
    again = evidence.add(data, CASE, "photo", file=file, report=told)
    assert (again.uid, again.known) == (first.uid, True)
    assert told.codes == ["case.evidence_known"]
    assert len(cases.read(data, "case_evidence")) == 1
    assert len(cases.read(data, "case_event")) == 2


def test_a_photo_without_position_is_taken_and_told(data, tmp_path):
    told = Told()
    added = evidence.add(data, CASE, "photo", file=picture(tmp_path / "a.jpg", gps={}), report=told)
    assert (added.position, added.position_from, told.codes) == (None, "none", ["case.photo_without_position"])
    assert cases.read(data, "case_evidence").geometry.isna().all()
    given = evidence.add(
        data, CASE, "photo", file=picture(tmp_path / "b.jpg", gps={}, size=(9, 9)), position=(LON, LAT)
    )
    assert given.position_from == "given"


def test_a_photo_from_elsewhere_is_told(data, tmp_path):
    told = Told()
    added = evidence.add(data, CASE, "photo", file=picture(tmp_path / "a.jpg", 2.35, 48.86), report=told)
    assert added.position is None
    assert told.codes[0] == "case.photo_elsewhere"
    far = Told()
    evidence.add(data, CASE, "photo", file=picture(tmp_path / "b.jpg", LON + 0.1, LAT), report=far)
    assert far.arguments["case.evidence_far"]["km"] == pytest.approx(10.9, abs=0.2)


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (IFDRational(11, 1), IFDRational(0, 0), IFDRational(0, 1)), 3: "E", 4: dms(108.0)},
        {1: "N", 2: dms(11.0), 3: "E", 4: (IFDRational(900, 1),) * 3},
        {1: "N", 2: dms(0.0), 3: "E", 4: dms(0.0)},
        {2: dms(11.0)},
    ],
)
def test_nonsense_in_the_photo_is_no_position(tmp_path, gps):
    assert photo.read_photo(picture(tmp_path / "a.jpg", gps=gps)).position is None


def test_south_and_west_are_negative_and_a_clock_without_zone_is_vietnamese(tmp_path):
    file = picture(tmp_path / "a.jpg", gps={1: "S", 2: dms(10.5), 3: "W", 4: dms(20.25)},
                   camera={0x9003: "2026:03:01 09:30:00"})  # fmt: skip
    read = photo.read_photo(file)
    assert read.position == pytest.approx((-20.25, -10.5))
    assert read.taken_at.astimezone(UTC) == datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
    zoned = picture(tmp_path / "b.jpg", gps={}, camera={0x9003: "2026:03:01 09:30:00", 0x9011: "+01:00"})
    assert photo.read_photo(zoned).taken_at.astimezone(UTC).hour == 8
    wrong = picture(tmp_path / "c.jpg", gps={7: (99.0, 0.0, 0.0), 29: "2026:03:01"}, camera={0x9003: "hôm qua"})
    assert photo.read_photo(wrong).taken_at is None


@pytest.mark.parametrize("what", ["text", "cut", "empty", "absent", "folder", "svg"])
def test_what_is_no_photo_is_refused_and_nothing_is_kept(data, tmp_path, what):
    file = picture(tmp_path / "ảnh.jpg", size=(640, 480))
    whole = file.read_bytes()
    if what == "absent":
        file.unlink()
    elif what == "folder":
        file.unlink()
        file.mkdir()
    else:
        file.write_bytes({"text": b"xin chao" * 99, "cut": whole[: len(whole) // 2], "empty": b"",
                          "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}[what])  # fmt: skip
    with pytest.raises(InputError) as error:
        evidence.add(data, CASE, "photo", file=file)
    assert error.value.code in ("case.photo_unreadable", "case.evidence_size", "engine.file_missing")
    assert len(cases.read(data, "case_evidence")) == 0
    assert not cases.folder_of(data, cases.find(data, CASE)["uid"]).exists()


def test_a_photo_that_would_fill_the_memory_is_refused(data, tmp_path, monkeypatch):
    file = picture(tmp_path / "a.jpg", size=(300, 300))
    monkeypatch.setattr(photo, "MOST_PIXELS", 1_000)
    with pytest.raises(InputError) as error:
        evidence.add(data, CASE, "photo", file=file)
    assert error.value.code == "case.photo_too_large"


def test_a_citizens_report_and_a_document_are_evidence(data, tmp_path):
    evidence.add(data, CASE, "citizen_report", note="Xe tải chở cát ban đêm", position=(LON, LAT))
    paper = tmp_path / "Biên bản kiểm tra.pdf"
    paper.write_bytes(b"%PDF-1.4 thu")
    evidence.add(data, CASE, "document", file=paper)
    rows = cases.read(data, "case_evidence")
    assert rows["kind"].tolist() == ["citizen_report", "document"]
    assert rows["file"].iloc[1].endswith("-bien-ban-kiem-tra.pdf")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "photo"}, "case.evidence_empty"),
        ({"kind": "citizen_report"}, "case.evidence_empty"),
        ({"kind": "citizen_report", "note": "x", "position": (11.0, 108.0)}, "case.position_outside"),
        ({"kind": "citizen_report", "note": "x" * 1001}, "case.text_wrong"),
    ],
)
def test_wrong_evidence_is_refused(data, given, code):
    with pytest.raises(InputError) as error:
        evidence.add(data, CASE, **given)
    assert error.value.code == code
