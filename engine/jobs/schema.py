"""The catalogue at work: check a data set, map and import foreign data, write the reference."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...layers import catalogue
from ...layers.report import Report
from ...store import checking, importing, mapping
from ...store.reference import write_pages


def check(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Problems of a data set, each with code, feature and sentence."""
    problems = checking.check(parameters["data"], parameters["layers"], report)
    return {"problems": problems.rows, "count": problems.count, "by_code": problems.by_code()}


def map_(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """A proposal which source column is which field; nothing is written."""
    layer = catalogue.layer(parameters["layer"])
    _, _, columns = importing.columns_of(parameters["source"], parameters["source_layer"] or "", layer)
    matches = mapping.propose(columns, layer)
    used = {match.source for match in matches}
    found = {match.target for match in matches}
    return {
        "mapping": [match.as_row() for match in matches],
        "unmapped": [column for column in columns if column not in used],
        "missing": [field.id for field in layer.fields if field.id not in found and field.id != "uid"],
    }


def import_(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Bring a foreign layer in by a mapping."""
    done = importing.bring_in(
        parameters["source"],
        parameters["data"],
        parameters["layer"],
        source_layer=parameters["source_layer"] or "",
        given=parameters["mapping"],
        source_crs=parameters["source_crs"] or "",
        report=report,
    )
    return {
        "imported": done.count,
        "rejected": done.rejected,
        "rejected_count": done.rejected_count,
        "noticed": done.noticed,
        "mapping": [match.as_row() for match in done.matches],
    }


def reference(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Write the reference pages of all layers."""
    return {"pages": [str(path) for path in write_pages(Path(parameters["out"]))]}
