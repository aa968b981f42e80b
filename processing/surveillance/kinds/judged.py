"""From a change map's objects to what they are: taken apart, named, and divided into alerts and what is set aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..alignment.pair import CORRECTED_ABOVE
from ..change.change_map import ChangeMap
from ..change.objects import Objects
from ..scenes.reading import open_scene
from .ground import Dates
from .naming import NEEDED, Named, in_words, name, nothing_told
from .neighbours import Map
from .parts import taken_apart
from .rules import Rulebook, rulebook
from .speaking import Speaker
from .traces import traces

# What a narrow trace may join: a pond that ran out, and the sand it left.
_JOINED_BY_TRACES = ("pond_lost", "sand_deposit", "tailings")

ToMap = Callable[[NDArray[np.object_]], NDArray[np.object_]]


@dataclass(frozen=True)
class Judged:
    """Objects that are alerts and objects set aside, each with its columns ``change_class`` … as the layers have."""

    alerts: Objects
    kinds: pd.DataFrame
    aside: Objects
    causes: pd.DataFrame


def judge(
    objects: Objects,
    change: ChangeMap,
    raster: Path,
    scenes: tuple[str, str],
    to_map: ToMap,
    around: Map,
    min_area: float,
    *,
    keep_all: bool = False,
    rules: Rulebook | None = None,
    speaker: Speaker | None = None,
) -> Judged:
    """Judge the objects of at least ``min_area`` (m², in the map's system); smaller ones are left out.

    ``raster`` is the change raster as it lies now, ``scenes`` the two images, ``keep_all``: nothing is set aside,
    ``speaker``: the trained rival of the rules, heard only where its card lets it.
    """
    rules = rules or rulebook()
    moved = (change.shift.columns, change.shift.rows) if change.shift.length > CORRECTED_ABOVE else (0.0, 0.0)
    dates = Dates.of(open_scene(scenes[0]), open_scene(scenes[1]), change.grid, moved)
    try:
        legible = set(NEEDED) <= set(dates.names) and dates.tell_reflectance(objects.geometry, change.grid)
        if legible:
            objects = taken_apart(objects, dates, change.grid, rules.cover, str(raster)).objects
        placed = to_map(objects.geometry)
        large = shapely.area(placed) >= min_area if len(placed) else np.zeros(0, bool)
        chosen = _rows(objects, large)
        if legible:
            named = name(chosen, placed[large], dates, change.grid, around, rules, objects.geometry)
            ends = np.isin(named.kind, _JOINED_BY_TRACES) & (np.array(named.aside) == "")
            faint: NDArray[np.object_] = np.array([], object)
            if np.count_nonzero(ends) > 1:
                faint = traces(chosen.geometry[ends], objects.geometry, dates, change.grid)
            if len(faint):
                chosen = _with(chosen, faint)
                named = name(
                    chosen, to_map(chosen.geometry), dates, change.grid, around, rules, objects.geometry, len(faint)
                )
        else:
            named = nothing_told(len(chosen.geometry), dates.names)
    finally:
        dates.close()
    columns = _columns(named)
    alert = np.array([keep_all or not cause for cause in named.aside], bool)
    columns["features"] = pd.Series(_features(named, len(columns)), index=columns.index, dtype=object)
    if speaker is not None and speaker.card.may_speak and named.features:
        speaker.speak(columns, named)
    return Judged(
        _rows(chosen, alert),
        columns[alert].drop(columns="cause").reset_index(drop=True),
        _rows(chosen, ~alert),
        columns[~alert].drop(columns=["change_class", "features"]).reset_index(drop=True),
    )


def _rows(objects: Objects, rows: NDArray[np.bool_]) -> Objects:
    return Objects(objects.geometry[rows], objects.pixels[rows], objects.confidence[rows])


def _features(named: Named, count: int) -> list[dict[str, float]]:
    """Per object the features that are known, rounded to four digits."""
    return [
        {key: float(f"{values[row]:.4g}") for key, values in named.features.items() if np.isfinite(values[row])}
        for row in range(count)
    ]


def _with(objects: Objects, more: NDArray[np.object_]) -> Objects:
    """``objects`` and outlines that the change map does not hold: their confidence is none."""
    nothing = np.zeros(len(more))
    return Objects(
        np.concatenate([objects.geometry, more]),
        np.concatenate([objects.pixels, nothing.astype(np.int64)]),
        np.concatenate([objects.confidence, nothing]),
    )


def _columns(named: Named) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "change_class": list(named.kind),
            "class_confidence": np.round(named.degree, 2),
            "cause": list(named.aside),
            "reason_vi": [in_words(reasons, "vi") for reasons in named.reasons],
            "reason_en": [in_words(reasons, "en") for reasons in named.reasons],
            "reasons": [list(reasons) for reasons in named.reasons],
        }
    )
