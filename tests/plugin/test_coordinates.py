"""QGIS and the engine agree to 1 mm over both provinces, across 11.04° N where other programs jump by 0.8 m."""

from __future__ import annotations

import json
import subprocess

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsPointXY,
    QgsProject,
    QgsVectorLayer,
)

from dothi.engine.contract import environment as place
from dothi.qgis_plugin.coordinates import pin, pin_project

from .conftest import ROOT
from .test_engine_client import needs_engine

# facts of the pinned operation: place, longitude, latitude, system, east, north
POINTS = [
    (106.652, 10.980, "EPSG:9210", 598382.244, 1214392.133),
    (106.780, 11.035, "EPSG:9210", 612351.550, 1220521.183),
    (106.767, 10.906, "EPSG:9210", 610979.125, 1206246.398),
    (106.363, 11.280, "EPSG:9210", 566728.055, 1247495.692),
    (108.102, 10.929, "EPSG:9218", 456302.490, 1208633.996),
    (108.390, 11.200, "EPSG:9218", 487793.039, 1238581.316),
    (108.290, 10.945, "EPSG:9218", 476852.914, 1210382.988),
    (108.102, 10.929, "EPSG:5899", 538279.785, 1208627.273),
]

# Bình Dương and Bình Thuận: degrees west, south, east, north
PROVINCES = {"EPSG:9210": (106.30, 10.85, 107.00, 11.50), "EPSG:9218": (107.40, 10.55, 108.90, 11.55)}

_ENGINE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from launch import load
load()
from dothi.store.coordinates import transform
for line in sys.stdin:
    asked = json.loads(line)
    x, y = transform(asked["x"], asked["y"], asked["from"], asked["to"])
    print(json.dumps({"x": list(x), "y": list(y)}), flush=True)
"""


def transformation(source: str, target: str) -> QgsCoordinateTransform:
    system = QgsCoordinateReferenceSystem
    return QgsCoordinateTransform(system(source), system(target), pin(QgsCoordinateTransformContext()))


@pytest.mark.parametrize(("lon", "lat", "code", "east", "north"), POINTS)
def test_known_points_hold_in_qgis(lon, lat, code, east, north):
    there = transformation("EPSG:4326", code).transform(QgsPointXY(lon, lat))
    assert (there.x(), there.y()) == pytest.approx((east, north), abs=0.001)
    back = transformation(code, "EPSG:4326").transform(QgsPointXY(east, north))
    assert (back.x(), back.y()) == pytest.approx((lon, lat), abs=1e-8)


@needs_engine
@pytest.mark.parametrize("target", ["EPSG:4326", "EPSG:3857", "EPSG:32648", "EPSG:32649"])
@pytest.mark.parametrize("source", PROVINCES)
def test_engine_and_qgis_agree_to_a_millimetre(source, target):
    west, south, east, north = PROVINCES[source]
    steps = range(12)
    grid = [(west + i * (east - west) / 11, south + j * (north - south) / 11) for i in steps for j in steps]
    assert min(lat for _, lat in grid) < 11.04 < max(lat for _, lat in grid)
    to_local = transformation("EPSG:4326", source)
    local = [to_local.transform(QgsPointXY(*point)) for point in grid]
    asked = {"x": [p.x() for p in local], "y": [p.y() for p in local], "from": source, "to": target}
    python = place.interpreter(ROOT / ".venv")
    answered = subprocess.run(
        [str(python), "-I", "-X", "utf8", "-c", _ENGINE, str(ROOT / "engine")],
        input=json.dumps(asked) + "\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    engine = json.loads(answered.stdout)
    there = transformation(source, target)
    metres_per_unit = 111_320.0 if target == "EPSG:4326" else 1.0
    for point, x, y in zip(local, engine["x"], engine["y"], strict=True):
        ours = there.transform(point)
        assert abs(ours.x() - x) * metres_per_unit < 0.001
        assert abs(ours.y() - y) * metres_per_unit < 0.001


@pytest.mark.parametrize("time", ["first", "after a new project"])
def test_a_project_has_the_operations_from_its_first_layer_on(plugin, time):
    project = QgsProject.instance()
    if time != "first":
        project.clear()
    project.addMapLayer(QgsVectorLayer("Point?crs=EPSG:9210", "điểm", "memory"))
    code = QgsCoordinateReferenceSystem("EPSG:9210"), QgsCoordinateReferenceSystem("EPSG:4326")
    assert "helmert" in project.transformContext().calculateCoordinateOperation(*code)
    project.clear()


def test_pinning_does_not_ask_to_save(plugin):
    project = QgsProject()
    pin_project(project)
    assert not project.isDirty()


def test_a_project_read_from_a_file_gets_them_too(plugin, tmp_path):
    path = tmp_path / "của người khác.qgz"
    stranger = QgsProject()
    assert stranger.write(str(path))
    project = QgsProject.instance()
    assert project.read(str(path))
    code = QgsCoordinateReferenceSystem("EPSG:9218"), QgsCoordinateReferenceSystem("EPSG:3857")
    assert "helmert" in project.transformContext().calculateCoordinateOperation(*code)
    project.clear()
