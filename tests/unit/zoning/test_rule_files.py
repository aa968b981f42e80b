"""Wrong rule files: each is refused with its path and the place of the mistake."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dothi.layers.errors import InputError
from dothi.processing.zoning.rulebook import packs

GOOD = (packs.RULES / "qcvn-01" / "2021" / "net-density-apartment.toml").read_text(encoding="utf-8")
MATRIX = """
id = "test.land_use"
version = 1
title = { vi = "Thử", en = "Test" }
source = { document = "test", clause = "1" }
status = "simulated"

[[compatibility]]
zone = "ODT"
permits = ["TMD"]
"""


def refused(text: str, folder, read=packs.read_rule) -> InputError:
    path = folder / "rule.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(path) in caught.value.sentence("vi")
    assert str(path) in caught.value.sentence("en")
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "code", "where"),
    [
        ("version = 1", "version = 1\nversoin = 2", "zoning.rule_wrong", "."),
        ("version = 1", "version = 1\nversion = 2", "zoning.rule_unreadable", None),
        ("version = 1", "version = true", "zoning.rule_wrong", "version"),
        ('clause = "2.6.3", table = "Bảng 2.9"', 'note = "x"', "zoning.rule_wrong", "source"),
        ("tolerance = 0.005", "tolerance = nan", "zoning.rule_not_finite", "tolerance"),
        ("[19, 75, 60, 58, 55]", "[19, 75, 60, 58]", "zoning.rule_gap", "limit.rows[1]"),
        ("[19, 75, 60, 58, 55]", "[19, 75, inf, 58, 55]", "zoning.rule_not_finite", "limit.rows[1][2]"),
        ("[19, 75, 60, 58, 55]", "[15, 75, 60, 58, 55]", "zoning.rule_not_rising", "limit.rows"),
        ("[3000, 10000, 18000, 35000]", "[3000, 10000, 10000, 35000]", "zoning.rule_not_rising", "limit.columns"),
        ("above = [75, 40, 38, 35]", "above = [75, 40, 38]", "zoning.rule_gap", "limit.above"),
        ('unit = "%"', 'unit = "m"', "zoning.rule_unit", None),
        ('measure = "net_density"', 'measure = "net_desnity"', "zoning.rule_measure", None),
        ('use = ["apartment"]', 'use = ["flat"]', "zoning.rule_wrong", "applies_to.use[0]"),
        ('use = ["apartment"]', 'uses = ["apartment"]', "zoning.rule_wrong", "applies_to"),
        ('lookup = "linear"', 'lookup = "cubic"', "zoning.rule_wrong", "limit.lookup"),
        ("to = 2026-12-31", "to = 2020-12-31", "zoning.rule_not_rising", "valid"),
        ('status = "cross_checked"', 'status = "sure"', "zoning.rule_wrong", "status"),
        (', en = "Maximum net density, apartment buildings"', "", "zoning.rule_wrong", "title.en"),
        ("footprint = 3500", "foot_print = 3500", "zoning.rule_wrong", "case[0].given.foot_print"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, old, new, code, where):
    assert old in GOOD
    error = refused(GOOD.replace(old, new, 1), tmp_path)
    assert (error.code, error.arguments.get("where")) == (code, where)


def test_the_good_file_is_read(tmp_path):
    path = tmp_path / "rule.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert packs.read_rule(path).id == "qcvn01.net_density.apartment"


def test_a_province_adds_its_matrix_and_only_one(tmp_path):
    (tmp_path / "use.toml").write_text(MATRIX, encoding="utf-8")
    _, matrix = packs.load(tmp_path)
    assert matrix is not None
    assert matrix.permits == {"ODT": {"ODT", "TMD"}}
    (tmp_path / "other.toml").write_text(MATRIX, encoding="utf-8")
    with pytest.raises(InputError, match="rule_twice"):
        packs.load(tmp_path)


def test_a_province_cannot_shadow_a_rule_of_the_code(tmp_path):
    (tmp_path / "mine.toml").write_text('level = "national"\n' + GOOD, encoding="utf-8")
    with pytest.raises(InputError, match="rule_level"):
        packs.load(tmp_path)


def test_an_unknown_rule_is_not_silently_left_out():
    rules, _ = packs.load()
    assert {rule.id for rule in packs.select(rules, ["qcvn01.far"])} == {
        "qcvn01.far.detached",
        "qcvn01.far.existing",
        "qcvn01.far.tall",
    }
    with pytest.raises(InputError, match="rule_unknown"):
        packs.select(rules, ["qcvn01.fra"])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.text(min_size=0, max_size=3), st.integers(0, 12))
def test_a_mutated_file_is_read_or_refused_and_never_crashes(tmp_path_factory, at, text, cut):
    path = tmp_path_factory.mktemp("rules") / "rule.toml"
    path.write_bytes((GOOD[:at] + text + GOOD[at + cut :]).encode("utf-8", "surrogatepass"))
    with suppress(InputError):
        packs.read_rule(path)
