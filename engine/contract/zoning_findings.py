"""Contract of handing the findings of a run to an office program."""

from __future__ import annotations

from .spec import Job, Parameter, Result

EXPORT = Job(
    id="zoning.export_findings",
    algorithm="export_findings",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("table", "out_file", required=True, extensions=("xlsx", "csv")),
        Parameter("run", "text", advanced=True),
        Parameter("language", "choice", choices=("vi", "en"), default="vi"),
        Parameter("outcomes", "choices", choices=("fail", "not_checkable", "pass", "not_applicable")),
        Parameter("severities", "choices", choices=("error", "warning", "info"), advanced=True),
        Parameter("rules", "texts", advanced=True),
        Parameter("uids", "texts", advanced=True),
        Parameter("replace", "flag", default=False, advanced=True),
    ),
    results=(Result("table", "file"), Result("rows", "number")),
)
