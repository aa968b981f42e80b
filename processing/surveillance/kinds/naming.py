"""Class and reason of every changed object, or the cause for which it is no alert.

A reason is a list of message codes with arguments: first what the ground itself shows, then what the map adds (a road
under it, a licence around it), last what could not be seen. Sentences are made from it in both languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ....layers import catalogue
from ....layers.messages import sentence
from ..change.objects import Objects
from ..scenes.grid import Grid
from .ground import Dates, measure
from .neighbours import Map, Neighbours, distance_to, neighbours
from .rules import HOLDS, Features, Rule, Rulebook
from .shape import shape_features

# Bands without which no rule can speak.
NEEDED = ("green", "red", "nir")
# Sand that lies this near (m) to a narrow trace is told as joined by it.
_JOINED = 30.0
# A trace is told with the alerts that it touches from this length on (m).
_TRACE = 100.0

Reason = dict[str, Any]


@dataclass(frozen=True)
class Named:
    """One row per object: class of ``change_class``, degree (0 to 1), cause to set aside (empty: an alert), reasons,
    and the rule that spoke (empty: none did).
    """

    kind: tuple[str, ...]
    degree: NDArray[np.float64]
    aside: tuple[str, ...]
    reasons: tuple[tuple[Reason, ...], ...]
    rule: tuple[str, ...]
    features: dict[str, NDArray[np.float64]]


def name(
    objects: Objects,
    placed: NDArray[np.object_],
    dates: Dates,
    grid: Grid,
    around: Map,
    rules: Rulebook,
    others: NDArray[np.object_],
    faint: int = 0,
) -> Named:
    """Judge ``objects`` on ``grid``; ``placed`` are the same outlines in the map's system, metres.

    ``others`` is all changed ground on ``grid``; the last ``faint`` objects are traces (:mod:`.traces`). The bands
    :data:`NEEDED` must be there, as reflectance.
    """
    count = len(placed)
    features = measure(objects.geometry, dates, grid, others, rules.cover)
    features |= shape_features(placed, float(np.mean(grid.pixel_m)))
    near = neighbours(placed, around)
    features |= near.features
    features["near_pit"] = _near_pit(features, count)
    features["fill"] = _fill(features, rules.sand_red, count)
    unseen = np.full(count, np.nan)  # a feature that no object has: all lie under cloud on one of the dates
    drying = features.get("bare_before", unseen) >= HOLDS
    features["drying"] = np.where(drying, features.get("infrared_gain", unseen), 0.0)
    features["trace"] = (np.arange(count) >= count - faint).astype(float)
    features["pond_lost_m"] = np.full(count, np.inf)
    best, degree = rules.judge(features, count)
    # The second look knows which ponds went: sand below one of them came out of it.
    lost = np.array([row >= 0 and rules.rules[row].kind == "pond_lost" for row in best], bool)
    if lost.any():
        features["pond_lost_m"] = np.where(lost, np.inf, distance_to(placed, placed[lost]))
        best, degree = rules.judge(features, count)
    chosen = [rules.rules[row] if row >= 0 else None for row in best]
    reasons = [_reasons(rule, rules, features, near, row, float(degree[row])) for row, rule in enumerate(chosen)]
    _join_traces(chosen, placed, features, reasons)
    return Named(
        tuple(rule.kind if rule else "unknown" for rule in chosen),
        np.array([degree[row] if rule else 1.0 - degree[row] for row, rule in enumerate(chosen)], float),
        tuple(rule.aside if rule else "" for rule in chosen),
        tuple(tuple(one) for one in reasons),
        tuple(rule.id if rule else "" for rule in chosen),
        features,
    )


def nothing_told(count: int, names: tuple[str, ...]) -> Named:
    """All unknown: the images name too few bands, or hold counts whose scale nobody says."""
    reason: Reason = {"code": "kinds.reason.no_reflectance", "arguments": {}}
    if not set(NEEDED) <= set(names):
        reason = {"code": "kinds.reason.no_bands", "arguments": {"bands": list(NEEDED)}}
    return Named(("unknown",) * count, np.zeros(count), ("",) * count, ((reason,),) * count, ("",) * count, {})


def in_words(reasons: tuple[Reason, ...], language: str) -> str:
    """The sentences of ``reasons`` one after the other; arguments ``class_…`` are told as the class is called."""
    kinds = catalogue.domains()["change_class"].values
    told = []
    for one in reasons:
        arguments = {
            key: kinds[value][language].lower() if key.startswith("class_") and value in kinds else value
            for key, value in one["arguments"].items()
        }
        told.append(sentence(one["code"], language, **arguments))
    return " ".join(told)


def _near_pit(features: Features, count: int) -> NDArray[np.float64]:
    """1 beside an earlier pit: one that was known, or bright bare sand around it before, within a licence."""
    bright = np.nan_to_num(features.get("ring_bright_before", np.zeros(count)))
    worked = (features["in_licence"] >= 0.5) & (bright >= 0.1)
    return np.asarray(np.maximum(features["known_pit"], worked), float)


def _fill(features: Features, sand_red: float, count: int) -> NDArray[np.float64]:
    """How much of the object's pixels sand fills, 0 to 1, from how far red went from the ground around towards sand."""
    gained = features.get("red_own", np.full(count, np.nan))
    room = sand_red - features.get("ring_red_after", np.full(count, np.nan))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.clip(np.abs(gained) / np.maximum(np.abs(room), 0.05), 0.0, 1.0))


def _reasons(
    rule: Rule | None, rules: Rulebook, features: Features, near: Neighbours, row: int, degree: float
) -> list[Reason]:
    def value(feature: str, digits: int = 2) -> float:
        found = features.get(feature)
        return round(float(found[row]), digits) if found is not None and np.isfinite(found[row]) else 0.0

    roads = [name for name, _ in near.roads[row]]
    length = sum(length for _, length in near.roads[row])
    told = {
        "ndvi_before": value("ndvi_before"),
        "ndvi_after": value("ndvi_after"),
        "red_change": value("red_own"),
        "water_before": round(100 * value("water_before")),
        "water_after": round(100 * value("water_after")),
        "ndti_before": value("ndti_before"),
        "ndti_after": value("ndti_after"),
        "darker": round(100 * (1.0 - value("gain"))),
        "brighter": round(100 * (value("gain") - 1.0)),
        "sway": round(100 * abs(value("gain") - 1.0)),
        "angle": value("angle", 1),
        "hidden": round(100 * value("hidden")),
        "length_m": round(value("length_m")),
        "width_m": round(value("width_m")),
        "turned": round(100 * value("plants_turned")),
        "share": round(100 * value("fill")),
        "pond_m": round(value("pond_lost_m")),
        "area_ha": value("area_m2", 0) / 1e4,
        "roads": roads[:2],
        "road_m": round(length),
    }
    if rule is None:
        closest = max(rules.rules, key=lambda one: float(one.degree(_row(features, row), 1)[0]))
        weakest = closest.weakest(features, row)
        arguments = {"rule": closest.id, "feature": weakest.feature, "value": value(weakest.feature)}
        return [{"code": "kinds.reason.unknown", "arguments": arguments | {"threshold": weakest.threshold}}]
    found = [{"code": rule.reason, "arguments": _used(rule.reason, told)}]
    if roads and length >= 10.0 and rule.reason != "kinds.reason.sand_on_road" and not rule.aside:
        found.append({"code": "kinds.reason.on_road", "arguments": _used("kinds.reason.on_road", told)})
    return found


def _row(features: Features, row: int) -> dict[str, NDArray[np.float64]]:
    return {name: values[row : row + 1] for name, values in features.items()}


def _used(code: str, told: dict[str, Any]) -> dict[str, Any]:
    """Those of ``told`` that the sentence names."""
    template = sentence(code, "en")
    return {key: value for key, value in told.items() if "{" + key in template}


def _join_traces(
    chosen: list[Rule | None], placed: NDArray[np.object_], features: Features, reasons: list[list[Reason]]
) -> None:
    """Tell the alerts that a trace narrower than a pixel touches of it: it was seen, and cannot be measured."""
    traces = [
        row
        for row, rule in enumerate(chosen)
        if rule and rule.aside == "below_resolution" and features["length_m"][row] >= _TRACE
    ]
    for trace in traces:
        near = shapely.distance(placed, placed[trace]) <= _JOINED
        for row, rule in enumerate(chosen):
            if near[row] and row != trace and (rule is None or not rule.aside):
                length = round(float(features["length_m"][trace]))
                reasons[row].append({"code": "kinds.reason.joined_by_trace", "arguments": {"length_m": length}})
