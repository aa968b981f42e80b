"""Plans against the ground as tables for an office program: the list of affected lots, and the land-inventory form.

The list has no names and no addresses: they are never read. The form has land codes as rows and wards as columns, in
hectares with two decimals, as the forms of land statistics have them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ....layers import catalogue
from ....layers.messages import number, sentence
from ....layers.model import Field
from ....store.sheets import Sheet
from ..columns import Numbers
from ..verdicts.findings_table import domain_words, native
from .impact import Impact
from .land_statistics import LandStatistics

_M2_PER_HA = 10_000.0
_HA_DECIMALS = 2
# Columns in the order of reading, with their widths in characters; headings are the layers' own.
LOTS = {
    "sheet_no": 10, "parcel_no": 10, "code": 20, "ward_code": 10, "land_use": 26, "streets": 24, "area_m2": 12,
    "cut_m2": 12, "cut_pct": 10, "remaining_m2": 12, "remaining_parts": 10, "largest_m2": 12, "largest_width_m": 12,
    "remainder": 30, "buildings": 12, "buildings_whole": 12, "building_cut_m2": 14, "parcel": 38,
}  # fmt: skip
BUILDINGS = {
    "code": 20,
    "use": 24,
    "floors": 9,
    "area_m2": 12,
    "cut_m2": 12,
    "cut_pct": 10,
    "parcels": 30,
    "building": 38,
}
_STATES = ("existing", "planned", "change")


def affected_sheets(found: Impact, facts: Mapping[str, Any], language: str) -> list[Sheet]:
    """The affected lots, the affected buildings, and what the lists were made from (``facts``: code → value)."""
    return [
        _list("affected_lot", found.lots, LOTS, language),
        _list("affected_building", found.buildings, BUILDINGS, language),
        _origin(facts, "plan.table.no_names", language),
    ]


def _list(layer_id: str, frame: pd.DataFrame, columns: Mapping[str, int], language: str) -> Sheet:
    layer = catalogue.layer(layer_id)
    values: list[list[Any]] = [list(range(1, len(frame) + 1))]
    headings = [sentence("zoning.table.number", language)]
    for name in columns:
        field = layer.find(name)
        headings.append(f"{field.name[language]} ({field.unit})" if field.unit else field.name[language])
        values.append(_told_by(field, frame[name], language))
    rows = list(zip(*values, strict=True))
    return Sheet(layer.name[language], headings, rows, (6, *columns.values()))


def _told_by(field: Field, values: pd.Series, language: str) -> list[Any]:
    if field.domain:
        return native(domain_words(values, field.domain, language))
    if field.type == "real":
        return native(np.round(values.to_numpy(dtype=float), field.decimals if field.decimals is not None else 2))
    if field.type == "integer":
        return [None if pd.isna(value) else int(value) for value in values]
    return native(values)


def statistics_sheets(found: LandStatistics, facts: Mapping[str, Any], language: str) -> list[Sheet]:
    """The form three times: existing use, planned use, increase or decrease; then what they were made from."""
    forms = [_form(found, state, language) for state in _STATES]
    return [*forms, _origin(facts, "plan.table.hectares", language)]


def form(found: LandStatistics, state: str) -> pd.DataFrame:
    """Hectares of ``state`` (``existing``, ``planned``, ``change``): a row per land code, a column per ward.

    Not rounded. Wards without any drawing have a column of zeros.
    """
    wide = found.table.pivot_table(
        index="land_use", columns="ward_code", values=f"{state}_m2", aggfunc="sum", fill_value=0.0
    )
    return wide.reindex(columns=found.cover["ward_code"], fill_value=0.0).astype(float) / _M2_PER_HA


def _form(found: LandStatistics, state: str, language: str) -> Sheet:
    table, cover = form(found, state), found.cover
    wards = [str(code if pd.isna(name) else name) for code, name in cover[["ward_code", "ward_name"]].to_numpy()]
    heads = [sentence(f"plan.table.{name}", language) for name in ("land_use", "code", "total")]
    heads = [sentence("zoning.table.number", language), *heads]
    uses = domain_words(table.index, "land_use", language)
    rows: list[list[Any]] = [
        [place, use, code, *_hectares(values)]
        for place, (use, code, values) in enumerate(zip(uses, table.index, table.to_numpy(), strict=True), 1)
    ]
    rows.append([None, sentence("plan.table.sum", language), None, *_hectares(table.to_numpy().sum(axis=0))])
    if state != "change":
        for gap in ("uncovered", "twice"):
            area = cover[f"{state}_{gap}_m2"].to_numpy(dtype=float) / _M2_PER_HA
            rows.append([None, sentence(f"plan.table.{gap}", language), None, *_hectares(area)])
        ground = cover["area_m2"].to_numpy(dtype=float) / _M2_PER_HA
        rows.append([None, sentence("plan.table.ground", language), None, *_hectares(ground)])
    name = sentence(f"plan.table.{state}", language)
    return Sheet(name, [*heads, *wards], rows, (6, 40, 8, 14, *(max(12, len(ward)) for ward in wards)))


def _hectares(values: Numbers) -> list[float]:
    """The sum, then each ward: two decimals, no negative zero."""
    return [round(float(value), _HA_DECIMALS) + 0.0 for value in (values.sum(), *values)]


def _origin(facts: Mapping[str, Any], note: str, language: str) -> Sheet:
    rows: list[Sequence[Any]] = [
        (sentence(f"plan.table.fact.{name}", language), _told(value, language))
        for name, value in facts.items()
        if value is not None
    ]
    rows.append((sentence("zoning.table.fact.note", language), sentence(note, language)))
    headings = [sentence(f"zoning.table.fact.{name}", language) for name in ("name", "value")]
    return Sheet(sentence("zoning.table.run", language), headings, rows, (34, 60))


def _told(value: Any, language: str) -> Any:
    return number(value, language) if isinstance(value, float) else value
