"""Papers of a case: its dossier, opened in the program that shows such files, and the proof that it can be repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qgis.core import Qgis
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices

from ...engine.contract import case_dossier
from ..language import language, tr
from .acts import Acts


class Papers:
    """Made in the background; what came of it is said in the message bar."""

    def __init__(self, iface: Any, acts: Acts) -> None:
        self.iface, self.acts = iface, acts

    def dossier(self, data: str, codes: Sequence[str]) -> None:
        """Make one dossier of the cases ``codes`` beside the data set, and open it; it is named by the first."""
        out = Path(data).with_name(f"{Path(data).stem}-{codes[0]}.pdf")
        given = {"data": data, "cases": list(codes), "out": str(out), "language": language()}
        self.tell(tr("plugin.surveillance.dossier_begun", case=", ".join(codes)), Qgis.MessageLevel.Info)
        self.acts.run(case_dossier.DOSSIER, given, self._made)

    def _made(self, told: Mapping[str, Any]) -> None:
        path = Path(told["out"])
        self.tell(tr("plugin.surveillance.dossier_made", path=str(path)), Qgis.MessageLevel.Success)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def reproduce(self, data: str, code: str) -> None:
        """Find the alerts of the case ``code`` again from the same scenes, and say whether they are the same."""
        self.tell(tr("plugin.surveillance.reproduce_begun", case=code), Qgis.MessageLevel.Info)
        self.acts.run(case_dossier.REPRODUCE, {"data": data, "case": code}, lambda told: self._compared(code, told))

    def _compared(self, code: str, told: Mapping[str, Any]) -> None:
        if told["same"]:
            self.tell(
                tr("plugin.surveillance.reproduced_same", case=code, count=len(told["alerts"])),
                Qgis.MessageLevel.Success,
            )
        else:
            self.tell(
                tr("plugin.surveillance.reproduced_other", case=code, count=len(told["differences"])),
                Qgis.MessageLevel.Warning,
            )

    def tell(self, text: str, level: Any) -> None:
        """A sentence in the message bar."""
        self.iface.messageBar().pushMessage(tr("plugin.name"), text, level)
