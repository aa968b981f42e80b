"""A simulated stretch of coast with its library, nights over it that may be killed, and what they left."""

from __future__ import annotations

import multiprocessing
import random
import signal
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import rasterio

from dothi.layers.report import SILENT
from dothi.processing.demo import year
from dothi.processing.surveillance.night import Done, Night, night
from dothi.processing.surveillance.scenes import cataloguing
from dothi.processing.surveillance.series.follow import Asked
from dothi.processing.surveillance.series.series_file import read_record, state_path
from dothi.store import cases, dataset, journal, runs

# Each night is a process of its own, forked from one that has imported everything and done nothing.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])

NAME = "đồi cát"
BEGINS = date(2024, 1, 1)
PITS = (
    year.Pit(20, 24, 3.0, date(2024, 1, 20)),
    year.Pit(36, 14, 3.0, date(2024, 3, 10), date(2024, 8, 10)),
)


def days(step: int, last: date) -> list[date]:
    """Every month of 2023, then every ``step`` days up to ``last``."""
    history = [date(2023, month, 9) for month in range(1, 13)]
    later = (last - BEGINS).days // step
    return [*history, *(BEGINS + timedelta(days=5 + step * number) for number in range(later))]


def province(folder: Path, on: Sequence[date], size: int = 48) -> Path:
    """A data set without licences, and a library with a scene of each day."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "tỉnh.gpkg"
    dataset.create(data, ["concession"], "EPSG:9218", simulated=True)
    cataloguing.add(data, year.write(folder / "ảnh", year.land(1, size, PITS), on), SILENT)
    return data


def watch(data: Path, pairs: bool) -> Done:
    """One whole night."""
    return night(Night(data, data, Asked(NAME, begins=BEGINS), min_area=1000.0, pairs=pairs), SILENT)


def killed_nights(data: Path, pairs: bool, kills: int, longest: float, rng: random.Random) -> int:
    """Nights that are killed after at most ``longest`` seconds of work, until one comes to its end or ``kills`` were;
    then one that nobody kills. Returns how many were killed.
    """
    killed = 0
    while killed < kills:
        child = _CONTEXT.Process(target=watch, args=(data, pairs))
        child.start()
        child.join(rng.uniform(0.0, longest))
        if child.is_alive():
            child.kill()
            killed += 1
        child.join()
        if child.exitcode != -signal.SIGKILL:
            assert child.exitcode == 0
            break
    watch(data, pairs)
    return killed


def ending(data: Path) -> dict[str, Any]:
    """All that a night leaves, without moments of writing and identifiers that are drawn by lot."""
    case, events = cases.read(data, "case"), cases.read(data, "case_event")
    sightings = cases.read(data, "case_sighting")
    codes = dict(zip(case["uid"], case["code"], strict=True))
    with rasterio.open(state_path(data, NAME)) as file:
        states = file.read().tobytes()
    record = read_record(data, NAME)
    made = []
    for path in runs.runs(data):
        row = runs.row(path)
        given = row["parameters"]
        pair = [str(given.get(name)).partition("|scene=")[2] for name in ("before", "after")]
        made.append((row["job"], given.get("on"), *pair, row["counts"]["alerts"]))
    return {
        "cases": case[["code", "status", "area_m2", "change_class"]].sort_values("code").to_dict("records"),
        "places": sorted(case.geometry.to_wkt().tolist()),
        "events": sorted(
            (codes[row["case"]], row["number"], row["kind"], row["area_m2"]) for row in events.to_dict("records")
        ),
        "sightings": sorted((codes[row["case"]], row["key"]) for row in sightings.to_dict("records")),
        "states": states,
        "dates": [(one.on, one.stamp) for one in (*record.history, *record.monitored)],
        "runs": sorted(made, key=str),
        "steps": [(one.day, one.step) for one in journal.steps(data, NAME)],
    }
