"""The panel of rules: choose a rule, read it, edit it for the province, have it checked, save it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import QgsProject
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QTimer, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QFileDialog, QMessageBox

from ...engine.contract import rules as jobs
from ...layers.errors import DothiError
from ..language import language, tr
from ..project_data import data_of_project
from . import page as tabs
from .draft import NEW, OWN_LEVEL, Draft, for_province
from .engine import RuleEngine
from .page import Page
from .rule_page import page as rule_page
from .rule_words import Words
from .saving import SaveDialog

DOCK = "dothi_rules"
OWN = "own"
_PAUSE_MS = 350  # of typing, before the engine is asked


class RulesDock(QgsDockWidget):
    """Rules of the program and of the project's data set. :meth:`shut` takes away all that it has started."""

    def __init__(self, iface: Any) -> None:
        super().__init__(tr("plugin.rules.title"), iface.mainWindow())
        self.setObjectName(DOCK)
        self.iface = iface
        self.data = ""
        self.told: dict[str, Any] = {}  # the page of the chosen rule
        self.entry: dict[str, Any] = {}  # the one of its entries that is shown
        self.answer: dict[str, Any] = {}  # what the last check said
        self.words = Words()
        self.dialog: SaveDialog | None = None
        self.conflict = False
        self._opening = False
        self.draft = Draft(self)
        self.engine = RuleEngine(self._refused, self)
        self.page = Page(self.draft)
        self.setWidget(self.page)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.check)
        self._listen()
        self._enable()

    def _listen(self) -> None:
        page = self.page
        page.again.clicked.connect(lambda _=False: self.read())
        page.list.picked.connect(self._picked)
        page.edit.clicked.connect(lambda _=False: self.edit())
        page.save.clicked.connect(lambda _=False: self.ask_to_save())
        page.leave.clicked.connect(lambda _=False: self.leave())
        page.reload.clicked.connect(lambda _=False: self.reload())
        page.export_xlsx.triggered.connect(lambda _=False: self.export_as("xlsx"))
        page.export_csv.triggered.connect(lambda _=False: self.export_as("csv"))
        page.import_sheet.triggered.connect(lambda _=False: self.import_from())
        page.calculator.asked.connect(self.calculate)
        page.tabs.currentChanged.connect(self._turned)
        self.draft.changed.connect(self._changed)
        self.draft.stack.cleanChanged.connect(lambda _: self._enable())
        self.closed.connect(self.engine.rest)
        QgsProject.instance().readProject.connect(self._other_project)
        QgsProject.instance().cleared.connect(self._other_project)

    # ---- the list

    def _other_project(self, *_: Any) -> None:
        """Another project: its rules are read, unless something is being edited for the one before."""
        if self.isUserVisible() and not self.draft.dirty:
            self.read()

    def read(self) -> None:
        """Ask the engine for packs and rules; what is being edited stays."""
        if not self.draft.dirty:
            self.data = data_of_project()
        self.page.say("")
        name = Path(self.data).name
        self.page.head.setText(tr("plugin.rules.of", data=name) if self.data else tr("plugin.rules.no_data"))
        self.engine.ask(jobs.LIST, self._with_data({}), self._listed)
        self._enable()

    def _with_data(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return parameters | ({"data": self.data} if self.data else {})

    def _listed(self, value: Mapping[str, Any]) -> None:
        self.page.list.fill(value)
        if not self.told:
            self.page.shape()

    def _refused(self, error: DothiError) -> None:
        self._opening = False
        self.page.say(tr(error.code, **error.arguments), bad=True)
        self._enable()

    def _picked(self, line: Mapping[str, Any]) -> None:
        if self.entry and all(line[key] == self.entry[key] for key in ("rule", "pack", "level")):
            return
        if not self._may_leave():
            self.page.list.choose(self.entry["rule"], self.entry["pack"], self.entry["level"], quietly=True)
            return
        self.open(line["rule"], line["pack"], line["level"])

    def open(self, rule: str, pack: str, level: str, *, edit: bool = False) -> None:
        """Show one entry of a rule; ``edit``: to be edited at once."""
        self._opening = True  # what is on the screen is no more what is chosen
        self._enable()
        asked = self._with_data({"rule": rule})
        self.engine.ask(jobs.SHOW, asked, lambda value: self._shown(value, pack, level, edit=edit))

    def _shown(self, value: dict[str, Any], pack: str, level: str, *, edit: bool) -> None:
        self._opening = False
        entries = value["entries"]
        wanted = [one for one in entries if one["pack"] == pack and one["level"] == level]
        self.told, self.entry = value, (wanted or entries)[-1]
        self.conflict = False
        named = self.entry["measure_name"]
        measure = named[language()] if named else self.entry["title"][language()]
        self.words = Words(value["vocabulary"], measure, value["measure"]["unit"])
        page = self.page
        page.model.words = page.examples.model.words = self.words
        page.form.offer(self.words)
        self.answer = {}
        self.draft.open(self.entry["values"], editable=False, expected=self.entry["sha256"])
        page.examples.model.answer(self.entry["examples"])
        first = (self.entry["values"].get("case") or [{}])[0].get("given", {})
        page.calculator.offer(value["needs"], self.words, first)
        self._show_problems([])
        page.say("")
        self._show_rule()
        if edit:
            self.edit()
        elif page.tabs.currentIndex() == tabs.CALCULATOR:
            self.calculate()

    def _show_rule(self) -> None:
        """Page, curve and buttons of what the draft says now."""
        examples = self.page.examples.model.examples
        if self.page.tabs.currentIndex() == tabs.READ:  # to lay out a page that nobody sees would take time
            self.page.text.setHtml(rule_page(self.draft.values, self.entry, examples, self.words))
        self.page.curve.show_rule(self.draft.values, examples, self.words)
        self.page.shape()
        self._enable()

    def _turned(self, at: int) -> None:
        """Another tab: the page or the answer as things are now."""
        if at == tabs.READ and self.entry:
            self._show_rule()
        elif at == tabs.CALCULATOR:
            self.calculate()

    # ---- editing

    def edit(self) -> None:
        """Edit the province's entry, or begin one from what ships."""
        if not self.entry or not self.data or self._opening:
            return
        own = [one for one in self.told["entries"] if one["own"]]
        if not self.entry["own"] and own:  # the province has one already: there is one file for each level
            mine = next((one for one in own if one["level"] == OWN_LEVEL), own[-1])
            self.page.list.choose(mine["rule"], mine["pack"], mine["level"], quietly=True)
            self.open(mine["rule"], mine["pack"], mine["level"], edit=True)
            return
        values = self.entry["values"]
        begun = dict(values) if self.entry["own"] else for_province(values)
        self.draft.open(begun, editable=True, expected=self.entry["sha256"] if self.entry["own"] else NEW)
        self.page.examples.model.answer(self.entry["examples"])
        self.page.tabs.setCurrentIndex(tabs.TABLE if {"rows", "classes"} & set(values["limit"]) else tabs.FIELDS)
        self._show_rule()
        self.check()

    def leave(self) -> bool:
        """Stop editing; asks where something would be lost."""
        if not self._may_leave():
            return False
        self.draft.open(self.entry["values"], editable=False, expected=self.entry["sha256"])
        self.page.examples.model.answer(self.entry["examples"])
        self.conflict = False
        self._show_problems([])
        self.page.say("")
        self._show_rule()
        return True

    def _may_leave(self) -> bool:
        """Whether what is being edited may be left: saved, thrown away with the user's yes, or nothing to lose."""
        return not self.draft.dirty or self._agrees("plugin.rules.lose")

    def _agrees(self, code: str, **arguments: Any) -> bool:
        box = QMessageBox(QMessageBox.Icon.Question, tr("plugin.rules.title"), tr(code, **arguments), parent=self)
        yes = box.addButton(tr("plugin.rules.lose_yes"), QMessageBox.ButtonRole.DestructiveRole)
        no = box.addButton(tr("plugin.rules.lose_no"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(no)
        box.setEscapeButton(no)
        box.exec()
        agreed = box.clickedButton() is yes
        box.deleteLater()
        return agreed

    def _changed(self) -> None:
        self.page.curve.show_rule(self.draft.values, self.page.examples.model.examples, self.words)
        self._enable()
        self._pause.start()

    def check(self) -> None:
        """Have the engine check what is being edited."""
        self._pause.stop()
        if self.draft.editable:
            values = self.draft.values
            self.engine.ask(jobs.CHECK, self._with_data({"rule": values}), lambda value: self._checked(value, values))

    def _checked(self, value: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
        if asked is not self.draft.values or not self.draft.editable:
            return  # it has been changed since: the next answer is under way
        self.answer = value["files"][0]
        self.page.examples.model.answer(self.answer["examples"])
        on_disk = self.answer["on_disk"]
        self.conflict = on_disk != ("" if self.draft.expected == NEW else self.draft.expected)
        self._show_problems(self.answer["problems"])
        self._show_rule()
        if self.page.tabs.currentIndex() == tabs.CALCULATOR:
            self.calculate()

    def _show_problems(self, problems: list[dict[str, Any]]) -> None:
        """Each beside its field, a mark at its tab, and a sum below."""
        values, page = self.draft.values, self.page
        told = {one["where"]: (self.words.problem(one, values), one["level"]) for one in reversed(problems)}
        errors = {where: text for where, (text, level) in told.items() if level == "error"}
        page.model.show_problems(errors)
        grid = {where: text for where, text in errors.items() if _in_grid(where)}
        page.table_problem.setText(
            "\n".join(f"{self.words.place(where, values)}: {text}" for where, text in grid.items())
        )
        page.table_problem.setVisible(bool(grid))
        cases = [text for where, (text, _) in told.items() if where.startswith("case")]
        page.examples.show_problem("\n".join(cases))
        rest = {where: one for where, one in told.items() if where not in grid and not where.startswith("case")}
        homeless = page.form.show_problems(rest)
        fields = any(level == "error" for where, (_, level) in rest.items() if where not in homeless)
        wrong = {tabs.TABLE} if grid else set()
        wrong |= {tabs.FIELDS} if fields else set()
        wrong |= {tabs.EXAMPLES} if any(where.startswith("case") for where in errors) else set()
        page.flag(wrong)
        if not self.draft.editable:
            return
        lines = [told[where][0] for where in homeless]
        if self.conflict:
            lines.insert(0, tr("plugin.rules.changed_on_disk"))
        elif errors:
            lines.insert(0, tr("plugin.rules.problems", count=len(errors)))
        else:
            lines.insert(0, tr("plugin.rules.sound"))
            lines += [text for where, (text, level) in told.items() if level == "warning" and where not in homeless]
        page.say("\n".join(lines), bad=bool(errors) or self.conflict)

    def _enable(self) -> None:
        """The buttons that make sense now."""
        page, editing, busy = self.page, self.draft.editable, self.engine.task is not None
        page.edit.setVisible(not editing)
        page.edit.setEnabled(bool(self.entry) and bool(self.data) and not self._opening)
        page.edit.setText(tr("plugin.rules.edit_own" if self.entry.get("own") else "plugin.rules.edit"))
        page.edit.setToolTip(tr("plugin.rules.edit_tip" if self.data else "plugin.rules.no_data"))
        page.leave.setVisible(editing)
        page.save.setVisible(editing)
        sound = bool(self.answer.get("ok")) and not self._pause.isActive()
        page.save.setEnabled(editing and sound and not self.conflict and not busy)
        page.reload.setVisible(editing and self.conflict)
        page.sheet.setEnabled("rows" in (self.draft.values.get("limit") or {}) and not busy)
        page.import_sheet.setEnabled(editing)
        title = tr("plugin.rules.title")
        self.setWindowTitle(f"{title} *" if self.draft.dirty else title)

    # ---- saving

    def ask_to_save(self) -> None:
        """Show what differs from the rule that ships; then save."""
        if self.dialog is not None or not self.answer.get("ok") or self.draft.values.get("id") != self.answer["rule"]:
            return
        name = Path(self.data).name
        self.dialog = SaveDialog(self.answer["changes"], self.draft.values, self.words, name, self)
        self.dialog.finished.connect(self._answered_dialog)
        self.dialog.open()

    def _answered_dialog(self, yes: int) -> None:
        self.dialog = None
        if yes:
            self.save()

    def save(self) -> None:
        """Write the province's file; nothing is written over what somebody else wrote in the meantime."""
        values, expected = self.draft.values, self.draft.expected
        given = {"data": self.data, "rule": values, "expected": expected}
        if self.engine.run(jobs.SAVE, given, lambda value: self._saved(value, values), self._not_saved):
            self.page.say(tr("plugin.rules.saving"))
        self._enable()

    def _not_saved(self, error: DothiError) -> None:
        self.conflict = self.conflict or error.code == "rules.changed_meanwhile"
        self._refused(error)

    def _saved(self, value: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        whole = values is self.draft.values  # else it was edited on while it was written
        self.draft.expected = str(value["sha256"])
        if whole:
            self.draft.saved(str(value["sha256"]), int(value["version"]))
        self._pause.stop()
        self.entry = self.entry | {"pack": OWN, "own": True, "level": values.get("level", OWN_LEVEL)}
        self.entry |= {"values": dict(self.draft.values), "sha256": value["sha256"]}
        self.entry["examples"] = self.answer.get("examples", [])
        self.engine.ask(jobs.LIST, self._with_data({}), self._listed_again)
        if whole:
            self.leave()
        self.page.say(tr("plugin.rules.saved", file=str(value["file"]), version=value["version"]))

    def _listed_again(self, value: Mapping[str, Any]) -> None:
        self.page.list.fill(value)
        self.page.list.choose(self.entry["rule"], self.entry["pack"], self.entry["level"], quietly=True)
        asked = self._with_data({"rule": self.entry["rule"]})
        self.engine.ask(jobs.SHOW, asked, self._entries_again)

    def _entries_again(self, value: dict[str, Any]) -> None:
        if value["rule"] == self.entry.get("rule"):
            self.told = value

    def reload(self) -> None:
        """Take in what somebody else wrote, as a step that can be undone: one's own numbers are not lost."""
        self.engine.ask(jobs.SHOW, self._with_data({"rule": self.entry["rule"]}), self._reloaded)

    def _reloaded(self, value: dict[str, Any]) -> None:
        self.told = value
        level = self.draft.values.get("level", OWN_LEVEL)
        mine = [one for one in value["entries"] if one["own"] and one["level"] == level]
        self.draft.expected = mine[-1]["sha256"] if mine else NEW
        self.conflict = False
        if mine:
            self.entry = mine[-1]
            self.draft.replace((), dict(self.entry["values"]), tr("plugin.rules.reload"))
        self.check()

    # ---- to and from an office program

    def export_as(self, suffix: str) -> None:
        """Write the table, as it is being edited, to a file of the user's choice."""
        if not self.entry:
            return
        name = f"{self.entry['rule']}.{suffix}"
        folder = Path(self.data).parent if self.data else Path.home()
        kinds = f"{suffix.upper()} (*.{suffix})"
        chosen, _ = QFileDialog.getSaveFileName(self, tr(f"plugin.rules.export_{suffix}"), str(folder / name), kinds)
        if chosen:
            self.export_to(Path(chosen).with_suffix(f".{suffix}"))

    def export_to(self, path: Path) -> None:
        """Write the table to ``path``; an old file there was agreed to be replaced."""
        given = self._with_data({"rule": self.entry["rule"], "table": str(path), "replace": path.exists()})
        self.engine.run(jobs.EXPORT, given | {"draft": self.draft.values}, self._exported)
        self._enable()

    def _exported(self, value: Mapping[str, Any]) -> None:
        self.page.say(tr("plugin.rules.exported", file=value["table"], rows=value["rows"]))
        self._enable()
        if self.isVisible():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(value["table"]).parent)))

    def import_from(self) -> None:
        """Read a table from a file of the user's choice."""
        folder = str(Path(self.data).parent) if self.data else ""
        chosen, _ = QFileDialog.getOpenFileName(self, tr("plugin.rules.import"), folder, "XLSX, CSV (*.xlsx *.csv)")
        if chosen:
            self.import_table(Path(chosen))

    def import_table(self, path: Path) -> None:
        """Take the table of a sheet into what is being edited: one step that can be undone."""
        given = self._with_data({"rule": self.entry["rule"], "table": str(path), "draft": self.draft.values})
        self.engine.run(jobs.IMPORT, given, self._imported)
        self._enable()

    def _imported(self, value: Mapping[str, Any]) -> None:
        self.draft.replace(("limit",), value["rule"]["limit"], tr("plugin.rules.import"))
        self.page.tabs.setCurrentIndex(tabs.TABLE)
        self.check()
        self.page.say(tr("plugin.rules.imported", count=len(value["changes"])))

    # ---- what would be allowed

    def calculate(self) -> None:
        """Ask for the limit of the inputs that are stated, with the rule as it is being edited."""
        if not self.entry or self.page.tabs.currentIndex() != tabs.CALCULATOR:
            return
        parameters, unreadable = self.page.calculator.parameters()
        if unreadable:
            self.page.calculator.say(tr("plugin.rules.input_unreadable", name=unreadable))
            return
        asked = self._with_data({**parameters, "measure": self.entry["measure"]})
        if self.draft.editable:
            asked["draft"] = self.draft.values
        calculator = self.page.calculator
        self.engine.ask(jobs.LIMIT, asked, calculator.answer, lambda e: calculator.say(tr(e.code, **e.arguments)))

    # ---- the end

    def closeEvent(self, event: Any) -> None:
        """Asks before changes would be lost."""
        if not self._may_leave():
            event.ignore()
            return
        if self.draft.editable:
            self.draft.stack.setClean()
            self.leave()
        super().closeEvent(event)

    def shut(self) -> None:
        """Leave nothing behind."""
        QgsProject.instance().readProject.disconnect(self._other_project)
        QgsProject.instance().cleared.disconnect(self._other_project)
        self._pause.stop()
        if self.dialog is not None:
            self.dialog.finished.disconnect(self._answered_dialog)
            self.dialog.reject()
            self.dialog = None
        self.engine.stop()
        self.draft.stack.clear()
        self.iface.removeDockWidget(self)
        self.deleteLater()


def _in_grid(where: str) -> bool:
    return where.startswith(("limit.rows", "limit.columns", "limit.above", "limit.classes", "limit.cell"))
