"""Contracts of what happens to findings after a check: runs compared, breaches waived."""

from __future__ import annotations

from .spec import Job, Parameter, Result

COMPARE_RUNS = Job(
    id="zoning.compare_runs",
    algorithm="compare_checks",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("before", "text"),
        Parameter("after", "text"),
        Parameter("most", "integer", default=10_000, minimum=0, maximum=1_000_000, advanced=True),
    ),
    results=(
        Result("before", "file"),
        Result("after", "file"),
        Result("counts", "json"),
        Result("rows", "json"),
        Result("left_out", "number"),
    ),
)

WAIVE = Job(
    id="zoning.waive",
    quick=True,
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("rule", "text", required=True),
        Parameter("uid", "text", required=True),
        Parameter("document", "text", required=True),
        Parameter("author", "text", required=True),
        Parameter("date", "date"),
        Parameter("expires", "date"),
        Parameter("note", "text", default=""),
    ),
    results=(Result("waiver", "json"),),
)

UNWAIVE = Job(
    id="zoning.unwaive",
    quick=True,
    parameters=(Parameter("data", "dataset", required=True), Parameter("waiver", "text", required=True)),
    results=(Result("waiver", "text"),),
)

WAIVERS = Job(
    id="zoning.waivers",
    quick=True,
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("date", "date"),
        Parameter("uid", "text"),
    ),
    results=(Result("waivers", "json"),),
)
