"""Breaches that an authority lets stand: the engine's list of them, and the dialog that writes a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QDate, Qt
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QDateEdit,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from ...engine.contract import Job, zoning_life
from ...layers.errors import DothiError, EnvironmentTroubleError
from ..language import language, tr
from ..serve_client import ServeClient

_STATE = "state.sqlite"  # beside the data set (store.waivers): without it nothing was ever waived
_DAY = "dd/MM/yyyy"


class Waivers:
    """The waivers of a data set on the day a run judged by.

    ``read(in_force)`` is called, later, with those that hold, by rule and feature; ``refused(error)`` where the engine
    says no.
    """

    def __init__(self, read: Callable[[Mapping[tuple[str, str], Any]], None]) -> None:
        self._read = read
        self._client = ServeClient()
        self._question = 0
        self.data, self.day = "", ""
        self.in_force: dict[tuple[str, str], dict[str, Any]] = {}

    def of(self, data: str, day: str, refused: Callable[[DothiError], None]) -> None:
        """Ask for the waivers of ``data`` on ``day`` (ISO; empty: the data set's own)."""
        self.data, self.day = data, day
        self.in_force = {}
        if (Path(data).with_suffix(".dothi") / _STATE).is_file():
            self._ask_all(refused)
        else:
            self._read({})

    def _ask_all(self, refused: Callable[[DothiError], None]) -> None:
        asked = {"data": self.data} | ({"date": self.day} if self.day else {})
        self._client.forget(self._question)
        self._ask(zoning_life.WAIVERS, asked, lambda value: self._listed(value["waivers"]), refused)

    def _listed(self, waivers: Sequence[Mapping[str, Any]]) -> None:
        self.in_force = {}
        for one in waivers:  # the newest first: of several that hold it is the one that is named
            if one["holds"]:
                self.in_force.setdefault((one["rule"], one["feature_uid"]), dict(one))
        self._read(self.in_force)

    def add(self, values: Mapping[str, Any], done: Callable[[], None], refused: Callable[[DothiError], None]) -> None:
        """Write a waiver (``rule``, ``uid``, ``document``, …), then read all again."""

        def written(_: Mapping[str, Any]) -> None:
            done()
            self._ask_all(refused)

        self._ask(zoning_life.WAIVE, {"data": self.data, **values}, written, refused)

    def revoke(self, waiver: str, refused: Callable[[DothiError], None]) -> None:
        """End a waiver, then read all again."""
        asked = {"data": self.data, "waiver": waiver}
        self._ask(zoning_life.UNWAIVE, asked, lambda _: self._ask_all(refused), refused)

    def _ask(
        self,
        job: Job,
        asked: Mapping[str, Any],
        answered: Callable[[dict[str, Any]], None],
        refused: Callable[[DothiError], None],
    ) -> None:
        try:
            self._question = self._client.ask(job, asked, answered, refused)
        except EnvironmentTroubleError as error:
            refused(error)

    def stop(self) -> None:
        """Let the engine rest."""
        self._client.stop()


def told(waiver: Mapping[str, Any]) -> str:
    """``Quyết định 12/QĐ-UBND (UBND phường Tân Uyên), từ 01/06/2026 đến khi thu hồi``."""
    days = (_day(waiver["valid_from"]), _day(waiver["expires"]) if waiver["expires"] else "")
    code = "until" if days[1] else "open"
    text = tr(
        f"plugin.findings.waiver.told_{code}",
        document=waiver["document"], author=waiver["author"], start=days[0], end=days[1],
    )  # fmt: skip
    return f"{text} {waiver['note']}".strip()


def _day(iso: str) -> str:
    return "/".join(reversed(iso.split("-"))) if language() == "vi" else iso


class WaiverDialog(QDialog):
    """Asks for document, author, days and note. ``save(values)`` is called with them; it closes by :meth:`accept`."""

    def __init__(
        self, about: str, day: str, save: Callable[[dict[str, Any]], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._save = save
        self.setWindowTitle(tr("plugin.findings.waiver.title"))
        self.document, self.author = QLineEdit(), QLineEdit()
        self.document.setPlaceholderText(tr("plugin.findings.waiver.document_example"))
        self.author.setPlaceholderText(tr("plugin.findings.waiver.author_example"))
        first = QDate.fromString(day, Qt.DateFormat.ISODate) if day else QDate.currentDate()
        self.start, self.end = _date(first), _date(first.addYears(1))
        self.ends = QCheckBox(tr("plugin.findings.waiver.ends"))
        self.end.setEnabled(False)
        self.ends.toggled.connect(self.end.setEnabled)
        self.note = QPlainTextEdit()
        self.note.setMaximumHeight(70)
        self.trouble = QLabel(wordWrap=True)
        self.trouble.setStyleSheet("color:#b3261e")
        self.trouble.hide()
        until = QHBoxLayout()
        until.addWidget(self.ends)
        until.addWidget(self.end, 1)
        form = QFormLayout()
        form.addRow(tr("plugin.findings.waiver.document"), self.document)
        form.addRow(tr("plugin.findings.waiver.author"), self.author)
        form.addRow(tr("plugin.findings.waiver.from"), self.start)
        form.addRow(tr("plugin.findings.waiver.to"), until)
        form.addRow(tr("plugin.findings.waiver.note"), self.note)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel  # QGIS translates both
        )
        self._ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._ok.setText(tr("plugin.findings.waiver.save"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(tr("plugin.findings.waiver.cancel"))
        self.buttons.accepted.connect(self._accepted)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(about, wordWrap=True))
        layout.addLayout(form)
        layout.addWidget(self.trouble)
        layout.addWidget(self.buttons)
        for line in (self.document, self.author):
            line.textChanged.connect(lambda _: self._look())
        self._look()
        self.setMinimumWidth(560)

    def _look(self) -> None:
        """Without document and author a waiver would be nobody's."""
        self._ok.setEnabled(bool(self.document.text().strip() and self.author.text().strip()))

    def values(self) -> dict[str, Any]:
        """The parameters of ``zoning.waive`` that the user gave."""
        given: dict[str, Any] = {
            "document": self.document.text().strip(),
            "author": self.author.text().strip(),
            "date": self.start.date().toString(Qt.DateFormat.ISODate),
            "note": self.note.toPlainText().strip(),
        }
        if self.ends.isChecked():
            given["expires"] = self.end.date().toString(Qt.DateFormat.ISODate)
        return given

    def _accepted(self) -> None:
        self._ok.setEnabled(False)
        self.trouble.hide()
        self._save(self.values())

    def refused(self, error: DothiError) -> None:
        """Say why it was not written; what was typed stays."""
        self.trouble.setText(tr(error.code, **error.arguments))
        self.trouble.show()
        self._look()


def _date(day: QDate) -> QDateEdit:
    made = QDateEdit(day)
    made.setCalendarPopup(True)
    made.setDisplayFormat(_DAY if language() == "vi" else "yyyy-MM-dd")
    return made
