"""Baseline, CUSUM and MOSUM give the numbers of a published implementation (made by ``series_reference.py``)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from dothi.processing.surveillance.series import monitoring, season
from dothi.processing.surveillance.series.baseline import fit
from dothi.processing.surveillance.series.states import Monitor, Rules

DAYS = season.days([date(2019, 1, 4) + timedelta(days=10 * number) for number in range(115)])


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("series_reference.json").read_text(encoding="utf-8"))
    return found | {name: np.array(found[name], float) for name in ("rows", "values", "coefficients", "sigma")}


def test_the_baseline_is_the_published_one(reference):
    history = reference["history"]
    found, used = fit(
        DAYS[:history], reference["values"][:history].astype(np.float32), reference["rows"][:history], None
    )
    assert used.sum() == np.isfinite(reference["values"][:history]).sum()
    np.testing.assert_allclose(found.coefficients, reference["coefficients"], atol=2e-6)
    np.testing.assert_allclose(found.sigma, reference["sigma"], rtol=2e-5)


@pytest.mark.parametrize("method", get_args(monitoring.Method))
def test_the_process_and_its_boundary_are_the_published_ones(reference, method):
    rows, values, history = reference["rows"], reference["values"].astype(np.float32), reference["history"]
    known, used = fit(DAYS[:history], values[:history], rows[:history], None)
    residuals = values[:history] - (rows[:history] @ known.coefficients).astype(np.float32)
    told = reference[method]
    value = monitoring.critical(method, 0.05)
    assert value == pytest.approx(told["critical"], abs=1e-5)
    # so wide a limit that no alert ends and begins the process anew: the published one runs on
    rules = Rules(method=method, false_alarm=1e-15, needed=16, memory=16)
    # nrt 0.3.0 keeps the residuals of the history as predicted minus observed and those monitored as observed minus
    # predicted (fit_methods.py line 70, monitor/__init__.py): only with its sign do its first windows come out
    monitor = Monitor.begin(known, rules, -residuals, used)
    ours = Monitor.begin(known, rules, residuals, used)
    crossed = 0
    for index, (process, bounds) in enumerate(zip(told["process"], told["boundary"], strict=True)):
        line = values[history + index]
        monitor.update(rows[history + index], int(DAYS[history + index]), line)
        judged = monitor.states.monitored > 0
        np.testing.assert_allclose(monitor.states.process[judged], np.array(process)[judged], atol=2e-5)
        ours.update(rows[history + index], int(DAYS[history + index]), line)
        clear = np.isfinite(line)
        found = monitoring.boundary(method, 1.0 + monitor.states.monitored / known.count, value)
        theirs = np.array(bounds, float)
        np.testing.assert_allclose(found[clear], theirs[clear], rtol=2e-5)
        crossed += int((np.abs(process) > found)[clear].sum())
    assert crossed > 20
    # once dates monitored have filled the window, the sign of the history is forgotten
    np.testing.assert_allclose(ours.states.process, told["process"][-1], atol=2e-5)


def test_critical_values_are_those_of_the_literature():
    # Chu, Stinchcombe and White 1996: a² = 7.78 for 5 %, 11.15 for 1 %
    assert monitoring.critical("cusum", 0.05) ** 2 == pytest.approx(7.78, abs=0.04)
    assert monitoring.critical("cusum", 0.01) ** 2 == pytest.approx(11.15, abs=0.2)


def test_normal_scores_have_the_probability_of_t():
    from scipy import stats

    for freedom in (4, 6, 12, 40):
        t = np.array([-6.0, -2.0, -0.5, 0.0, 1.0, 3.0, 8.0], np.float32)
        exact = np.sign(t) * stats.norm.isf(stats.t.sf(np.abs(t), freedom))
        found = monitoring.normal_scores(t, np.full(len(t), freedom, np.float32))
        np.testing.assert_allclose(found, exact, atol=0.07)
