"""One labeller at a sample, without a window: order, undo, what is hidden; how images are found and cut."""

from __future__ import annotations

import shutil
from datetime import date

import numpy as np
import pytest

from dothi.desk.imagery import cut, data_set_of, run_of
from dothi.desk.session import STEP, choices_of, differing, open_session
from dothi.layers.errors import InputError, UsageError
from dothi.store import interpretations

from .conftest import COUNT, draw_sample

DAY = date(2026, 11, 20)


def test_it_opens_at_the_first_point_that_this_person_has_not_labelled(sample, uids):
    interpretations.put(sample, uids[0], "An", "change", DAY)
    interpretations.put(sample, uids[3], "Bình", "change", DAY)
    session = open_session(sample, " An ")
    assert (session.row, session.point.code) == (1, "M-0002")
    assert session.labels == {uids[0]: "change"}  # what Bình said is not seen
    assert session.simulated
    assert open_session(sample, "Bình").row == 0


def test_labelling_goes_on_to_the_next_open_point_and_around(sample):
    session = open_session(sample, "An")
    session.go(COUNT - 2)
    for label in ("change", "no_change", "cannot_tell"):
        session.label(label)
    assert session.row == 1
    session.go(-5)
    assert session.row == 0
    session.label("change")
    assert session.row == 1  # a second label for the same point does not wander
    for _ in range(COUNT - 3):
        session.label("no_change")
    assert open_session(sample, "Bình").labels == {}
    assert len(session.labels) == COUNT


def test_undo_restores_what_was_and_shows_it(sample):
    session = open_session(sample, "An")
    first = session.label("change")
    session.go(0)
    session.label("no_change")
    undone = session.undo()
    assert undone is not None
    point, label = undone
    assert (point.uid, label, session.row) == (first.uid, "change", 0)
    undone = session.undo()
    assert undone is not None
    assert undone[1] is None
    assert session.labels == {}
    assert session.undo() is None


def test_the_numbers_by_stratum_do_not_move_with_a_single_label(sample):
    session = open_session(sample, "An")
    seen = []
    while not session.finished:
        session.label("no_change")
        seen.append(session.progress())
    assert all(one == {"change": (0, 8), "no_change": (0, 16)} for one in seen[: STEP - 1])
    assert seen[STEP - 1] == seen[2 * STEP - 2] == {"change": (4, 8), "no_change": (6, 16)}
    assert seen[-1] == {"change": (8, 8), "no_change": (16, 16)}


def test_choices_are_those_that_the_strata_can_be_held_against():
    assert choices_of({"by": "change"}) == ("no_change", "change", "natural_dune_shift")
    by_classes = choices_of({"by": "classes"})
    assert "new_pit" in by_classes
    assert not {"change", "cannot_tell"} & set(by_classes)
    assert len(by_classes) == 14


def test_points_on_which_people_differ(sample, uids):
    interpretations.put(sample, uids[5], "An", "change", DAY)
    interpretations.put(sample, uids[5], "Bình", "no_change", DAY)
    ((point, said),) = differing(open_session(sample, "An"))
    assert (point.uid, [one.labeller for one in said]) == (uids[5], ["An", "Bình"])


def test_both_dates_have_the_point_in_the_middle_of_a_pixel(sample):
    session = open_session(sample, "An")
    point = session.point
    chips = cut(session.scenes, point.place, point.half_m, point.pixel, session.crs)
    sides = np.hypot(*np.diff(chips.outline, axis=0).T)
    assert sides == pytest.approx(10.0, abs=0.02)  # VN-2000 and UTM differ in scale by 0.03 % and in direction
    assert np.abs(chips.outline[:4].mean(axis=0)).max() < 0.01
    for chip in chips.near:
        assert chip.picture.shape == (31, 31, 3)
        assert 150 < chip.half_m < 156
        assert chip.seen == 1.0
    assert chips.wide[0].picture.shape == (121, 121, 3)
    assert [chip.day for chip in chips.near] == [date(2025, 2, 16), date(2026, 2, 21)]
    infrared = cut(session.scenes, point.place, point.half_m, point.pixel, session.crs, infrared=True)
    assert not np.array_equal(infrared.near[0].picture, chips.near[0].picture)


def test_images_are_found_after_all_was_moved(sample, tmp_path):
    moved = tmp_path / "nơi khác"
    shutil.move(sample.parent.parent.parent, moved)
    session = open_session(moved / sample.parent.parent.name / "samples" / sample.name, "An")
    assert {scene.path.parent for scene in session.scenes} == {moved}
    assert [scene.same for scene in session.scenes] == [True, True]


def test_an_image_of_another_size_is_told(sample):
    image = sample.parent.parent.parent / "sau.tif"
    with image.open("ab") as file:
        file.write(b"\0")
    assert [scene.same for scene in open_session(sample, "An").scenes] == [True, False]


@pytest.mark.parametrize(("gone", "code"), [("sau.tif", "desk.scene_missing"), ("runs", "desk.run_gone")])
def test_what_is_gone_is_named(sample, gone, code):
    folder = sample.parent.parent
    if gone == "runs":
        shutil.rmtree(folder / "runs")
    else:
        (folder.parent / gone).unlink()
    with pytest.raises(InputError) as told:
        open_session(sample, "An")
    assert told.value.code == code


def test_a_name_is_needed_and_a_sample(sample):
    with pytest.raises(UsageError) as told:
        open_session(sample, "  ")
    assert told.value.code == "desk.no_name"
    with pytest.raises(InputError) as wrong:
        open_session(data_set_of(sample) or sample, "An")
    assert wrong.value.code == "accuracy.not_a_sample"


def test_a_sample_by_classes_is_held_against_classes(tmp_path):
    session = open_session(draw_sample(tmp_path / "a", "classes"), "An")
    assert "sand_deposit" in session.choices
    assert run_of(session.sample, session.run).is_file()
