"""Tables for office programs: what is text stays text, and a file is whole or not there."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from dothi.layers.errors import CancelledError, EnvironmentTroubleError, InputError
from dothi.store import sheets
from dothi.store.sheets import Sheet, write_sheets

EVIL = ['=HYPERLINK("http://example.org";"x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]
TABLE = Sheet("Kết quả", ("Mã", "Đo được"), [("Thửa 1", -2.5), (EVIL[0], None), ("a\x07b", float("nan"))])


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("text", EVIL)
def test_a_text_is_never_a_formula(tmp_path, text):
    sheet = Sheet("T", (text,), [(text,)])
    write_sheets(tmp_path / "t.xlsx", [sheet])
    page = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[0]
    for cell in (page["A1"], page["A2"]):
        assert cell.data_type == "s"
        assert cell.value.strip() == text.strip()  # XML itself folds a return into a new line
        assert cell.quotePrefix
    write_sheets(tmp_path / "t.csv", [sheet])
    assert read_csv(tmp_path / "t.csv") == [["'" + text], ["'" + text]]


def test_numbers_stay_numbers_and_diacritics_stay(tmp_path):
    write_sheets(tmp_path / "t.xlsx", [TABLE, Sheet("Khác", ("a",), [])])
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["Kết quả", "Khác"]
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows == [("Mã", "Đo được"), ("Thửa 1", -2.5), (EVIL[0], None), ("ab", None)]
    assert book.worksheets[0].freeze_panes == "A2"
    write_sheets(tmp_path / "t.csv", [TABLE])
    assert read_csv(tmp_path / "t.csv")[1] == ["Thửa 1", "-2.5"]
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")  # without it Excel garbles Vietnamese


@pytest.mark.parametrize("name", ["t.xlsx", "t.csv"])
def test_an_old_table_is_replaced_only_when_asked(tmp_path, name):
    path = tmp_path / name
    path.write_text("của người khác", encoding="utf-8")
    with pytest.raises(EnvironmentTroubleError, match=r"store\.exists"):
        write_sheets(path, [TABLE])
    assert path.read_text(encoding="utf-8") == "của người khác"
    write_sheets(path, [TABLE], replace=True)
    assert path.stat().st_size > 50


@pytest.mark.parametrize("name", ["t.xlsx", "t.csv"])
def test_a_table_that_is_given_up_leaves_nothing(tmp_path, name):
    def stop(share: float) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        write_sheets(tmp_path / name, [TABLE], told=stop)
    assert list(tmp_path.iterdir()) == []


def test_other_suffixes_and_tables_too_long_are_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"store\.sheet_suffix"):
        write_sheets(tmp_path / "t.ods", [TABLE])
    monkeypatch.setattr(sheets, "_MOST_ROWS", 2)
    with pytest.raises(InputError, match=r"store\.sheet_too_long"):
        write_sheets(tmp_path / "t.xlsx", [TABLE])
    write_sheets(tmp_path / "t.csv", [TABLE])
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
