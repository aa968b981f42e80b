"""Contracts of making a data set."""

from __future__ import annotations

from .spec import Job, Parameter, Result

NEW = Job(
    id="project.new",
    algorithm="new_project",
    parameters=(
        Parameter("data", "new_dataset", required=True),
        Parameter("province", "choice", required=True, choices=("binh_duong", "binh_thuan")),
        Parameter("layers", "texts", advanced=True),
        Parameter("crs", "text", advanced=True),
    ),
    results=(Result("data", "file"), Result("layers", "json"), Result("crs", "text")),
)
