"""The findings panel: what it shows of a run, how it goes there, what it draws, what it says when something is gone."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsProject, QgsRectangle
from qgis.PyQt.QtCore import QModelIndex, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QFontMetricsF, QImage, QPainter
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QFileDialog

from dothi.engine.contract import project, zoning
from dothi.layers.errors import InputError
from dothi.qgis_plugin import engine_client, project_data
from dothi.qgis_plugin.findings import drawing, runs, surroundings
from dothi.qgis_plugin.findings.index import PAGE, Index, Question, folded
from dothi.qgis_plugin.findings.sketch import Sketch, sketch
from dothi.qgis_plugin.findings.surroundings import Around, Thing

from . import small
from .conftest import Heard, settle
from .test_engine_client import needs_engine

RULES = ["qcvn01.net_density", "qcvn01.green_share", "qcvn01.far"]


@pytest.fixture(scope="module")
def checked(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("kết quả") / "phường.gpkg"
    engine_client.run_job(project.NEW, {"data": str(path), "province": "binh_duong"}, Heard())
    small.fill(path)
    engine_client.run_job(zoning.CHECK, {"data": str(path), "rules": RULES, **small.JUDGED}, Heard())
    return path


@pytest.fixture
def data(checked, tmp_path) -> Path:
    """A copy that a test may spoil."""
    shutil.copytree(checked.parent, tmp_path / "bản sao")
    return tmp_path / "bản sao" / checked.name


@pytest.fixture
def panel(plugin, desk, data):
    """The panel open on the small data set, its newest run read."""
    here = QgsProject.instance()
    layers = [small.table(data, name) for name in ("building", "parcel")]
    here.addMapLayers(layers)
    project_data.remember(here, str(data))
    desk.main.resize(1000, 800)
    desk.main.show()
    desk.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:9210"))
    desk.canvas.setExtent(small.box(-200, -200, 400, 400).boundingBox())
    plugin.window.findings_action.trigger()
    made = plugin.window.findings.panel
    assert settle(lambda: rows_of(made) != [])
    yield made
    here.clear()


def newest(data: Path) -> Path:
    return runs.runs_of(str(data))[0]


def rows_of(panel) -> list:
    model = panel.model
    groups = [model.index(row, 0) for row in range(model.rowCount())]
    return [model.row_at(model.index(row, 0, group)) for group in groups for row in range(model.rowCount(group))]


def choose(panel, wanted) -> None:
    """Select the first finding that ``wanted`` accepts."""
    model = panel.model
    for number in range(model.rowCount()):
        group = model.index(number, 0)
        panel.view.expand(group)
        assert settle(partial(filled, model, group))
        for row in range(model.rowCount(group)):
            if wanted(model.row_at(model.index(row, 0, group))):
                panel.view.setCurrentIndex(model.index(row, 0, group))
                assert settle(lambda: panel.shown is not None)
                return
    raise AssertionError("not listed")


def filled(model, group) -> bool:
    return model.rowCount(group) > 0


def many(run: Path, count: int) -> None:
    """Make ``count`` more findings of the one breach, of as many lots on a hundred streets."""
    with closing(sqlite3.connect(run)) as database, database:
        database.executescript("DROP TRIGGER IF EXISTS x")
        columns = [name for (name,) in database.execute("SELECT name FROM pragma_table_info('finding')")]
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'finding'")
        for (name,) in triggers.fetchall():
            database.execute(f'DROP TRIGGER "{name}"')  # GeoPackage's own need functions that only GDAL has
        made = {
            "fid": "(SELECT max(fid) FROM finding) + n",
            "uid": "printf('%08x-0000-4000-8000-000000000000', n)",
            "feature_uid": "printf('%08x-0000-4000-8000-000000000001', n)",
            "feature_code": "printf('LO-%06d', n)",
            "measured": "50.0 + n % 50",
            "how": "json_object('inputs', json_object('street', 'Đường số ' || (n % 100)))",
        }
        chosen = ", ".join(made.get(name, f'"{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        database.execute(
            f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) "
            f"INSERT INTO finding ({names}) SELECT {chosen} FROM numbers, "
            "(SELECT * FROM finding WHERE outcome = 'fail' LIMIT 1)"
        )


# The index of a run.


def test_words_are_folded_as_people_type_them():
    assert folded("Đường Bờ Sông") == "duong bo song"


@needs_engine
def test_groups_filters_and_words(data):
    many(newest(data), 500)
    index = Index(newest(data), {"qcvn01.net_density.detached": "Mật độ xây dựng thuần tối đa"})
    failed = Question(outcome="fail")
    assert index.count(failed) == 501
    assert [group.count for group in index.groups(failed)] == [501]
    streets = index.groups(replace(failed, grouping="street"))
    assert len(streets) == 101  # a hundred, and the one lot judged by none
    assert sum(group.failed for group in streets) == 501
    assert len(index.groups(replace(failed, grouping="feature"))) == PAGE  # a page at a time
    assert len(index.groups(replace(failed, grouping="feature"), 2 * PAGE)) == 101
    rule = index.groups(failed)[0].key
    first, second = index.rows(failed, rule), index.rows(failed, rule, PAGE)
    assert len({row.id for row in (*first, *second)}) == 2 * PAGE
    by_value = index.rows(replace(failed, sort="measured", descending=True), rule)
    values = [row.measured or 0.0 for row in by_value]
    assert values == sorted(values, reverse=True)
    assert index.count(replace(failed, words=("duong", "so", "7"))) > index.count(replace(failed, words=("lo-000007",)))
    assert index.count(replace(failed, words=("lo-000007",))) == 1
    assert index.count(replace(failed, words=("mat do", "LO-"))) == 500
    assert index.count(replace(failed, words=("'; DROP TABLE finding; --",))) == 0
    assert index.uids(replace(failed, words=("lo-000007",))) == ["00000007-0000-4000-8000-000000000000"]
    index.close()


# The panel.


@needs_engine
def test_four_counts_and_what_fails_comes_first(panel, data):
    told = panel.head.text().replace("&nbsp;", " ")
    counts = runs.read_run(newest(data)).counts
    for word in ("Không đạt", "Đạt", "Không áp dụng", "Chưa đủ căn cứ kiểm tra"):
        assert word in told
    assert f"Không đạt: <b>{counts['fail']}</b>" in told
    assert [row.code for row in rows_of(panel)] == ["1-2"]
    panel.head.linkActivated.emit("not_checkable")
    assert panel.filters.outcome.currentData() == "not_checkable"
    assert settle(lambda: panel.count.text().startswith(f"{counts['not_checkable']} "))


@needs_engine
def test_selecting_explains_and_a_click_goes_there(panel, desk):
    choose(panel, lambda row: row.code == "1-2")
    text = panel.text.toPlainText()
    for words in (
        "Thửa đất 1-2",
        "Không đạt",
        "95 %",
        "90 %",
        "Bảng 2.8",
        "chưa kiểm chứng",
        "qcvn01.net_density.detached",
    ):
        assert words in text, words
    before = desk.canvas.extent()
    panel.view.clicked.emit(panel.view.currentIndex())
    assert desk.canvas.extent() != before
    assert desk.canvas.extent().contains(small.box(5, 0, 5, 10).boundingBox().center())
    drawn = panel.drawing.sketch
    assert {"subject", "offending", "counted"} <= {shape.role for shape in drawn.shapes}
    assert (drawn.measured, drawn.limit) == ("95 %", "90 %")


@needs_engine
def test_the_keyboard_is_enough(panel, desk):
    panel.view.setFocus()
    panel.view.setCurrentIndex(panel.model.index(0, 0))
    QTest.keyClick(panel.view, Qt.Key.Key_Down)
    assert panel.model.row_at(panel.view.currentIndex()).code == "1-2"
    before = desk.canvas.extent()
    QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert settle(lambda: desk.canvas.extent() != before)
    opened = []
    desk.openFeatureForm = lambda layer, feature, *_: opened.append(feature["code"])
    QTest.keyClick(panel.view, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert opened == ["1-2"]


@needs_engine
def test_searching_and_grouping_again(panel):
    panel.filters.outcome.setCurrentIndex(0)
    panel.filters.search.setText("khong co that")
    assert settle(lambda: panel.model.rowCount() == 0 and panel.count.text().startswith("0 "))
    panel.filters.search.setText("1-2 mat do")
    assert settle(lambda: panel.count.text().startswith("1 "))
    panel.filters.grouping.setCurrentIndex(panel.filters.grouping.findData("feature"))
    assert settle(lambda: panel.model.rowCount() == 1)
    assert panel.model.data(panel.model.index(0, 0)) == "Thửa đất 1-2  (1)"
    assert panel.model.headerData(0, Qt.Orientation.Horizontal) == "Quy định"


@needs_engine
def test_pages_are_fetched_as_they_are_scrolled_into_sight(panel, data):
    many(newest(data), 1000)
    panel.read()
    assert settle(lambda: len(rows_of(panel)) == PAGE)
    bar = panel.view.verticalScrollBar()

    def scrolled() -> bool:
        bar.setValue(bar.maximum())
        return len(rows_of(panel)) == 1001

    assert settle(scrolled)
    assert len({row.uid for row in rows_of(panel)}) == 1001


@needs_engine
@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_what_is_shown_is_exported(panel, desk, tmp_path, suffix, monkeypatch):
    path = tmp_path / f"bảng.{suffix}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path.with_suffix("")), ""))
    monkeypatch.setattr("dothi.qgis_plugin.findings.panel.QDesktopServices.openUrl", lambda _: True)
    panel.export_as(suffix)
    assert settle(lambda: bool(desk.bar.said))
    assert path.stat().st_size > 100
    assert "1 kết quả" in str(desk.bar.said)
    assert "1-2" in path.read_text(encoding="utf-8-sig") if suffix == "csv" else True
    panel.filters.search.setText("khong co that")
    assert settle(lambda: panel.count.text().startswith("0 "))
    desk.bar.said.clear()
    panel.export_to(tmp_path / f"trống.{suffix}")
    assert settle(lambda: bool(desk.bar.said))
    assert not (tmp_path / f"trống.{suffix}").exists()


# What is gone, damaged or foreign.


@needs_engine
def test_a_deleted_run_is_told_in_a_sentence(panel, data):
    newest(data).unlink()
    choose_again(panel)
    assert "đã bị xóa" in panel.head.text()
    assert panel.model.rowCount() == 0


def choose_again(panel) -> None:
    panel.runs.currentIndexChanged.emit(0)
    assert settle(lambda: panel.head.text() != "Đang đọc lần kiểm tra…")


@needs_engine
@pytest.mark.parametrize("damage", ["cut", "text", "empty"])
def test_a_damaged_run_is_told_in_a_sentence(panel, data, damage):
    whole = newest(data).read_bytes()
    newest(data).write_bytes({"cut": whole[: len(whole) // 3], "text": b"kh\xc3\xb4ng" * 900, "empty": b""}[damage])
    choose_again(panel)
    assert "bị hỏng" in panel.head.text() or "phiên bản Đô Thị khác" in panel.head.text()
    assert "Traceback" not in panel.head.text()


@needs_engine
def test_a_run_of_another_version_is_told_in_a_sentence(panel, data):
    with closing(sqlite3.connect(newest(data))) as database, database:
        database.execute("ALTER TABLE finding RENAME COLUMN how TO explanation")
    choose_again(panel)
    assert "phiên bản Đô Thị khác" in panel.head.text()


@needs_engine
def test_a_feature_that_is_gone_and_a_data_set_that_is_gone(panel, data, desk):
    with closing(sqlite3.connect(data)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("DELETE FROM parcel WHERE code = '1-2'")
    choose(panel, lambda row: row.code == "1-2")
    assert "không còn trong dữ liệu" in panel.text.toPlainText()
    assert panel.drawing.sketch is not None  # the breach itself has a place
    panel.open_form()
    assert "không còn trong dữ liệu" in str(desk.bar.said)
    QgsProject.instance().clear()
    project_data.remember(QgsProject.instance(), str(data))
    data.rename(data.with_name("tên khác.gpkg"))
    panel.view.setCurrentIndex(QModelIndex())
    choose(panel, lambda row: row.code == "1-2")
    assert "Không tìm thấy bộ dữ liệu" in panel.text.toPlainText()
    panel.read()
    assert "đổi tên" in panel.head.text()


def test_bytes_that_are_no_geometry_draw_nothing():
    for blob in (None, b"", b"GP", b"GP\x00\x0f" + bytes(40), b"XX" + bytes(60)):
        assert surroundings.geometry_of(blob).isNull()
    with pytest.raises(InputError, match=r"plugin\.findings\.run_gone"):
        runs.read_run(Path("/nowhere/20260101T000000000Z-zoning.check-aa.gpkg"))


# The drawing.

SETBACK = {
    "rule": "qcvn01.setback", "layer": "building", "feature_uid": "b", "outcome": "fail", "severity": "error",
    "measured": 2.0, "limit_value": 3.0, "margin": -1.0, "unit": "m", "message_code": "zoning.found.setback.fail",
    "how": {"inputs": {"street": "Đường Bờ Sông", "street_uid": "s"}},
}  # fmt: skip
HOUSE, LOT = small.box(0, 2, 5, 12), small.box(0, 0, 5, 20)
STRIP = small.box(0, 2, 5, 1)


def line(y: float) -> QgsGeometry:
    return QgsGeometry.fromWkt(f"LineString({small.EAST - 50} {small.NORTH + y}, {small.EAST + 50} {small.NORTH + y})")


def scene() -> Around:
    return Around(
        Thing("b", "N1", "", HOUSE),
        {
            "parcel": [Thing("p", "1-1", "", LOT)],
            "building": [Thing("b", "N1", "", HOUSE), Thing("c", "N2", "", small.box(6, 4, 5, 9))],
            "red_line": [Thing("r1", "", "other", line(1.9)), Thing("r2", "", "s", line(0.0))],
        },
    )


def drawing_of_setback() -> Sketch:
    drawn = sketch(SETBACK, STRIP, scene())
    assert drawn is not None
    return drawn


def test_the_distance_drawn_is_the_one_measured_to_the_street_of_the_verdict(plugin):
    drawn = sketch(SETBACK, STRIP, scene())
    assert len(drawn.dimensions) == 1
    one = drawn.dimensions[0]
    assert one.start.distance(one.end) == pytest.approx(2.0)  # not to the nearer line of another street
    assert one.text == "2 m"
    limit = next(shape for shape in drawn.shapes if shape.role == "limit").geometry
    assert limit.distance(line(0.0)) == pytest.approx(3.0, abs=1e-6)
    assert "giới hạn 3 m" in [shape.label for shape in drawn.shapes]
    assert drawn.extent.contains(HOUSE.boundingBox())


def test_what_cannot_be_measured_is_drawn_without_a_distance(plugin):
    blind = {
        **SETBACK,
        "outcome": "not_checkable",
        "severity": "info",
        "measured": None,
        "limit_value": None,
        "how": None,
    }
    drawn = sketch(blind, HOUSE, scene())
    assert drawn.dimensions == ()
    assert not any(shape.role in ("limit", "offending") for shape in drawn.shapes)
    assert sketch(blind, QgsGeometry(), Around(None)) is None


def test_the_drawing_is_painted_and_saved(plugin, tmp_path):
    drawn = drawing_of_setback()
    picture = QImage(QSize(420, 260), QImage.Format.Format_RGB32)
    picture.fill(QColor("black"))
    painter = QPainter(picture)
    drawing.paint(drawn, painter, QRectF(0, 0, 420, 260))
    painter.end()
    colours = {picture.pixelColor(x, y).name() for x in range(0, 420, 2) for y in range(0, 260, 2)}
    assert "#000000" not in colours  # all of the paper is painted
    assert any(QColor(one).red() > 180 and QColor(one).green() < 60 for one in colours)  # the red line
    view = drawing.DrawingView()
    view.resize(420, 260)
    assert not view.save_svg(tmp_path / "không.svg")
    view.show_sketch(drawn)
    assert view.save_svg(tmp_path / "hình.svg")
    assert "<svg" in (tmp_path / "hình.svg").read_text(encoding="utf-8")


def test_a_narrow_drawing_has_its_whole_legend(plugin, tmp_path):
    drawn = drawing_of_setback()
    view = drawing.DrawingView()
    view.resize(300, 260)
    view.show_sketch(drawn)
    assert view.save_svg(tmp_path / "a.svg")
    written = (tmp_path / "a.svg").read_text(encoding="utf-8")
    for _role, word in drawn.legend:
        assert f">{word}</text>" in written
    metrics = QFontMetricsF(view.font())
    rows = drawing._legend_rows(drawn, metrics, QRectF(0, 0, 300, 260))
    assert len(rows) > 1
    assert all(at + 20 + metrics.horizontalAdvance(word) <= 300 for row in rows for at, _role, word in row)


@pytest.mark.parametrize(("most", "bar"), [(7.3, 5), (20, 20), (0.9, 0.5), (149, 100), (1, 1)])
def test_scale_bars_are_round(most, bar):
    assert drawing.bar_length(most) == pytest.approx(bar)


def test_a_drawing_of_a_point_sized_room_does_not_fail(plugin):
    drawn = replace(drawing_of_setback(), extent=QgsRectangle(small.EAST, small.NORTH, small.EAST, small.NORTH))
    picture = QImage(QSize(40, 40), QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    drawing.paint(drawn, painter, QRectF(0, 0, 40, 40))
    painter.end()


@needs_engine
def test_unloading_ends_the_thread_at_once(panel, plugin):
    begun = time.monotonic()
    panel.ask()
    panel.shut()
    assert time.monotonic() - begun < 5
    panel.worker.ask(lambda: 1 / 0, lambda _: None)  # nobody answers any more, and nothing is raised
    settle()
