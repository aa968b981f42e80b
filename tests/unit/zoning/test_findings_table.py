"""The findings of a run as a table: real ids, words in both languages, nothing left out unasked."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from dothi.engine.contract import JOBS
from dothi.engine.jobs import zoning
from dothi.layers.errors import EnvironmentTroubleError, InputError
from dothi.layers.report import SILENT
from dothi.processing.zoning.verdicts.findings_table import COLUMNS
from dothi.store import dataset, runs

from . import test_job


@pytest.fixture(scope="module")
def checked(tmp_path_factory) -> Path:
    data = test_job.write(tmp_path_factory.mktemp("Tân Uyên") / "lô.gpkg")
    test_job.check(data, rules=["qcvn01.setback", "qcvn01.red_line", "qcvn01.net_density", "qcvn01.green_share"])
    return data


def export(data: Path, name: str, **values) -> tuple[Path, int]:
    table = data.parent / name
    table.unlink(missing_ok=True)
    read = JOBS["zoning.export_findings"].read({"data": str(data), "table": str(table), **values})
    return table, zoning.export_findings(read, SILENT)["rows"]


def rows(path: Path) -> list[dict[str, object]]:
    page = openpyxl.load_workbook(path).worksheets[0]
    first, *rest = page.iter_rows(values_only=True)
    return [dict(zip(COLUMNS, row, strict=True)) for row in rest] if len(first) == len(COLUMNS) else []


def stored(data: Path):
    return dataset.read(runs.runs(data, "zoning.check")[0], "finding")


def test_every_row_of_the_run_is_there_with_its_real_ids(checked):
    path, count = export(checked, "tất cả.xlsx", outcomes=["fail", "not_checkable"])
    frame = stored(checked)
    expected = frame[frame["outcome"].isin(["fail", "not_checkable"])]
    shown = rows(path)
    assert count == len(shown) == len(expected) > 0
    assert {row["uid"] for row in shown} == set(expected["uid"])
    assert {row["feature_uid"] for row in shown} - {None} == set(expected["feature_uid"].dropna())
    failed = next(row for row in shown if row["outcome"] == "Không đạt")
    of = expected.set_index("uid").loc[failed["uid"]]
    assert failed["measured"] == pytest.approx(of["measured"], abs=1e-3)
    assert failed["message"] == of["message_vi"]
    point = of["geometry"].representative_point()
    assert (failed["east"], failed["north"]) == (round(point.x, 3), round(point.y, 3))


def test_words_of_both_languages(checked):
    vi, _ = export(checked, "vi.xlsx", outcomes=["fail"])
    en, _ = export(checked, "en.xlsx", outcomes=["fail"], language="en")
    heads = [next(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)) for path in (vi, en)]
    assert heads[0][:3] == ("STT", "Kết luận", "Mức độ")
    assert heads[1][:3] == ("No.", "Outcome", "Severity")
    first, second = rows(vi)[0], rows(en)[0]
    assert first["uid"] == second["uid"]
    assert (first["outcome"], second["outcome"]) == ("Không đạt", "Fail")
    assert not any("zoning." in str(value) for row in (first, second) for value in row.values())


def test_what_is_shown_is_exported_in_its_order(checked):
    uids = list(stored(checked)["uid"])[:7][::-1]
    path, count = export(checked, "chọn.xlsx", uids=uids)
    assert count == 7
    assert [row["uid"] for row in rows(path)] == uids
    path, count = export(checked, "không.csv", uids=[])
    assert count == 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 1  # the headings of an empty table


def test_rules_by_the_beginning_of_their_ids(checked):
    path, count = export(checked, "lùi.xlsx", rules=["qcvn01.setback"])
    assert count > 0
    assert {row["rule"] for row in rows(path)} == {"qcvn01.setback"}


def test_refusals(checked, tmp_path):
    with pytest.raises(InputError, match=r"engine\.file_missing|store|schema"):
        raise_known(checked, run="20260101T000000000Z-zoning.check-000000.gpkg")
    empty = test_job.write(tmp_path / "chưa chạy.gpkg")
    with pytest.raises(InputError, match=r"zoning\.no_run"):
        export(empty, "x.csv")
    path, _ = export(checked, "hai lần.csv")
    read = JOBS["zoning.export_findings"].read({"data": str(checked), "table": str(path)})
    with pytest.raises(EnvironmentTroubleError, match=r"store\.exists"):
        zoning.export_findings(read, SILENT)


def raise_known(data: Path, **values) -> None:
    """As the door does: a file that is not there is the user's trouble, with a sentence."""
    from dothi.engine.run import as_dothi_error

    try:
        export(data, "y.csv", **values)
    except Exception as error:
        raise as_dothi_error(error) from error
