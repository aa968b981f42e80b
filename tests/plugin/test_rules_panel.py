"""The panel of rules: list, page, grid with curve, check beside the fields, saving, and what goes wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QDockWidget

from dothi.engine.contract import project
from dothi.qgis_plugin import engine_client, project_data
from dothi.qgis_plugin.rules import curve_lines, figures, tables
from dothi.qgis_plugin.rules.draft import NEW, Draft, for_province, plain_cells, with_value
from dothi.qgis_plugin.rules.page import CALCULATOR, EXAMPLES, FIELDS, TABLE

from .conftest import Heard, settle
from .test_engine_client import needs_engine

APARTMENT = "qcvn01.net_density.apartment"
DETACHED = "qcvn01.net_density.detached"
SETBACK = "qcvn01.setback"


@pytest.fixture
def vietnamese(settings):
    from dothi.qgis_plugin import language

    settings.setValue("dothi/language", "vi")
    language.forget()
    yield
    language.forget()


# ---- numbers, tables, curves: no engine ----


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4,64", 4.64),
        ("4.64", 4.64),
        ("10000", 10000),
        ("10 000", 10000),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567),
        ("0.125", 0.125),
        ("10.000", "10.000"),  # ten, or ten thousand?
        ("10,000", 10),  # the language's own decimal sign
        ("-3", -3),
        ("nhiều", "nhiều"),
        ("inf", "inf"),
        ("", ""),
    ],
)
def test_numbers_are_read_as_vietnamese_planners_write_them(vietnamese, text, value):
    assert figures.read(text) == value


def test_numbers_are_shown_as_they_are_read(vietnamese):
    for number in (0, 4.64, 10000, 0.005, -2.5, 123456.75):
        assert figures.read(figures.show(number)) == number


def two() -> dict:
    return {
        "op": "at_most", "unit": "%", "by": ["height", "plot_area"], "lookup": "linear", "outside": "clamp",
        "columns": [3000, 10000], "rows": [[16, 75, 65], [20, 71, 61]], "above": [60, 50],
        "cell_status": [["expanded", "verified"], ["verified", "verified"]],
    }  # fmt: skip


def test_rows_and_columns_come_between_their_neighbours_and_go_again():
    more = tables.insert_row(two(), 1)
    assert more["rows"] == [[16, 75, 65], [18, 73, 63], [20, 71, 61]]
    assert more["cell_status"][1] == ["transcribed", "transcribed"]
    assert tables.remove_rows(more, [1]) == two()
    wide = tables.insert_column(two(), 1)
    assert wide["columns"] == [3000, 6500, 10000]
    assert wide["rows"][0] == [16, 75, 70, 65]
    assert wide["above"] == [60, 55, 50]
    assert tables.remove_columns(wide, [1]) == two()
    assert tables.remove_rows(two(), [0, 1]) == two()  # a table keeps a row
    assert "above" not in tables.with_above(two(), False)
    assert tables.insert_row(two(), 2)["rows"][2] == [24, 71, 61]


def test_a_piece_of_a_spreadsheet_is_pasted_and_grows_the_table(vietnamese):
    cells = plain_cells("20\t70,5\tx\r\n24\t66\t56\r\n")
    made = tables.paste(two(), 2, 0, cells)
    assert made["rows"] == [[16, 75, 65], [20, 70.5, "x"], [24, 66, 56]]
    assert made["above"] == [60, 50]
    assert tables.paste(two(), 0, 1, plain_cells("4000;12000"))["columns"] == [4000, 12000]
    assert tables.paste(two(), 3, 1, plain_cells("55\t45"))["above"] == [55, 45]


def test_lines_are_drawn_over_the_first_variable_one_for_each_column():
    first, second = curve_lines.lines(two())
    assert (first.name, second.name) == (3000, 10000)
    assert list(first.solid) == [(16, 75), (20, 71)]
    assert (20, 60) in first.above  # not joined to the last row
    assert (16, 75) in first.dashed[0]
    steps = {"by": ["height"], "lookup": "interval", "outside": "refuse", "rows": [[0, 0], [19, 3], [22, 4]]}
    (line,) = curve_lines.lines(steps)
    assert list(line.solid[:5]) == [(0, 0), (19, 0), (19, 3), (22, 3), (22, 4)]
    assert not line.dashed
    broken = two() | {"rows": [[16, "x", 65], ["", 1, 2], [20, 71, 61]]}
    assert [list(line.marks) for line in curve_lines.lines(broken)] == [[(20, 71)], [(16, 65), (20, 61)]]
    assert curve_lines.lines({"constant": 5}) == []


def test_examples_are_dots_that_say_whether_they_hold():
    values = {"limit": two(), "case": [{"given": {"height": 18}, "expect": {"limit": 70}}, {"given": {}, "expect": {}}]}
    (dot,) = curve_lines.dots(values, [{"wrong": ["limit"]}, {"wrong": []}])
    assert (dot.at, dot.number, dot.holds) == ((18, 70), 1, False)


def test_a_number_without_end_is_no_number(vietnamese):
    assert figures.read("1e999") == "1e999"


def test_keystrokes_in_one_field_are_one_step_and_everything_can_be_undone():
    draft = Draft()
    draft.open({"title": {"vi": "a"}, "limit": two()}, editable=True)
    for text in ("b", "bc", "bcd"):
        draft.set(("title", "vi"), text)
    draft.set(("limit", "rows", 0, 1), 74)
    draft.replace(("limit",), tables.insert_row(draft.values["limit"], 1))
    assert draft.stack.count() == 3
    assert draft.dirty is True
    for _ in range(3):
        draft.stack.undo()
    assert draft.values == {"title": {"vi": "a"}, "limit": two()}
    assert draft.stack.isClean()
    draft.stack.redo()
    assert draft.values["title"] == {"vi": "bcd"}


def test_an_emptied_source_goes_as_a_whole():
    values = with_value({"id": "x"}, ("permitted_by", "document"), "QĐ 1")
    assert values["permitted_by"] == {"document": "QĐ 1"}
    assert with_value(values, ("permitted_by", "document"), None) == {"id": "x"}


def test_a_province_names_its_own_source_and_passes_for_nothing_that_was_compared():
    shipped = {"id": "a.b", "source": {"document": "QCVN", "clause": "1"}, "status": "verified", "version": 4}
    made = for_province(shipped)
    assert made["source"] == {"document": ""}
    assert (made["status"], made["level"], made["version"]) == ("transcribed", "provincial", 1)
    assert shipped["status"] == "verified"


# ---- the panel with the engine ----


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("quy tắc") / "phường.gpkg"
    engine_client.run_job(project.NEW, {"data": str(path), "province": "binh_duong"}, Heard())
    return path


@pytest.fixture
def data(made, tmp_path) -> Path:
    shutil.copytree(made.parent, tmp_path / "bản sao")
    return tmp_path / "bản sao" / made.name


@pytest.fixture
def panel(plugin, desk, data):
    project_data.remember(QgsProject.instance(), str(data))
    desk.main.resize(1200, 900)
    desk.main.show()
    plugin.window.rules_action.trigger()
    dock = plugin.window.rules
    assert settle(lambda: dock.page.list.tree.topLevelItemCount() > 5)
    yield dock
    QgsProject.instance().clear()
    settle()


def choose(dock, rule: str) -> None:
    assert dock.page.list.choose(rule)
    assert settle(lambda: dock.entry.get("rule") == rule)


def editing(dock, rule: str = DETACHED) -> None:
    choose(dock, rule)
    dock.edit()
    assert settle(lambda: bool(dock.answer))


def write(dock, place: str, text: str) -> None:
    field = dock.page.form.fields[place].widget
    field.clear()
    QTest.keyClicks(field, text)


def sourced(dock) -> None:
    write(dock, "source.document", "QD thu nghiem")
    write(dock, "source.clause", "Dieu 5")


def answered(dock, word: str = "") -> bool:
    return settle(lambda: not dock._pause.isActive() and word in dock.page.message.text())


def own_file(data: Path) -> list[Path]:
    return sorted((data.with_suffix(".dothi") / "rules").glob("*.toml"))


@needs_engine
def test_packs_are_listed_searched_and_filtered(panel):
    page = panel.page
    texts = [page.list.tree.topLevelItem(at).text(0) for at in range(page.list.tree.topLevelItemCount())]
    assert any("QCVN 01:2021/BXD" in text for text in texts)
    lines = page.list._items()
    assert len(lines) > 100
    assert any(item.text(3) == "chưa kiểm chứng" for item in lines)
    page.list.search.setText("mat do xay dung thuan chung cu")
    assert [item.data(0, Qt.ItemDataRole.UserRole)["rule"] for item in lines if not item.isHidden()] == [APARTMENT]
    page.list.search.clear()
    page.list.measure.setCurrentIndex(page.list.measure.findData("setback"))
    assert {item.data(0, Qt.ItemDataRole.UserRole)["measure"] for item in lines if not item.isHidden()} == {"setback"}
    assert page.list.measure.currentText() == "Khoảng lùi so với chỉ giới đường đỏ"


@needs_engine
def test_a_rule_is_read_in_words_with_its_curve_and_examples(panel):
    choose(panel, APARTMENT)
    text = panel.page.text.toPlainText()
    for word in ("QCVN 01:2021/BXD", "Nhà chung cư", "chưa kiểm chứng", "31/12/2026", "nội suy giữa các mốc", "✓"):
        assert word in text
    assert "{" not in text
    assert len(panel.page.curve.lines) == 4
    assert panel.page.curve.x_title == "Chiều cao (m)"
    assert all(dot.holds for dot in panel.page.curve.dots)
    assert panel.page.curve.dots
    assert not panel.page.curve.grab().toImage().isNull()
    index = panel.page.model.index(2, 1)
    assert not index.flags() & Qt.ItemFlag.ItemIsEditable  # to read, until one says so


@needs_engine
def test_both_numbers_of_a_clause_are_read_and_edited(panel):
    panel.open("qcvn01.reservoir", "qcvn-01/2021", "national")
    assert settle(lambda: panel.entry.get("rule") == "qcvn01.reservoir")
    text = panel.page.text.toPlainText()
    assert "Mức chặt hơn" in text
    assert "300 m; giữa hai mức thì chưa kết luận được: còn tùy bờ hồ thoải (100 m) hay dốc (300 m)" in text
    form = panel.page.form
    assert form.fields["limit.surely.constant"].widget.text() == "300"
    assert not form.fields["limit.surely.constant"].widget.parentWidget().isHidden()
    panel.open("qcvn01.red_line", "qcvn-01/2021", "national")
    assert settle(lambda: panel.entry.get("rule") == "qcvn01.red_line")
    assert form.fields["limit.surely.constant"].widget.parentWidget().isHidden()


@needs_engine
def test_every_rule_can_be_shown(panel):
    seen = []
    for item in panel.page.list._items():
        line = item.data(0, Qt.ItemDataRole.UserRole)
        if line["rule"] in seen:
            continue
        seen.append(line["rule"])
        panel.entry = {}
        panel.open(line["rule"], line["pack"], line["level"])
        assert settle(lambda: panel.entry.get("rule") == seen[-1])
        text = panel.page.text.toPlainText()
        assert "plugin." not in text
        assert "zoning." not in text
        assert "rules." not in text
        assert "✗" not in text
        panel.page.curve.grab()


@needs_engine
def test_typing_moves_the_curve_and_is_checked_beside_the_cell(panel):
    editing(panel)
    page = panel.page
    assert page.tabs.currentIndex() == TABLE
    view, index = page.grid.view, page.model.index(2, 1)
    view.setCurrentIndex(index)
    view.edit(index)
    line = view.focusWidget() if view.focusWidget() is not view else view.indexWidget(index)
    line = line or view.findChild(type(page.form.fields["title.vi"].widget))
    line.selectAll()
    QTest.keyClicks(line, "65,5")
    assert page.curve.lines[0].marks[2][1] == 65.5  # at once
    assert panel.draft.stack.count() == 1
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert answered(panel, "cần sửa")
    page.model.setData(index, "95")  # rises again: a slip of the pen
    assert answered(panel, "cần sửa")
    assert settle(lambda: "lúc tăng lúc giảm" in page.table_problem.text())
    assert "lúc tăng lúc giảm" in page.model.problem(index)
    page.model.setData(index, "bảy mươi")
    assert "không phải là số" in page.model.problem(index).lower()
    assert settle(lambda: "●" in page.tabs.tabText(TABLE))
    assert not page.save.isEnabled()
    panel.draft.stack.undo()
    assert figures.is_number(panel.draft.values["limit"]["rows"][2][1])


@needs_engine
def test_steps_that_fall_back_and_gaps_are_told(panel):
    editing(panel)
    panel.draft.set(("limit", "rows", 1, 0), 5000)
    assert settle(lambda: "tăng dần" in panel.page.table_problem.text())
    panel.draft.stack.undo()
    rows = [list(row) for row in panel.draft.values["limit"]["rows"]]
    rows[1] = rows[1][:1]
    panel.draft.replace(("limit", "rows"), rows)
    assert settle(lambda: panel.page.table_problem.text() != "" and not panel._pause.isActive())
    assert not panel.page.save.isEnabled()
    assert panel.page.model.rowCount() == len(rows)


@needs_engine
def test_without_source_nothing_is_saved_and_the_field_says_why(panel, data):
    editing(panel)
    problem = panel.page.form.fields["source.document"].problem
    assert settle(lambda: "Chưa điền: Văn bản" in problem.text())
    assert "●" in panel.page.tabs.tabText(FIELDS)
    sourced(panel)
    assert settle(lambda: problem.text() == "" and panel.page.save.isEnabled())
    assert "hợp lệ" in panel.page.message.text()
    assert own_file(data) == []


def stricter(panel) -> None:
    """The table some points stricter, under a source, its examples as they come out then."""
    limit = json.loads(json.dumps(panel.draft.values["limit"]))
    limit["rows"] = [[row[0], *(value - 5 for value in row[1:])] for row in limit["rows"]]
    panel.draft.replace(("limit",), limit)
    sourced(panel)
    assert settle(lambda: "✗" in panel.page.message.text() or "●" in panel.page.tabs.tabText(EXAMPLES))
    for row in range(panel.page.examples.model.rowCount()):
        panel.page.examples.view.setCurrentIndex(panel.page.examples.model.index(row, 1))
        panel.page.examples.accept_result()
    assert settle(panel.page.save.isEnabled)


@needs_engine
def test_a_stricter_table_is_shown_as_a_difference_saved_and_listed(panel, data):
    editing(panel)
    stricter(panel)
    panel.ask_to_save()
    assert panel.dialog is not None
    told = [panel.dialog.table.item(row, 0).text() for row in range(panel.dialog.table.rowCount())]
    assert any("Bảng, hàng" in text for text in told)
    assert "Văn bản" in told
    assert all("." not in text for text in told)
    panel.dialog.accept()
    assert settle(lambda: bool(own_file(data)))
    assert settle(lambda: "Đã lưu phiên bản 1" in panel.page.message.text())
    assert settle(lambda: (panel.page.list.chosen() or {}).get("pack") == "own")
    assert not panel.draft.dirty
    assert panel.page.edit.isVisible()
    panel.page.list.choose(APARTMENT)
    assert settle(lambda: panel.entry["rule"] == APARTMENT)
    panel.page.list.choose(DETACHED, "qcvn-01/2021")
    assert settle(lambda: (panel.entry["rule"], panel.entry["pack"]) == (DETACHED, "qcvn-01/2021"))
    panel.edit()  # the province has one already: that is the one to edit
    assert settle(lambda: panel.entry["pack"] == "own" and panel.draft.editable)
    assert panel.draft.expected != NEW


@needs_engine
def test_to_loosen_a_national_limit_the_form_asks_for_the_clause(panel):
    editing(panel)
    sourced(panel)
    limit = json.loads(json.dumps(panel.draft.values["limit"]))
    limit["rows"] = [[row[0], min(100, row[1] + 5)] for row in limit["rows"]]
    panel.draft.replace(("limit",), limit)
    assert settle(lambda: "cấp trên" in panel.page.form.fields["mode"].problem.text())
    panel.draft.set(("mode",), "replace")
    asked = panel.page.form.fields["permitted_by"]
    assert settle(lambda: "điều khoản cho phép" in asked.problem.text())
    panel.page.tabs.setCurrentIndex(FIELDS)
    assert asked.widget.isVisible()
    write(panel, "permitted_by.document", "QCVN 01:2021/BXD")
    write(panel, "permitted_by.clause", "1.1.3")
    assert settle(lambda: asked.problem.text() == "")


@needs_engine
def test_what_another_saved_meanwhile_is_told_and_never_overwritten(panel, data):
    editing(panel)
    stricter(panel)
    panel.save()
    assert settle(lambda: bool(own_file(data)) and panel.page.edit.isVisible())
    panel.edit()
    assert settle(lambda: panel.draft.editable and bool(panel.answer))
    panel.draft.set(("tolerance",), 0.25)
    (path,) = own_file(data)
    other = path.read_text(encoding="utf-8").replace("version = 1", "version = 9")
    path.write_text(other, encoding="utf-8")
    panel.check()
    assert settle(lambda: "người khác sửa" in panel.page.message.text())
    assert not panel.page.save.isEnabled()
    panel.save()  # even so
    assert settle(lambda: panel.engine.task is None)
    assert path.read_text(encoding="utf-8") == other
    panel.reload()
    assert settle(lambda: panel.draft.values["version"] == 9)
    panel.draft.stack.undo()
    assert panel.draft.values["tolerance"] == 0.25  # one's own is not lost
    assert settle(panel.page.save.isEnabled)


@needs_engine
def test_a_pack_of_the_future_is_told_and_nothing_else_breaks(panel, data):
    folder = data.with_suffix(".dothi") / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "x.toml").write_text('format = 99\nid = "a.b"\n', encoding="utf-8")
    panel.read()
    assert settle(lambda: "mẫu 99" in panel.page.message.text())
    assert len(panel.page.list._items()) > 100


@needs_engine
def test_a_folder_that_cannot_be_written_is_told(panel, data):
    editing(panel)
    stricter(panel)
    data.with_suffix(".dothi").mkdir(exist_ok=True)
    (data.with_suffix(".dothi") / "rules").write_text("no folder", encoding="utf-8")
    panel.save()
    assert settle(lambda: panel.engine.task is None and panel.page.message.text() != "")
    assert "Đang kiểm tra" not in panel.page.message.text()
    assert panel.draft.dirty


@needs_engine
def test_a_table_goes_to_a_sheet_and_comes_back_as_one_step(panel, tmp_path):
    editing(panel, SETBACK)
    panel.engine._refused = panel._refused
    for suffix in ("xlsx", "csv"):
        path = tmp_path / f"bảng.{suffix}"
        panel.hide()  # no folder is opened then
        panel.export_to(path)
        assert settle(path.exists)
        assert settle(lambda: panel.engine.task is None)
        before = panel.draft.values["limit"]
        panel.draft.replace(("limit",), tables.insert_row(before, 1))
        panel.import_table(path)
        assert settle(lambda: panel.engine.task is None and "Đã nhập" in panel.page.message.text())
        assert panel.draft.values["limit"]["rows"] == before["rows"]
        panel.draft.stack.undo()
        assert len(panel.draft.values["limit"]["rows"]) == len(before["rows"]) + 1
        panel.draft.stack.undo()
    (tmp_path / "khác.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    panel.import_table(tmp_path / "khác.csv")
    assert settle(lambda: "không phải bảng" in panel.page.message.text())


@needs_engine
def test_what_would_be_allowed_follows_what_is_being_edited(panel):
    choose(panel, APARTMENT)
    page = panel.page
    page.tabs.setCurrentIndex(CALCULATOR)
    fields = page.calculator.inputs
    fields["area"].setCurrentIndex(fields["area"].findData("new"))
    fields["plot_area"].setText("10000")
    fields["height"].setText("28")
    fields["date"].setText("2026-06-01")
    panel.calculate()
    assert settle(lambda: "50 %" in page.calculator.answer_label.text())
    fields["height"].setText("rất cao")
    panel.calculate()
    assert "Không đọc được" in page.calculator.answer_label.text()
    fields["height"].setText("28")
    panel.edit()
    assert settle(lambda: bool(panel.answer))
    sourced(panel)
    row = next(i for i, one in enumerate(panel.draft.values["limit"]["rows"]) if one[0] == 28)
    panel.draft.set(("limit", "rows", row, 2), 49)
    page.tabs.setCurrentIndex(CALCULATOR)
    assert settle(lambda: "49 %" in page.calculator.answer_label.text())
    fields["date"].setText("2027-06-01")
    fields["plan_state"].setCurrentIndex(fields["plan_state"].findData("not_appraised"))
    panel.calculate()
    assert settle(lambda: "Chưa đủ căn cứ" in page.calculator.answer_label.text())


@needs_engine
def test_changes_are_asked_about_before_they_are_lost(panel, monkeypatch):
    editing(panel)
    panel.draft.set(("tolerance",), 0.5)
    asked = []
    monkeypatch.setattr(panel, "_agrees", lambda code, **_: asked.append(code))
    panel.page.list.choose(APARTMENT)
    settle()
    assert panel.entry["rule"] == DETACHED
    assert panel.page.list.chosen()["rule"] == DETACHED
    panel.close()
    assert panel.isVisible()
    assert asked == ["plugin.rules.lose"] * 2
    monkeypatch.setattr(panel, "_agrees", lambda code, **_: True)
    panel.close()
    assert not panel.isVisible()
    assert not panel.draft.dirty


@needs_engine
def test_the_grid_is_used_with_the_keyboard_and_pasted_into(panel):
    editing(panel, APARTMENT)
    view, model = panel.page.grid.view, panel.page.model
    view.setFocus()
    view.setCurrentIndex(model.index(1, 1))
    view.setCurrentIndex(model.index(1, 1))
    view.copy()
    assert QGuiApplication.clipboard().text() == model.index(1, 1).data()
    QGuiApplication.clipboard().setText("74\t64\n73\t63")
    view.paste()
    rows = panel.draft.values["limit"]["rows"]
    assert (rows[0][1:3], rows[1][1:3]) == ([74, 64], [73, 63])
    assert panel.draft.stack.count() == 1
    panel.page.grid.add_row()
    panel.page.grid.add_column()
    panel.page.grid.switch_above()
    limit = panel.draft.values["limit"]
    assert (len(limit["rows"]), len(limit["columns"]), "above" in limit) == (12, 5, False)
    panel.page.grid.remove_columns()
    assert len(panel.draft.values["limit"]["columns"]) == 4


def test_without_a_data_set_rules_are_read_and_not_edited(plugin, desk):
    QgsProject.instance().clear()
    desk.main.show()
    plugin.window.rules_action.trigger()
    dock = plugin.window.rules
    assert "Chưa mở bộ dữ liệu" in dock.page.head.text()
    assert not dock.page.edit.isEnabled()
    dock.edit()
    assert not dock.draft.editable


def test_without_an_engine_a_sentence_says_so(plugin, desk, tmp_path):
    QgsSettings().setValue("dothi/engine_python", str(tmp_path / "không có"))
    desk.main.show()
    plugin.window.rules_action.trigger()
    dock = plugin.window.rules
    assert settle(lambda: "Không tìm thấy" in dock.page.message.text())
    assert dock.page.list.tree.topLevelItemCount() == 0


@needs_engine
def test_unload_leaves_nothing(desk, settings, data):
    import dothi

    settings.setValue("dothi/language", "vi")
    project_data.remember(QgsProject.instance(), str(data))
    loaded = dothi.classFactory(desk)
    loaded.initGui()
    desk.main.show()
    loaded.window.rules_action.trigger()
    dock = loaded.window.rules
    assert settle(lambda: bool(dock.page.list._items()))
    editing(dock)
    dock.draft.set(("tolerance",), 0.5)
    pid = dock.engine.pid
    assert pid
    loaded.unload()
    settle()
    assert desk.main.findChildren(QDockWidget) == []
    assert not Path(f"/proc/{pid}").exists() or not Path("/proc").exists()
    QCoreApplication.processEvents()
    QgsProject.instance().clear()
