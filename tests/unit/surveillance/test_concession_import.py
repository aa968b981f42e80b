"""Licences as inspectors get them: corner tables, KML, CAD; each doubt told or refused with its sentence."""

from __future__ import annotations

import zipfile
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from dothi.engine.contract import JOBS
from dothi.engine.jobs import concession
from dothi.layers.errors import DothiError, InputError, UsageError
from dothi.layers.messages import LANGUAGES, has
from dothi.store import corner_table, dataset
from dothi.store.coordinates import transform_geometries
from dothi.store.corner_table import number

from .scenes import Told

CRS = "EPSG:9218"
# A licence of 600 × 400 m near Mũi Né, EPSG:9218: 24 ha.
E, N = 476_800.0, 1_210_300.0
CORNERS = [(N, E), (N + 400, E), (N + 400, E + 600), (N, E + 600)]
DECISION = """GIẤY PHÉP KHAI THÁC KHOÁNG SẢN số 101/GP-BTNMT (mô phỏng)
Hà Nội, ngày 15 tháng 6 năm 2015
Diện tích khu vực khai thác: 24,00 ha
Hệ tọa độ VN-2000, kinh tuyến trục 108°30', múi chiếu 3°
Điểm góc\tX (m)\tY (m)
1\t1.210.300,00\t476.800,00
2\t1.210.700,00\t476.800,00
3\t1.210.700,00\t477.400,00
4\t1.210.300,00\t477.400,00
"""


def table(corners=CORNERS, head="", sep="\t") -> str:
    return head + "\n".join(f"{at}{sep}{x:.2f}{sep}{y:.2f}" for at, (x, y) in enumerate(corners, 1))


@pytest.fixture
def data(tmp_path):
    return dataset.create(tmp_path / "p.gpkg", ["concession"], CRS, profile="binh_thuan")


def bring(data, report=None, **given):
    told = report or Told()
    values = {"code": "SN-01", "data": str(data), **given}
    return concession.import_(JOBS["concession.import"].read(values), told)


def refused(data, **given) -> DothiError:
    with pytest.raises(DothiError) as error:
        bring(data, **given)
    for language in LANGUAGES:
        assert has(error.value.code), error.value.code
        assert "{" not in error.value.sentence(language)
    assert len(dataset.read(data, "concession")) == 0
    return error.value


def test_a_decision_as_it_is_pasted(data):
    found = bring(
        data, table=DECISION, valid_from="2015-06-15", valid_to="2035-06-15", licensed_level=12.0,
        height_datum="Hòn Dấu", licensed_volume=1e6, authority="Bộ Tài nguyên và Môi trường",
    )  # fmt: skip
    assert (found["area_ha"], found["corners"], found["crs"]) == (24.0, 4, CRS)
    row = dataset.read(data, "concession").iloc[0]
    assert (row["licence_no"], row["area_licensed_ha"], row["licensed_level_m"]) == ("101/GP-BTNMT", 24.0, 12.0)
    assert row["decision_date"].date() == date(2015, 6, 15)
    assert row.geometry.equals(shapely.box(E, N, E + 600, N + 400))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.210.300,55", 1210300.55), ("1 210 300,55", 1210300.55), ("1,210,300.55", 1210300.55),
        ("1210300.55", 1210300.55), ("1210300,55", 1210300.55), ("476800", 476800.0), ("+12,5", 12.5), ("12 m", 12.0),
        ("abc", None), ("1.2.3", None), ("", None),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text, value):
    assert number(text) == value


@pytest.mark.parametrize("sep", ["\t", ";", " | ", "   ", " ", ", "])
def test_columns_however_they_are_apart(data, sep):
    assert bring(data, table=table(sep=sep), meridian="108-30", area_ha=24.0)["area_ha"] == 24.0


def test_whole_thousands_with_dots(data):
    rows = "\n".join(f"{at};{x:,.0f};{y:,.0f}".replace(",", ".") for at, (x, y) in enumerate(CORNERS, 1))
    assert bring(data, table=rows, meridian="108-30", area_ha=24)["area_ha"] == 24.0


def test_a_sheet_and_a_csv(data, tmp_path):
    book = Workbook()
    page = book.active
    page.append(["Khu I", None, None])
    page.append(["Tên điểm", "X (Bắc)", "Y (Đông)"])
    page.append(["STT", "X", "Y"])
    for at, (x, y) in enumerate(CORNERS, 1):
        page.append([at, x, y])
    book.save(tmp_path / "t.xlsx")
    assert bring(data, source=str(tmp_path / "t.xlsx"), meridian="108-30", area_ha=24)["area_ha"] == 24.0
    lines = ["Name,Easting,Northing", *(f"M{at},{y},{x}" for at, (x, y) in enumerate(CORNERS, 1))]
    (tmp_path / "t.csv").write_text("\n".join(line.replace(",", ";") for line in lines), encoding="utf-8-sig")
    assert bring(data, code="SN-02", source=str(tmp_path / "t.csv"), meridian="108-30", area_ha=24)["area_ha"] == 24.0


def test_exchanged_axes_are_put_right_and_told(data):
    report = Told()
    found = bring(data, report, table=table([(y, x) for x, y in CORNERS]), meridian="108-30", area_ha=24)
    assert found["area_ha"] == 24.0
    assert "concession.axes_swapped" in report.codes
    assert dataset.read(data, "concession").total_bounds[0] == E


def test_the_wrong_zone_is_refused_and_the_right_one_named(data):
    """Written in 107°45', said to be 108°30': 82 km to the east, in the sea beyond the province."""
    east = transform_geometries([shapely.box(E + 45_000, N, E + 45_600, N + 400)], CRS, "EPSG:5899")[0]
    corners = [(y, x) for x, y in shapely.get_coordinates(east)[:-1]]
    error = refused(data, table=table(corners), meridian="108-30")
    assert error.code == "concession.wrong_zone"
    assert error.arguments["fitting"] == ["107°45' (EPSG:5899)"]
    assert bring(data, table=table(corners), meridian="107-45", area_ha=24.0)["crs"] == "EPSG:5899"
    stored = dataset.read(data, "concession").geometry.iloc[0]
    assert (
        shapely.hausdorff_distance(stored, shapely.box(E + 45_000, N, E + 45_600, N + 400)) < 0.01
    )  # written to the centimetre


def test_the_zone_is_asked_where_several_fit_and_found_where_one_does(data):
    assert refused(data, table=table()).code == "concession.zone_needed"
    report = Told()
    west = [(x - 20_000, y - 75_000) for x, y in CORNERS]  # Sơn Mỹ in 108°30'; 107°45' would be in Đồng Nai
    bring(data, report, table=table(west), area_ha=24)
    assert report.arguments["concession.zone_found"]["zone"] == "108°30' (EPSG:9218)"


def test_the_table_and_the_user_must_not_contradict(data):
    assert refused(data, table=DECISION, meridian="107-45").code == "concession.meridians_contradict"
    assert refused(data, table=DECISION.replace("108°30'", "109°15'")).code == "concession.meridian_unknown"


def test_a_hole_by_words_and_a_hole_by_place(data):
    inner = [(x, y) for x, y in [(N + 100, E + 100), (N + 200, E + 100), (N + 200, E + 200), (N + 100, E + 200)]]
    words = table(head="Khu I\n") + "\nTrừ khu nghĩa trang\n" + table(inner)
    assert bring(data, table=words, meridian="108-30", area_ha=23.0)["area_ha"] == 23.0
    report = Told()
    plain = table(head="Khu I\n") + "\nKhu II\n" + table(inner)
    bring(data, report, code="SN-02", table=plain, meridian="108-30", area_ha=23.0)
    assert "concession.hole_found" in report.codes
    shapes = dataset.read(data, "concession").geometry
    assert [len(shape.geoms[0].interiors) for shape in shapes] == [1, 1]


def test_a_hole_must_lie_inside(data):
    away = [(x + 5000, y) for x, y in CORNERS]
    words = table() + "\nLoại trừ\n" + table(away)
    assert refused(data, table=words, meridian="108-30").code == "concession.hole_outside"
    assert refused(data, table="Loại trừ\n" + table(), meridian="108-30").code == "concession.only_holes"


def test_two_parts_and_parts_that_overlap(data):
    second = [(x, y + 1000) for x, y in CORNERS]
    both = "Khu I\n" + table() + "\nKhu II\n" + table(second)
    assert bring(data, table=both, meridian="108-30", area_ha=48)["area_ha"] == 48.0
    over = "Khu I\n" + table() + "\nKhu II\n" + table([(x, y + 300) for x, y in CORNERS])
    with pytest.raises(InputError) as error:
        bring(data, code="SN-02", table=over, meridian="108-30")
    assert error.value.code == "concession.parts_overlap"


def test_order_doubles_and_closing(data):
    report = Told()
    rows = table().splitlines()
    mixed = "\n".join([rows[0], rows[2], rows[1], rows[1], rows[3], rows[0]])
    # 1, 3, 2, 2, 4, 1: crosses itself in this order, not by number
    bring(data, report, table=mixed, meridian="108-30", area_ha=24)
    assert {"concession.corners_doubled", "concession.corners_reordered"} <= set(report.codes)
    assert dataset.read(data, "concession").geometry.iloc[0].area == 240_000


def test_a_line_that_crosses_itself_is_refused(data):
    bow = [CORNERS[0], CORNERS[2], CORNERS[1], CORNERS[3]]
    assert refused(data, table=table(bow), meridian="108-30").code == "concession.crosses_itself"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"table": "Không có bảng"}, "concession.no_corners"),
        ({"table": table(CORNERS[:2])}, "concession.too_few_corners"),
        ({"table": table([(10.95 + n / 1000, 108.29 + n * n / 1000) for n in range(4)])}, "concession.in_degrees"),
        ({"table": table([(12_103_000.0, E), *CORNERS[1:]])}, "concession.corner_out_of_range"),
        ({"table": table([(x + 700_000, y) for x, y in CORNERS])}, "concession.no_zone_fits"),
        ({"table": DECISION, "area_ha": 25.0}, "concession.area_differs"),
        ({"table": DECISION.replace("24,00", "23,90")}, "concession.area_differs"),
        ({}, "concession.one_source"),
        ({"table": DECISION, "replaces": "SN-00", "valid_from": "2020-01-01"}, "concession.replaces_unknown"),
    ],
)
def test_what_cannot_be_is_refused(data, given, code):
    assert refused(data, **given).code == code


def test_another_area_can_be_accepted_and_rounding_is_no_difference(data):
    report = Told()
    bring(data, report, table=DECISION, area_ha=25.0, accept_area=True)
    assert "concession.area_differs" in report.codes
    quiet = Told()
    bring(data, quiet, code="SN-02", table=DECISION.replace("24,00 ha", "24 ha"))
    assert "concession.area_differs" not in quiet.codes


def test_an_extension_replaces_and_a_code_is_used_once(data):
    bring(data, table=DECISION, valid_from="2015-06-15")
    with pytest.raises(InputError) as error:
        bring(data, table=DECISION)
    assert error.value.code == "concession.code_taken"
    with pytest.raises(UsageError) as usage:
        bring(data, code="SN-01B", table=DECISION, replaces="SN-01")
    assert usage.value.code == "concession.replaces_from_when"
    bring(data, code="SN-01B", table=DECISION, replaces="SN-01", valid_from="2020-01-01")
    assert dataset.read(data, "concession")["replaces"].dropna().tolist() == ["SN-01"]


def test_check_only_writes_nothing(data):
    assert bring(data, table=DECISION, check_only=True)["written"] == 0
    assert len(dataset.read(data, "concession")) == 0


def kml(body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'


def placemark() -> str:
    shape = transform_geometries([shapely.box(E, N, E + 600, N + 400)], CRS, "EPSG:4326")[0]
    points = " ".join(f"{x:.9f},{y:.9f},0" for x, y in shapely.get_coordinates(shape))
    ring = f"<outerBoundaryIs><LinearRing><coordinates>{points}</coordinates></LinearRing></outerBoundaryIs>"
    return f"<Placemark><name>Mỏ</name><Polygon>{ring}</Polygon></Placemark>"


def test_kml_and_kmz(data, tmp_path):
    path = tmp_path / "a.kml"
    path.write_text(kml(placemark()), encoding="utf-8")
    assert bring(data, source=str(path), area_ha=24)["area_ha"] == pytest.approx(24.0, abs=0.001)
    with zipfile.ZipFile(tmp_path / "b.kmz", "w") as archive:
        archive.writestr("doc.kml", kml(placemark()))
    bring(data, code="SN-02", source=str(tmp_path / "b.kmz"), area_ha=24)
    shapes = dataset.read(data, "concession").geometry
    assert shapely.hausdorff_distance(shapes.iloc[1], shapely.box(E, N, E + 600, N + 400)) < 0.002


@pytest.mark.parametrize(
    "text",
    [
        kml("<NetworkLink><Link><href>http://example.org/a.kml</href></Link></NetworkLink>"),
        '<!DOCTYPE kml [<!ENTITY a "b">]>' + kml(placemark()),
    ],
)
def test_kml_that_points_elsewhere_is_not_opened(data, tmp_path, text):
    path = tmp_path / "a.kml"
    path.write_text(text, encoding="utf-8")
    assert refused(data, source=str(path)).code == "concession.kml_points_elsewhere"


def test_broken_kml_kmz_and_sheet(data, tmp_path):
    for name, code in (("a.kmz", "concession.not_a_table"), ("a.xlsx", "concession.not_a_table")):
        (tmp_path / name).write_bytes(b"PK\x03\x04 nothing")
        assert refused(data, source=str(tmp_path / name)).code == code
    (tmp_path / "a.kml").write_text(kml("<Placemark><Polygon>"), encoding="utf-8")
    refused(data, source=str(tmp_path / "a.kml"))
    (tmp_path / "a.txt").write_bytes("Điểm".encode("utf-16"))
    assert refused(data, source=str(tmp_path / "a.txt")).code == "concession.not_utf8"


def test_a_drawing_with_layers(data, tmp_path):
    path = tmp_path / "a.dxf"
    outline = shapely.LineString([(y, x) for x, y in [*CORNERS, CORNERS[0]]])
    frame = gpd.GeoDataFrame(
        {"Layer": ["RANH_GIOI", "DUONG"]}, geometry=[outline, shapely.LineString([(E, N), (E + 50, N + 900)])], crs=CRS
    )
    frame.to_file(path, driver="DXF", engine="pyogrio")
    found = bring(data, source=str(path), meridian="108-30", area_ha=24, cad_layer="RANH_GIOI")
    assert found["area_ha"] == pytest.approx(24.0)
    with pytest.raises(InputError) as error:
        bring(data, code="X", source=str(path), meridian="108-30", cad_layer="KHAC")
    assert error.value.code == "schema.layer_missing"
    with pytest.raises(InputError) as error:
        bring(data, code="X", source=str(path), meridian="108-30", cad_layer="DUONG")
    assert error.value.code == "concession.nothing_closed"


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("0123456789.,;\t\n |XYKhuTrừ°'\u00a0-+eĐ"), max_size=400))
def test_no_text_crashes_the_reader(text):
    try:
        found = corner_table.from_text(text)
    except InputError:
        return
    assert all(np.isfinite([north, east]).all() for ring in found.rings for _, north, east in ring.points)
