"""The panel of scenarios: save the unsaved edits as one, show it, set maps and numbers side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsProject
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QInputDialog, QListWidgetItem, QMessageBox

from ...engine.contract import scenario
from ...layers.errors import DothiError, EnvironmentTroubleError
from ..job_task import JobTask
from ..language import tr
from ..map.linked import LinkedMap
from ..map.swipe import Swipe
from ..project_data import data_of_project
from ..serve_client import ServeClient
from . import layers
from .edits import edited_layers, edits_of
from .page import Page
from .steps import Steps

DOCK = "dothi_scenarios"


class ScenariosDock(QgsDockWidget):
    """Scenarios of the project's data set. :meth:`shut` takes away all that it has put into the window."""

    def __init__(self, iface: Any) -> None:
        super().__init__(tr("plugin.scenario.title"), iface.mainWindow())
        self.setObjectName(DOCK)
        self.iface = iface
        self.client = ServeClient(self)
        self.task: JobTask | None = None
        self.swipe: Swipe | None = None
        self.linked: LinkedMap | None = None
        self._opening: dict[str, Steps] = {}
        self.page = Page()
        self.setWidget(self.page)
        self.page.save.clicked.connect(self._ask_to_save)
        self.page.again.clicked.connect(self.read)
        self.page.show_layers.clicked.connect(self._show_layers)
        self.page.swipe.toggled.connect(self._swipe)
        self.page.linked.toggled.connect(self._link)
        self.page.rename.triggered.connect(self._ask_to_rename)
        self.page.remove.triggered.connect(self._ask_to_remove)
        self.page.compare.clicked.connect(self.compare)
        self.page.list.currentItemChanged.connect(self._choose)
        self.closed.connect(self._rest)
        QgsProject.instance().cleared.connect(self._emptied)
        QgsProject.instance().readProject.connect(self.read)

    # ---- the list

    def _emptied(self) -> None:
        """The project was closed: what was shown of it goes."""
        self._unshow()
        self.page.fill([])
        self.page.compared({"columns": [], "rows": []})

    def read(self, *_: Any) -> None:
        """Ask the engine for the scenarios of the project's data set."""
        if not self.isUserVisible() and _:  # a project was read while nobody looks
            return
        data = data_of_project()
        self.page.about(Path(data).name if data else "")
        if not data:
            self.page.fill([])
            self.page.say(tr("plugin.scenario.no_data"))
            return
        self._ask(scenario.LIST, {"data": data}, self._listed)

    def _ask(self, job: Any, parameters: Mapping[str, Any], answered: Any) -> None:
        try:
            self.client.ask(job, parameters, answered, self._refused)
        except EnvironmentTroubleError as error:
            self._refused(error)

    def _refused(self, error: DothiError) -> None:
        self.page.busy(False)
        self.page.say(tr(error.code, **error.arguments), bad=True)

    def _listed(self, value: Mapping[str, Any]) -> None:
        self.page.fill(value["scenarios"])
        broken = [tr(one["code"], **one["arguments"]) for one in value["unreadable"]]
        if broken:
            self.page.say(" ".join(broken), bad=True)
        elif not value["scenarios"]:
            self.page.say(tr("plugin.scenario.none"))

    def chosen(self) -> dict[str, Any] | None:
        """The scenario that is picked in the list."""
        item = self.page.list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item is not None else None

    def _choose(self, item: QListWidgetItem | None, _before: Any = None) -> None:
        self.page.enable(item is not None)
        if item is None:
            self.page.swipe.setChecked(False)
            self.page.linked.setChecked(False)
            return
        if self.swipe is not None:
            self._swipe(True)
        if self.linked is not None:
            self._link(True)

    # ---- making, renaming, removing

    def _ask_to_save(self) -> None:
        if not edited_layers(QgsProject.instance(), data_of_project()):
            self.page.say(tr("plugin.scenario.no_edits"))
            return
        name, agreed = QInputDialog.getText(self, tr("plugin.scenario.save"), tr("plugin.scenario.name"))
        if agreed and name.strip():
            self.save(name)

    def save(self, name: str, *, over: bool = False) -> None:
        """Keep the unsaved edits of the open layers as the scenario ``name``; they stay in the layers."""
        data = data_of_project()
        edited = edited_layers(QgsProject.instance(), data)
        try:
            edits = edits_of(edited, data)
        except DothiError as error:
            self._refused(error)
            return
        self._ask(
            scenario.SAVE,
            {"data": data, "name": name, "edits": edits, "over": over},
            lambda value: self._saved(value, [layer.id() for layer in edited]),
        )

    def _saved(self, value: Mapping[str, Any], edited: list[str]) -> None:
        self.page.wanted = str(value["scenario"])
        self.read()
        self.page.say(tr("plugin.scenario.saved", name=value["name"]))
        if self.isVisible() and self._agrees("plugin.scenario.roll_back"):
            for layer in (QgsProject.instance().mapLayer(one) for one in edited):
                if layer is not None:
                    layer.rollBack()

    def _agrees(self, code: str, **arguments: Any) -> bool:
        yes = QMessageBox.StandardButton.Yes
        return bool(QMessageBox.question(self, tr("plugin.scenario.title"), tr(code, **arguments)) == yes)

    def _ask_to_rename(self) -> None:
        one = self.chosen()
        if one is None:
            return
        name, agreed = QInputDialog.getText(
            self, tr("plugin.scenario.rename"), tr("plugin.scenario.name"), text=one["name"]
        )
        if agreed and name.strip() and name != one["name"]:
            given = {"data": data_of_project(), "scenario": one["scenario"], "name": name}
            self._ask(scenario.RENAME, given, lambda _value: self.read())

    def _ask_to_remove(self) -> None:
        one = self.chosen()
        if one is None or not self._agrees("plugin.scenario.remove_sure", name=one["name"]):
            return
        self._unshow()
        layers.remove_from_project(QgsProject.instance(), one["scenario"])  # a file that is open cannot go everywhere
        given = {"data": data_of_project(), "scenario": one["scenario"]}
        self._ask(scenario.REMOVE, given, lambda _value: self.read())

    # ---- on the map

    def _show_layers(self) -> None:
        one = self.chosen()
        if one is not None:
            layers.add_to_project(QgsProject.instance(), one)

    def _planned(self, purpose: str, one: Mapping[str, Any], done: Callable[[list[Any]], None]) -> None:
        """Open the layers as the scenario would have them, a few milliseconds at a time, and hand them to ``done``."""
        self._leave_off(purpose)
        shown = self.iface.mapCanvas().layers()

        def opened(found: list[Any]) -> None:
            del self._opening[purpose]
            done(found)

        def refused(error: DothiError) -> None:
            del self._opening[purpose]
            self._refused(error)

        self._opening[purpose] = Steps(layers.as_planned(shown, data_of_project(), one), opened, refused, self)

    def _leave_off(self, purpose: str) -> None:
        steps = self._opening.pop(purpose, None)
        if steps is not None:
            steps.stop()

    def _swipe(self, wanted: bool) -> None:
        self._leave_off("swipe")
        if self.swipe is not None:
            self.swipe.close()
            self.swipe = None
        one = self.chosen()
        if wanted and one is not None:
            names = (tr("scenario.base"), str(one["name"]))
            self._planned("swipe", one, lambda found: self._start_swipe(found, names))

    def _start_swipe(self, found: list[Any], names: tuple[str, str]) -> None:
        self.swipe = Swipe(self.iface.mapCanvas(), found, names)

    def _link(self, wanted: bool) -> None:
        self._leave_off("linked")
        one = self.chosen()
        if wanted and one is not None:
            title = tr("plugin.scenario.group", name=one["name"])
            mark = f" · {tr('plugin.scenario.simulated').upper()}" if one["simulated"] else ""
            self._planned("linked", one, lambda found: self._start_link(found, title + mark))
        elif self.linked is not None:
            linked, self.linked = self.linked, None
            linked.shut()

    def _start_link(self, found: list[Any], title: str) -> None:
        if self.linked is None:
            self.linked = LinkedMap(self.iface)
            self.linked.closed.connect(self._unlink)
        self.linked.show_layers(found, title)

    def _unlink(self) -> None:
        self.page.linked.setChecked(False)

    def _unshow(self) -> None:
        self.page.swipe.setChecked(False)
        self.page.linked.setChecked(False)

    # ---- numbers

    def compare(self, *_: Any) -> None:
        """Reckon the base and the ticked scenarios (all: none ticked) in the background."""
        data = data_of_project()
        if not data or self.task is not None:
            return
        given: dict[str, Any] = {"data": data, "scenarios": self.page.ticked(), **self.page.assumptions()}
        self.page.busy(True)
        self.task = JobTask(scenario.COMPARE, given, self._compared, self._not_compared)
        self.task.taskTerminated.connect(self._cancelled)
        QgsApplication.taskManager().addTask(self.task)

    def _compared(self, value: Mapping[str, Any]) -> None:
        warnings = self.task.warnings if self.task is not None else []
        self.task = None
        self.page.busy(False)
        self.page.compared(value)
        self.page.say(" ".join(warnings), bad=bool(warnings))

    def _not_compared(self, error: DothiError) -> None:
        self.task = None
        self._refused(error)

    def _cancelled(self) -> None:
        if self.task is not None:
            self.task = None
            self.page.busy(False)

    # ---- the end

    def _rest(self) -> None:
        """The panel was closed: maps go back to what they were and the engine may rest."""
        self._unshow()
        self.client.stop()

    def shut(self) -> None:
        """Leave nothing behind."""
        QgsProject.instance().cleared.disconnect(self._emptied)
        QgsProject.instance().readProject.disconnect(self.read)
        if self.task is not None:
            self.task.taskTerminated.disconnect(self._cancelled)
            self.task.stop()
            self.task = None
        self._rest()
        self.iface.removeDockWidget(self)
        self.deleteLater()
