"""Verdicts in columns: what is written is read, to the last bit; equal lists of subjects are kept once."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

from dothi.layers.errors import InputError
from dothi.store import geopackage, runs, verdicts
from dothi.store.verdicts import VerdictColumns

UIDS = np.array(["a", "b", "c", "b"], dtype=object)
WORDS = ("pass", "fail", "not_applicable", "not_checkable")
DENSITY = VerdictColumns(
    "density",
    2,
    "parcel",
    UIDS,
    WORDS,
    np.array([0, 2, 1, 3], dtype=np.int8),
    np.array([1 / 3, 80.00000000000001]),
    np.array([0.4, 80.0]),
    np.array([-1, 0, -1, -1], dtype=np.int16),
    ("use",),
)


@pytest.fixture
def run(tmp_path):
    with runs.new_run(tmp_path, "zoning.check", {}, {}, simulated=True) as made:
        other = replace(DENSITY, rule="far", uids=UIDS.copy())
        for one in (DENSITY, other, replace(DENSITY, rule="height", layer="building")):
            made.verdicts.add(one)
        made.write_verdicts()
        made.finish({})
    return made.path


def test_what_is_read_is_what_was_written(run):
    read = verdicts.read(run)
    assert [one.rule for one in read] == ["density", "far", "height"]
    for name, value in vars(replace(DENSITY, listed=1)).items():
        assert np.array_equal(getattr(read[0], name), value)
    assert read[0].counts == dict.fromkeys(WORDS, 1)
    assert [one.rule for one in verdicts.read(run, ["far"])] == ["far"]


def test_a_feature_has_every_verdict_about_it(run):
    assert verdicts.verdicts_of(run, "c")[0] == {
        "rule": "density", "version": 2, "outcome": "fail", "measured": 80.00000000000001, "limit": 80.0,
    }  # fmt: skip
    twice = [one["outcome"] for one in verdicts.verdicts_of(run, "b")]
    assert twice == ["not_applicable", "not_checkable"] * 3
    assert verdicts.verdicts_of(run, "b")[0]["reason"] == "use"
    assert verdicts.verdicts_of(run, "nobody") == []


def test_equal_lists_of_subjects_are_kept_once(run):
    with closing(sqlite3.connect(run)) as database:
        assert database.execute("SELECT layer FROM verdict_subject").fetchall() == [("parcel",), ("building",)]


def test_a_run_that_goes_on_renews_a_rule_in_its_place_and_drops_lists_that_nobody_names(run, tmp_path):
    former = {one.rule: one for one in verdicts.read(run)}
    path = shutil.copyfile(run, tmp_path / "next.gpkg")
    made = verdicts.Packing()
    with geopackage.writing(path) as database:
        made.begin_after(verdicts.lists_in(database))
        made.add(replace(former["density"], code=DENSITY.code[::-1].copy()))  # on the list as it is
        made.add(former["height"].only(np.array([True, True, True, False])))  # on another one
        made.take(wait=True).write(database)
    assert not made.take(wait=True).rules
    density, far, height = verdicts.read(path)
    assert (density.rule, far.rule, height.rule) == ("density", "far", "height")
    assert density.code.tolist() == DENSITY.code[::-1].tolist()
    assert far.code.tolist() == DENSITY.code.tolist()
    assert height.uids.tolist() == UIDS.tolist()[:3]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT layer FROM verdict_subject").fetchall() == [("parcel",), ("building",)]


def test_what_is_written_rule_by_rule_is_what_is_written_at_once(run, tmp_path):
    made = verdicts.Packing()
    path = tmp_path / "steps.gpkg"
    with runs.new_run(tmp_path, "zoning.check", {}, {}, simulated=True) as step:
        shutil.copyfile(step._temporary, path)
        step.finish({})
    for one in (
        DENSITY,
        replace(DENSITY, rule="far", uids=UIDS.copy()),
        replace(DENSITY, rule="height", layer="building"),
    ):
        made.add(one)
        with geopackage.writing(path) as database:
            made.take(wait=True).write(database)
    made.close()
    for in_steps, at_once in zip(verdicts.read(path), verdicts.read(run), strict=True):
        for name, value in vars(at_once).items():
            assert np.array_equal(getattr(in_steps, name), value)


def test_what_is_not_compressed_yet_is_taken_later_with_its_list():
    made = verdicts.Packing()
    slow: Future[bytes] = Future()
    made._pool = mock.Mock(submit=lambda work, _one: slow if work is verdicts._list else done({}))
    made.add(DENSITY)
    assert not made.take(wait=False).rules
    slow.set_result(b"list")
    taken = made.take(wait=False)
    assert taken.lists == [(1, "parcel", b"list")]
    assert [row["subjects"] for row in taken.rules] == [1]
    made.add(replace(DENSITY, rule="far"))
    assert made.take(wait=False).lists == []


def done(value: object) -> Future[object]:
    made: Future[object] = Future()
    made.set_result(value)
    return made


def test_some_subjects_alone(run):
    some = DENSITY.only(np.array([False, True, True, False]))
    assert some.uids.tolist() == ["b", "c"]
    assert (some.measured.tolist(), some.limit.tolist()) == ([80.00000000000001], [80.0])


def test_no_subjects_and_no_verdicts_are_read_back(tmp_path):
    nobody = DENSITY.only(np.zeros(4, dtype=bool))
    with runs.new_run(tmp_path, "zoning.check", {}, {}, simulated=True) as made:
        made.verdicts.add(nobody)
        made.write_verdicts()
        made.finish({})
    assert verdicts.read(made.path)[0].counts == dict.fromkeys(WORDS, 0)
    with runs.new_run(tmp_path, "change.detect", {}, {}, simulated=True) as made:
        made.finish({})
    assert verdicts.read(made.path) == []
    with pytest.raises(InputError):
        verdicts.read(tmp_path / "none.gpkg")
