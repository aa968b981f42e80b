"""Contracts of scenarios: named sets of edits on one data set, and their indicators side by side.

A scenario is called by its name or by the name of its file; the latter has no blanks, commas or diacritics.
"""

from __future__ import annotations

from .spec import Job, Parameter, Result
from .zoning import AREA_STATE, DATE, PLAN_STATE, RULES

DATA = Parameter("data", "dataset", required=True)
NAME = Parameter("name", "text", required=True)
NOTE = Parameter("note", "text", default="")
OVER = Parameter("over", "flag", default=False)
SCENARIO = Parameter("scenario", "text", required=True)

_MADE = (
    Result("scenario", "text"),
    Result("name", "text"),
    Result("path", "file"),
    Result("counts", "json"),
)

SAVE = Job(
    id="scenario.save",
    quick=True,
    parameters=(DATA, NAME, Parameter("edits", "json", required=True), NOTE, OVER),
    results=_MADE,
)

DIFF = Job(
    id="scenario.diff",
    algorithm="scenario_from_data_sets",
    parameters=(
        DATA,
        Parameter("other", "dataset", required=True),
        NAME,
        Parameter("layers", "texts", advanced=True),
        NOTE,
        OVER,
    ),
    results=_MADE,
)

LIST = Job(
    id="scenario.list",
    quick=True,
    parameters=(DATA,),
    results=(Result("scenarios", "json"), Result("unreadable", "json")),
)

RENAME = Job(id="scenario.rename", quick=True, parameters=(DATA, SCENARIO, NAME), results=_MADE)

REMOVE = Job(id="scenario.remove", quick=True, parameters=(DATA, SCENARIO), results=(Result("removed", "text"),))

COMPARE = Job(
    id="scenario.compare",
    algorithm="compare_scenarios",
    parameters=(
        DATA,
        Parameter("scenarios", "texts"),
        Parameter("floor_per_person", "number", minimum=1.0, maximum=500.0, unit="m²"),
        Parameter("green_uses", "texts"),
        DATE,
        PLAN_STATE,
        AREA_STATE,
        RULES,
    ),
    results=(
        Result("run", "file"),
        Result("table", "file"),
        Result("columns", "json"),
        Result("rows", "json"),
        Result("since", "json"),
    ),
)
