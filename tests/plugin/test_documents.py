"""Reports and sheets in QGIS: the same algorithms as everywhere, and what they made is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis import processing
from qgis.core import QgsProcessingContext, QgsProject
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices

from dothi.engine.contract import zoning_report
from dothi.qgis_plugin import documents
from dothi.qgis_plugin.map.verdict_page import PAPER, papers

from . import small
from .test_engine_client import needs_engine
from .test_map import data, opened  # noqa: F401  fixtures

BOTH = (zoning_report.REPORT, zoning_report.PLAN_INFO)


@pytest.fixture
def shown(monkeypatch) -> list[str]:
    """The files that a program was asked to show."""
    files: list[str] = []

    def open_url(url: QUrl) -> bool:
        files.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    return files


@needs_engine
@pytest.mark.parametrize("job", BOTH, ids=lambda job: job.id)
def test_the_toolbox_writes_the_document(plugin, data, tmp_path, job, shown):  # noqa: F811
    lot = next(small.table(data, "parcel").getFeatures())["uid"]
    out = tmp_path / "bản in.pdf"
    given = {"data": str(data), ("uids" if job is zoning_report.REPORT else "uid"): lot, "out": str(out)}
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    result = processing.run(f"dothi:{job.algorithm}", given, context=context)
    assert Path(result["out"]).read_bytes().startswith(b"%PDF")
    assert documents.show(job.algorithm, result)
    assert shown == [str(out)]


def test_only_what_was_made_is_shown(tmp_path, shown):
    name = zoning_report.REPORT.algorithm
    assert not documents.show(name, {})
    assert not documents.show(name, {"out": str(tmp_path / "none.pdf")})
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    assert not documents.show("check_zoning", {"out": str(tmp_path / "a.pdf")})
    assert shown == []


def test_a_verdict_leads_to_its_documents(opened, desk, monkeypatch):  # noqa: F811
    asked = []
    monkeypatch.setattr(documents, "make", lambda *given: asked.append(given))
    opened.window.explain_action.trigger()
    explain = opened.window.explain
    explain._asked = ("a.gpkg", "u-1")
    for job in BOTH:
        assert f"{PAPER}:{job.algorithm}" in papers()
        explain.text.anchorClicked.emit(QUrl(f"{PAPER}:{job.algorithm}"))
    for other in ("https://example.org/", f"{PAPER}:rm"):
        explain.text.anchorClicked.emit(QUrl(other))
    assert asked == [(job.algorithm, "a.gpkg", "u-1") for job in BOTH]
