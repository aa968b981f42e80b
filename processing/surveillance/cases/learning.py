"""What settled cases teach: their alerts' features with the class that the inspector let stand; the kept model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ....layers import catalogue
from ....layers.errors import InputError
from ....store import cases, dataset, runs
from ....store.whole import made_whole
from ..kinds.model import Card, from_json, learn, table_of, to_json
from ..kinds.speaking import Speaker

# Cases whose class somebody stands for.
_SETTLED = ("confirmed", "closed")
FILE = Path("model") / "kinds.json"


@dataclass(frozen=True)
class Lessons:
    """One row per sighting: features, the case's class, what the rules had said, the case."""

    table: NDArray[np.float64]
    labels: list[str]
    ruled: list[str]
    groups: list[str]


def lessons(data: Path) -> Lessons:
    """Sightings of settled cases whose alerts are still there with their features, the earliest first."""
    settled = cases.read(data, "case")
    settled = settled[settled["status"].isin(_SETTLED) & settled["change_class"].notna()]
    kind_of = dict(zip(settled["uid"], settled["change_class"], strict=True))
    seen = cases.read(data, "case_sighting")
    seen = seen[seen["case"].isin(kind_of)].sort_values(["date_after", "uid"], kind="stable")
    known = _features_of_alerts(data)
    rows = [(row, known[row.alert]) for row in seen.itertuples() if row.alert in known]
    tables = [table_of({name: [value] for name, value in features.items()}, 1) for _, features in rows]
    return Lessons(
        np.vstack(tables) if tables else table_of({}, 0),
        [str(kind_of[row.case]) for row, _ in rows],
        [str(row.change_class) for row, _ in rows],
        [str(row.case) for row, _ in rows],
    )


def learn_from_cases(data: Path) -> tuple[Path, Card]:
    """Learn, compare with the rules, and keep the model beside the data set. Raises :class:`InputError`."""
    told = lessons(data)
    model, card = learn(told.table, told.labels, told.ruled, told.groups)
    path = dataset.beside(data) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with made_whole(path) as temporary:
        temporary.write_text(to_json(model, card), encoding="utf-8")
    return path, card


def speaker_of(data: Path | None) -> Speaker | None:
    """The kept model; None where there is none. Raises :class:`InputError` where it is damaged."""
    path = dataset.beside(data) / FILE if data else None
    if path is None or not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError("kinds.model.damaged", path=str(path), reason=str(error)[:200]) from error
    return Speaker(*from_json(text, path, tuple(catalogue.domains()["change_class"].values)))


def _features_of_alerts(data: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for run in runs.runs(data):
        if "alert" not in dataset.layers_in(run) or "features" not in dataset.fields_in(run, "alert"):
            continue
        alerts = pd.DataFrame(dataset.read(run, "alert", ["uid", "features"]))
        found |= {
            str(uid): features
            for uid, features in zip(alerts["uid"], map(_read, alerts["features"]), strict=True)
            if features
        }
    return found


def _read(text: Any) -> dict[str, float]:
    told = json.loads(text) if isinstance(text, str) else text
    return {name: float(value) for name, value in told.items()} if isinstance(told, dict) else {}
