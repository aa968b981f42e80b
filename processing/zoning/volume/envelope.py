"""The allowed envelope of a lot: for each band of heights the ground that a building of such a height may cover.

The bands and their distances come from the judge that the check uses, asked about a building of every height in
question before every edge of the lot; so the envelope and the check cannot disagree. A building lies inside the band of
its height if and only if it passes. What the judge cannot tell is missing here too: then there is no band, and the
missing information is named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ..columns import absent
from ..land.scene import Scene
from ..measures import MEASURES
from ..rulebook.limits import Table
from ..rulebook.rules import Condition, Rule
from ..subjects import KINDS
from ..verdicts.judge import Verdicts, judge
from .envelope_edges import LINE, Edge, border_edges, forecourt_edges, street_edges

# A table interpolated by height changes all the way: it is cut into bands of at most this height, each with its
# strictest distance.
FINEST_BAND_M = 1.0
# A band without a top is drawn so far up, or to the tallest building on the lot.
DRAWN_ABOVE_M = 12.0
# Finer than a circle of 32 corners: 0.5 mm at 6 m.
ARC_SEGMENTS = 64
# The distance of an imagined building that keeps every distance, and the height of one above every table.
FAR_M = 1e6
TALL_M = 1e4
NO_CAP = "planned_zone.max_height_m"
# Missing where a building line ends inside the lot: the bands are told without it, and that they are.
LINE_UNKNOWN = "building_line"
# Buildings that are no sheds: what holds for all of these holds for a building of a use not stated.
MAIN_USES = ("detached", "apartment", "mixed", "public", "factory")


@dataclass(frozen=True)
class Distance:
    """What one rule asks for before one edge, in one band: ``limit`` and ``tolerance`` in metres.

    Before a building line: square metres, and the ground before it stays free.
    """

    rule: Rule
    edge: Edge
    limit: float
    status: str
    how: Mapping[str, Any]

    @property
    def kept(self) -> float:
        """The distance at which the check still passes."""
        return max(0.0, self.limit - self.rule.tolerance)


@dataclass(frozen=True)
class Band:
    """Heights from ``low`` up to, not including, ``high`` (inf: no end), and the ``ground`` free for them.

    ``ground`` is None where information is ``missing``; where that is only the building line it is told without it.
    """

    low: float
    high: float
    ground: shapely.Geometry | None
    distances: tuple[Distance, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def area(self) -> float:
        """Square metres of free ground; NaN where it is not known."""
        return math.nan if self.ground is None else float(shapely.area(self.ground))

    @property
    def binding(self) -> Distance | None:
        """The largest distance from a street asked for, None where none is."""
        asked = [one for one in self.distances if one.edge.measure == "setback" and one.limit > 0]
        return max(asked, key=lambda one: one.limit, default=None)

    @property
    def others(self) -> tuple[Distance, ...]:
        """The largest distance from sides and back, and the building line, each where asked for."""
        found: dict[str, Distance] = {}
        for one in self.distances:
            measure = one.edge.measure
            if measure != "setback" and (one.limit > 0 or measure == LINE):
                found[measure] = max(found.get(measure, one), one, key=lambda of: of.limit)
        return tuple(found.values())


@dataclass(frozen=True)
class Quota:
    """How much of the lot may be covered or built for buildings of ``height``: percent or ratio by ``rule``."""

    rule: Rule
    height: float
    limit: float
    status: str


@dataclass(frozen=True)
class Envelope:
    """The envelope of the lot ``uid``. ``cap`` is the greatest height allowed (inf: none known), by ``cap_by``."""

    uid: str
    code: str
    plot_area: float
    bands: tuple[Band, ...]
    cap: float
    cap_by: str
    quotas: tuple[Quota, ...]
    reason: str = ""
    missing: tuple[str, ...] = ()

    @property
    def volume(self) -> float:
        """Cubic metres below the cap; NaN where a band or the cap is unknown."""
        if not math.isfinite(self.cap) or not self.bands:
            return math.nan
        return math.fsum(band.area * (band.high - band.low) for band in self.bands)


# ---- asking the judge ----


def asked(rule: Rule, inputs: Mapping[str, Any], heights: Sequence[float], on: date) -> Verdicts:
    """The verdicts on imagined buildings of ``heights`` that keep every limit: what they tell is the limits."""
    kept = FAR_M if rule.op == "at_least" else 0.0
    measured = {name: kept for name in MEASURES[rule.measure].inputs if name not in inputs}
    rows = [{"height": float(height), **measured, **inputs} for height in heights]
    return judge(rule, pd.DataFrame(rows, dtype=object), on)


def steps(rule: Rule) -> Iterator[float]:
    """The heights at which what ``rule`` asks for may change, by any of its entries."""
    for entry in rule.entries:
        if isinstance(entry.limit, Table) and "height" in entry.limit.by:
            yield from _table_steps(entry.limit)
        for condition in entry.conditions:
            yield from _bounds(condition)
        for exemption in entry.exemptions:
            for condition in exemption.conditions:
                yield from _bounds(condition)
            if exemption.other is not None:
                yield from steps(exemption.other)


def _table_steps(table: Table) -> Iterator[float]:
    by_row = table.by[0] == "height"
    axis = table.rows if by_row else table.columns
    yield from axis
    if by_row and table.above:
        yield _after(axis[-1])
    if table.lookup == "linear":
        for low, high in pairwise(axis):
            yield from np.arange(low, high, FINEST_BAND_M).tolist()


def _bounds(condition: Condition) -> Iterator[float]:
    if condition.input != "height":
        return
    for bound in (condition.from_, condition.below):
        if bound is not None:
            yield bound
    for bound in (condition.above, condition.up_to):
        if bound is not None:
            yield _after(bound)


def _after(height: float) -> float:
    """The next number: where what holds up to and with ``height`` ends."""
    return float(np.nextafter(height, math.inf))


def _ends(low: float, high: float) -> list[float]:
    """The lowest and the highest number of [low, high); inf stands for far above."""
    return [low, float(np.nextafter(high, -math.inf))] if math.isfinite(high) else [low, max(low, TALL_M)]


def _distances(
    rule: Rule, edge: Edge, low: float, high: float, on: date
) -> tuple[list[Distance], tuple[str, ...], str]:
    """What ``rule`` asks for before ``edge`` in a band, what is missing to say so, and why it does not apply.

    A building line limits main buildings; where no use is stated it holds if it does for each of them.
    """
    if edge.measure == LINE and edge.inputs.get("use") is None:
        ways = [replace(edge, inputs={**edge.inputs, "use": use}) for use in MAIN_USES]
        each = [_distances(rule, way, low, high, on) for way in ways]
        if len({(len(told), missing, why) for told, missing, why in each}) == 1:
            told, missing, why = each[0]
            return [replace(one, edge=edge) for one in told], missing, why
    verdicts = asked(rule, edge.inputs, _ends(low, high), on)
    missing = tuple(dict.fromkeys(code for codes in verdicts.missing if codes for code in codes))
    if missing:
        return [], missing, ""
    apply = [i for i, outcome in enumerate(verdicts.outcome) if outcome in ("pass", "fail")]
    if not apply:
        return [], (), str(verdicts.reason[0] or "")
    i = max(apply, key=lambda at: verdicts.limit[at])
    made = Distance(verdicts.entry(i), edge, float(verdicts.limit[i]), verdicts.status(i), verdicts.explain(i))
    return [made], (), ""


def before_edges(rules: Sequence[Rule], edge: Edge) -> list[Rule]:
    """The rules that keep buildings away from ``edge``."""
    return [rule for rule in rules if rule.measure == edge.measure and rule.op == edge.op]


def bands(
    lot: shapely.Geometry, edges: Sequence[Edge], rules: Sequence[Rule], on: date, cap: float
) -> tuple[list[Band], list[str]]:
    """The bands of heights up to ``cap`` over ``lot``, from the ground up; and why rules do not apply at all.

    Neighbouring bands that ask for the same are one.
    """
    pairs = [(rule, edge) for edge in edges for rule in before_edges(rules, edge)]
    heights = sorted({0.0, *(h for rule, _ in pairs for h in steps(rule) if 0 < h < cap)})
    made: list[Band] = []
    reasons: list[str] = []
    for low, high in pairwise([*heights, cap]):
        found = [_distances(rule, edge, low, high, on) for rule, edge in pairs]
        distances = tuple(one for distances, _, _ in found for one in distances)
        missing = tuple(dict.fromkeys(code for _, codes, _ in found for code in codes))
        reasons += [why for _, _, why in found if why]
        if made and _alike(made[-1], distances, missing):
            made[-1] = Band(made[-1].low, high, made[-1].ground, made[-1].distances, missing)
        else:
            ground = ground_left(lot, distances) if set(missing) <= {LINE_UNKNOWN} else None
            made.append(Band(low, high, ground, distances, missing))
    return made, list(dict.fromkeys(reasons))


def _alike(band: Band, distances: Sequence[Distance], missing: Sequence[str]) -> bool:
    def told(all_: Sequence[Distance]) -> list[Any]:
        return [(one.rule.id, id(one.edge), one.limit, one.status) for one in all_]

    return band.missing == missing and told(band.distances) == told(distances)


def ground_left(lot: shapely.Geometry, distances: Sequence[Distance]) -> shapely.Geometry:
    """``lot`` without what lies nearer to an edge than asked for, and without its forecourts."""
    taken = [one.edge.ground for one in distances if one.edge.ground is not None]
    taken += [
        shapely.buffer(one.edge.line, one.kept, quad_segs=ARC_SEGMENTS)
        for one in distances
        if one.kept > 0 and one.edge.line is not None
    ]
    return shapely.difference(lot, shapely.union_all(taken)) if taken else lot


# ---- one lot of a measured map ----


def height_rules(rules: Sequence[Rule]) -> list[Rule]:
    """The rules that limit the height itself."""
    return [rule for rule in rules if rule.op == "at_most" and MEASURES[rule.measure].inputs == ("height",)]


def gap_sources(rules: Sequence[Rule]) -> list[str]:
    """Where rules about the distance between buildings stand: no ground is taken off for them, which must be said."""
    return list(dict.fromkeys(rule.source.citation for rule in rules if rule.measure == "building_gap"))


def _cap(rules: Sequence[Rule], inputs: Mapping[str, Any], on: date) -> tuple[float, str, list[str]]:
    """The greatest height of a lot, by which rule, and what is missing to tell it."""
    found: list[tuple[float, str]] = []
    missing: list[str] = []
    for rule in height_rules(rules):
        verdicts = asked(rule, inputs, [0.0], on)
        missing += verdicts.missing[0] or ()
        if verdicts.outcome[0] in ("pass", "fail"):
            found.append((float(verdicts.limit[0]), verdicts.entry(0).id))
    cap, by = min(found, default=(math.inf, ""))
    return cap, by, missing if missing or found else [NO_CAP]


def _quotas(
    rules: Sequence[Rule], inputs: Mapping[str, Any], tops: Sequence[float], on: date
) -> tuple[list[Quota], list[str]]:
    """Density and floor-area limits for buildings as high as each band allows, and what is missing for them."""
    made: list[Quota] = []
    missing: list[str] = []
    for rule in rules:
        if rule.measure not in ("net_density", "far") or not tops:
            continue
        verdicts = asked(rule, inputs, tops, on)
        missing += [code for codes in verdicts.missing if codes for code in codes]
        for i, height in enumerate(tops):
            if verdicts.outcome[i] in ("pass", "fail"):
                made.append(Quota(verdicts.entry(i), height, float(verdicts.limit[i]), verdicts.status(i)))
    return made, list(dict.fromkeys(missing))


def envelope(
    scene: Scene,
    lot: int,
    rules: Sequence[Rule],
    on: date,
    *,
    use: str | None = None,
    joined: Sequence[int] = (),
) -> Envelope:
    """The envelope of the parcel at position ``lot`` of ``scene``. ``use`` is the use planned, None: that of today.

    A building may stand over the lot and those ``joined`` to it.
    """
    parcel = scene.layers["parcel"].iloc[lot]
    uid, code = str(parcel["uid"]), str(parcel["code"] or parcel["uid"])
    if not absent(scene.lot_flaw)[lot]:
        return Envelope(uid, code, math.nan, (), math.inf, "", (), missing=(str(scene.lot_flaw[lot]),))
    stands = KINDS["lot"].build(scene).table.row(lot) if "building" in scene.layers else {}
    use = use or stands.get("use")
    inputs = scene.lot_states.row(lot) | stands | {"use": use, "scope": None, "flaw": None}
    inputs.setdefault("plot_area", float(shapely.area(scene.lots[lot])))
    for measured in ("height", "footprint", "floor_area"):
        inputs.pop(measured, None)
    missing: list[str] = []
    cap, by, lacking = _cap(rules, inputs, on)
    missing += lacking
    edges = street_edges(scene, lot, use)
    if not edges and len(scene.known_streets.table) == 0:
        missing.append("red_line")  # no street is known at all: that the lot fronts none cannot be said
        found: list[Band] = []
        reasons: list[str] = []
    else:
        further = border_edges(scene, lot, use, joined) + forecourt_edges(scene, lot, use)
        found, reasons = bands(scene.lots[lot], edges + further, rules, on, cap)
    missing += [code for band in found for code in band.missing]
    known = [band for band in found if band.ground is not None]
    quotas, lacking_quotas = _quotas(rules, inputs, [_ends(b.low, b.high)[1] for b in known], on)
    area = float(inputs["plot_area"]) if inputs["plot_area"] == inputs["plot_area"] else math.nan
    return Envelope(
        uid,
        code,
        area,
        tuple(known),
        cap,
        by,
        tuple(quotas),
        "no_street" if not edges else (reasons[0] if reasons and not any(b.distances for b in known) else ""),
        tuple(dict.fromkeys([*missing, *lacking_quotas])),
    )


def drawn_top(band: Band, tallest: float) -> float:
    """Where a band is drawn to: its own top, or high enough to be seen above the tallest building (NaN: none)."""
    if math.isfinite(band.high):
        return band.high
    above = tallest + 3.0 if math.isfinite(tallest) else 0.0
    return max(band.low + DRAWN_ABOVE_M, above)
