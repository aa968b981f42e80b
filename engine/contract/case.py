"""Contracts of cases: alerts become cases, cases get states, evidence and a dossier, and can be reproduced.

A case is called by its code (``VV-2026-0001``) or its identifier.
"""

from __future__ import annotations

from .spec import Job, Parameter, Result

DATA = Parameter("data", "dataset", required=True)
CASE = Parameter("case", "text", required=True, positional=True)
NOTE = Parameter("note", "text", default="")
STATUSES = ("new", "in_field", "confirmed", "rejected", "closed")

_SHOWN = (Result("case", "json"),)

TAKE = Job(
    id="case.take",
    algorithm="take_alerts_into_cases",
    parameters=(
        DATA,
        Parameter("run", "vector"),
        Parameter("watches", "texts"),
        Parameter("reach", "number", default=20.0, minimum=0.0, maximum=500.0, unit="m", advanced=True),
        Parameter("share", "number", default=0.2, minimum=0.01, maximum=1.0, advanced=True),
        # 0.1 ha: the smallest step of Decree 36/2020/NĐ-CP art. 37
        Parameter("regrow", "number", default=1000.0, minimum=0.0, unit="m²", advanced=True),
    ),
    results=(
        Result("cases", "layer", geometry="MultiPolygon"),
        Result("raised", "json"),
        Result("grew", "json"),
        Result("seen", "json"),
        Result("reopened", "json"),
        Result("kept_away", "json"),
        Result("joins", "json"),
        Result("count", "number"),
    ),
)

LIST = Job(
    id="case.list",
    quick=True,
    parameters=(
        DATA,
        Parameter("status", "choices", choices=STATUSES),
        Parameter("since", "date"),
        Parameter("assignee", "text"),
    ),
    results=(Result("cases", "json"), Result("count", "number")),
)

SHOW = Job(
    id="case.show",
    quick=True,
    parameters=(DATA, CASE),
    results=(*_SHOWN, Result("events", "json"), Result("alerts", "json"), Result("evidence", "json")),
)

SET = Job(
    id="case.set",
    quick=True,
    parameters=(
        DATA,
        CASE,
        Parameter("status", "choice", choices=STATUSES),
        Parameter("assignee", "text"),
        Parameter("decision", "text"),
        NOTE,
    ),
    results=_SHOWN,
)

EVIDENCE = Job(
    id="case.evidence",
    quick=True,
    parameters=(
        DATA,
        CASE,
        Parameter("kind", "choice", default="photo", choices=("photo", "citizen_report", "document")),
        Parameter("file", "text"),
        Parameter("lon", "number", minimum=-180.0, maximum=180.0, unit="°"),
        Parameter("lat", "number", minimum=-90.0, maximum=90.0, unit="°"),
        NOTE,
    ),
    results=(Result("evidence", "json"),),
)

MERGE = Job(
    id="case.merge",
    quick=True,
    parameters=(DATA, Parameter("into", "text", required=True), Parameter("cases", "texts", required=True), NOTE),
    results=_SHOWN,
)

SPLIT = Job(
    id="case.split",
    quick=True,
    parameters=(DATA, CASE, Parameter("alerts", "texts", required=True), NOTE),
    results=_SHOWN,
)

EXPORT = Job(
    id="case.export",
    algorithm="export_cases",
    parameters=(
        DATA,
        Parameter("status", "choices", choices=STATUSES),
        Parameter("out", "out_file", required=True, extensions=("csv", "gpkg", "geojson")),
    ),
    results=(Result("out", "file"), Result("count", "number")),
)
