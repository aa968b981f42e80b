"""Every job of the contract that has a place in Processing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingContext, QgsProcessingException, QgsProcessingFeedback, QgsProcessingOutputFile

from ...engine.contract import (
    accuracy,
    case,
    case_dossier,
    change,
    concession,
    demo,
    ioc,
    plan,
    project,
    radar,
    scenario,
    scene,
    schema,
    series,
    terrain,
    zoning,
    zoning_edges,
    zoning_findings,
    zoning_life,
    zoning_report,
    zoning_seeing,
)
from ...layers.errors import DothiError
from ..language import language, tr
from .base import EngineAlgorithm


class ProjectAlgorithm(EngineAlgorithm):
    """A job that makes a data set; the QGIS project for it is built here, beside it, because only QGIS can."""

    PROJECT = "project"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """One output more than the job: the project's path."""
        super().initAlgorithm(configuration)
        self.addOutput(QgsProcessingOutputFile(self.PROJECT, tr("plugin.project_file")))

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """The engine makes the data set."""
        self._made = super().processAlgorithm(parameters, context, feedback)
        return self._made

    def postProcessAlgorithm(self, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """In the thread of the window: build the project."""
        from ..project import builder

        data = Path(self._made["data"])
        path = data.with_suffix(".qgz")
        try:
            builder.build(data, path, language())
        except DothiError as error:
            raise QgsProcessingException(tr(error.code, **error.arguments)) from error
        feedback.pushInfo(tr("plugin.project_built", path=str(path)))
        return {**self._made, self.PROJECT: str(path)}


class CheckZoning(EngineAlgorithm):
    """Plans and buildings against the planning code."""

    job = zoning.CHECK


class ExportFindings(EngineAlgorithm):
    """The findings of a run as a table for office programs."""

    job = zoning_findings.EXPORT


class ReportZoning(EngineAlgorithm):
    """The sheet of a lot, or the report of a run, as PDF or HTML."""

    job = zoning_report.REPORT


class PlanInformation(EngineAlgorithm):
    """What is allowed at a place, as a sheet for citizens."""

    job = zoning_report.PLAN_INFO


class CompareChecks(EngineAlgorithm):
    """What became of every breach between two runs."""

    job = zoning_life.COMPARE_RUNS


class StreetImpact(EngineAlgorithm):
    """What planned street land takes from lots and buildings."""

    job = plan.IMPACT


class LandStatistics(EngineAlgorithm):
    """Planned against existing land use, by ward."""

    job = plan.STATISTICS


class CompareScenarios(EngineAlgorithm):
    """Indicators of scenarios side by side."""

    job = scenario.COMPARE


class ScenarioFromDataSets(EngineAlgorithm):
    """What a second data set says differently, as a scenario."""

    job = scenario.DIFF


class LotEdges(EngineAlgorithm):
    """The edges of lots by kind: street, side, back."""

    job = zoning_edges.LOT_EDGES


class AllowedEnvelope(EngineAlgorithm):
    """What may be built on a lot, by height, and what stands outside it."""

    job = zoning_seeing.ENVELOPE


class BuildingShadow(EngineAlgorithm):
    """The shadow of a building through a day, and the sun its neighbours lose."""

    job = zoning_seeing.SHADOW


class DetectChange(EngineAlgorithm):
    """Alerts from two satellite images."""

    job = change.DETECT


class MapChange(EngineAlgorithm):
    """A change score as a raster."""

    job = change.MAP


class LearnKinds(EngineAlgorithm):
    """Classes of change learned from the inspector's settled cases."""

    job = change.LEARN


class DesignSample(EngineAlgorithm):
    """Random points that people label, to know how right a run is."""

    job = accuracy.DESIGN


class ReportAccuracy(EngineAlgorithm):
    """How right a run is, with areas and their intervals."""

    job = accuracy.REPORT


class AddScenes(EngineAlgorithm):
    """Satellite products into the library of scenes."""

    job = scene.ADD


class CacheScenes(EngineAlgorithm):
    """The area of interest of scenes, decoded once."""

    job = scene.CACHE


class FetchScenes(EngineAlgorithm):
    """Scenes from a catalogue into the library."""

    job = scene.FETCH


class NewestScene(EngineAlgorithm):
    """The newest clear scene over the area, from a catalogue."""

    job = scene.NEWEST


class MapRadarChange(EngineAlgorithm):
    """Change between two radar images."""

    job = radar.MAP


class TakeAlerts(EngineAlgorithm):
    """The alerts of a run into cases."""

    job = case.TAKE


class ExportCases(EngineAlgorithm):
    """Cases for other programs."""

    job = case.EXPORT


class CaseDossier(EngineAlgorithm):
    """The dossier of one or several cases."""

    job = case_dossier.DOSSIER


class ReproduceCase(EngineAlgorithm):
    """A case run again from what was kept of it."""

    job = case_dossier.REPRODUCE


class ImportConcession(EngineAlgorithm):
    """A mining licence from a corner table, KML or a drawing."""

    job = concession.IMPORT


class CompareTerrain(EngineAlgorithm):
    """Cut and fill between two elevation models."""

    job = terrain.COMPARE


class LicensedDepth(EngineAlgorithm):
    """Ground below the licensed level."""

    job = terrain.DEPTH


class MineBalance(EngineAlgorithm):
    """Licensed, dug and remaining volume of mines."""

    job = terrain.BALANCE


class PublishIoc(EngineAlgorithm):
    """Layers and alerts to the operations centre, read back."""

    job = ioc.PUBLISH


class PlanIoc(EngineAlgorithm):
    """What publishing would do."""

    job = ioc.PLAN


class VerifyIoc(EngineAlgorithm):
    """Everything at the other side against the data."""

    job = ioc.VERIFY


class RepairIoc(EngineAlgorithm):
    """What is known of a target, made again from the target."""

    job = ioc.REPAIR


class NewProject(ProjectAlgorithm):
    """A new data set from the catalogue, and its QGIS project."""

    job = project.NEW


class BuildDemo(ProjectAlgorithm):
    """The simulated province, and its QGIS project."""

    job = demo.BUILD


class CheckSchema(EngineAlgorithm):
    """A data set against the catalogue."""

    job = schema.CHECK


class BuildSeries(EngineAlgorithm):
    """Many dates: the season of every pixel, and where it has left that."""

    job = series.BUILD


class UpdateSeries(EngineAlgorithm):
    """New dates into a series."""

    job = series.UPDATE


class MapSchema(EngineAlgorithm):
    """Which column of a foreign file would become which field."""

    job = schema.MAP


class ImportLayer(EngineAlgorithm):
    """The data of another program into the data set."""

    job = schema.IMPORT


ALGORITHMS: tuple[type[EngineAlgorithm], ...] = (
    NewProject,
    CheckZoning,
    ReportZoning,
    PlanInformation,
    ExportFindings,
    CompareChecks,
    LotEdges,
    AllowedEnvelope,
    BuildingShadow,
    StreetImpact,
    LandStatistics,
    CompareScenarios,
    ScenarioFromDataSets,
    DetectChange,
    MapChange,
    AddScenes,
    CacheScenes,
    FetchScenes,
    NewestScene,
    MapRadarChange,
    BuildSeries,
    UpdateSeries,
    TakeAlerts,
    ExportCases,
    CaseDossier,
    ReproduceCase,
    LearnKinds,
    DesignSample,
    ReportAccuracy,
    ImportConcession,
    CompareTerrain,
    LicensedDepth,
    MineBalance,
    PublishIoc,
    PlanIoc,
    VerifyIoc,
    RepairIoc,
    CheckSchema,
    MapSchema,
    ImportLayer,
    BuildDemo,
)
