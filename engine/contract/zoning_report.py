"""Contracts of what is printed: the report of a check, and the public planning information of a place."""

from __future__ import annotations

from .spec import Job, Parameter, Result
from .zoning import AREA_STATE, DATE, PLAN_STATE

LANGUAGE = Parameter("language", "choice", choices=("vi", "en"), default="vi")

# Without lots named, all that fail in the run; without a run, the newest; lots may be named by a building on them.
REPORT = Job(
    id="zoning.report",
    algorithm="report_zoning",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("out", "out_file", required=True, extensions=("pdf", "html")),
        Parameter("uids", "texts"),
        Parameter("run", "text", advanced=True),
        Parameter("format", "choice", choices=("pdf", "html"), advanced=True),
        LANGUAGE,
        Parameter("date", "date", advanced=True),
        Parameter("plan_state", "choice", choices=PLAN_STATE.choices, advanced=True),
        Parameter("area_state", "choice", choices=AREA_STATE.choices, advanced=True),
    ),
    results=(
        Result("out", "file"),
        Result("lots", "number"),
        Result("pages", "number"),
        Result("outcomes", "json"),
    ),
)

# The place is a lot or a point: x and y in the system of the parcels, or longitude and latitude (WGS 84).
PLAN_INFO = Job(
    id="zoning.plan_info",
    algorithm="plan_information",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("uid", "text"),
        Parameter("x", "number"),
        Parameter("y", "number"),
        Parameter("crs", "text", advanced=True),
        Parameter("out", "out_file", extensions=("pdf", "html", "json")),
        Parameter("format", "choice", choices=("pdf", "html", "json"), advanced=True),
        LANGUAGE,
        DATE,
    ),
    results=(Result("out", "file"), Result("information", "json")),
)
