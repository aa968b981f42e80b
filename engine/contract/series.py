"""Contracts of series: many dates of one place, what the season makes of it, and where it has left that."""

from __future__ import annotations

from .scene import AREA
from .spec import Job, Parameter, Result

INDICES = ("brightness", "bsi", "ndvi", "mndwi", "ndwi", "ndti", "redness")

_DATA = Parameter("data", "dataset", required=True)
_NAME = Parameter("name", "text", required=True)
_SCENES = (Parameter("scenes", "texts"), Parameter("library", "dataset", advanced=True))
# 0.1 ha: the smallest step of Decree 36/2020/NĐ-CP art. 37
ALERTS = (
    Parameter("min_area", "number", default=1000.0, minimum=0.0, unit="m²"),
    Parameter("tolerance", "number", default=10.0, minimum=0.0, maximum=1000.0, unit="m"),
    Parameter("suspected", "flag"),
    Parameter("concessions", "layer", geometry="MultiPolygon", advanced=True),
)
# How a series is built: shared with the watch, which builds it when there is none yet.
HOW = (
    Parameter("index", "text", default="brightness"),
    Parameter("harmonics", "integer", default=1, minimum=1, maximum=3),
    Parameter("false_alarm", "number", default=0.001, minimum=1e-9, maximum=0.5, advanced=True),
    Parameter("needed", "integer", default=3, minimum=1, maximum=16),
    Parameter("memory", "integer", default=4, minimum=1, maximum=16),
    Parameter("method", "choice", default="cusum", choices=("cusum", "mosum"), advanced=True),
    Parameter("significance", "choice", default="0.05", choices=("0.05", "0.01", "0.001"), advanced=True),
    Parameter("window", "choice", default="0.25", choices=("0.25", "0.5", "1"), advanced=True),
)
_FOUND = (
    Result("series", "raster"),
    Result("run", "file"),
    Result("alerts", "layer", geometry="MultiPolygon"),
    Result("count", "number"),
    Result("relations", "json"),
    Result("pixels", "json"),
    Result("taken", "json"),
    Result("judged", "json"),
)

BUILD = Job(
    id="series.build",
    algorithm="build_series",
    parameters=(_DATA, _NAME, *_SCENES, Parameter("begins", "date"), *AREA, *HOW, *ALERTS),
    results=_FOUND,
)

UPDATE = Job(
    id="series.update",
    algorithm="update_series",
    parameters=(_DATA, _NAME, *_SCENES, *ALERTS),
    results=(*_FOUND, Result("recomputed", "json")),
)

STATUS = Job(id="series.status", quick=True, parameters=(_DATA,), results=(Result("series", "json"),))

CHART = Job(
    id="series.chart",
    quick=True,
    parameters=(
        _DATA,
        _NAME,
        Parameter("x", "number"),
        Parameter("y", "number"),
        Parameter("wkt", "text"),
        Parameter("crs", "text", required=True),
    ),
    results=(
        Result("points", "json"),
        Result("curve", "json"),
        Result("measure", "text"),
        Result("state", "text"),
        Result("pixels", "number"),
    ),
)
