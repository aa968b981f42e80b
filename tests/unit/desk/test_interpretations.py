"""What several people say of a point, and the label that comes of it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date

import pytest

from dothi.layers.errors import InputError
from dothi.store import interpretations, samples

DAY = date(2026, 11, 20)


def label_of(sample, uid):
    frame, _ = samples.read(sample)
    label, labeller = frame.loc[frame["uid"] == uid, ["label", "labeller"]].astype(object).iloc[0]
    return (None if label != label else label), (None if labeller != labeller else labeller)


def test_one_says_it_and_it_is_the_label(sample, uids):
    interpretations.put(sample, uids[0], "An", "change", DAY)
    assert label_of(sample, uids[0]) == ("change", "An")
    interpretations.put(sample, uids[0], "An", "no_change", DAY)
    assert label_of(sample, uids[0]) == ("no_change", "An")
    assert len(interpretations.read(sample)) == 1
    interpretations.put(sample, uids[0], "An", None, DAY)
    assert label_of(sample, uids[0]) == (None, None)
    assert interpretations.read(sample) == []


def test_where_two_differ_there_is_no_label_until_they_agree(sample, uids):
    for who, label in (("An", "change"), ("Bình", "no_change")):
        interpretations.put(sample, uids[1], who, label, DAY)
    interpretations.put(sample, uids[2], "An", "change", DAY)
    interpretations.put(sample, uids[2], "Bình", "change", DAY)
    assert label_of(sample, uids[1]) == (None, "An; Bình")
    assert label_of(sample, uids[2]) == ("change", "An; Bình")
    said = interpretations.disputed(interpretations.read(sample))
    assert list(said) == [uids[1]]
    assert [(one.labeller, one.label) for one in said[uids[1]]] == [("An", "change"), ("Bình", "no_change")]
    interpretations.put(sample, uids[1], "An; Bình", "change", DAY, agreed=True)
    assert label_of(sample, uids[1]) == ("change", "An; Bình")
    assert interpretations.disputed(interpretations.read(sample)) == {}
    interpretations.put(sample, uids[1], "Bình", "cannot_tell", DAY)  # a change of mind opens it again
    assert label_of(sample, uids[1])[0] is None


def test_labels_given_in_qgis_count_as_those_of_their_labeller(sample, uids):
    samples.put_labels(
        sample, [samples.Label(uids[0], "change", "An", DAY), samples.Label(uids[1], "change", "An", DAY)]
    )
    assert [(one.labeller, one.label) for one in interpretations.read(sample)] == [("An", "change")] * 2
    interpretations.put(sample, uids[0], "Bình", "no_change", DAY)
    assert label_of(sample, uids[0]) == (None, "An; Bình")
    assert len(interpretations.read(sample)) == 3


def test_a_sample_of_before_is_given_the_table(sample, uids):
    with closing(sqlite3.connect(sample)) as database, database:
        database.execute("DROP TABLE sample_interpretation")
        database.execute("DELETE FROM gpkg_contents WHERE table_name = 'sample_interpretation'")
        database.execute("DELETE FROM gpkg_data_columns WHERE table_name = 'sample_interpretation'")
    interpretations.prepare(sample)
    interpretations.prepare(sample)
    interpretations.put(sample, uids[0], "An", "change", DAY)
    assert label_of(sample, uids[0]) == ("change", "An")


@pytest.mark.parametrize(
    ("point", "label", "code"), [(0, "moong", "accuracy.label_unknown"), (None, "change", "accuracy.point_unknown")]
)
def test_a_wrong_label_and_an_unknown_point_change_nothing(sample, uids, point, label, code):
    with pytest.raises(InputError) as told:
        interpretations.put(sample, uids[0] if point == 0 else "gone", "An", label, DAY)
    assert told.value.code == code
    assert interpretations.read(sample) == []


_LABELS_ON = """
import sys
from datetime import date
from pathlib import Path
from dothi.store import interpretations
sample, *uids = sys.argv[1:]
while True:
    for label in ("change", "no_change"):
        for uid in uids:
            interpretations.put(Path(sample), uid, "An", label, date(2026, 11, 20))
            print(uid, label, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize("after", [1, 30])
def test_a_label_that_was_told_written_is_there_after_a_kill(sample, uids, after):
    command = [sys.executable, "-P", "-c", _LABELS_ON, str(sample), *uids]
    told = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        for _ in range(after):
            uid, label = process.stdout.readline().split()
            told[uid] = label
        process.send_signal(signal.SIGKILL)
        for line in process.stdout:
            if line.endswith("\n"):
                uid, label = line.split()
                told[uid] = label
    interpretations.prepare(sample)
    said = interpretations.read(sample)
    found = {one.point: one.label for one in said}
    # One more may have been written than was told.
    assert len(said) == len(found)
    assert len({*told.items()} - {*found.items()}) <= 1
    assert set(told) <= set(found)
    frame, _ = samples.read(sample)
    assert {uid: label for uid, label in zip(frame["uid"], frame["label"], strict=True) if label == label} == found
