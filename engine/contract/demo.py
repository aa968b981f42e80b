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

# The pond failure of 16 June 2016 at Nam Suối Nhum, from its published measures; simulated.
EVENT = Job(
    id="demo.event",
    parameters=(Parameter("out", "out_folder", required=True),),
    results=(
        Result("data", "file"),
        Result("before", "raster"),
        Result("after", "raster"),
        Result("truth", "file"),
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
