"""Contracts of the simulated province."""

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

# Without runs named, the newest of each job beside the data set is scored; a job that never ran has no score.
SCORE = Job(
    id="demo.score",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("zoning_run", "vector"),
        Parameter("change_run", "vector"),
        Parameter("truth", "text"),
    ),
    results=(Result("zoning", "json"), Result("change", "json")),
)
