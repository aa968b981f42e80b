"""A data set made by the engine keeps its promises when QGIS writes to it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from qgis.core import QgsFeature, QgsFieldConstraints, QgsGeometry, QgsPointXY, QgsVectorLayer, QgsVectorLayerUtils
from qgis.PyQt import sip

from dothi.engine.contract.protocol import clean_environment

from .conftest import ROOT

ENGINE = ROOT / ".venv" / "bin" / "dothi"
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
HERE = QgsGeometry.fromPointXY(QgsPointXY(612351.55, 1220521.18))

pytestmark = pytest.mark.skipif(not ENGINE.exists(), reason="the engine's environment is not made here")


@pytest.fixture
def poles(tmp_path: Path) -> Iterator[QgsVectorLayer]:
    path = tmp_path / "Dữ liệu tỉnh" / "Bình Dương.gpkg"
    path.parent.mkdir()
    given = ["--data", str(path), "--province", "binh_duong", "--layers", "lighting_pole,lighting_cabinet", "--json"]
    made = subprocess.run(
        [str(ENGINE), "project", "new", *given], capture_output=True, check=True, env=clean_environment(os.environ)
    )
    assert json.loads(made.stdout)["crs"] == "EPSG:9210"
    layer = QgsVectorLayer(f"{path}|layername=lighting_pole", "poles", "ogr")
    assert layer.isValid(), layer.error().summary()
    yield layer
    sip.delete(layer)  # pytest would keep it until QGIS itself is gone


def values(layer: QgsVectorLayer, field: str) -> list[object]:
    return [feature[field] for feature in layer.getFeatures()]


def test_a_drawn_pole_gets_its_uid_and_defaults_from_the_database(poles):
    poles.startEditing()
    code = poles.fields().indexOf("code")
    for text in ("C1", "C2"):
        assert poles.addFeature(QgsVectorLayerUtils.createFeature(poles, HERE, {code: text}))
    assert poles.commitChanges(), poles.commitErrors()
    assert len(set(values(poles, "uid"))) == 2
    assert all(UUID4.fullmatch(str(uid)) for uid in values(poles, "uid"))
    assert values(poles, "lifecycle") == ["in_service", "in_service"]


def test_a_feature_with_nothing_in_it_gets_a_uid_too(poles):
    """As Processing and copy and paste bring it: every attribute is NULL."""
    feature = QgsFeature(poles.fields())
    feature.setAttributes([None] * poles.fields().count())
    feature["code"] = "C3"
    feature.setGeometry(HERE)
    assert poles.dataProvider().addFeatures([feature])[0]
    assert UUID4.fullmatch(str(values(poles, "uid")[0]))


def test_a_number_is_not_used_again(poles):
    provider = poles.dataProvider()
    code = poles.fields().indexOf("code")

    def add(text: str) -> int:
        done, made = provider.addFeatures([QgsVectorLayerUtils.createFeature(poles, HERE, {code: text})])
        assert done
        return made[0].id()

    first = add("C1")
    assert provider.deleteFeatures([first])
    assert add("C2") > first


def test_qgis_knows_what_the_database_holds_to(poles):
    constraint = QgsFieldConstraints.Constraint
    fields = poles.fields()
    for name in ("uid", "code"):
        held = fields[fields.indexOf(name)].constraints().constraints()
        assert held & constraint.ConstraintNotNull, name
        assert held & constraint.ConstraintUnique, name
    assert poles.crs().authid() == "EPSG:9210"
    assert poles.hasSpatialIndex() == 2  # QgsFeatureSource.SpatialIndexPresent
