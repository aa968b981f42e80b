"""The findings panel after the check: compared with an earlier run, let stand by a document, and brought back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QDate, Qt
from qgis.PyQt.QtGui import QBrush
from qgis.PyQt.QtWidgets import QMenu, QMessageBox

from dothi.engine.contract import project, zoning, zoning_life
from dothi.qgis_plugin import engine_client, project_data
from dothi.qgis_plugin.findings import runs
from dothi.qgis_plugin.findings.index import Index, Question
from dothi.qgis_plugin.findings.model import COLUMNS

from . import small
from .conftest import Heard, settle
from .test_engine_client import needs_engine
from .test_findings import RULES, choose, rows_of

STATE = COLUMNS.index("state")
DECISION = "Quyết định 12/QĐ-UBND ngày 05/5/2026"


def deepen(data: Path, name: str, depth: float) -> None:
    """Build the house ``name`` ``depth`` metres deep, as a planner would."""
    layer = small.table(data, "building")
    layer.startEditing()
    feature = next(one for one in layer.getFeatures() if one["code"] == name)
    x = {"N1": 0.0, "N2": small.LOT_WIDTH}[name]
    assert layer.changeGeometry(feature.id(), small.box(x, 0, small.LOT_WIDTH, depth))
    assert layer.commitChanges(), layer.commitErrors()


@pytest.fixture(scope="module")
def checked_twice(tmp_path_factory) -> Path:
    """N2 was too dense and no longer is; N1 has become so."""
    path = tmp_path_factory.mktemp("hai lần kiểm tra") / "phường.gpkg"
    engine_client.run_job(project.NEW, {"data": str(path), "province": "binh_duong"}, Heard())
    small.fill(path)
    asked = {"data": str(path), "rules": RULES, **small.JUDGED}
    engine_client.run_job(zoning.CHECK, asked, Heard())
    deepen(path, "N2", 16.0)
    deepen(path, "N1", 18.8)
    engine_client.run_job(zoning.CHECK, asked, Heard())
    return path


@pytest.fixture
def data(checked_twice, tmp_path) -> Path:
    shutil.copytree(checked_twice.parent, tmp_path / "bản sao")
    return tmp_path / "bản sao" / checked_twice.name


@pytest.fixture
def panel(plugin, desk, data):
    here = QgsProject.instance()
    here.addMapLayers([small.table(data, name) for name in ("building", "parcel")])
    project_data.remember(here, str(data))
    desk.main.show()
    plugin.window.findings_action.trigger()
    made = plugin.window.findings.panel
    assert settle(lambda: rows_of(made) != [])
    yield made
    here.clear()


def states(panel) -> dict[str, str]:
    return {row.code: row.state for row in rows_of(panel) if row.outcome == "fail"}


def compare(panel) -> None:
    panel.comparison.earlier.setCurrentIndex(1)
    assert settle(lambda: panel.filters.state.isEnabled() and panel.comparison.told.text() == "", 60)


@needs_engine
def test_the_index_tells_what_the_engine_compared(data):
    after, before = runs.runs_of(str(data))
    asked = {"data": str(data), "before": str(before), "after": str(after)}
    found = engine_client.run_job(zoning_life.COMPARE_RUNS, asked, Heard())
    index = Index(after, {})
    index.compare(before, found["rows"])
    counts = {outcome: dict(of) for outcome, of in found["counts"].items()}
    for outcome, of in counts.items():
        for state, count in of.items():
            told = index.count(Question(outcome=outcome, state=state))
            whole = told - count  # findings about a whole layer: the engine's comparison is about features
            assert whole == 0 if state != "unchanged" else whole >= 0, (outcome, state)
    assert counts["fail"]["new"] == counts["fail"]["fixed"] == 1
    assert index.groups(Question(grouping="state"))[0].key == "new"
    assert index.groups(Question(grouping="state"))[-1].key == "fixed"
    fixed = index.rows(Question(state="fixed"), found["rows"][0]["rule"])
    assert fixed[0].uid not in index.uids(Question())  # a table of this run does not hold what it no longer says
    index.compare(None)
    assert index.count(Question(state="fixed")) == 0
    assert index.facets().states == {}
    index.close()


@needs_engine
def test_an_earlier_run_is_chosen_and_what_is_fixed_is_shown_pale(panel):
    assert states(panel) == {"1-1": ""}
    assert panel.view.isColumnHidden(STATE)
    compare(panel)
    assert settle(lambda: states(panel) == {"1-1": "new", "1-2": "fixed"})
    assert not panel.view.isColumnHidden(STATE)
    for word in ("mới: 1", "đã khắc phục: 1"):
        assert word in panel.count.text()
    choose(panel, lambda row: row.code == "1-2")
    assert settle(lambda: "lần trước" in panel.text.toPlainText())
    assert "95 %" in panel.text.toPlainText()  # as the earlier run measured it
    index = panel.view.currentIndex().siblingAtColumn(STATE)
    assert panel.model.data(index) == "đã khắc phục"
    assert isinstance(panel.model.data(index, Qt.ItemDataRole.ForegroundRole), QBrush)
    panel.filters.standing.setCurrentIndex(panel.filters.standing.findData("open"))
    assert settle(lambda: states(panel) == {"1-1": "new"})
    panel.filters.standing.setCurrentIndex(0)
    panel.filters.grouping.setCurrentIndex(panel.filters.grouping.findData("state"))
    assert settle(lambda: panel.model.rowCount() == 2)
    assert panel.model.data(panel.model.index(0, 0)) == "mới  (1)"
    panel.comparison.earlier.setCurrentIndex(0)
    assert settle(lambda: states(panel) == {"1-1": ""})
    assert panel.filters.grouping.findData("state") < 0


@needs_engine
def test_a_comparison_that_fails_is_told_and_the_list_stays(panel, data):
    runs.runs_of(str(data))[1].write_bytes(b"x" * 5000)
    panel.comparison.earlier.setCurrentIndex(1)
    assert settle(lambda: panel.comparison.told.text() == "Không so sánh được", 60)
    assert panel.comparison.told.toolTip()
    assert states(panel) == {"1-1": ""}


@needs_engine
def test_a_breach_is_waived_and_brought_back(panel, monkeypatch):
    choose(panel, lambda row: row.code == "1-1")
    row = panel.model.row_at(panel.view.currentIndex())
    dialog = panel.waiving.open(row)
    ok = dialog.buttons.button(dialog.buttons.StandardButton.Ok)
    assert not ok.isEnabled()
    assert dialog.start.date() == QDate(2026, 6, 1)  # the day that the run judged by
    dialog.document.setText(DECISION)
    dialog.author.setText("UBND phường Tân Uyên")
    dialog.ends.setChecked(True)
    dialog.end.setDate(QDate(2026, 5, 1))
    ok.click()
    assert settle(lambda: not dialog.trouble.isHidden())  # it would end before it begins: said, and still open
    assert dialog.document.text() == DECISION
    dialog.end.setDate(QDate(2027, 6, 1))
    ok.click()
    assert settle(lambda: panel._facets.waived == 1)
    assert settle(lambda: [row.waiver for row in rows_of(panel)] == [DECISION])
    assert panel.model.data(panel.model.index(0, STATE, panel.model.index(0, 0))) == "được miễn trừ"
    choose(panel, lambda row: row.code == "1-1")
    assert settle(lambda: "từ 01/06/2026 đến hết 01/06/2027" in panel.text.toPlainText())
    panel.filters.standing.setCurrentIndex(panel.filters.standing.findData("open"))
    assert settle(lambda: panel.model.rowCount() == 0)
    panel.read()  # also after the panel was read again: the waiver is younger than the run
    assert settle(lambda: panel._facets.waived == 1 and panel.count.text().startswith("0 "))
    panel.filters.standing.setCurrentIndex(panel.filters.standing.findData("waived"))
    assert settle(lambda: len(rows_of(panel)) == 1)
    waived = rows_of(panel)[0]
    menu = QMenu()
    panel.waiving.offer(menu, waived)
    assert [action.text() for action in menu.actions() if action.text()] == ["Thu hồi miễn trừ…"]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    panel.waiving.ask_to_revoke(waived)
    assert settle(lambda: panel._facets.waived == 0)
    panel.filters.standing.setCurrentIndex(0)
    assert settle(lambda: [row.waiver for row in rows_of(panel)] == [""])


@needs_engine
def test_only_a_breach_of_this_run_can_be_waived(panel):
    compare(panel)
    assert settle(lambda: states(panel) == {"1-1": "new", "1-2": "fixed"})
    offered = {}
    for row in rows_of(panel):
        menu = QMenu()
        panel.waiving.offer(menu, row)
        offered[row.code] = [action.text() for action in menu.actions() if action.text()]
    assert offered == {"1-1": ["Ghi miễn trừ…"], "1-2": []}
