"""Reports and sheets in QGIS: the algorithm's own dialog, and the document in the program that shows such files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices

from ..engine.contract import zoning_report
from .algorithms.provider import PROVIDER

TEMPORARY = "TEMPORARY_OUTPUT"  # Processing's word for a file of its own
DOCUMENT = "out"  # the result of both jobs that is a file to read
JOBS = {job.algorithm: job for job in (zoning_report.REPORT, zoning_report.PLAN_INFO)}


def show(algorithm: str, outcome: Mapping[str, Any]) -> bool:
    """Open the document that ``algorithm`` made; says whether it made one and a program was asked to show it."""
    made = outcome.get(DOCUMENT)
    if algorithm not in JOBS or not isinstance(made, str) or not Path(made).is_file():
        return False
    return bool(QDesktopServices.openUrl(QUrl.fromLocalFile(made)))


def make(algorithm: str, data: str, uid: str) -> None:
    """Ask for a document about the lot or building ``uid``, and show it."""
    from qgis import processing

    asked = "uids" if algorithm == zoning_report.REPORT.algorithm else "uid"
    given = {"data": data, asked: uid, DOCUMENT: TEMPORARY}
    show(algorithm, processing.execAlgorithmDialog(f"{PROVIDER}:{algorithm}", given))
