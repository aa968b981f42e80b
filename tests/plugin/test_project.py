"""The project of a small data set: whole, silent when opened, ready to print."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsLayoutExporter,
    QgsLayoutItemMap,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayerUtils,
)

from ...layers import catalogue
from ...layers.errors import InputError
from ...qgis_plugin import project_data, styling
from ...qgis_plugin.project import builder, layout, paper
from .test_styling import blank

EAST, NORTH = 612_000.0, 1_220_500.0
PLACES = [
    {
        "id": "bach_dang",
        "name": {"vi": "Bạch Đằng", "en": "Bạch Đằng"},
        "crs": "EPSG:9210",
        "extent": [EAST - 300, NORTH - 300, EAST + 300, NORTH + 300],
        "theme": "planning",
    }
]
SQUARE = "MultiPolygon((({x0} {y0},{x1} {y0},{x1} {y1},{x0} {y1},{x0} {y0})))"


def square(east: float, north: float, side: float) -> str:
    return SQUARE.format(x0=east, y0=north, x1=east + side, y1=north + side)


ROWS: dict[str, list] = {
    "parcel": [(square(EAST, NORTH, 20), {"code": "T1", "parcel_no": "1", "land_use": "ODT"})],
    "planned_zone": [
        (square(EAST - 100, NORTH - 100, 300), {"code": "O1", "land_use": "ODT", "max_density_pct": 60.0})
    ],
    "building": [(square(EAST + 2, NORTH + 2, 15), {"code": "N1", "use": "detached", "floors": 3})],
    "existing_land_use": [(square(EAST - 300, NORTH - 300, 100), {"land_use": "SON"})],
    "street_centreline": [
        (
            f"MultiLineString(({EAST - 90} {NORTH - 5},{EAST + 90} {NORTH - 5}))",
            {"code": "D1", "name": "Đường số 1", "road_class": "area", "width_m": 12.0},
        )
    ],
    "lighting_pole": [(f"Point({EAST} {NORTH - 8})", {"code": "C1", "lifecycle": "in_service"})],
    "logistics_port": [(f"Point({EAST + 800} {NORTH})", {"code": "P1", "name": "Cảng thử", "port_kind": "landing"})],
    "run": [],
}


def write(path: Path, rows: dict[str, list], meta: dict) -> Path:
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    context = QgsProject.instance().transformContext()
    for layer_id, features in rows.items():
        declared = catalogue.layer(layer_id)
        layer = blank(declared)
        made = []
        for geometry, values in features:
            feature = QgsFeature(layer.fields())
            feature.setGeometry(QgsGeometry.fromWkt(geometry))
            feature["uid"] = "00000000-0000-4000-8000-" + f"{abs(hash((layer_id, geometry))) % 10**12:012d}"
            for key, value in values.items():
                feature[key] = value
            made.append(feature)
        layer.dataProvider().addFeatures(made)
        options.layerName = layer_id
        options.actionOnExistingFile = (
            QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
            if path.exists()
            else QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteFile
        )
        error, message, *_rest = QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(path), context, options)
        assert error == QgsVectorFileWriter.WriterError.NoError, message
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE dothi_meta (key TEXT PRIMARY KEY, value TEXT)")
        base.executemany("INSERT INTO dothi_meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in meta.items()])
        base.commit()
    return path


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("Dữ liệu thử")
    meta = {"province": "binh_duong", "simulated": True, "judged_on": "2026-06-01", "places": PLACES}
    data = write(folder / "thử nghiệm.gpkg", ROWS, meta)
    project = builder.build(data, folder / "thử nghiệm.qgz")
    yield project
    project.clear()


def layer_named(project: QgsProject, layer_id: str):
    return next(one for one in project.mapLayers().values() if styling.layer_id_of(one) == layer_id)


def test_every_table_is_a_layer_in_its_group(built):
    shown = {styling.layer_id_of(one) for one in built.mapLayers().values()}
    assert shown == {*ROWS, ""}  # the nameless one is the water of the background
    groups = [group.name() for group in built.layerTreeRoot().findGroups()]
    assert "Quy hoạch, giao thông, đất đai" in groups
    order = [styling.layer_id_of(layer) for layer in built.layerTreeRoot().layerOrder()]
    assert order.index("building") < order.index("parcel") < order.index("planned_zone")


def test_the_project_knows_its_place_its_data_and_its_state(built):
    assert built.crs().authid() == "EPSG:9210"
    assert Path(project_data.data_of_project(built)).name == "thử nghiệm.gpkg"
    assert [mark.name() for mark in built.bookmarkManager().bookmarks()] == ["Bạch Đằng"]
    assert built.bookmarkManager().bookmarks()[0].group() in built.mapThemeCollection().mapThemes()
    assert "mô phỏng" in built.title()
    label, _ok = built.readEntry("TitleLabel", "/Label")
    assert label.startswith("MÔ PHỎNG")
    assert built.mapThemeCollection().mapThemes()


def test_relations_hold_and_forms_use_them(built):
    relations = built.relationManager().relations()
    assert {r.id() for r in relations.values()} == {"building_parcel", "building_part_of"}
    assert all(relation.isValid() for relation in relations.values())
    building = layer_named(built, "building")
    parcel_field = building.fields().indexOf("parcel")
    assert building.editorWidgetSetup(parcel_field).type() == "RelationReference"
    tabs = [tab.name() for tab in layer_named(built, "parcel").editFormConfig().invisibleRootContainer().children()]
    assert tabs[-1] == "Liên quan"


def test_transformations_are_the_pinned_ones(built):
    context = built.transformContext()
    wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
    operation = context.calculateCoordinateOperation(QgsCoordinateReferenceSystem("EPSG:9210"), wgs84)
    assert "-191.90441429" in operation


def test_data_that_are_not_simulated_carry_no_mark(tmp_path):
    data = write(tmp_path / "a.gpkg", {"parcel": ROWS["parcel"]}, {"province": "binh_duong", "simulated": False})
    project = builder.build(data, tmp_path / "a.qgz", "en")
    assert not project.readBoolEntry("TitleLabel", "/Enabled")[0]
    assert project.title() == "Đô Thị – Bình Dương"
    assert layer_named(project, "parcel").name() == "Parcel"
    project.clear()


def test_a_file_that_is_no_data_set_is_refused(tmp_path):
    wrong = tmp_path / "x.gpkg"
    wrong.write_text("not a database")
    with pytest.raises(InputError) as caught:
        builder.build(wrong, tmp_path / "x.qgz")
    assert caught.value.code == "schema.not_geopackage"
    assert not (tmp_path / "x.qgz").exists()


def test_drawings_print_with_title_block_and_mark(built, tmp_path):
    drawings = {one.name(): one for one in built.layoutManager().printLayouts()}
    assert {name.split()[0] for name in drawings} == {"QH-01", "HT-01"}
    drawn = next(one for name, one in drawings.items() if name.startswith("QH-01"))
    assert drawn.itemById("mark").text() == "MÔ PHỎNG"
    assert "EPSG:9210" in drawn.itemById("crs").text()
    assert drawn.itemById("date").text() == "01/06/2026"
    shown = drawn.itemById("map")
    assert isinstance(shown, QgsLayoutItemMap)
    assert round(shown.scale()) in paper.sheet()["scales"]
    shown.setScale(7500)
    assert drawn.itemById("scale").currentText() == "1:7.500"
    out = tmp_path / "QH-01.pdf"
    settings = QgsLayoutExporter.PdfExportSettings()
    assert QgsLayoutExporter(drawn).exportToPdf(str(out), settings) == QgsLayoutExporter.ExportResult.Success
    assert out.stat().st_size > 10_000


@pytest.mark.parametrize(("scale", "interval"), [(1000, 50), (2000, 100), (5000, 200), (10000, 500), (25000, 1000)])
def test_the_grid_has_a_round_interval(scale, interval):
    assert layout.grid_interval(scale) == interval


def test_a_drawing_takes_the_next_round_scale():
    assert layout.round_scale(600, 600, 302, 273) == 2500
    assert layout.round_scale(10_000_000, 1, 302, 273) > 250_000


OPEN = """
import json, sys
from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
application = QgsApplication([], True)
application.initQgis()
said = []
QgsApplication.messageLog().messageReceived.connect(lambda *words: said.append([int(words[2]), *words[:2]]))
project = QgsProject.instance()
ok = project.read(sys.argv[1])
print(json.dumps({
    "ok": ok, "error": project.error(), "said": [one for one in said if one[0] in (1, 2)],
    "invalid": [l.name() for l in project.mapLayers().values() if not l.isValid()],
    "count": len(project.mapLayers()), "crs": project.crs().authid(),
    "nocrs": [l.name() for l in project.mapLayers().values() if l.isSpatial() and not l.crs().isValid()],
    "rows": {l.name(): l.featureCount() for l in project.mapLayers().values() if isinstance(l, QgsVectorLayer)},
}))
"""


def test_a_fresh_qgis_opens_it_without_a_word_wherever_it_is_moved(built, tmp_path):
    moved = tmp_path / "Nơi khác"
    Path(built.fileName()).parent.rename(moved)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", OPEN, str(next(moved.glob("*.qgz")))],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            check=True,
        )
    finally:
        moved.rename(Path(built.fileName()).parent)
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["ok"], told["error"]
    assert told["said"] == []
    assert told["invalid"] == []
    assert told["nocrs"] == []
    assert told["count"] == len(built.mapLayers())
    assert told["rows"]["Thửa đất"] == 1


def test_a_feature_drawn_in_the_project_is_valid_for_its_table(built):
    layer = layer_named(built, "parcel")
    feature = QgsVectorLayerUtils.createFeature(layer)
    feature["code"] = "T2"
    bad = [
        field.name()
        for number, field in enumerate(layer.fields())
        if field.name() != "fid" and not QgsVectorLayerUtils.validateAttribute(layer, feature, number)[0]
    ]
    assert bad == []
