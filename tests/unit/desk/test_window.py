"""The window without a screen: keys, what is written, what is hidden, the result at the end."""

from __future__ import annotations

import threading
import time
from datetime import date

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="the desk needs PySide6: make desk", exc_type=ImportError)

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from dothi.desk import imagery, threads
from dothi.desk.__main__ import main
from dothi.desk.chip_view import bar_length
from dothi.desk.label_panel import KEYS, keys_of
from dothi.desk.session import choices_of, open_session
from dothi.desk.start import StartDialog, samples_beside
from dothi.desk.window import DeskWindow
from dothi.layers.errors import EnvironmentTroubleError
from dothi.store import interpretations, samples

from .conftest import COUNT, draw_sample


@pytest.fixture(scope="module")
def application():
    return QApplication.instance() or QApplication([])


def opened(sample):
    """The window with the keyboard's focus: keys go nowhere without."""
    window = DeskWindow(open_session(sample, "An"), "vi")
    window.show()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    return window


@pytest.fixture
def desk(application, sample):
    window = opened(sample)
    yield window
    window.close()


def rest(window, rounds=4):
    """Until threads and window are at rest: one piece of work may start another."""
    for _ in range(rounds):
        window.wait()
        QApplication.processEvents()


def said(window):
    return [(one.labeller, one.label) for one in interpretations.read(window.session.sample)]


def shown(window):
    return [view.accessibleName() for view in window._views]


def test_a_key_labels_writes_and_goes_on(desk):
    rest(desk)
    assert shown(desk) == ["Trước · 16/02/2025", "Sau · 21/02/2026"] * 2
    QTest.keyClick(desk, Qt.Key.Key_2)
    QTest.keyClick(desk, Qt.Key.Key_Space)
    rest(desk)
    assert said(desk) == [("An", "change"), ("An", "cannot_tell")]
    assert desk.session.row == 2
    frame, _ = samples.read(desk.session.sample)
    assert frame.sort_values("code")["label"].fillna("").tolist()[:3] == ["change", "cannot_tell", ""]


def test_arrows_move_and_z_takes_back(desk):
    for key in (Qt.Key.Key_1, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_3, Qt.Key.Key_Z, Qt.Key.Key_Right):
        QTest.keyClick(desk, key)
    rest(desk)
    assert said(desk) == [("An", "no_change")]
    assert desk.session.row == 1
    QTest.keyClick(desk, Qt.Key.Key_Z)
    QTest.keyClick(desk, Qt.Key.Key_Z)
    rest(desk)
    assert said(desk) == []


def test_nothing_of_the_map_is_shown_before_the_end(desk):
    rest(desk)
    assert not desk._actions["result"].isEnabled()
    desk.show_ending()
    assert desk._pages.currentIndex() == 0
    words = desk.panel._code.text() + desk.panel._count.text()
    assert "biến động" not in words.lower()


def test_the_result_with_its_interval_and_where_people_differ(desk, uids):
    for uid in uids[:2]:
        interpretations.put(desk.session.sample, uid, "Bình", "change", date(2026, 11, 20))
    for point in desk.session.points:
        desk.choose(point.stratum)
    rest(desk, 8)
    assert desk._pages.currentIndex() == 1
    assert desk.ending._overall.text().startswith("Độ chính xác chung: 100,0 ±")
    assert desk.ending._classes.rowCount() == 2
    run = imagery.run_of(desk.session.sample, desk.session.run)
    assert (samples.accuracy_of(run) or {})["labelled"] == COUNT - 1
    differ = desk.ending._disputes
    assert [differ.item(0, column).text() for column in range(2)] == ["M-0002", "Không biến động"]
    desk.ending.go.emit(uids[1])
    QTest.keyClick(desk, Qt.Key.Key_2)
    rest(desk, 8)
    assert desk.ending._disputes.rowCount() == 0
    assert (samples.accuracy_of(run) or {})["labelled"] == COUNT
    assert desk.ending._overall.text() != "Độ chính xác chung: 100,0 ± 0,0 % (khoảng tin cậy 95 %)."
    desk.save_document(desk.session.sample.with_suffix(".pdf"))
    rest(desk)
    assert desk.session.sample.with_suffix(".pdf").read_bytes()[:4] == b"%PDF"


def test_images_and_labels_are_worked_on_in_threads(application, sample, monkeypatch):
    seen = set()

    def spy(function):
        def call(*given, **named):
            seen.add((function.__name__, threading.current_thread() is threading.main_thread()))
            return function(*given, **named)

        return call

    monkeypatch.setattr(threads, "cut", spy(imagery.cut))
    monkeypatch.setattr(interpretations, "put", spy(interpretations.put))
    window = opened(sample)
    QTest.keyClick(window, Qt.Key.Key_1)
    rest(window)
    window.close()
    assert seen == {("cut", False), ("put", False)}


def test_the_next_points_are_cut_ahead(desk):
    rest(desk)
    QTest.keyClick(desk, Qt.Key.Key_Right)
    assert shown(desk)[0] == "Trước · 16/02/2025"  # at once, with no turn of the event loop


def test_a_label_that_cannot_be_written_is_not_shown_as_given(desk, monkeypatch):
    rest(desk)

    def full(*_given, **_named):
        raise EnvironmentTroubleError("engine.disk_full", path="x")

    monkeypatch.setattr(interpretations, "put", full)
    QTest.keyClick(desk, Qt.Key.Key_2)
    rest(desk)
    assert desk.session.labels == {}
    assert desk.panel._note.text() == EnvironmentTroubleError("engine.disk_full", path="x").sentence("vi")


def test_closing_waits_for_the_labels(application, sample, monkeypatch):
    put = interpretations.put

    def slow(*given, **named):
        time.sleep(0.05)
        put(*given, **named)

    monkeypatch.setattr(interpretations, "put", slow)
    window = opened(sample)
    for _ in range(5):
        QTest.keyClick(window, Qt.Key.Key_1)
    window.close()
    assert len(said(window)) == 5


def test_an_image_that_broke_is_said_where_it_would_be(application, sample):
    session = open_session(sample, "An")
    path = session.scenes[1].path
    path.write_bytes(path.read_bytes()[:2000])
    window = DeskWindow(session, "vi")
    rest(window)
    assert all("sau.tif" in words for words in shown(window))
    window.close()


def test_the_window_speaks_english_too(desk):
    QTest.keyClick(desk, Qt.Key.Key_F2)
    rest(desk)
    assert desk.panel._code.text() == "Point M-0001"
    assert shown(desk)[0] == "Before · 2025-02-16"
    assert desk.panel._buttons["cannot_tell"].text().startswith("Space")


def test_infrared_is_another_picture(desk):
    rest(desk)
    before = desk._views[0].grab().toImage()
    QTest.keyClick(desk, Qt.Key.Key_B)
    rest(desk)
    assert desk._views[0].grab().toImage() != before


def test_keys_are_enough_and_none_is_taken_by_an_action(tmp_path):
    keys = keys_of(choices_of({"by": "classes"}))
    assert len(set(keys.values())) == 15
    assert not {"Z", "B", "F2", "F5"} & set(KEYS)


def test_the_start_offers_samples_and_wants_a_name(application, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    sample = draw_sample(tmp_path / "a")
    data = imagery.data_set_of(sample)
    assert data is not None
    assert samples_beside(data) == [sample]
    dialog = StartDialog(samples_beside(data), "", "vi")
    dialog._name.setText("  ")
    assert not dialog._buttons.buttons()[0].isEnabled()
    dialog._name.setText(" An ")
    assert dialog._buttons.buttons()[0].isEnabled()
    assert (dialog.sample, dialog.labeller) == (sample, "An")


def test_what_cannot_be_opened_is_said_on_the_terminal(application, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("PySide6.QtWidgets.QMessageBox.warning", lambda *_given: None)
    monkeypatch.setattr("sys.setswitchinterval", lambda _seconds: None)  # for this whole process of tests
    assert main([str(tmp_path / "không có.gpkg"), "--labeller", "An"]) == 3
    assert "không có.gpkg" in capsys.readouterr().err


@pytest.mark.parametrize(("ground", "length"), [(300.0, 100.0), (1200.0, 200.0), (20.0, 5.0)])
def test_the_scale_bar_is_a_round_number(ground, length):
    assert bar_length(ground) == length
