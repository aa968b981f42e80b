"""Contracts of plans against the ground: what a street takes, and planned against existing land use."""

from __future__ import annotations

from .spec import Job, Parameter, Result

TABLE = Parameter("table", "out_file", extensions=("xlsx", "csv"))
LANGUAGE = Parameter("language", "choice", choices=("vi", "en"), default="vi", advanced=True)
REPLACE = Parameter("replace", "flag", default=False, advanced=True)

IMPACT = Job(
    id="plan.impact",
    algorithm="street_impact",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("street_land", "layer", geometry="MultiPolygon"),
        Parameter("centrelines", "layer", geometry="MultiLineString"),
        Parameter("width", "number", minimum=0.5, maximum=500.0, unit="m"),
        Parameter("least_area", "number", minimum=0.0, unit="m²"),
        Parameter("least_width", "number", minimum=0.0, unit="m"),
        TABLE,
        LANGUAGE,
        REPLACE,
    ),
    results=(
        Result("run", "file"),
        Result("lots", "layer", geometry="MultiPolygon"),
        Result("buildings", "layer", geometry="MultiPolygon"),
        Result("counts", "json"),
        Result("table", "file"),
    ),
)

STATISTICS = Job(
    id="plan.statistics",
    algorithm="land_statistics",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("year", "integer", minimum=1975, maximum=2100),
        Parameter("date", "date"),
        TABLE,
        LANGUAGE,
        REPLACE,
    ),
    results=(
        Result("run", "file"),
        Result("statistics", "layer"),
        Result("changes", "layer", geometry="MultiPolygon"),
        Result("cover", "json"),
        Result("counts", "json"),
        Result("table", "file"),
    ),
)
