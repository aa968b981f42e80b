"""What the plugin adds to the window of QGIS: one menu, one toolbar, one page of options, and panels when asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingAlgorithm, QgsProject
from qgis.PyQt.QtCore import Qt, QUrl
from qgis.PyQt.QtGui import QDesktopServices, QIcon
from qgis.PyQt.QtWidgets import QAction, QMenu, QMessageBox, QToolBar

from ..layers.messages import RESOURCES
from .algorithms.base import EngineAlgorithm
from .algorithms.jobs import (
    AddScenes,
    AllowedEnvelope,
    BuildDemo,
    BuildingShadow,
    BuildSeries,
    CacheScenes,
    CaseDossier,
    CheckSchema,
    CheckZoning,
    CompareChecks,
    CompareScenarios,
    CompareTerrain,
    DesignSample,
    DetectChange,
    ExportCases,
    ExportFindings,
    FetchScenes,
    ImportConcession,
    ImportLayer,
    LandStatistics,
    LearnKinds,
    LicensedDepth,
    LotEdges,
    MapChange,
    MapRadarChange,
    MapSchema,
    MineBalance,
    NewestScene,
    NewProject,
    PlanInformation,
    PlanIoc,
    ProjectAlgorithm,
    PublishIoc,
    RepairIoc,
    ReportAccuracy,
    ReportZoning,
    ReproduceCase,
    ScenarioFromDataSets,
    StreetImpact,
    TakeAlerts,
    UpdateSeries,
    VerifyIoc,
)
from .algorithms.provider import PROVIDER
from .language import tr
from .options import OptionsFactory
from .project.algorithm import BuildProject

if TYPE_CHECKING:
    from .engine_setup import SetupTask
    from .findings.dock import FindingsDock
    from .ioc.dock import IocDock
    from .ioc.running import Running
    from .ioc.schedule import Schedule
    from .map.explain import Explain
    from .map.lot_edges import LotEdges as LotEdgeTool
    from .map.view3d import View3D
    from .rules.dock import RulesDock
    from .scenarios.dock import ScenariosDock
    from .surveillance.dock import SurveillanceDock

    Dock = FindingsDock | SurveillanceDock | ScenariosDock | RulesDock | IocDock

TOOLBAR = "dothi_toolbar"
MENU = "dothi_menu"

_FIRST: tuple[type[EngineAlgorithm], ...] = (NewProject, CheckZoning, DetectChange, PublishIoc)
_PLAN: tuple[type[EngineAlgorithm], ...] = (
    ReportZoning,
    PlanInformation,
    ExportFindings,
    CompareChecks,
    StreetImpact,
    LandStatistics,
    CompareScenarios,
    ScenarioFromDataSets,
)
_DATA: tuple[type[EngineAlgorithm], ...] = (CheckSchema, MapSchema, ImportLayer, MapChange)
# Each step of surveillance, in the order in which they are taken.
_SURVEILLANCE: tuple[type[EngineAlgorithm], ...] = (
    ImportConcession,
    AddScenes,
    FetchScenes,
    NewestScene,
    CacheScenes,
    MapRadarChange,
    BuildSeries,
    UpdateSeries,
    TakeAlerts,
    CaseDossier,
    ReproduceCase,
    ExportCases,
    LearnKinds,
    DesignSample,
    ReportAccuracy,
    CompareTerrain,
    LicensedDepth,
    MineBalance,
)
_IOC: tuple[type[EngineAlgorithm], ...] = (PlanIoc, VerifyIoc, RepairIoc)


class Window:
    """Everything the plugin shows beside the toolbox; :meth:`close` removes it."""

    def __init__(self, iface: Any) -> None:
        self.iface = iface
        self.explain: Explain | None = None
        self.edges: LotEdgeTool | None = None
        self.findings: FindingsDock | None = None
        self.surveillance: SurveillanceDock | None = None
        self.scenarios: ScenariosDock | None = None
        self.rules: RulesDock | None = None
        self.ioc: IocDock | None = None
        self.publishing: Running | None = None
        self.schedule: Schedule | None = None
        self.view3d: View3D | None = None
        self.setup: SetupTask | None = None
        self.menu = QMenu(tr("plugin.name"), iface.mainWindow())
        self.menu.setObjectName(MENU)
        self.toolbar: QToolBar = iface.addToolBar(tr("plugin.name"))
        self.toolbar.setObjectName(TOOLBAR)
        self._fill()
        self._menu_action = (
            iface.mainWindow().menuBar().insertMenu(iface.firstRightStandardMenu().menuAction(), self.menu)
        )
        self._options = OptionsFactory()
        iface.registerOptionsWidgetFactory(self._options)
        QgsProject.instance().readProject.connect(self._project_read)
        iface.layoutDesignerOpened.connect(self._keep_legends)

    def _fill(self) -> None:
        for algorithm in _FIRST:
            self.toolbar.addAction(self._job(algorithm))
        self.menu.addSeparator()
        self.toolbar.addSeparator()
        self.explain_action = self._action("explain.svg", tr("plugin.menu_explain"), self._toggle_explain, checked=True)
        self.findings_action = self._action(
            "findings.svg", tr("plugin.menu_findings"), self._show_findings, checked=True
        )
        self.surveillance_action = self._action(
            "alerts.svg", tr("plugin.surveillance.menu"), self._show_surveillance, checked=True
        )
        self.scenarios_action = self._action(
            "scenario.svg", tr("plugin.scenario.menu"), self._show_scenarios, checked=True
        )
        self.rules_action = self._action("rules.svg", tr("plugin.rules.menu"), self._show_rules, checked=True)
        self.ioc_action = self._action("targets.svg", tr("plugin.ioc.menu"), self._show_ioc, checked=True)
        docks = [
            self.findings_action,
            self.surveillance_action,
            self.scenarios_action,
            self.rules_action,
            self.ioc_action,
        ]
        self.toolbar.addActions([self.explain_action, *docks])
        self.menu.addSeparator()
        for algorithm in (LotEdges, AllowedEnvelope, BuildingShadow):
            self._job(algorithm)
        self.edges_action = self._action("edges.svg", tr("plugin.edges.menu"), self._toggle_edges, checked=True)
        self.toolbar.addAction(self.edges_action)
        self.view3d_action = self._action("view3d.svg", tr("plugin.view3d.menu"), self._open_3d)
        self.toolbar.addAction(self.view3d_action)
        self.menu.addSeparator()
        for algorithm in _PLAN:
            self._job(algorithm)
        self.menu.addSeparator()
        self._algorithm(BuildProject())
        for algorithm in _DATA:
            self._job(algorithm)
        self.menu.addSeparator()
        self._more("alerts.svg", tr("plugin.surveillance.steps"), _SURVEILLANCE)
        self._more("ioc.svg", tr("job.ioc.title"), _IOC)
        self.menu.addSeparator()
        self._job(BuildDemo)
        self._action("engine.svg", tr("plugin.menu_setup"), self._set_up)
        self._action("options.svg", tr("plugin.menu_options"), self._show_options)
        self._action("help.svg", tr("plugin.menu_help"), self._help)

    def _more(self, icon: str, title: str, algorithms: tuple[type[EngineAlgorithm], ...]) -> None:
        """A menu of its own, filled when it is first opened: start-up does not wait for it."""
        menu = self.menu.addMenu(QIcon(f"dothi:{icon}"), title)

        def fill() -> None:
            if menu.isEmpty():
                for algorithm in algorithms:
                    self._algorithm(algorithm(), menu)

        menu.aboutToShow.connect(fill)

    def _action(
        self, icon: str, text: str, do: Callable[..., None], *, checked: bool = False, menu: QMenu | None = None
    ) -> QAction:
        action = (menu or self.menu).addAction(QIcon(f"dothi:{icon}"), text)
        action.setCheckable(checked)
        action.triggered.connect(do)
        return action

    def _job(self, kind: type[EngineAlgorithm]) -> QAction:
        return self._algorithm(kind())

    def _algorithm(self, algorithm: QgsProcessingAlgorithm, menu: QMenu | None = None) -> QAction:
        """The same algorithm that the toolbox runs, with the same dialog."""
        name = algorithm.name()
        action = self._action(
            f"{algorithm.groupId()}.svg", f"{algorithm.displayName()}…", lambda: self._run(name), menu=menu
        )
        action.setToolTip(algorithm.shortDescription())
        action.setObjectName(name)
        return action

    def _run(self, name: str) -> None:
        from qgis import processing

        from . import documents

        outcome = processing.execAlgorithmDialog(f"{PROVIDER}:{name}", {})
        documents.show(name, outcome)
        project = outcome.get(ProjectAlgorithm.PROJECT)
        if project and self._agrees(tr("plugin.open_project")):
            self.iface.addProject(project)
        for dock in (self.findings, self.surveillance):
            if outcome and dock is not None and dock.isVisible():
                dock.read()

    def _agrees(self, question: str) -> bool:
        yes = QMessageBox.StandardButton.Yes
        return bool(QMessageBox.question(self.iface.mainWindow(), tr("plugin.name"), question) == yes)

    def _toggle_explain(self, wanted: bool) -> None:
        if self.explain is None:
            from .map.explain import Explain

            self.explain = Explain(self.iface, self.explain_action)
        self.explain.use(wanted)

    def _toggle_edges(self, wanted: bool) -> None:
        if self.edges is None:
            from .map.lot_edges import LotEdges as LotEdgeTool

            self.edges = LotEdgeTool(self.iface, self.edges_action)
        self.edges.use(wanted)

    def _show_findings(self, wanted: bool) -> None:
        if self.findings is None:
            from .findings.dock import FindingsDock

            self.findings = FindingsDock(self.iface)
            self._put(self.findings, self.findings_action)
        self._show(self.findings, wanted)

    def _show_surveillance(self, wanted: bool) -> None:
        if self.surveillance is None:
            from .surveillance.dock import SurveillanceDock

            self.surveillance = SurveillanceDock(self.iface)
            self._put(self.surveillance, self.surveillance_action)
        self._show(self.surveillance, wanted)

    def _put(self, dock: Dock, action: QAction) -> None:
        """A dock to the right whose action shows whether it is open, also while another tab lies over it."""
        dock.closed.connect(lambda: action.setChecked(False))
        dock.opened.connect(lambda: action.setChecked(True))
        self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        # One over the other: each wants the whole height.
        for other in (self.findings, self.surveillance, self.scenarios, self.rules, self.ioc):
            if other is not None and other is not dock:
                self.iface.mainWindow().tabifyDockWidget(other, dock)

    def _show(self, dock: Dock, wanted: bool) -> None:
        if wanted:
            dock.read()
        dock.setUserVisible(wanted)

    def _open_3d(self) -> None:
        if self.view3d is None:
            from .map.view3d import View3D

            self.view3d = View3D(self.iface)
        self.view3d.open()

    def _show_scenarios(self, wanted: bool) -> None:
        if self.scenarios is None:
            from .scenarios.dock import ScenariosDock

            self.scenarios = ScenariosDock(self.iface)
            self._put(self.scenarios, self.scenarios_action)
        self._show(self.scenarios, wanted)

    def _show_rules(self, wanted: bool) -> None:
        if self.rules is None:
            from .rules.dock import RulesDock

            self.rules = RulesDock(self.iface)
            self._put(self.rules, self.rules_action)
        self._show(self.rules, wanted)

    def _show_ioc(self, wanted: bool) -> None:
        if self.ioc is None:
            from .ioc.dock import IocDock

            self.ioc = IocDock(self.iface, self._keep_schedule())
            self._put(self.ioc, self.ioc_action)
        self._show(self.ioc, wanted)

    def _keep_schedule(self) -> Running:
        """From now on targets that are due are published, whether the panel is open or not."""
        if self.publishing is None:
            from .ioc.running import Running
            from .ioc.schedule import Schedule

            self.publishing = Running(self.iface.mainWindow())
            self.schedule = Schedule(self.iface, self.publishing, self._published)
        return self.publishing

    def _published(self) -> None:
        if self.ioc is not None and self.ioc.isVisible():
            self.ioc.read()

    def _keep_legends(self, designer: Any) -> None:
        from .project.designer import LegendKeeper

        LegendKeeper(designer)  # belongs to the layout window

    def _project_read(self, *_: Any) -> None:
        """A project whose targets have a schedule: nobody need open the panel for it."""
        from .ioc.keeping import scheduled
        from .project_data import data_of_project

        data = data_of_project()
        if data and scheduled(data):
            self._keep_schedule()

    def _set_up(self) -> None:
        from . import engine_setup

        self.setup = engine_setup.offer(self.iface, self.setup)

    def _show_options(self) -> None:
        self.iface.showOptionsDialog(self.iface.mainWindow(), self._options.PAGE)

    def _help(self) -> None:
        from configparser import ConfigParser

        about = ConfigParser(interpolation=None)
        about.read(RESOURCES.parent / "metadata.txt", encoding="utf-8")
        QDesktopServices.openUrl(QUrl(about["general"]["homepage"]))

    def close(self) -> None:
        """Remove all of it; what still computes is stopped."""
        main = self.iface.mainWindow()
        if self.setup is not None:
            self.setup.stop()
        if self.explain is not None:
            self.explain.close()
        if self.edges is not None:
            self.edges.close()
        if self.view3d is not None:
            self.view3d.close()
        if self.findings is not None:
            self.findings.shut()
            self.iface.removeDockWidget(self.findings)
            self.findings.deleteLater()
        if self.surveillance is not None:
            self.surveillance.shut()
        if self.scenarios is not None:
            self.scenarios.shut()
        if self.rules is not None:
            self.rules.shut()
        QgsProject.instance().readProject.disconnect(self._project_read)
        self.iface.layoutDesignerOpened.disconnect(self._keep_legends)
        if self.ioc is not None:
            self.ioc.shut()
        if self.schedule is not None and self.publishing is not None:
            self.schedule.shut()
            self.publishing.shut()
        self.iface.unregisterOptionsWidgetFactory(self._options)
        main.menuBar().removeAction(self._menu_action)
        self.menu.deleteLater()
        main.removeToolBar(self.toolbar)
        self.toolbar.deleteLater()
