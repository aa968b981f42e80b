"""Contract of the simulated province."""

from __future__ import annotations

from .spec import Job, Parameter, Result

BUILD = Job(
    id="demo.build",
    algorithm="build_demo",
    parameters=(
        Parameter("out", "out_folder", required=True),
        Parameter("seed", "integer", default=2026, minimum=0),
    ),
    results=(
        Result("data", "file"),
        Result("before", "raster"),
        Result("after", "raster"),
        Result("truth", "file"),
        Result("counts", "json"),
    ),
)
