"""The timeline tab: scenes of the library, two of them compared, an index under the cursor, all of them played."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject
from qgis.PyQt.QtCore import QModelIndex, QPoint, Qt
from qgis.PyQt.QtWidgets import QFileDialog, QMenu, QMessageBox, QVBoxLayout, QWidget

from ...engine.contract import Job, change, scene, series
from ...layers.errors import DothiError
from ...layers.messages import number
from ..job_task import JobTask
from ..language import language, tr
from ..project.contents import read as read_contents
from . import loading
from .asking import WarmEngine
from .charting import Charting
from .comparison import Comparison
from .newest import NewestDialog
from .player import Player
from .scenes import Scene, scenes_of
from .strip import ROLE_COLOURS, date_range
from .timeline_page import TimelinePage

_WGS84 = "EPSG:4326"
_HA = 10_000.0


class TimelineTab(QWidget):
    """A tab of the surveillance dock: :meth:`read`, :meth:`rest`, :meth:`shut`."""

    def __init__(self, iface: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.iface = iface
        self.data = ""
        self.simulated = False
        self.scenes: list[Scene] = []
        self.series: list[dict[str, Any]] = []
        self.before = self.after = ""
        self.task: JobTask | None = None
        self.page = TimelinePage()
        self.engine = WarmEngine(self._refused, self)
        self.charting = Charting(iface, self.page, self.engine)
        self.comparison = Comparison(iface)
        self.player = Player(iface, self.page, self._refused)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self._listen()
        self._enable()

    def _listen(self) -> None:
        page = self.page
        page.add.clicked.connect(lambda _: self._ask_folder())
        page.newest.clicked.connect(lambda _: self._ask_newest())
        page.decode.clicked.connect(lambda _: self.decode([], self._tell_decoded))
        page.again.clicked.connect(lambda _: self.read(self.data))
        page.strip.picked.connect(self.choose)
        page.list.activated.connect(self._pick_row)
        page.list.customContextMenuRequested.connect(self._menu)
        page.swipe.toggled.connect(self._swipe)
        page.colours.currentIndexChanged.connect(lambda _: self._recolour())
        page.detect.clicked.connect(lambda _: self.detect())
        page.play.toggled.connect(self._play)
        page.series_on_map.clicked.connect(lambda _: self.show_series())

    # ---- what there is

    def read(self, data: str) -> None:
        """Ask the engine for the scenes and series of the data set ``data``."""
        if data != self.data:
            self._unshow()
            self.data, self.scenes, self.series = data, [], []
            self.before = self.after = ""
            self.page.say("")
        self.simulated = False
        if data:
            try:
                self.simulated = read_contents(Path(data)).simulated
            except DothiError as error:
                self._refused(error)
            self.engine.ask(scene.LIST, {"data": data}, lambda value: self._listed(data, value))
            self.engine.ask(series.STATUS, {"data": data}, lambda value: self._series_listed(data, value))
        else:
            self.page.series.clear()
        self._show_scenes()

    def _listed(self, data: str, value: Mapping[str, Any]) -> None:
        if data == self.data:
            self.scenes = scenes_of(data, value["scenes"])
            known = {one.code for one in self.scenes}
            self.before, self.after = (code if code in known else "" for code in (self.before, self.after))
            self._show_scenes()

    def _series_listed(self, data: str, value: Mapping[str, Any]) -> None:
        if data != self.data:
            return
        self.series = list(value["series"])
        chosen = self.page.series.currentText()
        self.page.series.blockSignals(True)
        self.page.series.clear()
        self.page.series.addItems([one["name"] for one in self.series])
        self.page.series.setCurrentIndex(max(0, self.page.series.findText(chosen)))
        self.page.series.blockSignals(False)
        self.charting.about(data)
        self.charting.again()
        self._enable()

    def _show_scenes(self) -> None:
        self.page.strip.show_scenes(self.scenes)
        self.page.model.show_scenes(self.scenes)
        self._mark()
        if not self.data:
            self.page.head.setText(tr("plugin.surveillance.timeline.no_data"))
        elif not self.scenes:
            self.page.head.setText(tr("plugin.surveillance.timeline.no_scenes"))
        else:
            told = tr(
                "plugin.surveillance.timeline.head",
                count=len(self.scenes),
                range=date_range(self.scenes),
                cached=sum(one.copy is not None for one in self.scenes),
            )
            mark = f" <b>{tr('plugin.surveillance.timeline.simulated')}.</b>" if self.simulated else ""
            self.page.head.setText(told + mark)
        self.charting.about(self.data)
        self._enable()

    def _enable(self) -> None:
        pair = bool(self.before and self.after)
        self.page.enable(data=bool(self.data), scenes=bool(self.scenes), pair=pair, series=bool(self.series))
        self.page.busy(self.task is not None)

    def _refused(self, error: DothiError) -> None:
        self.page.say(tr(error.code, **error.arguments), bad=True)

    def scene(self, code: str) -> Scene | None:
        """The scene of that code."""
        return next((one for one in self.scenes if one.code == code), None)

    # ---- which two

    def choose(self, code: str, role: str) -> None:
        """Make a scene ``before`` or ``after``; the earlier of the two is always before."""
        if role == "before":
            self.before, self.after = code, "" if self.after == code else self.after
        else:
            self.before, self.after = "" if self.before == code else self.before, code
        before, after = self.scene(self.before), self.scene(self.after)
        if before is not None and after is not None and before.day > after.day:
            self.before, self.after = self.after, self.before
        self._mark()
        row = self.page.model.row_of(code)
        if row >= 0:
            self.page.list.setCurrentIndex(self.page.model.index(row))
        self._enable()
        if self.page.swipe.isChecked():
            self._swipe(True)

    def _mark(self) -> None:
        self.page.strip.mark(self.before, self.after)
        self.page.model.mark(self.before, self.after)

    def _pick_row(self, index: QModelIndex) -> None:
        picked: Scene = index.data(Qt.ItemDataRole.UserRole)
        self.choose(picked.code, self.page.strip.role_of_click(picked))

    def _menu(self, at: QPoint) -> None:
        picked = self.page.list.indexAt(at).data(Qt.ItemDataRole.UserRole)
        if picked is None:
            return
        menu = QMenu(self)
        for role in ROLE_COLOURS:
            made = menu.addAction(tr(f"plugin.surveillance.timeline.as_{role}", day=picked.day))
            made.triggered.connect(lambda _=False, role=role: self.choose(picked.code, role))
        menu.exec(self.page.list.viewport().mapToGlobal(at))

    # ---- on the map

    def _swipe(self, wanted: bool) -> None:
        self.comparison.end()
        if wanted:
            self.page.play.setChecked(False)
        pair = [self.scene(self.before), self.scene(self.after)]
        if wanted and pair[0] is not None and pair[1] is not None:
            self._with_copies([one for one in pair if one is not None], self._compare)
        elif wanted:
            self.page.swipe.setChecked(False)

    def _compare(self) -> None:
        before, after = self.scene(self.before), self.scene(self.after)
        if before is None or after is None or not self.page.swipe.isChecked():
            return
        try:
            self.comparison.show(before, after, self.page.colours.currentData(), simulated=self.simulated)
        except DothiError as error:
            self._refused(error)

    def _recolour(self) -> None:
        if self.page.swipe.isChecked():
            self._swipe(True)
        if self.page.play.isChecked():
            self._play(True)

    def _play(self, wanted: bool) -> None:
        self.player.stop()
        if wanted:
            self.page.swipe.setChecked(False)
            self._with_copies(self.scenes, self._start_playing)

    def _start_playing(self) -> None:
        if self.page.play.isChecked():
            colours = self.page.colours.currentData()
            self.player.start(self.data, self.scenes, colours, simulated=self.simulated)

    def show_series(self) -> None:
        """The raster of the series that is chosen, with the styles of states, days and counts."""
        one = next((one for one in self.series if one["name"] == self.page.series.currentText()), None)
        if one is None:
            return
        monitored = [date.fromisoformat(day) for day in one["monitored"]]
        days = (monitored[0], monitored[-1]) if monitored else None
        mark = f" ({tr('plugin.surveillance.timeline.simulated').lower()})" if one["simulated"] else ""
        name = tr("plugin.surveillance.timeline.series_layer", name=one["name"]) + mark
        if loading.add_raster(QgsProject.instance(), one["raster"], name, days) is None:
            self.page.say(tr("project.layer_unreadable", layer=one["name"], path=one["raster"]), bad=True)

    # ---- jobs

    def _run(self, job: Job, parameters: Mapping[str, Any], done: Callable[[dict[str, Any]], None]) -> None:
        """One job at a time, in the background."""
        if self.task is not None or not self.data:
            self.page.say(tr("plugin.surveillance.timeline.busy"))
            return
        self.page.say("")

        def answered(value: dict[str, Any]) -> None:
            warnings = self.task.warnings if self.task is not None else []
            self._over()
            if warnings:
                self.page.say(" ".join(dict.fromkeys(warnings)))
            done(value)

        def refused(error: DothiError) -> None:
            self._over()
            self._refused(error)

        self.task = JobTask(job, {"data": self.data, **parameters}, answered, refused)
        self.task.taskTerminated.connect(self._cancelled)
        self._enable()
        QgsApplication.taskManager().addTask(self.task)

    def _over(self) -> None:
        self.task = None
        self._enable()

    def _cancelled(self) -> None:
        if self.task is not None:
            self._over()

    def _with_copies(self, wanted: Sequence[Scene], then: Callable[[], None]) -> None:
        """Decode what is not decoded yet, then go on."""
        missing = [one.code for one in wanted if one.copy is None]
        if missing:
            self.decode(missing, lambda _value: then())
        else:
            then()

    def decode(self, codes: Sequence[str], done: Callable[[dict[str, Any]], None]) -> None:
        """Bring the area of interest of scenes (all: none named) into the cache."""

        def decoded(value: dict[str, Any]) -> None:
            copies = {code: Path(path) for code, path in value["cached"].items()}
            self.scenes = [replace(one, copy=copies.get(one.code, one.copy)) for one in self.scenes]
            self._show_scenes()
            done(value)

        self._run(scene.CACHE, {"scene": list(codes)} if codes else {}, decoded)

    def _tell_decoded(self, value: Mapping[str, Any]) -> None:
        size = number(float(value["bytes"]) / 1e6, language(), 0)
        self.page.say(tr("plugin.surveillance.timeline.decoded", count=len(value["cached"]), size=size))

    def detect(self) -> None:
        """Compare the two scenes; the alerts and the change map come into the project."""
        images = {role: f"{self.data}|scene={code}" for role, code in (("before", self.before), ("after", self.after))}
        self._run(change.DETECT, images, self._detected)

    def _detected(self, value: Mapping[str, Any]) -> None:
        project = QgsProject.instance()
        before, after = self.scene(self.before), self.scene(self.after)
        days = {"before": before.day if before else "–", "after": after.day if after else "–"}
        mark = f" ({tr('plugin.surveillance.timeline.simulated').lower()})" if self.simulated else ""
        loading.add_raster(project, value["change"], tr("plugin.surveillance.timeline.change_layer", **days) + mark)
        loading.add_alerts(project, value["alerts"], tr("plugin.surveillance.timeline.alerts_layer", **days) + mark)
        area = number(float(value["area_m2"]) / _HA, language(), 2)
        told = tr("plugin.surveillance.timeline.detected", count=int(value["count"]), area=area)
        self.page.say(" ".join(one for one in (told, self.page.message.text()) if one))

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("plugin.surveillance.timeline.add"))
        if folder:
            wanted = not self.scenes and self._agrees("plugin.surveillance.timeline.area_of_map")
            self.add_folder(folder, self._box() if wanted else "")

    def add_folder(self, folder: str, bbox: str = "") -> None:
        """Bring the products in ``folder`` into the library and decode them; ``bbox`` is the area of interest."""
        given = {"product": [folder]} | ({"bbox": bbox} if bbox else {})
        self._run(scene.ADD, given, self._added)

    def _added(self, value: Mapping[str, Any]) -> None:
        told = tr(
            "plugin.surveillance.timeline.added",
            added=len(value["added"]),
            unchanged=len(value["unchanged"]) + len(value["older"]),
            refused=len(value["refused"]),
        )
        self.decode([], lambda _value: self._added_all(told))

    def _added_all(self, told: str) -> None:
        self.read(self.data)
        self.page.say(told)

    def _ask_newest(self) -> None:
        dialog = NewestDialog(self)
        if dialog.exec():
            self.bring_newest(dialog.given())

    def bring_newest(self, given: Mapping[str, Any]) -> None:
        """Let the engine look for, fetch, add and decode the newest scene that is clear over the area."""
        area = {} if self.scenes else {"bbox": self._box()}
        self._run(scene.NEWEST, {**given, **area}, self._brought)

    def _brought(self, value: Mapping[str, Any]) -> None:
        self.after = str(value["scene"])
        self.read(self.data)
        self.page.say(tr("plugin.surveillance.timeline.brought", scene=self.after))

    def _box(self) -> str:
        """What the map shows, as the engine takes a box of degrees."""
        canvas = self.iface.mapCanvas()
        degrees = QgsCoordinateReferenceSystem(_WGS84)
        move = QgsCoordinateTransform(canvas.mapSettings().destinationCrs(), degrees, QgsProject.instance())
        box = move.transformBoundingBox(canvas.extent())
        return ",".join(f"{one:.6f}" for one in (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()))

    def _agrees(self, code: str) -> bool:
        yes = QMessageBox.StandardButton.Yes
        return bool(QMessageBox.question(self, tr("plugin.surveillance.timeline.add"), tr(code)) == yes)

    # ---- the end

    def _unshow(self) -> None:
        for button in (self.page.swipe, self.page.play):
            button.setChecked(False)
        self.comparison.end()
        self.player.stop()

    def rest(self) -> None:
        """The dock was closed: the map goes back to what it was, the engine may rest."""
        self._unshow()
        self.charting.rest()
        self.engine.rest()

    def shut(self) -> None:
        """Leave nothing behind."""
        if self.task is not None:
            self.task.taskTerminated.disconnect(self._cancelled)
            self.task.stop()
            self.task = None
        self.rest()
        self.charting.shut()
        self.engine.shut()
