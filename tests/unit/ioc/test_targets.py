"""Named targets through the door, and publishing by schedule on a server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dothi.engine.contract.ioc import PUBLISH
from dothi.engine.contract.ioc_targets import ADD_TARGET, REMOVE_TARGET, TARGETS
from dothi.engine.jobs import ioc_watch, perform
from dothi.engine.jobs.ioc_source import state_path
from dothi.ioc.profile import Profile
from dothi.ioc.records import SHOWN, canonical, differing
from dothi.ioc.sync import OUTCOMES
from dothi.layers.errors import CancelledError, EnvironmentTroubleError, InputError
from dothi.layers.report import SILENT
from dothi.store import alone as locks
from dothi.tests.unit.ioc.heard import Heard

from . import province


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return province.build(tmp_path / "tỉnh.gpkg")


def add(data: Path, **given: Any) -> dict[str, Any]:
    wanted = {"data": str(data), "name": "quan", "address": "ngsi-ld+https://ioc.example/?tenant=tdm", **given}
    return dict(perform(ADD_TARGET, wanted, SILENT)["target"])


def test_a_target_is_kept_listed_and_removed(own: Path) -> None:
    made = add(own, layers="luminaire,lighting_pole", without="luminaire.power_w", wards="25747")
    told = perform(TARGETS, {"data": str(own)}, SILENT)
    assert told["targets"] == [made]
    assert (made["kind"], made["without"]) == ("ngsi-ld", ("luminaire.power_w",))
    assert "power_w" in told["may_leave"]["luminaire"]["fields"]
    assert "owner_name" not in told["may_leave"]["parcel"]["fields"]  # a person's name is nobody's choice to tick
    perform(REMOVE_TARGET, {"data": str(own), "name": "quan"}, SILENT)
    assert perform(TARGETS, {"data": str(own)}, SILENT)["targets"] == []
    with pytest.raises(InputError) as refused:
        perform(REMOVE_TARGET, {"data": str(own), "name": "quan"}, SILENT)
    assert refused.value.code == "ioc.profile_unknown"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"address": "https://example.vn"}, "ioc.target_unknown"),
        ({"address": "postgresql://ann:Chim-Yen@db/ioc"}, "ioc.secret_in_address"),  # pragma: allowlist secret
        ({"address": "mail://ann:Chim-Yen@db/ioc"}, "ioc.secret_in_address"),  # pragma: allowlist secret
        ({"address": "rest+https://db/ioc?Token=Chim-Yen"}, "ioc.secret_in_address"),
        ({"layers": "luminary"}, "ioc.profile_scope"),
        ({"without": "parcel.owner_name"}, "ioc.profile_scope"),
        ({"without": "power_w"}, "ioc.profile_scope"),
        ({"states": {"luminaire": ["glowing"]}}, "ioc.profile_scope"),
        ({"states": ["new"]}, "ioc.profile_states"),
        ({"states": {"luminaire": "ok"}}, "ioc.profile_states"),
        ({"name": "Quận 1"}, "ioc.profile_name"),
    ],
)
def test_what_cannot_be_a_target(own: Path, given: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as refused:
        add(own, **given)
    assert refused.value.code == code
    assert "Chim-Yen" not in str(refused.value.arguments)
    assert perform(TARGETS, {"data": str(own)}, SILENT)["targets"] == []


def test_a_target_is_not_replaced_by_a_slip(own: Path) -> None:
    add(own)
    with pytest.raises(InputError) as refused:
        add(own, layers="luminaire")
    assert refused.value.code == "ioc.profile_exists"
    assert add(own, layers="luminaire", over=True)["layers"] == ("luminaire",)


def test_a_conflict_is_told_member_by_member() -> None:
    ours = {"id": "urn:1", "height": {"type": "Property", "value": 9}, "note": {"type": "Property", "value": "x" * 500}}
    theirs = {"id": "urn:1", "height": {"type": "Property", "value": 8}}
    assert differing(canonical(ours), canonical(theirs)) == {"height": ["9", "8"], "note": ["x" * SHOWN + "…", ""]}


def rounds(own: Path, answers: list[Any], *, at: str = "wait") -> tuple[dict[str, Any], list[str], list[float]]:
    """Watch with these answers, then the signal: while waiting, or in the middle of another round."""
    heard, waited, left = Heard(), list[float](), list(answers)

    def once(_parameters: Any, _report: Any) -> dict[str, Any]:
        if not left:
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            except KeyboardInterrupt as error:
                raise RuntimeError("what GDAL makes of an interrupt") from error
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {**dict.fromkeys(OUTCOMES, 0), **answer}

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if not left and at == "wait":
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    try:
        told = ioc_watch.watch(once, own, Profile("quan", "x"), {"every": 2.0}, heard, wait)
    finally:
        assert signal.getsignal(signal.SIGTERM) == before
    return told, heard.codes, waited


@pytest.mark.parametrize("at", ["wait", "round"])
def test_rounds_go_on_after_a_trouble_and_end_in_order(own: Path, at: str) -> None:
    silent = EnvironmentTroubleError("ioc.no_answer", target="x")
    told, codes, waited = rounds(own, [{"created": 3, "unchanged": 1}, silent, {"updated": 2, "unchanged": 4}], at=at)
    assert (told["created"], told["updated"], told["unchanged"]) == (3, 2, 4)
    assert codes.count("ioc.watch_round") == (3 if at == "wait" else 4)
    assert "ioc.no_answer" in codes
    assert codes[-1] == "ioc.watch_ended"
    assert waited == [120.0] * 3


def test_a_target_that_never_worked_is_a_mistake(own: Path) -> None:
    with pytest.raises(InputError):
        rounds(own, [InputError("ioc.not_allowed", host="x", status=403)])
    with pytest.raises(CancelledError):
        rounds(own, [], at="round")


def test_one_watcher_a_target(own: Path) -> None:
    lock = state_path(own, Profile("quan", "x")).with_suffix(".watch")
    lock.parent.mkdir(parents=True)
    held = locks.alone(lock, EnvironmentTroubleError("ioc.target_busy", folder="x"))
    with held, pytest.raises(EnvironmentTroubleError) as refused:
        rounds(own, [{}])
    assert refused.value.code == "ioc.watched_already"


def test_the_command_ends_cleanly_with_sigterm(own: Path, tmp_path: Path) -> None:
    words = ["ioc", "publish", "--json", "--watch", "--every", "0.01"]
    words = [sys.executable, "-P", "-c", "import sys; from dothi.engine.cli import main; sys.exit(main())", *words]
    words += ["--data", str(own), "--target", str(tmp_path / "đích"), "--layers", "hydrant"]
    environment = {**os.environ, "DOTHI_LANGUAGE": "vi"}
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, env=environment) as process:
        assert process.stderr is not None
        begun = 0
        for line in process.stderr:
            begun += "bắt đầu" in line
            if begun == 2:  # the first round is through
                break
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert json.loads(out)["created"] == 1


def test_the_command_line_asks_for_a_schedule_and_never_for_a_secret() -> None:
    assert {p.id for p in PUBLISH.parameters if p.unattended} == {"watch", "every"}
    assert all(not p.secret for p in ADD_TARGET.parameters)
