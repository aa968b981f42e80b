"""A province edits a rule: seen as a grid, taken to an office program and back, checked, saved whole, told apart."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from dothi.engine.contract import JOBS
from dothi.engine.jobs import runner
from dothi.layers.errors import InputError
from dothi.layers.report import SILENT
from dothi.processing.zoning.rulebook import packs, vocabulary
from dothi.processing.zoning.rulebook.rule_files import read_toml
from dothi.processing.zoning.rulebook.rule_writing import to_toml
from dothi.store import dataset, runs

from .test_job import check as check_data
from .test_job import write
from .test_rule_files import MATRIX

APARTMENT = "qcvn01.net_density.apartment"
DETACHED = "qcvn01.net_density.detached"
CLAUSE = {"document": "Quyết định thử nghiệm", "clause": "Điều 5"}


def job(word: str, **values) -> dict[str, Any]:
    name = f"rules.{word}"
    return runner(name)(JOBS[name].read(values), SILENT)


@pytest.fixture
def data(tmp_path) -> Path:
    return write(tmp_path / "đô thị.gpkg")


def own(data: Path) -> Path:
    return dataset.beside(data) / "rules"


def shipped(name: str) -> dict[str, Any]:
    found = job("show", rule=name)["entries"][0]["values"]
    return json.loads(json.dumps(found))


def stricter(points: float = 5.0) -> dict[str, Any]:
    """The apartment table, some points stricter, as a province would decide it."""
    raw = shipped(APARTMENT)
    raw["source"] = CLAUSE
    raw["status"] = "simulated"
    raw["limit"]["rows"] = [[row[0], *(value - points for value in row[1:])] for row in raw["limit"]["rows"]]
    raw["limit"]["above"] = [value - points for value in raw["limit"]["above"]]
    raw["case"] = [
        {
            "given": {"use": "apartment", "area": "new", "plot_area": 10000, "height": 28, "footprint": 6000},
            "expect": {"limit": 50 - points, "outcome": "fail"},
        }
    ]
    return raw


# ---- list and show ----


def test_the_list_tells_level_status_and_source_of_every_rule(data):
    told = job("list", rules="qcvn01.far,plan")
    assert {row["level"] for row in told["rules"]} >= {"national", "zoning_plan"}
    assert all(row["verified"] == (row["status"] in ("verified", "plan")) for row in told["rules"])
    assert {pack["pack"] for pack in told["packs"]} >= {"qcvn-01/2021", "plan/zone"}
    assert all(len(pack["sha256"]) == 64 for pack in told["packs"])
    json.dumps(told, allow_nan=False)


def test_a_page_has_what_an_editor_needs():
    (entry,) = job("show", rule=APARTMENT)["entries"]
    assert entry["grid"]["by"] == ["height", "plot_area"]
    assert entry["grid"]["units"] == ["m", "m2"]
    assert entry["grid"]["columns"] == [3000, 10000, 18000, 35000]
    assert len(entry["grid"]["cells"]) == 11
    series = entry["curves"]["series"]
    assert len(series) == 12
    assert series[-1]["above"]
    assert [10000, 50] in next(line for line in series if line["at"] == 28)["points"]
    setback = job("show", rule="qcvn01.setback")["entries"][0]
    assert setback["curves"]["series"][0]["points"][:4] == [[0, 0], [19, 0], [19, 3], [22, 3]]  # steps
    assert setback["grid"]["cell_status"][1][0] == "expanded"
    offered = job("show", rule=APARTMENT)["vocabulary"]
    assert {one["value"] for one in offered["inputs"]["use"]["values"]} >= {"detached", "apartment", "mixed"}
    assert (offered["levels"][0], offered["statuses"][0]) == ("national", "verified")
    with pytest.raises(InputError, match="rule_unknown"):
        job("show", rule="qcvn01.nothing")


# ---- check ----


def test_all_that_ships_is_sound_and_says_how_sure_it_is():
    told = job("check")
    assert [one for one in told["files"] if not one["ok"]] == []
    by_rule = {one["rule"]: one for one in told["files"]}
    assert [problem["code"] for problem in by_rule[APARTMENT]["problems"]] == ["rules.unverified"]
    assert by_rule["plan.net_density"]["problems"] == []


def test_a_calculator_with_the_wrong_breakpoints_is_caught_by_the_rules_own_examples(tmp_path):
    """The regression trap: 50/75/100 m² for detached houses, as a public calculator has it."""
    text = (packs.RULES / "qcvn-01" / "2021" / "net-density-detached.toml").read_text(encoding="utf-8")
    old = "rows = [[90, 100], [100, 90], [200, 70], [300, 60], [500, 50], [1000, 40]]"
    assert old in text
    path = tmp_path / "detached.toml"
    path.write_text(text.replace(old, old.replace("[90, 100], [100, 90]", "[50, 100], [75, 90], [100, 80]")), "utf-8")
    told = job("check", path=str(path))
    assert not told["ok"]
    (problem,) = [p for p in told["files"][0]["problems"] if p["level"] == "error"]
    assert problem["code"] == "zoning.rule_case"
    assert {"vi", "en"} == set(problem["sentence"])
    with pytest.raises(InputError, match="rule_case"):
        packs.load(tmp_path)


def test_a_broken_file_of_the_province_is_told_beside_the_sound_ones(data):
    own(data).mkdir(parents=True)
    (own(data) / "broken.toml").write_text("id = 'x", encoding="utf-8")
    (own(data) / "matrix.toml").write_text(MATRIX, encoding="utf-8")
    told = {Path(one["file"]).name: one["ok"] for one in job("check", data=str(data))["files"]}
    assert (told["broken.toml"], told["matrix.toml"], told["setback.toml"]) == (False, True, True)


def test_an_unsaved_rule_is_checked_in_the_company_of_the_others(data):
    assert job("check", data=str(data), rule=stricter())["ok"]
    loose = stricter(-5) | {"mode": "replace"}
    codes = [problem["code"] for problem in job("check", rule=loose)["files"][0]["problems"]]
    assert codes == ["zoning.rule_loosens"]
    assert job("check", rule=loose | {"permitted_by": CLAUSE})["ok"]
    future = job("check", rule=stricter() | {"format": 99, "quantum": True})
    assert future["files"][0]["problems"][0]["code"] == "zoning.rule_future"
    turning = stricter()
    turning["limit"]["rows"][3][2] = 99
    assert job("check", rule=turning)["files"][0]["problems"][0]["code"] == "zoning.rule_turns"


# ---- save ----


def test_a_saved_rule_is_the_provinces_and_holds_in_the_next_run(data):
    before = check_data(data, rules="qcvn01.net_density.detached")
    house = shipped(DETACHED) | {"source": CLAUSE, "status": "simulated"}
    house["limit"] = {"op": "at_most", "unit": "%", "constant": 40}
    house["case"] = [{"given": {"use": "detached", "area": "new", "plot_area": 600, "footprint": 300},
                      "expect": {"limit": 40, "outcome": "fail"}}]  # fmt: skip
    saved = job("save", data=str(data), rule=house)
    assert Path(saved["file"]).parent == own(data)
    after = check_data(data, rules="qcvn01.net_density.detached")
    assert after["outcomes"]["fail"] > before["outcomes"]["fail"]
    found = dataset.read(after["run"], "finding")
    row = found[(found["outcome"] == "fail") & (found["rule"] == DETACHED)].iloc[0]
    how = json.loads(row["how"])
    assert (how["level"], how["limit"]["constant"]) == ("provincial", 40)
    assert next(one["level"] for one in how["others"]) == "national"
    assert row["source"] == "Quyết định thử nghiệm, Điều 5"
    assert row["rule_status"] == "simulated"


def test_saving_again_counts_versions_and_refuses_what_somebody_else_changed(data):
    first = job("save", data=str(data), rule=stricter())
    second = job("save", data=str(data), rule=stricter(6), expected=first["sha256"])
    assert (first["version"], second["version"], second["file"]) == (1, 2, first["file"])
    with pytest.raises(InputError, match="changed_meanwhile"):
        job("save", data=str(data), rule=stricter(7), expected=first["sha256"])
    assert job("show", rule=APARTMENT, data=str(data))["entries"][1]["sha256"] == second["sha256"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"source": {"document": "x"}}, "rule_wrong"),
        ({"level": "national"}, "rule_level"),
        ({"mode": "bonus"}, "rule_loosens"),
        ({"measure": "far"}, "rule_unit"),
        ({"case": [{"given": {"use": "apartment"}, "expect": {"outcome": "pass"}}]}, "rule_case"),
    ],
)
def test_what_is_not_sound_is_not_saved(data, change, code):
    with pytest.raises(InputError, match=code):
        job("save", data=str(data), rule=stricter() | change)
    assert not own(data).exists() or list(own(data).iterdir()) == []


def test_a_save_killed_in_the_middle_leaves_the_rule_as_it_was(data):
    job("save", data=str(data), rule=stricter())
    (path,) = own(data).iterdir()
    before = path.read_bytes()
    code = (
        "import json, os, signal, sys\n"
        "from dothi.store import whole\n"
        "whole._flush = lambda file: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from dothi.engine.contract import JOBS\n"
        "from dothi.engine.jobs import rules\n"
        "from dothi.layers.report import SILENT\n"
        "rules.save(JOBS['rules.save'].read(json.load(sys.stdin)), SILENT)\n"
    )
    given = json.dumps({"data": str(data), "rule": stricter(9)})
    done = subprocess.run([sys.executable, "-P", "-c", code], check=False, input=given.encode())
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == before
    assert {rule.id: rule for rule in packs.load(own(data))[0]}[APARTMENT].others[0].version == 1


def test_a_run_uses_what_it_read_at_its_start_and_writes_down_what_that_was(data):
    first = job("save", data=str(data), rule=stricter())
    known = packs.library(own(data)).editions

    class Editor:
        def progress(self, share, code="", **arguments):
            if code == "zoning.step_judge" and not edited:
                edited.append(job("save", data=str(data), rule=stricter(20)))

        def message(self, code, level="info", **arguments):
            pass

    edited: list[Any] = []
    row = runs.row(check_data(data, Editor(), rules="qcvn01.net_density")["run"])
    assert edited[0]["sha256"] != first["sha256"]
    assert row["inputs"]["packs"] == known
    assert packs.library(own(data)).editions[packs.OWN] != known[packs.OWN]


# ---- differences ----


def test_differences_name_every_value(data):
    job("save", data=str(data), rule=stricter() | {"title": shipped(APARTMENT)["title"]})
    told = job("diff", data=str(data))
    (changed,) = told["changed"]
    values = {change["path"]: (change["old"], change["new"]) for change in changed["changes"]}
    assert values["limit.rows[4][2]"] == (50, 45)
    assert values["source.clause"] == ("2.6.3", "Điều 5")
    assert values["level"] == (None, "provincial")
    between = job("diff", before="qcvn-01/2021", after="own", data=str(data))
    assert between["added"] == []
    assert DETACHED in between["removed"]
    assert job("diff", before="qcvn-01/2021", after="qcvn-01/2021") == {"added": [], "removed": [], "changed": []}
    with pytest.raises(InputError, match="no_such_pack"):
        job("diff", before="qcvn-01/1999", after="own")


# ---- tables of office programs ----


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("rule", [APARTMENT, DETACHED, "qcvn01.setback", "qcvn01.far.existing"])
def test_a_table_goes_out_and_comes_back_the_same(tmp_path, rule, suffix):
    path = tmp_path / f"bảng{suffix}"
    job("export", rule=rule, table=str(path))
    told = job("import", rule=rule, table=str(path))
    assert told["changes"] == []
    assert told["rule"] == shipped(rule)
    assert told["ok"]


def test_an_edited_sheet_becomes_a_draft_with_its_changes_and_problems(tmp_path):
    path = tmp_path / "bảng.xlsx"
    job("export", rule=APARTMENT, table=str(path))
    book = load_workbook(path)
    book.worksheets[0]["C6"] = 49  # 28 m, 10,000 m²
    book.save(path)
    told = job("import", rule=APARTMENT, table=str(path))
    assert told["changes"] == [{"path": "limit.rows[4][2]", "old": 50, "new": 49}]
    assert [p["code"] for p in told["problems"] if p["level"] == "error"] == ["zoning.rule_case"]


def test_a_sheet_saved_in_vietnamese_with_commas_in_numbers_is_understood(tmp_path):
    path = tmp_path / "bảng.csv"
    job("export", rule="qcvn01.far.existing", table=str(path))
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    lines = [";".join(cell.replace(".", ",") for cell in row) for row in rows]
    path.write_text("\r\n".join(lines), encoding="utf-8")
    assert job("import", rule="qcvn01.far.existing", table=str(path))["changes"] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "store.grid_empty"),
        ("height \\ plot_area,3000,10000\n16,75,x\n", "rules.cell_no_number"),
        ("width,3000\n16,75\n", "rules.other_table"),
        ("\x00\x01", "other_table"),
    ],
)
def test_a_sheet_that_is_no_table_of_the_rule_is_refused(tmp_path, text, code):
    path = tmp_path / "bảng.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=code):
        job("import", rule=APARTMENT, table=str(path))
    damaged = tmp_path / "bảng.xlsx"
    damaged.write_bytes(b"PK\x03\x04 not a book")
    with pytest.raises(InputError, match="grid_unreadable"):
        job("import", rule=APARTMENT, table=str(damaged))
    with pytest.raises(InputError, match="no_table"):
        job("export", rule="qcvn01.far.tall", table=str(tmp_path / "far.csv"))


# ---- the form of the files ----


@pytest.mark.parametrize(
    "path", sorted(packs.RULES.glob("*/*/*.toml")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_every_rule_is_written_as_it_is_read(path):
    raw, _ = read_toml(path)
    assert tomllib.loads(to_toml(raw)) == raw


def test_the_vocabulary_for_editors_is_that_of_the_program():
    """Else: ``python -P -m dothi.processing.zoning.rulebook.vocabulary``."""
    assert (packs.RULES / vocabulary.FILE).read_text(encoding="utf-8") == vocabulary.as_text()


# ---- a draft in an editor's hands ----


def test_a_draft_is_told_every_mistake_with_its_place_and_what_it_changes(data):
    raw = stricter()
    told = job("check", data=str(data), rule=raw)["files"][0]
    assert told["ok"]
    assert [(one["holds"], one["got"]["limit"]) for one in told["examples"]] == [(True, 45.0)]
    assert {one["path"] for one in told["changes"]} >= {"limit.rows[0][1]", "source.document", "status"}
    assert told["on_disk"] == ""
    raw["source"] = {"document": ""}
    raw["limit"]["rows"][1][2] = "abc"
    del raw["title"]["en"]
    told = job("check", data=str(data), rule=raw)["files"][0]
    places = {one["where"]: one["arguments"]["kind"] for one in told["problems"]}
    assert places["limit.rows[1][2]"] == "type"
    assert places["title.en"] == "required"
    assert any(place.startswith("source") for place in places)


def test_a_looser_number_that_only_tightens_is_told_to_be_in_vain(data):
    detached = shipped(DETACHED) | {"level": "provincial"}  # a rule with an exception that names another
    detached["limit"]["rows"][2][1] += 5
    for raw in (stricter(-5.0), detached):
        told = job("check", data=str(data), rule=raw)["files"][0]
        found = {one["code"]: one for one in told["problems"]}
        assert found["rules.tighten_looser"]["where"] == "mode"


def test_numbers_are_checked_before_the_source_is_named(data):
    raw = stricter() | {"source": {"document": ""}}
    told = job("check", data=str(data), rule=raw)["files"][0]
    assert not told["ok"]
    assert [one["holds"] for one in told["examples"]] == [True]
    raw["limit"]["rows"][3][1] = 90
    places = [one["where"] for one in job("check", data=str(data), rule=raw)["files"][0]["problems"]]
    assert "source.document" in places
    assert any(place.startswith("limit.rows") for place in places)


def test_a_draft_is_asked_as_if_it_were_saved(data):
    case = {"measure": "net_density", "use": "apartment", "plot_area": 10000, "height": 28, "date": "2026-06-01"}
    case |= {"plan_state": "approved", "area": "new"}
    assert job("limit", **case)["limit"] == 50
    assert job("limit", draft=stricter(), data=str(data), **case)["limit"] == 45
    assert not own(data).exists()


def test_the_table_of_a_draft_goes_out_and_comes_back(data, tmp_path):
    table = tmp_path / "bảng.csv"
    job("export", rule=APARTMENT, table=str(table), draft=stricter())
    back = job("import", rule=APARTMENT, table=str(table), draft=stricter(), data=str(data))
    assert back["changes"] == []
    assert len(job("import", rule=APARTMENT, table=str(table), data=str(data))["changes"]) == 48


def test_what_another_wrote_since_is_never_overwritten(data):
    saved = job("save", data=str(data), rule=stricter(), expected="new")
    assert job("check", data=str(data), rule=stricter())["files"][0]["on_disk"] == saved["sha256"]
    with pytest.raises(InputError, match="changed_meanwhile"):
        job("save", data=str(data), rule=stricter(7.0), expected="new")
    Path(saved["file"]).unlink()
    with pytest.raises(InputError, match="changed_meanwhile"):
        job("save", data=str(data), rule=stricter(7.0), expected=saved["sha256"])
