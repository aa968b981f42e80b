"""Contracts of what a case leaves the house as: its dossier, and the proof that it can be repeated."""

from __future__ import annotations

from .case import CASE, DATA
from .spec import Job, Parameter, Result

DOSSIER = Job(
    id="case.dossier",
    algorithm="case_dossier",
    parameters=(
        DATA,
        Parameter("cases", "texts", required=True),
        Parameter("out", "out_file", required=True, extensions=("pdf", "html")),
        Parameter("language", "choice", default="vi", choices=("vi", "en")),
        Parameter("heading", "text", default=""),
        Parameter("bands", "texts", advanced=True),
    ),
    results=(Result("out", "file"), Result("pages", "number"), Result("cases", "json"), Result("missing", "json")),
)

REPRODUCE = Job(
    id="case.reproduce",
    algorithm="reproduce_case",
    parameters=(
        DATA,
        CASE,
        Parameter("tolerance", "number", default=0.01, minimum=0.0, maximum=100.0, unit="m"),
    ),
    results=(Result("same", "json"), Result("alerts", "json"), Result("differences", "json")),
)
