"""Each declared layer gets symbols, labels, a form and constraints in both languages."""

from __future__ import annotations

import pytest
from qgis.core import (
    Qgis,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsField,
    QgsFieldConstraints,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerUtils,
)
from qgis.PyQt.QtCore import QMetaType

from ...layers import catalogue
from ...layers.errors import InputError
from ...layers.messages import LANGUAGES
from ...layers.model import Domain, Layer, Text
from ...qgis_plugin import styling
from ...qgis_plugin.styling import relations, renderer, symbols
from ...qgis_plugin.styling.constraints import condition
from ...qgis_plugin.styling.widgets import widget

TYPES = {
    "integer": QMetaType.Type.Int,
    "real": QMetaType.Type.Double,
    "boolean": QMetaType.Type.Bool,
    "date": QMetaType.Type.QDate,
    "datetime": QMetaType.Type.QDateTime,
}


def blank(declared: Layer) -> QgsVectorLayer:
    """An empty layer in memory with the declared columns."""
    geometry = "NoGeometry" if declared.geometry == "None" else declared.geometry
    layer = QgsVectorLayer(f"{geometry}?crs=EPSG:9210", declared.id, "memory")
    layer.dataProvider().addAttributes(
        [QgsField(f.id, TYPES.get(f.type, QMetaType.Type.QString)) for f in declared.fields]
    )
    layer.updateFields()
    return layer


@pytest.fixture
def project():
    made = QgsProject()
    yield made
    made.clear()


def dressed(layer_id: str, language: str = "vi", project: QgsProject | None = None) -> QgsVectorLayer:
    layer = blank(catalogue.layer(layer_id))
    if project is not None:
        project.addMapLayer(layer)
    styling.apply(layer, layer_id, language)
    return layer


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("layer_id", catalogue.ids())
def test_a_declared_layer_is_dressed_whole(layer_id, language):
    declared = catalogue.layer(layer_id)
    layer = dressed(layer_id, language)
    assert styling.layer_id_of(layer) == layer_id
    form = layer.editFormConfig()
    assert form.layout() == Qgis.AttributeFormLayout.DragAndDrop
    tabs = form.invisibleRootContainer().children()
    assert tabs
    assert all(tab.type() == Qgis.AttributeEditorContainerType.Tab for tab in tabs)
    shown = {element.name() for tab in tabs for element in tab.children()}
    assert shown == {f.id for f in declared.fields}
    for number, field in enumerate(layer.fields()):
        assert field.alias() == declared.find(field.name()).name[language]
        assert layer.editorWidgetSetup(number).type()
        expression = layer.constraintExpression(number)
        assert not QgsExpression(expression).hasParserError() if expression else True
        assert bool(expression) == bool(layer.constraintDescription(number))
        assert "{" not in layer.constraintDescription(number)
    assert not QgsExpression(layer.displayExpression()).hasParserError()
    assert layer.metadata().title() == declared.name[language]


@pytest.mark.parametrize("layer_id", [one for one in catalogue.ids() if catalogue.layer(one).is_spatial])
def test_every_expression_of_a_style_evaluates(layer_id):
    """On a feature without any value: a label or rule must not fail on nulls."""
    declared = catalogue.layer(layer_id)
    layer = dressed(layer_id)
    assert declared.style, "a layer with geometry has symbols of its own"
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    empty = QgsFeature(layer.fields())
    empty.setValid(True)
    context.setFeature(empty)
    written = [rule.get("where", "") for rule in declared.style.get("rule", ())]
    for label in declared.style.get("label", ()):
        written += [label.get("where", ""), label.get("expression", "").replace("{language}", "vi")]
    written += [s[k] for s in declared.style.get("symbol", ()) for k in s if k.endswith("_by")]
    for text in filter(None, written):
        expression = QgsExpression(text)
        expression.prepare(context)
        expression.evaluate(context)
        assert not expression.hasParserError(), (text, expression.parserErrorString())
        assert not expression.hasEvalError(), (text, expression.evalErrorString())
        assert {c for c in expression.referencedColumns() if c} <= {f.id for f in declared.fields}, text
    tip = QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)
    assert "[%" not in tip


@pytest.mark.parametrize(
    ("unit", "language", "said"),
    [
        ("places/1000", "vi", "34,2 < 50,0 chỗ/1.000 dân"),
        ("places/1000", "en", "34.2 < 50.0 places/1,000 people"),
        ("FAR", "vi", "34,2 < 50,0 lần"),
        ("FAR", "en", "34.2 < 50.0 FAR"),
        ("m2", "vi", "34,2 < 50,0 m²"),
        (None, "vi", "34,2 < 50,0"),
    ],
)
def test_what_was_measured_stands_on_the_map_with_its_unit_in_words(unit, language, said):
    layer = blank(catalogue.layer("finding"))
    feature = QgsFeature(layer.fields())
    feature["measured"], feature["limit_value"], feature["unit"] = 34.2, 50.0, unit
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(feature)
    (label,) = (one for one in catalogue.layer("finding").style["label"] if "measured" in one.get("expression", ""))
    assert QgsExpression(label["expression"].replace("{language}", language)).evaluate(context) == said


def test_land_is_drawn_in_its_legal_colours():
    layer = dressed("planned_zone")
    drawn = {c.value(): c for c in layer.renderer().categories()}
    assert drawn["ODT"].symbol().symbolLayer(0).color().name() == catalogue.domains()["land_use"].colours["ODT"].lower()
    assert drawn["ODT"].label() == "ODT – " + catalogue.domains()["land_use"].values["ODT"].vi
    assert len(drawn) == len(catalogue.domains()["land_use"].values) + 1


def test_words_of_a_closed_list_stand_without_their_code():
    domain = Domain("colour", {"r": Text("Đỏ", "Red")})
    assert renderer.words(domain, "r", "vi") == "Đỏ"


def test_constraints_say_what_is_wrong():
    layer = dressed("building")
    number = layer.fields().indexOf("height_m")
    assert layer.constraintDescription(number) == "«Chiều cao» phải nằm trong khoảng 0 … 500 m."
    feature = QgsFeature(layer.fields())
    feature["height_m"] = 800.0
    ok, _errors = QgsVectorLayerUtils.validateAttribute(layer, feature, number)
    assert not ok
    feature["height_m"] = 12.0
    ok, _errors = QgsVectorLayerUtils.validateAttribute(layer, feature, number)
    assert ok
    code = layer.fields().indexOf("code")
    kinds = layer.fields().at(code).constraints().constraints()
    assert kinds & QgsFieldConstraints.Constraint.ConstraintNotNull
    assert kinds & QgsFieldConstraints.Constraint.ConstraintUnique


def test_a_date_may_not_come_before_the_one_it_follows():
    expression, said = condition(catalogue.layer("admin_unit").find("valid_to"), "vi")
    assert '"valid_to" >= "valid_from"' in expression
    assert said == "Ngày hết hiệu lực không được trước ngày bắt đầu hiệu lực."


def test_a_year_is_written_without_separator():
    _expression, said = condition(catalogue.layer("existing_land_use").find("year"), "vi")
    assert "1975 … 2100." in said


def test_a_new_feature_has_an_identity_and_its_defaults():
    layer = dressed("lighting_pole")
    one = QgsVectorLayerUtils.createFeature(layer)
    two = QgsVectorLayerUtils.createFeature(layer)
    assert len(one["uid"]) == 36
    assert one["uid"] != two["uid"]
    assert one["lifecycle"] == "in_service"


def test_a_copy_gets_an_identity_of_its_own(project):
    layer = dressed("hydrant", project=project)
    layer.startEditing()
    first = QgsVectorLayerUtils.createFeature(layer)
    layer.addFeature(first)
    copy, _children = QgsVectorLayerUtils.duplicateFeature(layer, next(layer.getFeatures()), project)
    assert copy["uid"]
    assert copy["uid"] != first["uid"]
    layer.rollBack()


def test_a_reference_is_picked_from_its_relation(project):
    for layer_id in ("parcel", "building"):
        layer = blank(catalogue.layer(layer_id))
        project.addMapLayer(layer)
        styling.apply(layer, layer_id)
    made = relations.connect(project, "vi")
    assert {r.id(): r.isValid() for r in made} == {"building_parcel": True, "building_part_of": True}
    field = catalogue.layer("building").find("parcel")
    assert widget("building", field, "vi", project).type() == "RelationReference"
    assert widget("building", field, "vi", None).type() == "TextEdit"


def test_a_wrong_word_in_a_style_is_an_error_with_a_code():
    with pytest.raises(InputError) as caught:
        symbols.symbol("Point", [{"kind": "marker", "shape": "potato"}])
    assert caught.value.code == "schema.declaration_wrong"
    with pytest.raises(InputError):
        symbols.symbol("MultiPolygon", [{"kind": "fill", "colour": "not a colour"}])
