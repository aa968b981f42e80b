"""Change between two radar images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...layers.errors import InputError, UsageError
from ...layers.report import Report


def map_(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Write decision, confidence and ratio; returns the path and what was measured on the way."""
    out = Path(parameters["out"])
    if out.is_dir():
        raise InputError("engine.is_folder", path=parameters["out"])
    if parameters["window"] % 2 == 0:
        raise UsageError("change.smooth_even", smooth=parameters["window"])
    from ...processing.surveillance.change.backscatter import backscatter_map
    from ...processing.surveillance.scenes.reading import open_scene

    # Absent is not "linear": then tags and names of bands tell.
    before, after = (
        open_scene(parameters[name], decibels=parameters["decibels"] or None) for name in ("before", "after")
    )
    if out.resolve() in (before.path.resolve(), after.path.resolve()):
        raise InputError("change.out_is_input", path=parameters["out"])
    found = backscatter_map(
        before,
        after,
        out,
        report,
        false_alarm=parameters["false_alarm"],
        window=parameters["window"],
        looks=parameters["looks"],
    )
    report.progress(1.0)
    return {
        "out": str(found.path),
        "changed_share": round(found.changed_share, 6),
        "valid_share": round(found.valid_share, 6),
        "looks": dict(zip(found.polarisations, found.looks, strict=True)),
        "shift_db": dict(zip(found.polarisations, found.shift_db, strict=True)),
    }
