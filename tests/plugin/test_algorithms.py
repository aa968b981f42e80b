"""The jobs in Processing on a small real data set: asked, checked, run, handed over; nothing given is changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsField,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterFile,
    QgsProject,
    QgsProperty,
    QgsVectorLayer,
    QgsVectorLayerJoinInfo,
)
from qgis.PyQt.QtCore import QMetaType

from dothi.engine.contract import JOBS, project
from dothi.qgis_plugin import engine_client, project_data
from dothi.qgis_plugin.algorithms.jobs import ALGORITHMS
from dothi.qgis_plugin.algorithms.values import Values

from . import small
from .conftest import Heard, settle
from .test_engine_client import needs_engine


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """The small data set, in a folder with spaces and diacritics."""
    folder = tmp_path_factory.mktemp("bộ dữ liệu nhỏ")
    path = folder / "phường Tân Uyên.gpkg"
    engine_client.run_job(project.NEW, {"data": str(path), "province": "binh_duong"}, Heard())
    small.fill(path)
    return path


@pytest.fixture
def context() -> Iterator[QgsProcessingContext]:
    made = QgsProcessingContext()
    made.setProject(QgsProject.instance())
    yield made
    QgsProject.instance().clear()


def algorithm(name: str):
    return QgsApplication.processingRegistry().createAlgorithmById(f"dothi:{name}")


def outcomes(run: str) -> dict[tuple[str, str], str]:
    """(feature, rule) → outcome of a findings layer."""
    layer = QgsVectorLayer(run, "findings", "ogr")
    return {(f["feature_code"], f["rule"]): f["outcome"] for f in layer.getFeatures()}


def failed(run: str) -> set[tuple[str, str]]:
    return {key for key, outcome in outcomes(run).items() if outcome == "fail"}


DENSITY = "qcvn01.net_density.detached"


def test_ids_and_parameters_are_the_contracts(plugin):
    assert {a.job.id for a in ALGORITHMS} == {job.id for job in JOBS.values() if job.algorithm}
    for kind in ALGORITHMS:
        made = algorithm(kind.job.algorithm)
        assert [p.name() for p in made.parameterDefinitions()] == [
            p.id for p in kind.job.parameters if not p.unattended
        ]
        assert {r.id for r in kind.job.results} <= {o.name() for o in made.outputDefinitions()}


def test_a_missing_parameter_is_named_in_a_sentence(plugin, context):
    can, sentence = algorithm("check_zoning").checkParameterValues({}, context)
    assert not can
    assert "Bộ dữ liệu" in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("given", "can"),
    [
        ({"method": "cva"}, True),
        ({"method": 1}, True),
        ({"method": "guess"}, False),
        ({"false_alarm": 0.7}, False),
        ({"before": "/nowhere.tif"}, False),
        ({"date_before": "2024-03-01"}, True),
    ],
)
def test_values_are_accepted_in_the_forms_of_window_and_shell(plugin, context, tmp_path, given, can):
    (tmp_path / "S2A.SAFE").mkdir()
    images = {"before": str(tmp_path / "S2A.SAFE"), "after": str(tmp_path / "S2A.SAFE")}
    assert algorithm("detect_change").checkParameterValues({**images, **given}, context)[0] is can


def test_layers_may_be_named_by_their_id(plugin, context, tmp_path):
    (tmp_path / "a.gpkg").touch()
    publish = algorithm("publish_ioc")
    given = {"data": str(tmp_path / "a.gpkg"), "target": str(tmp_path / "out")}
    for layers in ("building,parcel", ["building", "parcel"]):
        assert publish.checkParameterValues({**given, "layers": layers}, context)[0]
        values = Values(publish, {**given, "layers": layers}, context, Heard()).of(publish.job)
        assert values["layers"] == ["building", "parcel"]
    assert not publish.checkParameterValues({**given, "layers": "no_such_layer"}, context)[0]


class TestWhatTheEngineIsGiven:
    """How a layer of the map travels: as it lies in its file, or written out where it is only in QGIS."""

    @pytest.fixture
    def parcels(self, plugin, data, context) -> QgsVectorLayer:
        layer = small.table(data, "parcel")
        QgsProject.instance().addMapLayer(layer)
        return layer

    def given(self, layer: object, context: QgsProcessingContext, data: Path) -> dict[str, Any]:
        check = algorithm("check_zoning")
        return Values(check, {"data": str(data), "parcels": layer}, context, Heard()).of(check.job)["parcels"]

    def written(self, value: dict[str, object]) -> QgsVectorLayer:
        assert "uids" not in value
        return QgsVectorLayer(f"{value['path']}|layername={value['layer']}", "written", "ogr")

    @needs_engine
    def test_a_saved_layer_by_its_path(self, parcels, context, data):
        assert self.given(parcels.id(), context, data) == {"path": str(data), "layer": "parcel"}

    @needs_engine
    def test_a_selection_by_its_uids(self, parcels, context, data):
        parcels.selectByExpression("\"code\" = '1-2'")
        chosen = QgsProcessingFeatureSourceDefinition(parcels.id(), selectedFeaturesOnly=True)
        value = self.given(chosen, context, data)
        assert value["uids"] == [f["uid"] for f in parcels.getSelectedFeatures()]
        assert len(value["uids"]) == 1

    @needs_engine
    def test_a_filter_by_its_uids(self, parcels, context, data):
        parcels.setSubsetString("\"code\" <> '1-2'")
        assert len(self.given(parcels.id(), context, data)["uids"]) == 2

    @needs_engine
    def test_unsaved_edits_are_written_out(self, parcels, context, data):
        parcels.startEditing()
        parcels.changeAttributeValue(next(parcels.getFeatures()).id(), parcels.fields().lookupField("code"), "9-9")
        value = self.given(parcels.id(), context, data)
        assert value["path"] != str(data)
        assert "9-9" in {f["code"] for f in self.written(value).getFeatures()}
        parcels.rollBack()

    @needs_engine
    def test_virtual_fields_and_joins_are_written_out(self, parcels, context, data):
        buildings = small.table(data, "building")
        QgsProject.instance().addMapLayer(buildings)
        parcels.addExpressionField("$area", QgsField("dt", QMetaType.Type.Double))
        join = QgsVectorLayerJoinInfo()
        join.setJoinLayer(buildings)
        join.setJoinFieldName("parcel")
        join.setTargetFieldName("uid")
        join.setPrefix("nha_")
        parcels.addJoin(join)
        rows = {f["code"]: f for f in self.written(self.given(parcels.id(), context, data)).getFeatures()}
        assert rows["1-1"]["nha_code"] == "N1"
        assert rows["1-1"]["dt"] == pytest.approx(100.0, rel=0.001)

    @needs_engine
    def test_a_memory_layer_is_written_out_with_its_crs(self, plugin, context, data):
        layer = QgsVectorLayer("MultiPolygon?crs=EPSG:9210&field=code:string", "tạm", "memory")
        feature = QgsFeature(layer.fields())
        feature.setGeometry(small.box(0, 0, 5, 5))
        layer.dataProvider().addFeature(feature)
        QgsProject.instance().addMapLayer(layer)
        written = self.written(self.given(layer.id(), context, data))
        assert written.crs().authid() == "EPSG:9210"
        assert written.featureCount() == 1


@needs_engine
def test_the_zoning_check_finds_the_house_that_is_too_large(plugin, data, context):
    from qgis import processing

    before = hashlib.sha256(data.read_bytes()).hexdigest()
    result = processing.run("dothi:check_zoning", {"data": str(data), **small.JUDGED}, context=context)
    assert failed(result["findings"]) == {("1-2", DENSITY)}
    assert ("1-1", DENSITY) not in outcomes(result["findings"])  # passes are no rows
    assert result["outcomes"]["fail"] == 1
    assert result["outcomes"]["pass"] > 0
    assert hashlib.sha256(data.read_bytes()).hexdigest() == before


@needs_engine
def test_only_the_selected_parcels_are_judged(plugin, data, context):
    from qgis import processing

    parcels = small.table(data, "parcel")
    QgsProject.instance().addMapLayer(parcels)
    parcels.selectByExpression("\"code\" = '1-1'")
    chosen = QgsProcessingFeatureSourceDefinition(parcels.id(), selectedFeaturesOnly=True)
    given = {"data": str(data), "parcels": chosen, **small.JUDGED}
    result = processing.run("dothi:check_zoning", given, context=context)
    assert failed(result["findings"]) == set()
    assert result["checked"] == 2  # the parcel and its building


@needs_engine
def test_results_are_set_to_load_styled_named_and_grouped(plugin, data, context):
    from dothi.qgis_plugin.algorithms.results import dress

    check = algorithm("check_zoning")
    result, done = check.run({"data": str(data), **small.JUDGED}, context, Heard())
    assert done
    ((source, details),) = context.layersToLoadOnCompletion().items()
    assert source == result["findings"]
    assert details.name == "Kết quả kiểm tra"
    assert details.groupName == "Kết quả Đô Thị"
    assert details.postProcessor() is not None
    layer = QgsVectorLayer(source, details.name, "ogr")
    plain = layer.renderer().type()
    dress(layer)
    assert layer.renderer().type() != plain
    assert project_data.layer_id(layer) == "finding"


@needs_engine
def test_it_runs_in_a_thread_of_processing(plugin, data, context):
    feedback = Heard()
    task = QgsProcessingAlgRunnerTask(algorithm("check_zoning"), {"data": str(data), **small.JUDGED}, context, feedback)
    ends: list[tuple[bool, dict[str, Any]]] = []
    task.executed.connect(lambda ok, results: ends.append((ok, results)))
    QgsApplication.taskManager().addTask(task)
    assert settle(lambda: bool(ends))
    ok, results = ends[0]
    assert ok
    assert failed(results["findings"]) == {("1-2", DENSITY)}


@needs_engine
def test_unsaved_edits_of_the_data_set_are_pointed_out(plugin, data, context):
    parcels = small.table(data, "parcel")
    QgsProject.instance().addMapLayer(parcels)
    parcels.startEditing()
    parcels.changeAttributeValue(next(parcels.getFeatures()).id(), parcels.fields().lookupField("code"), "9-9")
    feedback = Heard()
    _, done = algorithm("check_zoning").run({"data": str(data), **small.JUDGED}, context, feedback)
    parcels.rollBack()
    assert done
    assert any("parcel" in warning for warning in feedback.warnings)


@needs_engine
def test_what_the_engine_refuses_is_a_sentence(plugin, tmp_path, context):
    from qgis import processing

    wrong = tmp_path / "không phải.gpkg"
    wrong.write_text("xin chào")
    with pytest.raises(QgsProcessingException) as refused:
        processing.run("dothi:check_zoning", {"data": str(wrong)}, context=context)
    assert "không phải.gpkg" in str(refused.value)


@needs_engine
def test_change_between_two_images_becomes_one_alert(plugin, tmp_path, context):
    from qgis import processing

    before, after = small.images(tmp_path)
    given = {"before": str(before), "after": str(after), "out": str(tmp_path / "kết quả")}
    result = processing.run("dothi:detect_change", given, context=context)
    alerts = QgsVectorLayer(result["alerts"], "alerts", "ogr")
    (alert,) = alerts.getFeatures()
    hectares = small.PIT[2] * small.PIT[3] * small.PIXEL**2 / 10_000
    assert alert["area_m2"] / 10_000 == pytest.approx(hectares, rel=0.15)
    assert Path(result["change"]).is_file()


@needs_engine
def test_publishing_the_same_layers_gives_the_same_bytes(plugin, data, tmp_path, context):
    from qgis import processing

    parcels = small.table(data, "parcel")
    QgsProject.instance().addMapLayer(parcels)
    sums = []
    for number, layers in enumerate(([parcels.id()], "parcel")):
        given = {"data": str(data), "target": str(tmp_path / str(number)), "layers": layers}
        result = processing.run("dothi:publish_ioc", given, context=context)
        sums.append(hashlib.sha256(Path(result["manifest"]).read_bytes()).hexdigest())
    assert sums[0] == sums[1]
    assert json.loads(Path(result["manifest"]).read_text(encoding="utf-8"))


@needs_engine
def test_a_new_project_has_its_data_set_and_its_qgis_project(plugin, tmp_path, context):
    from qgis import processing

    path = tmp_path / "dự án mới.gpkg"
    result = processing.run("dothi:new_project", {"data": str(path), "province": "binh_thuan"}, context=context)
    assert path.is_file()
    assert result["crs"] == "EPSG:9218"
    opened = QgsProject()
    assert opened.read(result["project"])
    assert Path(project_data.data_of_project(opened)) == path
    assert "parcel" in {project_data.layer_id(layer) for layer in opened.mapLayers().values()}


@needs_engine
def test_the_open_projects_data_set_is_the_default(plugin, data):
    project_data.remember(QgsProject.instance(), str(data))
    assert algorithm("check_zoning").parameterDefinition("data").defaultValue() == str(data)
    QgsProject.instance().clear()
    assert not algorithm("check_zoning").parameterDefinition("data").defaultValue()


@needs_engine
def test_a_model_runs_it(plugin, data, context):
    model = QgsProcessingModelAlgorithm("kiểm tra", "phường")
    model.addModelParameter(QgsProcessingParameterFile("data", "Bộ dữ liệu"), QgsProcessingModelParameter("data"))
    child = QgsProcessingModelChildAlgorithm("dothi:check_zoning")
    child.setChildId("check")
    child.addParameterSources("data", [QgsProcessingModelChildParameterSource.fromModelParameter("data")])
    for name, value in small.JUDGED.items():
        kinds = {"date": value, "plan_state": 0, "area_state": 0}
        child.addParameterSources(name, [QgsProcessingModelChildParameterSource.fromStaticValue(kinds[name])])
    output = QgsProcessingModelOutput("findings")
    output.setChildId("check")
    output.setChildOutputName("findings")
    child.setModelOutputs({"findings": output})
    model.addChildAlgorithm(child)
    model.updateDestinationParameters()
    feedback = Heard()
    results, done = model.run({"data": str(data)}, context, feedback)
    assert done, feedback.textLog()
    assert failed(results["CHILD_RESULTS"]["check"]["findings"]) == {("1-2", DENSITY)}


def test_an_expression_may_give_a_value(plugin, context, tmp_path):
    (tmp_path / "a.gpkg").touch()
    check = algorithm("check_zoning")
    given = {
        "data": QgsProperty.fromExpression(f"'{tmp_path}' || '/a.gpkg'"),
        "date": QgsProperty.fromValue("2026-06-01"),
    }
    values = Values(check, given, context, Heard()).of(check.job)
    assert values == {"data": f"{tmp_path}/a.gpkg", "date": "2026-06-01", "full": False}
