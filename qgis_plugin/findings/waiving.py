"""What the panel offers about waivers: mark what is let stand, write a waiver, revoke one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qgis.core import Qgis
from qgis.PyQt.QtWidgets import QMenu, QMessageBox, QWidget

from ...layers.errors import DothiError
from ..language import tr
from ..map.rule_titles import rule_title
from . import words
from .index import Row
from .waivers import WaiverDialog, Waivers, told


class Waiving:
    """``let_stand(documents)`` is called with the documents in force, by rule and feature, whenever they are read."""

    def __init__(
        self,
        parent: QWidget,
        let_stand: Callable[[dict[tuple[str, str], str]], None],
        tell: Callable[[str, Any], None],
    ) -> None:
        self._parent, self._let_stand, self._tell = parent, let_stand, tell
        self.waivers = Waivers(self._read)
        self.dialog: WaiverDialog | None = None

    def read(self, data: str, day: str) -> None:
        """Read the waivers of ``data`` on the ``day`` a run judged by: also those made since then."""
        self.waivers.of(data, day, self._refused)

    def _read(self, in_force: Mapping[tuple[str, str], Any]) -> None:
        self._let_stand({key: str(waiver["document"]) for key, waiver in in_force.items()})

    def told(self, row: Row) -> str:
        """What lets ``row`` stand, from when and until when."""
        known = self.waivers.in_force.get((row.rule, row.feature_uid or ""))
        return tr("plugin.findings.waiver.let_stand", document=told(known) if known else row.waiver)

    def offer(self, menu: QMenu, row: Row) -> None:
        """The commands that fit ``row``: only a breach of this run on a feature can be let stand."""
        if row.outcome != "fail" or row.state == "fixed" or not row.feature_uid:
            return
        menu.addSeparator()
        if row.waiver:
            menu.addAction(tr("plugin.findings.waiver.menu_revoke"), lambda: self.ask_to_revoke(row))
        else:
            menu.addAction(tr("plugin.findings.waiver.menu"), lambda: self.open(row))

    def open(self, row: Row) -> WaiverDialog:
        """The dialog that writes a waiver for ``row``; it closes when the engine has written it."""
        about = f"{words.feature(row.code, row.layer)}: {rule_title(row.rule, self.waivers.data)}"
        subject = {"rule": row.rule, "uid": row.feature_uid}

        def save(values: dict[str, Any]) -> None:
            self.waivers.add({**subject, **values}, dialog.accept, dialog.refused)

        dialog = WaiverDialog(about, self.waivers.day, save, self._parent)
        dialog.setModal(True)
        dialog.finished.connect(dialog.deleteLater)
        self.dialog = dialog
        dialog.open()
        return dialog

    def ask_to_revoke(self, row: Row) -> None:
        """Revoke what lets ``row`` stand, if the user agrees."""
        yes = QMessageBox.StandardButton.Yes
        question = tr("plugin.findings.waiver.revoke_question", document=row.waiver)
        if QMessageBox.question(self._parent, tr("plugin.name"), question) == yes:
            self.revoke(row)

    def revoke(self, row: Row) -> None:
        """End what lets ``row`` stand; the waiver stays to be seen in the engine's list."""
        known = self.waivers.in_force.get((row.rule, row.feature_uid or ""))
        if known is not None:
            self.waivers.revoke(str(known["uid"]), self._refused)

    def _refused(self, error: DothiError) -> None:
        self._tell(tr(error.code, **error.arguments), Qgis.MessageLevel.Warning)

    def stop(self) -> None:
        """Let the engine rest."""
        self.waivers.stop()
