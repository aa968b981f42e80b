"""A rival of the rules: multinomial logistic regression on the features of confirmed cases, kept as plain numbers.

It may speak only where it was better than the rules on cases held out, by McNemar's exact test on the same cases
(McNemar 1947), and its word stands beside that of the rules. The file is JSON: numbers, never a program.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from scipy.stats import binomtest

from ....layers.errors import InputError

VERSION = 1
# What a model sees of an object: ground, shape and map, no identity and no date.
FEATURES = (
    "ndvi_before", "ndvi_after", "ndvi_own", "brightness_before", "brightness_after", "brightness_own", "redness_after",
    "mndwi_before", "mndwi_after", "ndti_after", "ndti_change", "gain", "angle", "infrared_gain", "unlike_ring",
    "water_before", "water_after", "bright_before", "bright_after", "bare_before", "bare_after", "open_water",
    "width_px", "elongation", "compactness", "road_m", "in_licence",
)  # fmt: skip
# Strength of the penalty on coefficients of standardised features, in cases: scikit-learn's 1/C.
PENALTY = 1.0
# Fewer confirmed cases than these say nothing; the model must win on the cases that only one side has right.
LEAST_CASES, LEAST_PER_CLASS, FOLDS, SIGNIFICANT = 30, 5, 5, 0.05


@dataclass(frozen=True)
class Card:
    """What the model stands on: cases in all and per class, right on held-out cases (model, rules), cases that only
    one of them has right, the probability of such luck, and whether it may speak.
    """

    cases: int
    per_class: dict[str, int]
    model_right: int
    rules_right: int
    only_model: int
    only_rules: int
    p_value: float
    may_speak: bool


@dataclass(frozen=True)
class Model:
    """``weights`` (classes, features) and ``offset`` (classes) on standardised features; unknown ones count as mean."""

    classes: tuple[str, ...]
    features: tuple[str, ...]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    offset: NDArray[np.float64]

    def probabilities(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of each class (n, classes) for features (n, features)."""
        seen = np.nan_to_num((table - self.mean) / self.scale, nan=0.0, posinf=0.0, neginf=0.0)
        return np.asarray(softmax(seen @ self.weights.T + self.offset, axis=1))


def table_of(features: Mapping[str, Sequence[float] | NDArray[np.float64]], count: int) -> NDArray[np.float64]:
    """The features a model sees, in order (count, features); NaN where one is not known."""
    columns = [np.asarray(features.get(name, np.full(count, np.nan)), float) for name in FEATURES]
    table = np.column_stack(columns) if count else np.zeros((0, len(FEATURES)))
    return np.where(np.isfinite(table), table, np.nan)


def fit(table: NDArray[np.float64], labels: Sequence[str], penalty: float = PENALTY) -> Model:
    """Fit by maximum likelihood with a quadratic penalty on the weights, not on the offset."""
    classes = tuple(sorted(set(labels)))
    known = np.isfinite(table)
    counts = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, table, 0.0).sum(axis=0) / counts
    spread = np.sqrt(np.where(known, (table - mean) ** 2, 0.0).sum(axis=0) / counts)
    scale = np.where(spread > 1e-9, spread, 1.0)
    seen = np.nan_to_num((table - mean) / scale, nan=0.0)
    wanted = np.array([[label == name for name in classes] for label in labels], float)
    width = seen.shape[1]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        both = flat.reshape(len(classes), width + 1)
        score = seen @ both[:, :width].T + both[:, width]
        away = softmax(score, axis=1) - wanted
        value = float((logsumexp(score, axis=1) - (score * wanted).sum(axis=1)).sum())
        slope = np.column_stack([away.T @ seen + penalty * both[:, :width], away.sum(axis=0)])
        return value + 0.5 * penalty * float((both[:, :width] ** 2).sum()), slope.ravel()

    start = np.zeros(len(classes) * (width + 1))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 2_000, "ftol": 1e-12, "gtol": 1e-7})
    both = found.x.reshape(len(classes), width + 1)
    return Model(classes, FEATURES, mean, scale, both[:, :width], both[:, width])


def learn(
    table: NDArray[np.float64], labels: Sequence[str], ruled: Sequence[str], groups: Sequence[str]
) -> tuple[Model, Card]:
    """Fit, and compare with what the rules said (``ruled``) on cases held out. All sightings of one case (``groups``)
    are held out together, and one case counts once: by its first sighting.

    Raises :class:`InputError` (``kinds.model.too_few``): too few cases, or of too few classes.
    """
    first = np.unique(np.asarray(groups), return_index=True)[1].tolist()
    per_class = {name: int(sum(labels[row] == name for row in first)) for name in sorted(set(labels))}
    enough = sum(count >= LEAST_PER_CLASS for count in per_class.values())
    if len(first) < LEAST_CASES or enough < 2:
        raise InputError("kinds.model.too_few", cases=len(first), least=LEAST_CASES, per_class=LEAST_PER_CLASS)
    order = np.random.default_rng(VERSION).permutation(np.unique(np.asarray(groups)))
    fold_of = {group: place % FOLDS for place, group in enumerate(order)}
    folds = np.array([fold_of[group] for group in groups])
    said = np.array([""] * len(labels), object)
    for fold in range(FOLDS):
        train = np.flatnonzero(folds != fold)
        held = np.flatnonzero(folds == fold)
        model = fit(table[train], np.asarray(labels, object)[train].tolist())
        best = np.argmax(model.probabilities(table[held]), axis=1)
        said[held] = [model.classes[place] for place in best]
    right = np.array([said[row] == labels[row] for row in first])
    rules = np.array([ruled[row] == labels[row] for row in first])
    only_model, only_rules = int((right & ~rules).sum()), int((rules & ~right).sum())
    differ = only_model + only_rules
    p_value = float(binomtest(only_model, differ, 0.5, alternative="greater").pvalue) if differ else 1.0
    card = Card(
        len(first), per_class, int(right.sum()), int(rules.sum()), only_model, only_rules, round(p_value, 6),
        may_speak=p_value < SIGNIFICANT,
    )  # fmt: skip
    return fit(table, labels), card


def to_json(model: Model, card: Card) -> str:
    """Model and card as text."""
    numbers = {name: getattr(model, name).tolist() for name in ("mean", "scale", "weights", "offset")}
    told = {"version": VERSION, "classes": model.classes, "features": model.features, **numbers, "card": asdict(card)}
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def from_json(text: str, path: Path, classes: Sequence[str]) -> tuple[Model, Card]:
    """Read a model that somebody may have touched. Raises :class:`InputError` (``kinds.model.damaged``)."""
    try:
        told: dict[str, Any] = json.loads(text)
        names = tuple(told["classes"])
        if told["version"] != VERSION or tuple(told["features"]) != FEATURES or not set(names) <= set(classes):
            raise ValueError("version, features, classes")
        shapes = {
            "mean": (len(FEATURES),),
            "scale": (len(FEATURES),),
            "weights": (len(names), len(FEATURES)),
            "offset": (len(names),),
        }
        arrays = {name: np.array(told[name], float) for name in shapes}
        if any(arrays[name].shape != shape or not np.isfinite(arrays[name]).all() for name, shape in shapes.items()):
            raise ValueError("numbers")
        if (arrays["scale"] <= 0).any():
            raise ValueError("scale")
        card = Card(**told["card"])
        if not isinstance(card.may_speak, bool) or not math.isfinite(card.p_value):
            raise ValueError("card")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError("kinds.model.damaged", path=str(path), reason=str(error)[:200]) from error
    return Model(names, FEATURES, **arrays), card
