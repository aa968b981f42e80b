"""The trained rival: same numbers as scikit-learn, silent unless better, plain JSON that is checked when read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from dothi.engine.contract import JOBS
from dothi.engine.jobs import perform
from dothi.layers import catalogue
from dothi.layers.errors import InputError
from dothi.layers.report import SILENT
from dothi.processing.surveillance.cases.learning import speaker_of
from dothi.processing.surveillance.kinds.model import FEATURES, fit, from_json, learn, table_of, to_json
from dothi.processing.surveillance.kinds.naming import Named
from dothi.processing.surveillance.kinds.speaking import Speaker
from dothi.store import dataset

CLASSES = tuple(catalogue.domains()["change_class"].values)


def cases(count=90, seed=1, apart=3.0):
    rng = np.random.default_rng(seed)
    labels = [("new_pit", "pond_lost", "plume")[row % 3] for row in range(count)]
    table = rng.normal(0, 1, (count, len(FEATURES)))
    for row, label in enumerate(labels):
        table[row, ("new_pit", "pond_lost", "plume").index(label)] += apart
    return table, labels, [f"case-{row}" for row in range(count)]


def test_the_fit_is_that_of_scikit_learn():
    table, labels, _ = cases()
    ours = fit(table, labels)
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=5000).fit((table - ours.mean) / ours.scale, labels)
    assert tuple(theirs.classes_) == ours.classes
    np.testing.assert_allclose(ours.weights, theirs.coef_, atol=2e-4)
    expected = theirs.predict_proba((table - ours.mean) / ours.scale)
    np.testing.assert_allclose(ours.probabilities(table), expected, atol=1e-4)


def test_better_than_the_rules_it_may_speak_and_no_better_it_may_not():
    table, labels, groups = cases()
    wrong_often = [label if row % 4 else "unknown" for row, label in enumerate(labels)]
    assert learn(table, labels, wrong_often, groups)[1].may_speak
    card = learn(table, labels, labels, groups)[1]
    assert not card.may_speak
    assert card.rules_right == card.cases == 90
    assert card.only_model == 0


def test_a_model_of_noise_stays_silent():
    table, labels, groups = cases(apart=0.0)
    ruled = [label if row % 3 else "unknown" for row, label in enumerate(labels)]
    card = learn(table, labels, ruled, groups)[1]
    assert not card.may_speak
    assert card.model_right < card.rules_right


def test_many_sightings_of_one_case_are_one_case():
    table, labels, groups = cases(33)
    again = learn(np.vstack([table] * 5), labels * 5, labels * 5, groups * 5)[1]
    assert again.cases == 33
    with pytest.raises(InputError) as told:
        learn(np.vstack([table[:9]] * 9), labels[:9] * 9, labels[:9] * 9, groups[:9] * 9)
    assert told.value.code == "kinds.model.too_few"


def test_it_is_read_back_as_it_was_written():
    table, labels, groups = cases()
    model, card = learn(table, labels, ["unknown"] * 90, groups)
    again, also = from_json(to_json(model, card), Path("m.json"), CLASSES)
    assert also == card
    np.testing.assert_array_equal(again.probabilities(table), model.probabilities(table))


@pytest.mark.parametrize(
    "spoil",
    [
        {"version": 9},
        {"classes": ["os.system"]},
        {"weights": [[1e999]]},
        {"scale": [0.0] * len(FEATURES)},
        {"card": {}},
        {"features": ["x"]},
        {"offset": "a"},
    ],
)
def test_a_spoiled_model_is_refused(spoil):
    table, labels, groups = cases()
    told = json.loads(to_json(*learn(table, labels, ["unknown"] * 90, groups))) | spoil
    with pytest.raises(InputError) as refused:
        from_json(json.dumps(told), Path("m.json"), CLASSES)
    assert refused.value.code == "kinds.model.damaged"


def test_what_is_not_known_counts_as_the_mean():
    table, labels, _ = cases()
    model = fit(table, labels)
    nothing = table_of({}, 2)
    assert np.isnan(nothing).all()
    np.testing.assert_allclose(model.probabilities(nothing), model.probabilities(np.tile(model.mean, (2, 1))))


def test_where_it_may_speak_both_are_told():
    table, labels, groups = cases()
    ruled = ["unknown"] * 90
    model, card = learn(table, labels, ruled, groups)
    features = {name: table[:, column] for column, name in enumerate(FEATURES)}
    rules_say = {"code": "kinds.reason.shadow", "arguments": {"sway": 40, "angle": 1.0}}
    aside = ("shadow", *[""] * 89)
    named = Named(("unknown",) * 90, np.full(90, 0.7), aside, ((rules_say,),) * 90, ("",) * 90, features)
    columns = pd.DataFrame({name: ["unknown"] * 90 for name in ("change_class", "reason_vi", "reason_en")})
    columns["reasons"] = pd.Series([[rules_say]] * 90, dtype=object)
    columns["class_confidence"] = 0.7
    Speaker(model, card).speak(columns, named)
    assert columns["change_class"][0] == "unknown"
    said = columns["change_class"].to_numpy() != "unknown"
    assert said.sum() > 70
    row = int(np.flatnonzero(said)[0])
    assert "quy tắc gọi là chưa rõ loại" in columns["reason_vi"][row]
    assert "bóng mây" in columns["reason_vi"][row]
    assert columns["reasons"][row][1] == rules_say


def test_without_cases_there_is_nothing_to_learn(tmp_path):
    data = tmp_path / "tỉnh.gpkg"
    dataset.create(data, ["concession"], "EPSG:9218", simulated=True)
    with pytest.raises(InputError) as told:
        perform(JOBS["change.learn"], {"data": str(data)}, SILENT)
    assert told.value.code == "kinds.model.too_few"
    assert speaker_of(data) is None
    path = dataset.beside(data) / "model" / "kinds.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(InputError) as spoiled:
        speaker_of(data)
    assert spoiled.value.code == "kinds.model.damaged"
