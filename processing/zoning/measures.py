"""The registry of measures: formulas over columns, each with its unit, inputs and source.

The inputs are measured on the map by ``lots``, ``streets`` and ``overlay``; a rule file names a measure and states the
limit. ``subject`` says what one verdict is about: a lot with what stands on it (``lot``), a lot in its zones (``use``),
a building (``building``), or a building towards one street (``front``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .columns import Numbers


@dataclass(frozen=True)
class Measure:
    """One formula. ``inputs`` are columns of the subject (see ``rules.INPUTS``); the result has ``unit``."""

    id: str
    unit: str
    subject: str
    layer: str
    inputs: tuple[str, ...]
    formula: Callable[[Mapping[str, Numbers]], Numbers]


def net_density(columns: Mapping[str, Numbers]) -> Numbers:
    """Percent of the lot that buildings cover. Source: QCVN 01:2021/BXD, 1.4.20."""
    return 100.0 * columns["footprint"] / columns["plot_area"]


def far(columns: Mapping[str, Numbers]) -> Numbers:
    """Floor-area ratio: counted floor area over lot area. Source: QCVN 01:2021/BXD, 1.4.21."""
    return columns["floor_area"] / columns["plot_area"]


def green_share(columns: Mapping[str, Numbers]) -> Numbers:
    """Percent of the lot that is planted; water is not counted. Source: QCVN 01:2021/BXD, Bảng 2.11."""
    return 100.0 * columns["green_area"] / columns["plot_area"]


def setback(columns: Mapping[str, Numbers]) -> Numbers:
    """Metres between a building and the red line of a street before its lot. Source: QCVN 01:2021/BXD, 1.4.24."""
    return columns["distance"]


def encroachment(columns: Mapping[str, Numbers]) -> Numbers:
    """Square metres of a building on the street's side of the red line. Source: QCVN 01:2021/BXD, 1.4.22."""
    return columns["beyond"]


def misused_area(columns: Mapping[str, Numbers]) -> Numbers:
    """Square metres of a lot in planned zones that do not permit its land use."""
    return columns["misused"]


MEASURES: Mapping[str, Measure] = {
    measure.id: measure
    for measure in (
        Measure("net_density", "%", "lot", "parcel", ("footprint", "plot_area"), net_density),
        Measure("far", "FAR", "lot", "parcel", ("floor_area", "plot_area"), far),
        Measure("green_share", "%", "lot", "parcel", ("green_area", "plot_area"), green_share),
        Measure("misused_area", "m2", "use", "parcel", ("misused",), misused_area),
        Measure("setback", "m", "front", "building", ("distance",), setback),
        Measure("encroachment", "m2", "building", "building", ("beyond",), encroachment),
    )
}
