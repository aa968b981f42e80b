"""The panel of publishing: what each target is behind, publish, prove, repair, and what the centre answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import QgsProject
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtWidgets import QDialog, QMessageBox

from ...engine.contract import Job, ioc, ioc_targets
from ...layers.errors import DothiError
from ..language import tr
from ..project_data import data_of_project, unsaved_layers
from ..surveillance.asking import Latest, WarmEngine
from . import keeping, trees
from .page import HOURS, PLAN, SAID, TROUBLES, Page
from .running import Running
from .saved import Saved
from .target_form import TargetForm

DOCK = "dothi_ioc"
# What is not done without asking: code of the refusal → parameter that allows it, and the question.
_ASKED = {
    "ioc.many_vanish": ("allow_vanish", "plugin.ioc.vanish_sure"),
    "ioc.layer_absent": ("allow_vanish", "plugin.ioc.absent_sure"),
    "ioc.columns_gone": ("allow_vanish", "plugin.ioc.columns_sure"),
    "ioc.folder_other": ("write_over", "plugin.ioc.folder_sure"),
}
_NOTHING = dict.fromkeys(("created", "updated", "deleted", "unproved"), 0)


class IocDock(QgsDockWidget):
    """Targets of the project's data set. :meth:`shut` takes away all that it has put into the window."""

    def __init__(self, iface: Any, running: Running) -> None:
        super().__init__(tr("plugin.ioc.title"), iface.mainWindow())
        self.setObjectName(DOCK)
        self.iface, self.running = iface, running
        self.client = WarmEngine(self._refused, self)
        self.may_leave: dict[str, Any] = {}
        self.known: dict[str, dict[str, Any]] = {}  # by name: the target and its state
        self.behind: dict[str, Mapping[str, Any]] = {}  # by name: counts of what publishing would do
        self.shown: dict[str, Mapping[str, Any]] = {}  # by name: the newest plan or proof
        self._of = ""  # the data set that all this is about
        self._stale = False  # edits were saved while nobody looked
        self.compared = Latest(self.client, ioc.STATUS, self._learnt_behind, self._refused)
        self.saved = Saved(lambda: self._of, self._compare, self)
        self.page = Page()
        self.setWidget(self.page)
        self._connect()

    def _connect(self) -> None:
        page = self.page
        page.again.clicked.connect(self.read)
        page.add.clicked.connect(lambda: self._ask_for_target(None))
        page.change.clicked.connect(lambda: self._ask_for_target(self.known.get(page.chosen())))
        page.remove.clicked.connect(self._ask_to_remove)
        page.targets.currentItemChanged.connect(lambda *_: self._choose())
        page.targets.itemDoubleClicked.connect(lambda *_: self._ask_for_target(self.known.get(page.chosen())))
        page.every.activated.connect(self._schedule)
        page.preview.clicked.connect(self.preview)
        page.publish.clicked.connect(lambda: self.publish())
        page.ours.clicked.connect(lambda: self._ask_to_decide("ours"))
        page.theirs.clicked.connect(lambda: self._ask_to_decide("theirs"))
        page.troubles.itemSelectionChanged.connect(self._enable)
        page.verify.clicked.connect(self.verify)
        page.repair.clicked.connect(self._ask_to_repair)
        page.stop.clicked.connect(self.running.cancel)
        self.running.changed.connect(self._enable)
        self.running.progressed.connect(lambda percent: page.progress.setValue(int(percent)))
        self.closed.connect(self._rest)
        self.opened.connect(lambda: self._compare() if self._stale else None)
        QgsProject.instance().cleared.connect(self._project_changed)
        QgsProject.instance().readProject.connect(self._project_changed)

    # ---- what there is

    def _project_changed(self, *_: Any) -> None:
        if self.isUserVisible():
            self.read()

    def read(self, *_: Any) -> None:
        """Ask the engine for the targets of the project's data set and what is known of them."""
        data = data_of_project()
        if data != self._of:
            self._of, self.known, self.behind, self.shown, self.may_leave = data, {}, {}, {}, {}
            self._show()
        self.page.head.setText(tr("plugin.ioc.of", data=Path(data).name) if data else "")
        self.page.add.setEnabled(bool(data))
        if not data:
            self.page.say(tr("plugin.ioc.no_data"))
            return
        self._ask(ioc_targets.TARGETS, {"data": data}, lambda value: self._listed(data, value))

    def _ask(self, job: Job, parameters: Mapping[str, Any], answered: Callable[[dict[str, Any]], None]) -> None:
        self.client.ask(job, parameters, answered)

    def _refused(self, error: DothiError) -> None:
        self.page.say(tr(error.code, **error.arguments), bad=True)

    def _listed(self, data: str, value: Mapping[str, Any]) -> None:
        self.may_leave = value["may_leave"]
        targets = {one["name"]: one for one in value["targets"]}
        self._ask(ioc.STATUS, {"data": data}, lambda status: self._learnt(data, targets, status))

    def _learnt(self, data: str, targets: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        if data != self._of:
            return
        self.known = {one["name"]: {**targets[one["name"]], **one} for one in status["targets"]}
        self._show()
        if not self.known:
            self.page.say(tr("plugin.ioc.none"))
        elif self.page.message.text() == tr("plugin.ioc.none"):
            self.page.say("")
        self._compare()

    def _compare(self) -> None:
        """Let the engine compare the data as they are now with what is known of each target; no target is asked."""
        self._stale = not self.isVisible()
        if not self._stale and any(one["published"] for one in self.known.values()):
            self.compared.ask({"data": self._of, "behind": True})

    def _learnt_behind(self, status: Mapping[str, Any]) -> None:
        late = {
            one["name"]: one["behind"] for one in status["targets"] if one.get("behind") and one["name"] in self.known
        }
        self.behind |= late
        self._list()

    def _list(self) -> None:
        """The targets. What reading back found different counts more than what memory tells."""
        proofs = {name: one for name, one in self.shown.items() if "differences" in one and trees.counts(one)}
        self.page.fill(list(self.known.values()), {**self.behind, **proofs})

    def _show(self) -> None:
        self._list()
        self._choose()

    def _choose(self) -> None:
        """Show what is known of the chosen target."""
        name = self.page.chosen()
        one = self.known.get(name, {})
        words = trees.Words(self.may_leave)
        troubles, said = one.get("troubles", []), one.get("said", [])
        trees.fill_troubles(self.page.troubles, troubles, words)
        trees.fill_said(self.page.said, said)
        self.page.count(TROUBLES, "troubles", sum(one.get("code") != trees.STANDS for one in troubles))
        self.page.count(SAID, "said", len(said))
        plan = self.shown.get(name, {})
        self.page.plan.clear()
        if "layers" in plan:
            trees.fill_plan(self.page.plan, plan, words)
        elif "differences" in plan:
            trees.fill_proof(self.page.plan, plan, words)
        if name:
            kept = keeping.kept(self._of, name)
            self.page.every.setCurrentIndex(HOURS.index(kept.every_h) if kept.every_h in HOURS else 0)
        command = f'dothi ioc publish --watch --every 60 --data "{Path(self._of).name}" --target {name}'
        self.page.server.setText(tr("plugin.ioc.server_hint", command=command) if name else "")
        self._enable()

    def _enable(self) -> None:
        one = self.known.get(self.page.chosen(), {})
        self.page.enable(bool(one), working=self.running.task is not None)

    # ---- targets

    def _ask_for_target(self, given: Mapping[str, Any] | None) -> None:
        authcfg = keeping.kept(self._of, given["name"]).authcfg if given else ""
        form = TargetForm(self, self.may_leave, given, authcfg)
        if form.exec() == QDialog.DialogCode.Accepted:
            self.save_target(form.values(), form.account.configId(), over=given is not None)

    def save_target(self, values: Mapping[str, Any], authcfg: str, *, over: bool = False) -> None:
        """Keep a target beside the data set, and its account in this machine's settings."""
        data = self._of

        def kept(value: Mapping[str, Any]) -> None:
            name = value["target"]["name"]
            keeping.keep(data, name, replace(keeping.kept(data, name), authcfg=authcfg))
            self.behind.pop(name, None)  # another scope, another plan
            self.shown.pop(name, None)
            self.read()

        known = self.known.get(str(values["name"]), {})  # what the form does not ask stays
        self._ask(
            ioc_targets.ADD_TARGET, {"secret_file": known.get("secret"), **values, "data": data, "over": over}, kept
        )

    def _ask_to_remove(self) -> None:
        name, data = self.page.chosen(), self._of

        def removed(_value: Mapping[str, Any]) -> None:
            keeping.forget(data, name)
            self.read()

        if name and self._agrees("plugin.ioc.remove_sure", name=name):
            self._ask(ioc_targets.REMOVE_TARGET, {"data": data, "name": name}, removed)

    def _schedule(self, _index: int) -> None:
        name, hours = self.page.chosen(), int(self.page.every.currentData())
        if name:
            keeping.keep(self._of, name, replace(keeping.kept(self._of, name), every_h=hours, tried_at=time.time()))

    def _agrees(self, code: str, **arguments: Any) -> bool:
        yes = QMessageBox.StandardButton.Yes
        return bool(QMessageBox.question(self, tr("plugin.ioc.title"), tr(code, **arguments)) == yes)

    # ---- the other side

    def _run(self, job: Job, done: Callable[[str, Mapping[str, Any]], None], **given: Any) -> None:
        name = self.page.chosen()
        if not name:
            return

        def answered(value: Mapping[str, Any], warnings: list[str]) -> None:
            unsaved = unsaved_layers(self._of)
            told = [*warnings, *([tr("plugin.unsaved_edits", layers=unsaved)] if unsaved else [])]
            self.page.say(
                "\n".join(told) or tr("plugin.ioc.done", name=name, job=tr(f"job.{job.id}.title")), bad=bool(told)
            )
            done(name, value)

        def refused(error: DothiError) -> None:
            allowed, question = _ASKED.get(error.code, ("", ""))
            if allowed and not given.get(allowed) and self._agrees(question, **error.arguments):
                self._run(job, done, **{**given, allowed: True})
                return
            self._refused(error)
            self.read()

        self.page.progress.setValue(0)
        self.page.say("")
        if not self.running.start(job, self._of, name, answered, refused, **given):
            self.page.say(tr("plugin.ioc.busy", target=self.running.target))

    def preview(self, *_: Any) -> None:
        """What publishing would do; nothing is sent."""

        def planned(name: str, value: Mapping[str, Any]) -> None:
            told = self.known.get(name, {}).get("counts", {})  # what was refused is named beside, not twice
            waiting = int(value["unproved"]) - told.get("conflicts", 0) - told.get("failed", 0)
            self.behind[name] = self.shown[name] = {**value, "unproved": max(0, waiting)}
            self._show()
            self.page.tabs.setCurrentIndex(PLAN)

        self._run(ioc.PLAN, planned)

    def publish(self) -> None:
        """Bring the target to what the data set is now."""
        self._run(ioc.PUBLISH, self._published)

    def _published(self, name: str, value: Mapping[str, Any]) -> None:
        self.compared.forget()  # what was compared before is no longer so
        self.behind[name] = {**_NOTHING, "unproved": value["unproved"]}
        self.shown.pop(name, None)
        if any(value[key] for key in ("unproved", "failed", "conflicts")):
            self.page.tabs.setCurrentIndex(TROUBLES)
        self.read()

    def verify(self, *_: Any) -> None:
        """Read everything back and compare."""

        def proved(name: str, value: Mapping[str, Any]) -> None:
            self.behind[name] = self.shown[name] = value
            self._show()
            self.page.tabs.setCurrentIndex(PLAN)

        self._run(ioc.VERIFY, proved)

    def _ask_to_repair(self) -> None:
        if self._agrees("plugin.ioc.repair_sure", name=self.page.chosen()):
            self._run(ioc.REPAIR, self._published)

    def _ask_to_decide(self, keep: str) -> None:
        """Which version of the selected conflicts stays: ``ours`` or ``theirs``."""
        name, uids = self.page.chosen(), trees.disputed(self.page.troubles)
        if uids and self._agrees(f"plugin.ioc.{keep}_sure", count=len(uids), name=name):
            self._run(ioc.DECIDE, lambda *_: self.read(), uids=uids, keep=keep)

    # ---- the end

    def _rest(self) -> None:
        self.compared.forget()
        self.client.rest()

    def shut(self) -> None:
        """Leave nothing behind."""
        QgsProject.instance().cleared.disconnect(self._project_changed)
        QgsProject.instance().readProject.disconnect(self._project_changed)
        self.running.changed.disconnect(self._enable)
        self.saved.shut()
        self.compared.forget()
        self.client.shut()
        self.iface.removeDockWidget(self)
        self.deleteLater()
