"""The panel of publishing against the NGSI-LD double and a folder: seen, sent, proved, repaired; no secret is kept."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from qgis.core import QgsApplication, QgsAuthMethodConfig, QgsProcessingContext, QgsProject
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QMessageBox, QTreeWidget

from dothi.engine.contract import ioc, project
from dothi.layers.errors import EnvironmentTroubleError
from dothi.layers.messages import sentence
from dothi.qgis_plugin import credentials, engine_client, project_data
from dothi.qgis_plugin.algorithms.values import Values
from dothi.qgis_plugin.ioc import keeping, trees
from dothi.qgis_plugin.ioc.dock import IocDock
from dothi.qgis_plugin.ioc.target_form import TargetForm

from . import small
from .conftest import Heard, settle
from .test_algorithms import algorithm
from .test_engine_client import needs_engine

pytestmark = needs_engine
CANARY = "Chim-Hoang-Yen-4127"
BLOCK_MS = 50
NAME = "thu-dau-mot"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("công bố") / "phường.gpkg"
    engine_client.run_job(project.NEW, {"data": str(path), "province": "binh_duong"}, Heard())
    small.fill(path)
    return path


@pytest.fixture
def data(made, tmp_path) -> Path:
    path = tmp_path / "bộ dữ liệu" / "phường.gpkg"
    path.parent.mkdir()
    path.write_bytes(made.read_bytes())
    return path


class Double:
    """The broker in a process of its own, with the engine's Python."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process, self.address = process, address

    def dump(self) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("dump\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline())["held"].get("", {}))

    def write(self, entity: dict[str, Any]) -> None:
        """As another system of the centre does."""
        body = json.dumps([{**entity, "@context": "https://example.vn/context.jsonld"}]).encode()
        request = urllib.request.Request(
            f"{self.address}/ngsi-ld/v1/entityOperations/upsert?options=update",
            body,
            {"Content-Type": "application/ld+json"},
        )
        urllib.request.urlopen(request).close()


@pytest.fixture
def double() -> Iterator[Double]:
    words = [str(engine_client.find().python), "-P", "-m", "dothi.tests.doubles.ngsi_ld"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield Double(process, process.stdout.readline().strip())
        process.stdin.close()
        process.wait(10)


@pytest.fixture
def dock(plugin, desk, data) -> Iterator[IocDock]:
    project_data.remember(QgsProject.instance(), str(data))
    desk.main.show()
    plugin.window.ioc_action.trigger()
    panel = plugin.window.ioc
    assert settle(lambda: panel.page.message.text() == sentence("plugin.ioc.none", "vi"))
    yield panel
    QgsProject.instance().clear()


@pytest.fixture
def yes(monkeypatch) -> list[str]:
    """Every question is answered with yes, and remembered."""
    asked: list[str] = []

    def question(_parent: object, _title: str, text: str) -> QMessageBox.StandardButton:
        asked.append(text)
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


def add(dock: IocDock, address: str, name: str = NAME, authcfg: str = "", **more: Any) -> None:
    context = "https://example.vn/context.jsonld" if address.startswith("ngsi") else ""
    values = {"name": name, "address": address, "layers": ["building", "parcel"], "context": context, **more}
    dock.save_target(values, authcfg)
    assert settle(lambda: name in dock.known), dock.page.message.text()


def wait(dock: IocDock) -> None:
    """Until the job is done and its state has been read again."""
    assert settle(lambda: dock.running.task is None, 60), "still running"
    dock.known = {}
    dock.read()
    assert settle(lambda: bool(dock.known))


def texts(tree: QTreeWidget, column: int = 0) -> list[str]:
    """All rows, from top to bottom."""
    found: list[str] = []

    def walk(item: Any) -> None:
        for number in range(item.childCount()):
            found.append(item.child(number).text(column))
            walk(item.child(number))

    walk(tree.invisibleRootItem())
    return found


def cell(dock: IocDock, column: int) -> str:
    return str(dock.page.targets.topLevelItem(0).text(column))


class TestFolder:
    """The folder target needs no account and no network."""

    def test_from_nothing_to_proved(self, dock, data, tmp_path):
        add(dock, str(tmp_path / "đích"))
        assert (cell(dock, 0), cell(dock, 1)) == (NAME, "Thư mục")
        assert cell(dock, 3) == "chưa công bố"
        dock.preview()
        wait(dock)
        assert cell(dock, 3) == "5 mới"
        assert {"Công trình", "Thửa đất"} & set(texts(dock.page.plan))
        dock.publish()
        wait(dock)
        assert cell(dock, 3) == "bằng nhau"
        assert cell(dock, 2) != sentence("plugin.ioc.never", "vi")
        dock.verify()
        wait(dock)
        assert cell(dock, 3) == "bằng nhau"
        next((tmp_path / "đích").rglob("*.geojson")).write_text("{}", encoding="utf-8")
        dock.verify()
        wait(dock)
        assert cell(dock, 3) == "5 chưa chứng minh"
        assert sentence("plugin.ioc.proof.file", "vi") in texts(dock.page.plan)

    def test_the_preview_shows_what_was_there_and_what_will_be(self, dock, data, tmp_path):
        add(dock, str(tmp_path / "đích"))
        dock.publish()
        wait(dock)
        houses = small.table(data, "building")
        houses.startEditing()
        first, *others = list(houses.getFeatures())
        houses.changeAttributeValue(first.id(), houses.fields().indexOf("floors"), 7)
        if others:
            houses.deleteFeature(others[0].id())
        assert houses.commitChanges(), houses.commitErrors()
        dock.preview()
        wait(dock)
        rows = list(zip(*(texts(dock.page.plan, column) for column in range(3)), strict=True))
        assert "7" in [after for what, _, after in rows if what == "floors"]
        gone = [row for row in rows if row[2] == sentence("plugin.ioc.example_gone", "vi")]
        assert len(gone) == len(others[:1])

    def test_what_is_behind_is_told_when_edits_are_saved_and_when_the_panel_opens(self, plugin, dock, data, tmp_path):
        add(dock, str(tmp_path / "đích"))
        dock.publish()
        wait(dock)
        assert settle(lambda: cell(dock, 3) == "bằng nhau")
        houses = small.table(data, "building")
        QgsProject.instance().addMapLayer(houses)
        floors = houses.fields().indexOf("floors")

        def build(number: int) -> None:
            houses.startEditing()
            feature = next(houses.getFeatures())
            houses.changeAttributeValue(feature.id(), floors, number)
            assert houses.commitChanges(), houses.commitErrors()
            assert dock.saved.pending  # the commit itself waits for nothing: the question comes after a pause

        build(8)
        assert settle(lambda: cell(dock, 3) == "1 sửa", 30), cell(dock, 3)
        dock.publish()
        wait(dock)
        assert settle(lambda: cell(dock, 3) == "bằng nhau", 30)
        dock.setUserVisible(False)
        build(9)
        plugin.window.ioc_action.trigger()
        assert settle(lambda: cell(dock, 3) == "1 sửa", 30), cell(dock, 3)

    def test_many_vanishing_ask_first(self, dock, data, tmp_path, yes):
        lots = small.table(data, "parcel")
        lots.startEditing()
        for number in range(8):  # more than the handful that is believed without asking
            small.draw(lots, small.box(40 + 5 * number, 0, 5, 20), code=f"9-{number}", land_use="ODT")
        assert lots.commitChanges(), lots.commitErrors()
        add(dock, str(tmp_path / "đích"))
        dock.publish()
        wait(dock)
        lots.startEditing()
        lots.selectByExpression("\"code\" LIKE '9-%'")
        assert lots.deleteSelectedFeatures()
        assert lots.commitChanges(), lots.commitErrors()
        dock.publish()
        assert settle(lambda: bool(yes), 60)
        wait(dock)
        assert "parcel" in yes[0]
        assert settle(lambda: cell(dock, 3) == "bằng nhau")

    def test_a_folder_that_somebody_else_has_published_into_asks_first(self, dock, tmp_path, yes):
        add(dock, str(tmp_path / "đích"))
        dock.publish()
        wait(dock)
        manifest = tmp_path / "đích" / "manifest.json"
        manifest.write_text(manifest.read_text(encoding="utf-8").replace("dothi ", "dothi khác "), encoding="utf-8")
        dock.publish()
        assert settle(lambda: bool(yes), 60)
        wait(dock)
        assert str(tmp_path / "đích") in yes[0]
        assert settle(lambda: cell(dock, 3) == "bằng nhau")

    def test_the_targets_file_is_changed_and_emptied(self, dock, tmp_path, yes):
        add(dock, str(tmp_path / "đích"), without=["building.floors"])
        assert dock.known[NAME]["without"] == ["building.floors"]
        keeping.keep(dock._of, NAME, keeping.Kept("", 4))
        dock._ask_to_remove()
        assert settle(lambda: not dock.known)
        assert keeping.scheduled(dock._of) == {}

    def test_a_slip_in_the_scope_is_told(self, dock, tmp_path):
        dock.save_target({"name": NAME, "address": str(tmp_path / "đích"), "layers": ["bulding"]}, "")
        assert settle(lambda: "bulding" in dock.page.message.text())
        assert dock.known == {}


class TestBroker:
    """The NGSI-LD double, which other systems write to as well."""

    def test_conflicts_are_shown_and_written_over_only_on_demand(self, dock, data, double, yes):
        add(dock, f"ngsi-ld+{double.address}")
        dock.preview()
        wait(dock)
        assert sentence("plugin.ioc.plan_examples", "vi") in texts(dock.page.plan)
        dock.publish()
        wait(dock)
        held = double.dump()
        assert held
        house = next(one for one in held.values() if one["type"] == "Building" and "floorsAboveGround" in one)
        double.write({"id": house["id"], "type": "Building", "floorsAboveGround": {"type": "Property", "value": 77}})
        houses = small.table(data, "building")
        houses.startEditing()
        for feature in houses.getFeatures():
            houses.changeAttributeValue(feature.id(), houses.fields().indexOf("floors"), 5)
        assert houses.commitChanges()
        dock.publish()
        wait(dock)
        assert cell(dock, 4) == "1 xung đột"
        rows = set(zip(*(texts(dock.page.troubles, column) for column in range(3)), strict=True))
        assert ("floorsAboveGround", "5", "77") in rows
        assert double.dump()[house["id"]]["floorsAboveGround"]["value"] == 77
        assert not dock.page.theirs.isEnabled()
        dock.page.troubles.topLevelItem(0).child(0).child(0).setSelected(
            True
        )  # one of the values stands for its feature
        assert dock.page.theirs.isEnabled()
        dock._ask_to_decide("theirs")
        wait(dock)
        assert cell(dock, 4) == ""
        assert double.dump()[house["id"]]["floorsAboveGround"]["value"] == 77
        assert [one["code"] for one in dock.known[NAME]["troubles"]] == [trees.STANDS]
        assert settle(lambda: cell(dock, 3) == "bằng nhau")  # nothing waits to be sent
        assert {feature["floors"] for feature in houses.getFeatures()} == {5}  # the data set is as it was
        dock.page.troubles.topLevelItem(0).setSelected(True)
        dock._ask_to_decide("ours")
        wait(dock)
        assert ["1" in one for one in yes] == [True, True]
        assert dock.known[NAME]["troubles"] == []
        assert double.dump()[house["id"]]["floorsAboveGround"]["value"] == 5

    def test_what_the_centre_answers_is_shown_with_time_and_sender(self, dock, double):
        add(dock, f"ngsi-ld+{double.address}")
        dock.publish()
        wait(dock)
        house = next(one for one in double.dump().values() if one["type"] == "Building")
        words = {"type": "Property", "value": "Kiểm tra tại thực địa", "observedAt": "2026-06-02T03:00:00Z",
                 "sender": {"type": "Property", "value": "Trực ban"}}  # fmt: skip
        double.write({"id": house["id"], "type": "Building", "instruction": words})
        dock.publish()
        wait(dock)
        said = dock.page.said.topLevelItem(0)
        assert [said.text(column) for column in (1, 2, 3)] == ["Chỉ đạo", "Trực ban", "Kiểm tra tại thực địa"]
        assert said.text(0) == trees.moment("2026-06-02T03:00:00Z") != ""

    def test_a_lost_state_is_repaired(self, dock, data, double, yes):
        add(dock, f"ngsi-ld+{double.address}")
        dock.publish()
        wait(dock)
        before = double.dump()
        (data.parent / "phường.dothi" / "ioc" / f"{NAME}.sqlite").unlink()
        dock._ask_to_repair()
        wait(dock)
        assert cell(dock, 3) == "bằng nhau"
        assert double.dump() == before

    def test_nothing_blocks_the_window(self, dock, double):
        add(dock, f"ngsi-ld+{double.address}")
        longest, last = [0.0], [time.perf_counter()]

        def beat() -> None:
            now = time.perf_counter()
            longest[0], last[0] = max(longest[0], now - last[0]), now

        timer = QTimer()
        timer.timeout.connect(beat)
        spent = time.thread_time()
        engine_client.find()
        timer.start(5)
        for deed in (dock.preview, dock.publish, dock.verify):
            start = time.thread_time()
            deed()
            assert (time.thread_time() - start) * 1000 < BLOCK_MS
            wait(dock)
        timer.stop()
        assert longest[0] * 1000 < 10 * BLOCK_MS  # the machine is shared: what a handler itself takes is above
        assert spent >= 0


@pytest.fixture
def account() -> Iterator[str]:
    """A token with the canary in QGIS's authentication database."""
    manager = QgsApplication.authManager()
    if manager.isDisabled():
        pytest.skip(manager.disabledMessage())
    assert manager.setMasterPassword("mật khẩu chính", True)
    config = QgsAuthMethodConfig()
    config.setName("trung tâm")
    config.setMethod("APIHeader")
    config.setConfig("Authorization", f"Bearer {CANARY}")
    assert manager.storeAuthenticationConfig(config)[0]
    yield config.id()
    manager.removeAuthenticationConfig(config.id())


class TestSecrets:
    def test_the_canary_reaches_the_engine_and_no_file(self, dock, data, double, account, tmp_path):
        log: list[str] = []
        QgsApplication.messageLog().messageReceived.connect(lambda *words: log.append(str(words)))
        add(dock, f"ngsi-ld+{double.address}", authcfg=account)
        given: list[dict[str, Any]] = []
        real = engine_client.run_job

        def watched(job: Any, parameters: Any, feedback: Any) -> Any:
            given.append(dict(parameters))
            return real(job, parameters, feedback)

        engine_client.run_job = watched
        try:
            for deed in (dock.preview, dock.publish):
                deed()
                wait(dock)
        finally:
            engine_client.run_job = real
        assert [one["secret"] for one in given] == [{"token": CANARY}] * 2
        assert QgsProject.instance().write(str(tmp_path / "dự án.qgz"))
        shown = [dock.page.message.text(), json.dumps(dock.known), *log]
        assert not [one for one in shown if CANARY in one]
        assert holding(CANARY, tmp_path, Path(os.environ["QGIS_CUSTOM_CONFIG_PATH"])) == []

    def test_methods_that_targets_know(self, account):
        assert credentials.secret_of("") is None
        assert credentials.secret_of(account) == {"token": CANARY}
        config = QgsAuthMethodConfig()
        config.setName("cơ bản")
        config.setMethod("Basic")
        config.setConfig("username", "ann")
        config.setConfig("password", CANARY)
        manager = QgsApplication.authManager()
        assert manager.storeAuthenticationConfig(config)[0]
        assert credentials.secret_of(config.id()) == {"user": "ann", "password": CANARY}
        manager.removeAuthenticationConfig(config.id())
        with pytest.raises(EnvironmentTroubleError) as refused:
            credentials.secret_of("nothere")
        assert refused.value.code == "plugin.ioc.secret_locked"
        if "PKI-Paths" not in manager.authMethodsKeys():
            return
        config = QgsAuthMethodConfig()
        config.setName("chứng thư")
        config.setMethod("PKI-Paths")
        config.setConfig("certpath", CANARY)
        assert manager.storeAuthenticationConfig(config)[0]
        with pytest.raises(EnvironmentTroubleError) as refused:
            credentials.secret_of(config.id())
        manager.removeAuthenticationConfig(config.id())
        for language in ("vi", "en"):
            words = refused.value.sentence(language)
            assert "PKI-Paths" in words
            assert "Basic, APIHeader" in words
            assert CANARY not in words

    def test_the_toolbox_takes_an_account_and_hands_over_its_secret(self, plugin, data, account):
        publish, context = algorithm("publish_ioc"), QgsProcessingContext()
        given = {"data": str(data), "target": NAME, "secret": account}
        assert publish.checkParameterValues(given, context)[0]
        values = Values(publish, given, context, Heard()).of(ioc.PUBLISH)
        assert (values["secret"], values["target"]) == ({"token": CANARY}, NAME)
        assert "watch" not in values
        assert CANARY not in publish.asPythonCommand(given, context)


def holding(word: str, *roots: Path) -> list[Path]:
    """Files that contain the word in one of the ways text is written."""
    forms = [word.encode(), word.encode("utf-16-le"), word.encode().hex().encode()]
    files = [path for root in roots for path in root.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if any(form in path.read_bytes() for form in forms)]


class TestSchedule:
    def test_what_is_due_is_published_without_a_click(self, plugin, dock, data, tmp_path):
        add(dock, str(tmp_path / "đích"))
        keeping.keep(dock._of, NAME, keeping.Kept("", 1, time.time() - keeping.HOUR + 30))
        plugin.window.schedule.look()
        assert dock.running.task is None
        keeping.keep(dock._of, NAME, keeping.Kept("", 1, time.time() - keeping.HOUR))
        plugin.window.schedule.look()
        assert dock.running.target == NAME
        wait(dock)
        assert (tmp_path / "đích" / "manifest.json").is_file()
        plugin.window.schedule.look()
        assert dock.running.task is None  # not again within the hour

    def test_a_trouble_is_said_once(self, plugin, desk, dock, tmp_path):
        (tmp_path / "tệp").write_text("", encoding="utf-8")
        add(dock, str(tmp_path / "tệp"))
        for _ in range(2):
            keeping.keep(dock._of, NAME, keeping.Kept("", 1))
            plugin.window.schedule.look()
            wait(dock)
        assert len([one for one in desk.bar.said if NAME in one]) == 1

    def test_a_locked_store_is_said_and_never_asked_for(self, plugin, desk, dock, tmp_path, monkeypatch):
        add(dock, str(tmp_path / "đích"))
        keeping.keep(dock._of, NAME, keeping.Kept("abc1234", 1))
        monkeypatch.setattr("dothi.qgis_plugin.ioc.schedule.is_open", lambda: False)
        plugin.window.schedule.look()
        assert dock.running.task is None
        assert desk.bar.said[-1].startswith("Đô Thị " + sentence("plugin.ioc.locked", "vi", target=NAME))

    def test_a_project_with_a_schedule_needs_no_panel(self, plugin, data, tmp_path):
        keeping.keep(str(data), NAME, keeping.Kept("", 4, time.time()))
        assert not plugin.window.schedule
        here = QgsProject.instance()
        project_data.remember(here, str(data))
        assert here.write(str(tmp_path / "dự án.qgz"))
        assert here.read(str(tmp_path / "dự án.qgz"))
        assert (bool(plugin.window.schedule), plugin.window.ioc) == (True, None)
        here.clear()


def test_the_form_gives_back_what_it_was_given(dock):
    given = {
        "name": NAME, "address": "ngsi-ld+https://ioc.example", "context": "https://c", "contract": "", "authority": "",
        "sign": "/etc/dothi/tinh.p12",
        "layers": ["building"], "without": ["building.floors"], "states": {}, "wards": ["25747"],
    }  # fmt: skip
    form = TargetForm(dock, dock.may_leave, given, "")
    assert form.values() == given
    assert not form.name.isEnabled()
    new = TargetForm(dock, dock.may_leave, None, "")
    assert new.values() == {**dict.fromkeys(given, ""), "layers": [], "without": [], "states": {}, "wards": []}


def test_long_values_are_shown_where_they_differ():
    one, other = trees.pair("A" * 300 + "1" + "B" * 300, "A" * 300 + "2" + "B" * 300)
    assert one != other
    assert (one[0], one[-1], len(one)) == ("…", "…", trees.LONGEST + 2)
    assert trees.pair(None, {"type": "Property", "value": 5}) == ("", "5")


def test_kept_by_data_set(settings, tmp_path):
    one, other = str(tmp_path / "a.gpkg"), str(tmp_path / "b.gpkg")
    keeping.keep(one, NAME, keeping.Kept("abc1234", 4, 100.0))
    assert keeping.kept(one, NAME) == keeping.Kept("abc1234", 4, 100.0)
    assert keeping.kept(other, NAME) == keeping.Kept()
    assert replace(keeping.kept(one, NAME), tried_at=time.time()).is_due() is False
    assert keeping.kept(one, NAME).is_due()
