# nrt and xarray are in no environment of ours
# mypy: ignore-errors
"""Makes ``series_reference.json``: what the published implementation `nrt` 0.3.0 (EUPL-1.2) finds on simulated pixels.

Not a test and not run by any: nrt brings numba, netCDF and xarray, too much for one comparison. To make the file again:
``uv venv /tmp/nrt && uv pip install --python /tmp/nrt/bin/python nrt==0.3.0`` and
``/tmp/nrt/bin/python tests/unit/surveillance/series_reference.py``.
"""

import datetime
import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from nrt.monitor.cusum import CuSum
from nrt.monitor.mosum import MoSum

HISTORY, LATER, SIDE, HARMONICS = 70, 45, 3, 2
SIGNIFICANCE, WINDOW = 0.05, 0.25


def simulated() -> tuple[pd.DatetimeIndex, np.ndarray]:
    """Days and values (dates, rows, columns): a season, noise, a third of the dates masked, a step in some pixels."""
    rng = np.random.default_rng(20160616)
    days = pd.date_range("2019-01-04", periods=HISTORY + LATER, freq="10D")
    phase = 2 * np.pi * np.asarray(days.day_of_year) / 365.25
    season = 0.3 + 0.1 * np.cos(phase) - 0.04 * np.sin(2 * phase)
    values = season[:, None, None] + rng.normal(0.0, 0.02, (len(days), SIDE, SIDE))
    steps = np.linspace(-0.04, 0.04, SIDE * SIDE).reshape(SIDE, SIDE)
    values[HISTORY + 15 :] += steps
    values[rng.random(values.shape) < 0.33] = np.nan
    return days, values.astype(np.float32)


def main() -> None:
    days, values = simulated()
    cube = xr.DataArray(
        values, dims=("time", "y", "x"), coords={"time": days, "y": np.arange(SIDE), "x": np.arange(SIDE)}
    )
    found: dict[str, object] = {}
    for name, monitor in (
        ("cusum", CuSum(trend=False, harmonic_order=HARMONICS, sensitivity=SIGNIFICANCE)),
        ("mosum", MoSum(trend=False, harmonic_order=HARMONICS, sensitivity=SIGNIFICANCE, h=WINDOW)),
    ):
        rows = monitor.build_design_matrix(cube, trend=False, harmonic_order=HARMONICS)
        monitor.fit(cube[:HISTORY], method="OLS")
        told = {"critical": float(monitor.critval), "process": [], "boundary": []}
        for index in range(HISTORY, HISTORY + LATER):
            day = days[index].to_pydatetime()
            assert isinstance(day, datetime.datetime)
            monitor.monitor(values[index], day, update_mask=False)
            told["process"].append(np.asarray(monitor.process, float).round(7).ravel().tolist())
            bounds = np.asarray(monitor.boundary, float).ravel()
            told["boundary"].append([None if np.isnan(one) else round(one, 7) for one in bounds.tolist()])
        found[name] = told
        found["coefficients"] = np.asarray(monitor.beta, float).reshape(len(monitor.beta), -1).round(8).tolist()
        found["sigma"] = np.asarray(monitor.sigma, float).round(8).ravel().tolist()
    flat = values.reshape(len(values), -1)
    found["rows"] = rows.round(9).tolist()
    found["values"] = [[None if np.isnan(one) else round(float(one), 7) for one in line] for line in flat]
    found["history"] = HISTORY
    Path(__file__).with_suffix(".json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
