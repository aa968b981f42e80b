"""Contracts of satellite change detection.

The threshold is set one way, and automatic where none is asked for: ``auto``, ``budget`` (share of the compared area
that may be flagged), ``false_alarm`` (probability that unchanged ground is flagged), ``otsu`` or ``kapur``.
"""

from __future__ import annotations

from .spec import Job, Parameter, Result

_IMAGES = (
    Parameter("before", "image", required=True),
    Parameter("after", "image", required=True),
    Parameter("method", "choice", default="irmad", choices=("irmad", "mad", "cva", "pca", "fusion")),
    Parameter("auto", "flag"),
    Parameter("budget", "number", minimum=1e-6, maximum=0.9),
    Parameter("false_alarm", "number", minimum=1e-9, maximum=0.5),
)

_FINE = (
    Parameter("smooth", "integer", default=3, minimum=1, maximum=15, unit="px", advanced=True),
    Parameter("bands", "texts", advanced=True),
    Parameter("resolution", "integer", minimum=10, maximum=60, unit="m", advanced=True),
    Parameter("max_shift", "number", default=3.0, minimum=0.0, maximum=50.0, unit="px", advanced=True),
    Parameter("otsu", "flag", advanced=True),
    Parameter("kapur", "flag", advanced=True),
    Parameter("cluster", "text", advanced=True),
    Parameter("sieve", "integer", default=1, minimum=1, maximum=10_000, unit="px", advanced=True),
)

_NORMALISE = Parameter("normalise", "choice", default="auto", choices=("off", "auto", "on"), advanced=True)

_FOUND = (
    Result("changed_share", "number"),
    Result("valid_share", "number"),
    Result("threshold", "number"),
    Result("shift", "json"),
)

MAP = Job(
    id="change.map",
    algorithm="map_change",
    parameters=(
        *_IMAGES,
        Parameter("out", "out_file", required=True, extensions=("tif",)),
        *_FINE,
        _NORMALISE,
        Parameter("direction_out", "out_file", extensions=("tif",), advanced=True),
    ),
    results=(Result("out", "raster"), *_FOUND),
)

DETECT = Job(
    id="change.detect",
    algorithm="detect_change",
    parameters=(
        *_IMAGES,
        Parameter("data", "dataset"),
        # 0.05 ha: what 0.1 ha, the smallest step of Decree 36/2020/NĐ-CP art. 37, may measure on pixels of 10 m
        Parameter("min_area", "number", default=500.0, minimum=0.0, unit="m²"),
        Parameter("tolerance", "number", default=10.0, minimum=0.0, maximum=1000.0, unit="m"),
        Parameter("concessions", "layer", geometry="MultiPolygon", advanced=True),
        Parameter("area", "layer", geometry="MultiPolygon", advanced=True),
        Parameter("date_before", "date", advanced=True),
        Parameter("date_after", "date", advanced=True),
        Parameter("out", "out_folder", advanced=True),
        *_FINE,
        Parameter("keep_all", "flag", advanced=True),
        _NORMALISE,
    ),
    results=(
        Result("run", "file"),
        Result("alerts", "layer", geometry="MultiPolygon"),
        Result("change", "raster"),
        Result("count", "number"),
        Result("relations", "json"),
        Result("area_m2", "number"),
        *_FOUND,
        Result("classes", "json"),
        Result("set_aside", "json"),
    ),
)

# Learns from the inspector's settled cases; what it learned may speak only if it beats the rules on cases held out.
LEARN = Job(
    id="change.learn",
    algorithm="learn_kinds",
    parameters=(Parameter("data", "dataset", required=True),),
    results=(Result("model", "file"), Result("may_speak", "json"), Result("card", "json")),
)
