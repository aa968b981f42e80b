"""Contract of the coordinate service."""

from __future__ import annotations

from .spec import Job, Parameter, Result

TRANSFORM = Job(
    id="crs.transform",
    quick=True,
    parameters=(
        Parameter("from", "text", required=True),
        Parameter("to", "text", required=True),
        Parameter("x", "number", required=True, positional=True),
        Parameter("y", "number", required=True, positional=True),
    ),
    results=(Result("x", "number"), Result("y", "number"), Result("operation", "text")),
)
