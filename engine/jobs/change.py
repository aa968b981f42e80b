"""Change between two satellite images: a raster of it, or alerts against the licences.

The computing is imported inside the functions: who asks for one does not wait for the libraries of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError, UsageError
from ...layers.report import Report, Stage

if TYPE_CHECKING:
    from ...processing.surveillance.change.change_map import ChangeMap, Settings
    from ...processing.surveillance.change.threshold import Rule


def map_(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Write the change raster; returns its path and what is in it."""
    for given in (parameters["out"], parameters["direction_out"]):
        if given and Path(given).is_dir():
            raise InputError("engine.is_folder", path=str(given))
    from ...processing.surveillance.change.change_map import change_map

    found = change_map(parameters["before"], parameters["after"], Path(parameters["out"]), settings(parameters), report)
    report.progress(1.0)
    direction = parameters["direction_out"]
    return {"out": str(found.path), "direction_out": str(direction) if direction else None, **_summary(found)}


def detect(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Find alerts and write a run with the change raster beside it."""
    if not parameters["data"] and not parameters["out"]:
        raise UsageError("change.nowhere_to_write")
    from ...processing.surveillance.detect import Request, detect_change

    request = Request(
        before=parameters["before"],
        after=parameters["after"],
        data=Path(parameters["data"]) if parameters["data"] else None,
        folder=Path(parameters["out"]) if parameters["out"] else None,
        settings=settings(parameters),
        min_area=parameters["min_area"],
        tolerance=parameters["tolerance"],
        concessions=parameters["concessions"],
        area=parameters["area"],
        date_before=parameters["date_before"],
        date_after=parameters["date_after"],
        keep_all=bool(parameters["keep_all"]),
        given={name: value for name, value in parameters.items() if value is not None},
    )
    found = detect_change(request, Stage(report, 0.0, 0.99))
    report.progress(1.0)
    return {
        "run": str(found.run),
        "alerts": f"{found.run}|layername=alert",
        "change": str(found.raster),
        "count": found.count,
        "relations": found.relations,
        "area_m2": found.area_m2,
        "crs": found.crs,
        "simulated": found.simulated,
        **_summary(found.change),
        "classes": found.classes,
        "set_aside": found.set_aside,
    }


def learn(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Learn kinds of change from settled cases; says whether the model may speak beside the rules."""
    from dataclasses import asdict

    from ...processing.surveillance.cases.learning import learn_from_cases

    path, card = learn_from_cases(Path(parameters["data"]))
    report.message("kinds.model.may_speak" if card.may_speak else "kinds.model.silent", **asdict(card))
    report.progress(1.0)
    return {"model": str(path), "may_speak": card.may_speak, "card": asdict(card)}


def settings(parameters: Mapping[str, Any]) -> Settings:
    """How to compare, from a job's parameters. Raises :class:`UsageError`: two thresholds, or an even window."""
    from ...processing.surveillance.change.change_map import Settings

    values = {name: parameters[name] for name in ("budget", "false_alarm") if parameters[name] is not None}
    rules = [name for name in ("auto", "otsu", "kapur") if parameters[name]] + list(values)
    if len(rules) > 1:
        raise UsageError("change.threshold_twice", given=rules)
    if parameters["smooth"] % 2 == 0:
        raise UsageError("change.smooth_even", smooth=parameters["smooth"])
    direction = parameters.get("direction_out")
    rule: Rule = rules[0] if rules else "auto"  # type: ignore[assignment]
    return Settings(
        method=parameters["method"],
        rule=rule,
        value=values.get(rule),
        smooth=parameters["smooth"],
        bands=tuple(parameters["bands"] or ()),
        resolution=parameters["resolution"],
        max_shift=parameters["max_shift"],
        cluster=parameters["cluster"] or "",
        sieve=parameters["sieve"],
        normalise=parameters["normalise"],
        direction_out=Path(direction) if direction else None,
    )


def _summary(found: ChangeMap) -> dict[str, Any]:
    return {
        "changed_share": round(found.changed_share, 6),
        "valid_share": round(found.valid_share, 6),
        "threshold": round(found.threshold, 6),
        "shift": {
            "known": found.shift.known,
            "columns_px": round(found.shift.columns, 3),
            "rows_px": round(found.shift.rows, 3),
            "spread_px": round(found.shift.spread, 3),
            "patches": found.shift.patches,
            **found.shift_m,
        },
        "bands": list(found.bands),
        "correlations": [round(value, 6) for value in found.fit.correlations],
        "iterations": found.fit.iterations,
        "normalisation": _normalisation(found),
        "no_change": {
            "shape": round(found.unchanged.shape, 4),
            "scale": round(found.unchanged.scale, 6),
            "misfit": round(found.unchanged.misfit, 4),
        },
        "dates": [found.date_before, found.date_after],
    }


def _normalisation(found: ChangeMap) -> dict[str, dict[str, float]] | None:
    """Gain and offset per band; None where the dates were compared without."""
    normal = found.fit.normal
    if normal is None:
        return None
    told = zip(found.bands, normal.gain, normal.offset, strict=True)
    return {name: {"gain": round(gain, 5), "offset": float(f"{offset:.5g}")} for name, gain, offset in told}
