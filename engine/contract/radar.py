"""Contract of radar as a second witness of change where clouds hide the ground."""

from __future__ import annotations

from .spec import Job, Parameter, Result

MAP = Job(
    id="radar.map",
    algorithm="map_radar_change",
    parameters=(
        Parameter("before", "image", required=True),
        Parameter("after", "image", required=True),
        Parameter("out", "out_file", required=True, extensions=("tif",)),
        Parameter("false_alarm", "number", default=0.001, minimum=1e-9, maximum=0.5),
        Parameter("window", "integer", default=5, minimum=1, maximum=31, unit="px", advanced=True),
        Parameter("looks", "number", minimum=0.5, maximum=1000.0, advanced=True),
        Parameter("decibels", "flag", advanced=True),
    ),
    results=(
        Result("out", "raster"),
        Result("changed_share", "number"),
        Result("valid_share", "number"),
        Result("looks", "json"),
        Result("shift_db", "json"),
    ),
)
