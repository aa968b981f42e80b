"""Blocks of declared layers, what a 3D view is opened of, and where its light comes from."""

from __future__ import annotations

import math

import pytest
from qgis.core import Qgis, QgsFeature, QgsGeometry, QgsProject, QgsVector3D, QgsVectorLayer

from ...layers import catalogue
from ...qgis_plugin import styling
from ...qgis_plugin.map import view3d
from ...qgis_plugin.project_data import selected_uids
from ...qgis_plugin.styling import extrusion
from .small import box
from .test_styling import blank

pytest.importorskip("qgis._3d")


@pytest.fixture
def project():
    made = QgsProject()
    yield made
    made.clear()


def layer_of(project: QgsProject, layer_id: str, geometry: QgsGeometry, **values: object) -> QgsVectorLayer:
    layer = blank(catalogue.layer(layer_id))
    project.addMapLayer(layer)
    styling.apply(layer, layer_id, "vi")
    feature = QgsFeature(layer.fields())
    for name, value in values.items():
        feature[name] = value
    feature.setGeometry(geometry)
    assert layer.dataProvider().addFeature(feature)
    layer.updateExtents()
    return layer


@pytest.mark.parametrize("layer_id", ["building", "envelope_tier", "envelope_breach"])
def test_a_block_begins_and_ends_where_its_declaration_says(project, layer_id):
    from qgis._3d import QgsPolygon3DSymbol

    values = {"from_m": 19.0, "to_m": 22.0, "top_m": 22.0, "height_m": 12.0}
    known = {field.id for field in catalogue.layer(layer_id).fields}
    layer = layer_of(project, layer_id, box(0, 0, 5, 5), **{k: v for k, v in values.items() if k in known})
    symbol = layer.renderer3D().symbol()
    assert symbol.altitudeClamping() == Qgis.AltitudeClamping.Absolute
    context = layer.createExpressionContext()
    context.setFeature(next(layer.getFeatures()))
    told = symbol.dataDefinedProperties()
    base, _ = told.valueAsDouble(QgsPolygon3DSymbol.Property.Height.value, context, -1.0)
    height, _ = told.valueAsDouble(QgsPolygon3DSymbol.Property.ExtrusionHeight.value, context, -1.0)
    assert (base, height) == ((0.0, 12.0) if layer_id == "building" else (19.0, 3.0))


def test_without_three_dimensions_the_map_is_as_it_was(project, monkeypatch):
    monkeypatch.setattr(extrusion, "find_spec", lambda name: None)
    assert layer_of(project, "building", box(0, 0, 5, 5)).renderer3D() is None


def test_a_building_with_a_part_outside_becomes_glass(project):
    layer_of(project, "envelope_breach", box(0, 0, 5, 5), feature_uid="b1", from_m=19.0, to_m=22.0)
    building = layer_of(project, "building", box(0, 0, 5, 5), uid="b1", height_m=22.0)
    view3d.dress(project)
    rules = building.renderer3D().rootRule().children()
    assert [rule.filterExpression() for rule in rules] == ["\"uid\" IN ('b1')", "NOT (\"uid\" IN ('b1'))"]
    assert rules[0].symbol().materialSettings().opacity() < 0.5


def test_the_subject_is_what_is_selected_else_the_newest_envelope(project):
    assert view3d.subject_box(project) is None
    tier = layer_of(project, "envelope_tier", box(0, 0, 30, 30), from_m=0.0, top_m=40.0)
    building = layer_of(project, "building", box(5, 5, 10, 10), uid="b1")
    project.setCrs(building.crs())
    project.layerTreeRoot().setHasCustomLayerOrder(False)
    assert view3d.subject_box(project).width() == pytest.approx(30)
    building.selectAll()
    assert view3d.subject_box(project).width() == pytest.approx(10)
    assert selected_uids(("building", "parcel"), project) == ["b1"]
    assert view3d.view_point(project, tier.extent()) == (40.0, 25.0)


def test_the_camera_faces_the_breach(project):
    layer_of(project, "envelope_breach", box(10, 28, 10, 2), feature_uid="b1")  # in the north of the lot
    lot = box(0, 0, 30, 30).boundingBox()
    _, heading = view3d.view_point(project, lot)
    assert math.cos(math.radians(heading)) < -0.5  # to the south


class Settings:
    def setLightSources(self, lights):
        self.lights = lights


class View:
    def __init__(self):
        self.settings = Settings()

    def mapSettings(self):
        return self.settings


@pytest.mark.parametrize(("version", "expected"), [(34006, (-0.5, -0.707, 0.5)), (34200, (-0.5, -0.5, -0.707))])
def test_light_falls_from_the_sun(monkeypatch, version, expected):
    """The sun in the north-east at 45°: light goes to the south-west and down, in the axes of each QGIS."""
    monkeypatch.setattr(Qgis, "versionInt", staticmethod(lambda: version))
    view = View()
    view3d.shine(view, 45.0, 45.0)
    light = view.settings.lights[0]
    direction: QgsVector3D = light.direction()
    assert (direction.x(), direction.y(), direction.z()) == pytest.approx(expected, abs=0.001)


def test_at_night_the_light_stays(project):
    view = View()
    view3d.shine(view, 45.0, -3.0)
    assert not hasattr(view.settings, "lights")
    layer_of(project, "shadow", box(0, 0, 5, 5), code="09:00", azimuth_deg=129.6, elevation_deg=35.8)
    assert view3d.drawn_sun(project) == (129.6, 35.8)


class Iface:
    def __init__(self):
        self.said = []

    def messageBar(self):
        return self

    def pushMessage(self, title, text, level):
        self.said.append(text)


def test_without_a_subject_or_without_3d_a_sentence_says_so(monkeypatch):
    iface = Iface()
    QgsProject.instance().clear()
    assert view3d.View3D(iface).open() is None
    monkeypatch.setattr(extrusion, "find_spec", lambda name: None)
    assert view3d.View3D(iface).open() is None
    assert len(set(iface.said)) == 2
