"""Contracts of what one sees of a rule: the allowed envelope of a lot, and the shadow of a building."""

from __future__ import annotations

from .spec import Job, Parameter, Result
from .zoning import AREA_STATE, DATE, PLAN_STATE, RULES

USES = ("detached", "apartment", "mixed", "public", "factory")

ENVELOPE = Job(
    id="zoning.envelope",
    algorithm="allowed_envelope",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("uid", "text"),
        DATE,
        PLAN_STATE,
        AREA_STATE,
        Parameter("use", "choice", choices=USES, advanced=True),
        RULES,
        Parameter("drawn", "json", advanced=True),
    ),
    results=(
        Result("run", "file"),
        Result("tiers", "layer", geometry="MultiPolygon"),
        Result("outside", "layer", geometry="MultiPolygon"),
        Result("envelope", "json"),
    ),
)

SHADOW = Job(
    id="zoning.shadow",
    algorithm="building_shadow",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("uids", "texts"),
        Parameter("footprint", "text", advanced=True),
        Parameter("height_m", "number", minimum=0.1, maximum=1000.0, unit="m"),
        Parameter("date", "date", required=True),
        Parameter("first_hour", "number", default=8.0, minimum=0.0, maximum=24.0),
        Parameter("last_hour", "number", default=16.0, minimum=0.0, maximum=24.0),
        Parameter("step_min", "integer", default=15, minimum=1, maximum=120),
        Parameter("drawn", "json", advanced=True),
    ),
    results=(
        Result("run", "file"),
        Result("effects", "layer", geometry="MultiPolygon"),
        Result("shadows", "layer", geometry="MultiPolygon"),
        Result("sun", "json"),
        Result("lost", "json"),
    ),
)

SUN = Job(
    id="zoning.sun",
    quick=True,
    parameters=(
        Parameter("x", "number", required=True, unit="m"),
        Parameter("y", "number", required=True, unit="m"),
        Parameter("crs", "text", required=True),
        Parameter("date", "date", required=True),
        Parameter("hour", "number", default=12.0, minimum=0.0, maximum=24.0),
    ),
    results=(Result("azimuth_deg", "number"), Result("elevation_deg", "number")),
)

EDGES_OF_LOT = Job(
    id="zoning.edges_of_lot",
    quick=True,
    parameters=(Parameter("data", "dataset", required=True), Parameter("uid", "text", required=True)),
    results=(Result("edges", "json"), Result("crs", "text")),
)
