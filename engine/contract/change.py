"""Contracts of satellite change detection."""

from __future__ import annotations

from .spec import Job, Parameter, Result

_IMAGES = (
    Parameter("before", "image", required=True),
    Parameter("after", "image", required=True),
    Parameter("method", "choice", default="irmad", choices=("irmad", "cva")),
    Parameter("threshold", "choice", default="auto", choices=("auto", "false_alarm", "budget")),
    Parameter("false_alarm", "number", default=0.001, minimum=1e-9, maximum=0.5),
    Parameter("budget", "number", default=0.04, minimum=1e-6, maximum=0.9),
    Parameter("smooth", "integer", default=1, minimum=1, maximum=15, unit="px"),
    Parameter("bands", "texts", advanced=True),
    Parameter("max_shift", "number", default=1.0, minimum=0.0, maximum=50.0, unit="px", advanced=True),
)

MAP = Job(
    id="change.map",
    algorithm="map_change",
    parameters=(*_IMAGES, Parameter("out", "out_file", required=True, extensions=("tif",))),
    results=(
        Result("out", "raster"),
        Result("changed_share", "number"),
        Result("valid_share", "number"),
        Result("threshold", "number"),
        Result("shift", "json"),
    ),
)

DETECT = Job(
    id="change.detect",
    algorithm="detect_change",
    parameters=(
        *_IMAGES,
        Parameter("data", "dataset"),
        Parameter("concessions", "layer", geometry="MultiPolygon", advanced=True),
        Parameter("area", "layer", geometry="MultiPolygon", advanced=True),
        # 0.1 ha: the smallest step of Decree 36/2020/NĐ-CP art. 37
        Parameter("min_area", "number", default=1000.0, minimum=0.0, unit="m²"),
        Parameter("tolerance", "number", default=10.0, minimum=0.0, maximum=1000.0, unit="m"),
        Parameter("date_before", "date", advanced=True),
        Parameter("date_after", "date", advanced=True),
        Parameter("out", "out_folder", advanced=True),
    ),
    results=(
        Result("run", "file"),
        Result("alerts", "layer", geometry="MultiPolygon"),
        Result("change", "raster"),
        Result("count", "number"),
        Result("relations", "json"),
        Result("area_m2", "number"),
    ),
)
