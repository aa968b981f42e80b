"""Contracts of the planning-code check."""

from __future__ import annotations

from .spec import Job, Parameter, Result

DATE = Parameter("date", "date")
PLAN_STATE = Parameter("plan_state", "choice", choices=("approved", "appraised", "not_appraised"))
AREA_STATE = Parameter("area_state", "choice", choices=("new", "existing"))
RULES = Parameter("rules", "texts", advanced=True)

CHECK = Job(
    id="zoning.check",
    algorithm="check_zoning",
    parameters=(
        Parameter("data", "dataset", required=True),
        DATE,
        PLAN_STATE,
        AREA_STATE,
        RULES,
        Parameter("parcels", "layer", geometry="MultiPolygon", advanced=True),
        Parameter("buildings", "layer", geometry="MultiPolygon", advanced=True),
        Parameter("zones", "layer", geometry="MultiPolygon", advanced=True),
        Parameter("scenario", "text", advanced=True),
        Parameter("full", "flag", default=False, advanced=True),
    ),
    results=(
        Result("run", "file"),
        Result("findings", "layer", geometry="MultiPolygon"),
        Result("outcomes", "json"),
        Result("by_rule", "json"),
        Result("checked", "number"),
    ),
)

EXPLAIN = Job(
    id="zoning.explain",
    quick=True,
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("uid", "text"),
        DATE,
        PLAN_STATE,
        AREA_STATE,
        Parameter("drawn", "json"),
    ),
    results=(Result("verdicts", "json"),),
)
