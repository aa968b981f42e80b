"""Alerts and cases in the window: listed, filtered, judged by keyboard; the engine writes, the rows follow."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from dothi.engine.contract import case, change, demo, watches
from dothi.layers.errors import InputError
from dothi.qgis_plugin import engine_client, project_data
from dothi.qgis_plugin.surveillance import alerts, cases, choosing, reading
from dothi.qgis_plugin.surveillance.choosing import NO_CASE, Question, chosen

from .conftest import Heard, settle
from .test_engine_client import needs_engine

pytestmark = needs_engine


@pytest.fixture(scope="module")
def event(tmp_path_factory) -> Path:
    """The simulated event of 2016, detected; there are no cases yet."""
    folder = tmp_path_factory.mktemp("sự cố 2016")
    made = engine_client.run_job(demo.EVENT, {"out": str(folder)}, Heard())
    given = {name: made[name] for name in ("data", "before", "after")}
    engine_client.run_job(change.DETECT, given, Heard())
    return Path(made["data"])


@pytest.fixture(scope="module")
def with_cases(event, tmp_path_factory) -> Path:
    path = copied(event, tmp_path_factory.mktemp("hồ sơ"))
    engine_client.run_job(case.TAKE, {"data": str(path)}, Heard())
    return path


@pytest.fixture
def data(event, tmp_path) -> Path:
    return copied(event, tmp_path)


@pytest.fixture
def taken(with_cases, tmp_path) -> Path:
    return copied(with_cases, tmp_path)


def copied(data: Path, folder: Path) -> Path:
    shutil.copy(data, folder / data.name)
    shutil.copytree(data.with_suffix(".dothi"), folder / data.with_suffix(".dothi").name)
    return folder / data.name


@pytest.fixture
def panel(plugin, desk, taken):
    yield opened(plugin, desk, taken)
    QgsProject.instance().clear()


def opened(plugin, desk, data: Path):
    """The tab of alerts with the newest detection on ``data``."""
    project_data.remember(QgsProject.instance(), str(data))
    desk.main.resize(1200, 900)
    desk.main.show()
    plugin.window.surveillance_action.trigger()
    tab = plugin.window.surveillance.tab("alerts")
    assert settle(lambda: tab.run is not None and "Lý do" not in tab.card.toPlainText() and tab.card.toPlainText())
    return tab


def status(data: Path, code: str) -> str:
    told = engine_client.run_job(case.SHOW, {"data": str(data), "case": code}, Heard())
    return told["case"]["status"]


def select(tab, kind: str):
    row = next(n for n, one in enumerate(tab.model.rows) if one.change_class == kind)
    tab.view.setCurrentIndex(tab.model.index(row, 0))
    return tab.current()


def press(tab, key: str) -> None:
    tab.view.setFocus()
    QTest.keyClick(tab.view, key)


class TestReading:
    def test_detections_are_found_by_their_names_the_newest_first(self, tmp_path):
        folder = tmp_path / "tỉnh.dothi" / "runs"
        folder.mkdir(parents=True)
        assert reading.runs_of(str(tmp_path / "tỉnh.gpkg")) == []
        first, second = (folder / f"20260{month}01T000000000Z-change.detect-aa.gpkg" for month in (1, 2))
        for path in (
            first,
            second,
            folder / "20260301T000000000Z-zoning.check-bb.gpkg",
            folder / ".part-x-change.detect-c.gpkg",
            folder / "20260401T000000000Z-change.detect-aa.tif",
        ):
            path.touch()
        assert reading.runs_of(str(tmp_path / "tỉnh.gpkg")) == [second, first]

    def test_alerts_know_their_case_also_those_of_a_repeated_run(self, taken):
        (run,) = reading.runs_of(str(taken))
        rows = alerts.read(run, str(taken)).rows
        assert {row.case.code for row in rows} == {"VV-2016-0001", "VV-2016-0002", "VV-2016-0003"}
        with closing(sqlite3.connect(run)) as base, base:
            for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                base.execute(f'DROP TRIGGER "{name}"')
            base.execute("UPDATE alert SET uid = 'other-' || uid")
        assert {row.case.code for row in alerts.read(run, str(taken)).rows} == {row.case.code for row in rows}

    def test_a_damaged_file_is_a_sentence(self, data):
        (run,) = reading.runs_of(str(data))
        run.write_bytes(b"SQLite format 3\0 nothing more")
        with pytest.raises(InputError) as caught:
            alerts.read(run, str(data))
        assert caught.value.code == "plugin.surveillance.file_damaged"
        run.unlink()
        with pytest.raises(InputError) as caught:
            alerts.read(run, str(data))
        assert caught.value.code == "plugin.surveillance.file_gone"

    def test_half_written_cases_say_what_undoes_it(self, taken):
        path = reading.cases_of(str(taken))
        path.write_bytes(b"SQLite format 3\0 nothing more")
        path.with_name(path.name + "-journal").write_bytes(b"x")
        with pytest.raises(InputError) as caught:
            cases.read(str(taken))
        assert caught.value.code == "plugin.surveillance.file_being_mended"


def row(uid: str, **values: Any) -> alerts.AlertRow:
    given: dict[str, Any] = {
        "uid": uid, "code": f"BD-{uid}", "change_class": "new_pit", "area_m2": 1500.0, "relation": "outside",
        "licence_state": "none", "band": "", "confidence": 0.9, "date_before": "2016-05-28", "date_after": "2016-06-17",
        "case": alerts.CaseState(), "search": "moong khai thac moi",
    }  # fmt: skip
    return alerts.AlertRow(**(given | values))


class TestChoosing:
    ROWS = (
        row("1"),
        row("2", area_m2=800.0, relation="inside", licence_state="expired"),
        row("3", change_class="plume", area_m2=9000.0, case=alerts.CaseState("c", "VV-2016-0001", "confirmed"),
            search="vet nuoc duc"),
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            (Question(), "312"),
            (Question(change_class="new_pit"), "12"),
            (Question(relation="inside"), "2"),
            (Question(relation="expired"), "2"),
            (Question(state=NO_CASE), "12"),
            (Question(state="confirmed"), "3"),
            (Question(least_m2=1000.0), "31"),
            (Question(text="Nước đục"), "3"),
            (Question(text="moong nuoc"), ""),
            (Question(watched=frozenset({"2", "3"})), "32"),
            (Question(watched=frozenset()), ""),
            (Question(column="area", descending=False), "213"),
            (Question(column="code", descending=False), "123"),
            (Question(column="state", descending=True), "312"),
        ],
    )
    def test_rows_and_their_order(self, question, expected):
        assert "".join(one.uid for one in chosen(self.ROWS, question)) == expected

    def test_every_column_sorts(self):
        for column in choosing.COLUMNS:
            assert len(chosen(self.ROWS, Question(column=column))) == 3


class TestPanel:
    def test_the_card_says_reason_interval_licence_and_how_sure(self, panel):
        select(panel, "sand_deposit")
        assert settle(lambda: "ĐT719" in panel.card.toPlainText())
        text = panel.card.toPlainText()
        assert "phủ lên đường ĐT719" in text
        assert "1,98 ha (từ 1,56 đến 2,42 ha)" in text
        assert "không phải kết luận" in text
        assert "Chưa đánh giá độ chính xác" in text
        assert "mô phỏng" in text
        assert "VV-2016-0003: Mới" in text
        assert "MÔ PHỎNG" in panel.head.text()

    def test_the_accuracy_of_the_run_is_shown_where_it_was_assessed(self, plugin, desk, taken):
        (run,) = reading.runs_of(str(taken))
        told = {"overall": {"value": 0.95, "high": 0.97}, "labelled": 300}
        run.with_suffix(".accuracy.json").write_text(json.dumps(told), encoding="utf-8")
        assert "95,0 ± 2,0 % (mẫu 300 điểm" in opened(plugin, desk, taken).head.text()
        QgsProject.instance().clear()

    def test_selecting_zooms_there(self, panel, desk):
        select(panel, "pond_lost")
        assert settle(lambda: "Mất hồ chứa" in panel.card.toPlainText())
        pond = desk.canvas.extent().center()
        select(panel, "plume")
        assert settle(lambda: desk.canvas.extent().center() != pond)

    def test_filters_narrow_the_list(self, panel):
        assert panel.count.text() == "3 trên 3 cảnh báo"
        panel.filters.least.setValue(2.5)
        assert settle(lambda: panel.model.rowCount() == 2)
        panel.filters.relation.setCurrentIndex(panel.filters.relation.findData("inside"))
        assert [one.change_class for one in panel.model.rows] == ["pond_lost"]

    def test_a_watch_narrows_by_what_the_engine_says(self, plugin, desk, taken):
        given = {"data": str(taken), "name": "Đường ven biển", "classes": ["sand_deposit"], "min_area": 500}
        engine_client.run_job(watches.ADD, given, Heard())
        tab = opened(plugin, desk, taken)
        assert settle(lambda: tab.filters.watch.isEnabled())
        tab.filters.watch.setCurrentIndex(1)
        assert settle(lambda: tab.model.rowCount() == 1)
        assert tab.model.rows[0].change_class == "sand_deposit"
        tab.filters.watch.setCurrentIndex(0)
        assert tab.model.rowCount() == 3
        QgsProject.instance().clear()

    def test_alerts_without_cases_can_only_be_taken(self, plugin, desk, data):
        tab = opened(plugin, desk, data)
        assert "3 chưa lập hồ sơ" in tab.count.text()
        assert not tab.bar.buttons["confirmed"].isEnabled()
        tab.take_all()
        assert settle(lambda: tab.run is not None and all(one.case.uid for one in tab.run.rows), 60)
        assert any("Lập mới 3 hồ sơ" in said for said in desk.bar.said)
        assert tab.take.isHidden()
        assert tab.bar.buttons["confirmed"].isEnabled()
        QgsProject.instance().clear()


class TestTriage:
    def test_keys_move_confirm_and_go_on(self, panel, taken):
        assert [one.change_class for one in panel.model.rows] == ["plume", "pond_lost", "sand_deposit"]
        press(panel, "j")
        assert panel.current().change_class == "pond_lost"
        press(panel, "k")
        assert panel.current().change_class == "plume"
        first = panel.current().case.code
        press(panel, "x")
        assert panel.current().change_class == "pond_lost"
        assert panel.model.data(panel.model.index(0, 7)) == "đang ghi…"
        assert settle(lambda: panel.model.rows[0].case.status == "confirmed")
        assert status(taken, first) == "confirmed"
        assert panel.current().change_class == "pond_lost"

    def test_a_rejection_asks_for_its_reason_and_escape_forgets_it(self, panel, taken):
        alert = select(panel, "pond_lost")
        press(panel, "b")
        assert panel.bar.asking.isVisibleTo(panel)
        QTest.keyClick(panel.bar.words, Qt.Key.Key_Return)  # nothing typed: nothing done
        assert panel.bar.asking.isVisibleTo(panel)
        QTest.keyClick(panel.bar.words, Qt.Key.Key_Escape)
        assert not panel.bar.asking.isVisibleTo(panel)
        press(panel, "b")
        panel.bar.words.insert("hồ tháo nước theo lịch")  # QTest types ASCII only
        QTest.keyClick(panel.bar.words, Qt.Key.Key_Return)
        assert settle(lambda: any(one.case.status == "rejected" for one in panel.model.rows))
        told = engine_client.run_job(case.SHOW, {"data": str(taken), "case": alert.case.code}, Heard())
        assert "hồ tháo nước theo lịch" in [one["text"] for one in told["events"]]

    def test_letters_typed_into_the_search_are_no_acts(self, panel, taken):
        panel.filters.search.setFocus()
        QTest.keyClicks(panel.filters.search, "xbt")
        assert panel.filters.search.text() == "xbt"
        assert not panel.acts.waiting
        assert status(taken, "VV-2016-0001") == "new"

    def test_a_refused_act_says_the_sentence_and_the_row_stays(self, panel, desk):
        alert = select(panel, "plume")
        panel.acts.set(panel.data, alert.case.uid, status="closed", note="xong")
        assert settle(lambda: bool(desk.bar.said))
        assert any(alert.case.code in said for said in desk.bar.said)
        assert panel.model.rows[0].case.status == "new"
        assert not panel.acts.waiting

    def test_without_an_engine_the_sentence_says_so(self, panel, desk, settings):
        settings.setValue("dothi/engine_python", "/nowhere/python")
        panel.acts._client.stop()
        press(panel, "x")
        assert any("/nowhere/python" in said for said in desk.bar.said)
        assert not panel.acts.waiting

    def test_what_was_pressed_before_closing_is_written(self, plugin, panel, taken):
        press(panel, "x")
        plugin.window.surveillance.shut()
        plugin.window.surveillance = None
        assert status(taken, "VV-2016-0001") == "confirmed"


class TestCases:
    @pytest.fixture
    def tab(self, plugin, panel, taken):
        made = plugin.window.surveillance.show_tab("cases")
        assert settle(lambda: made.model.rowCount() == 3 and made.page.toPlainText())
        return made

    def test_a_case_shows_its_history_and_where_it_stands(self, tab, taken):
        tab._go_to(tab.model.place_of(next(one.uid for one in tab.all if one.change_class == "sand_deposit")))
        assert settle(lambda: "ĐT719" in tab.page.toPlainText())
        text = tab.page.toPlainText()
        assert "VV-2016-0003 · Cát bồi phủ" in text
        assert "Lập hồ sơ" in text
        assert "Chưa có chứng cứ." in text
        tab.acts.set(tab.data, tab.current().uid, assignee="Tổ kiểm tra số 2", decision="12/QĐ-XPHC")
        assert settle(lambda: "12/QĐ-XPHC" in tab.page.toPlainText())
        assert tab.current().assignee == "Tổ kiểm tra số 2"

    def test_the_outline_on_the_map_is_that_of_the_tab_in_sight(self, plugin, tab, panel):
        select(panel, "plume")
        assert settle(lambda: panel.card.toPlainText().startswith("■ Vệt nước đục"))
        tab._go_to(tab.model.place_of(next(one.uid for one in tab.all if one.change_class == "sand_deposit")))
        mark = plugin.window.surveillance.mark
        assert settle(lambda: mark.colour == "#fe9929")
        tab.acts.set(tab.data, tab.current().uid, note="đã gọi điện")
        assert settle(lambda: "đã gọi điện" in tab.page.toPlainText())
        assert settle(lambda: not panel.acts.waiting)
        assert mark.colour == "#fe9929"
        plugin.window.surveillance.show_tab("alerts")
        assert settle(lambda: mark.colour == "#7a0177")

    def test_evidence_is_listed_with_its_file(self, tab, tmp_path):
        paper = tmp_path / "biên bản.txt"
        paper.write_text("đã xem tại chỗ", encoding="utf-8")
        tab.acts.evidence(tab.data, tab.current().uid, kind="document", file=str(paper))
        assert settle(lambda: "biên bản.txt" in tab.page.toPlainText())

    def test_filters_and_sorting(self, tab):
        tab.search.setText("hồ chứa")
        assert settle(lambda: tab.model.rowCount() == 1)
        tab.search.clear()
        assert settle(lambda: tab.model.rowCount() == 3)
        tab.state.setCurrentIndex(tab.state.findData("closed"))
        assert tab.model.rowCount() == 0
        assert tab.count.text() == "0 trên 3 hồ sơ"

    def test_the_dossier_is_made_and_opened(self, tab, taken, monkeypatch, desk):
        shown: list[str] = []
        monkeypatch.setattr(
            "dothi.qgis_plugin.surveillance.paper.QDesktopServices.openUrl", lambda url: shown.append(url.toLocalFile())
        )
        code = tab.current().code
        tab.bar.act("dossier")
        assert settle(lambda: bool(shown), 60), desk.bar.said
        assert Path(shown[0]).read_bytes().startswith(b"%PDF")
        assert Path(shown[0]).name == f"nam-suoi-nhum-2016-{code}.pdf"

    def test_repeating_says_whether_it_is_the_same(self, tab, desk):
        tab.again.click()
        assert settle(lambda: any("trùng khớp" in said for said in desk.bar.said), 60), desk.bar.said
        assert any("1 cảnh báo trùng khớp" in said for said in desk.bar.said)
