"""Contracts of the rules themselves: list, show, check, compare, edit, and ask what is allowed without a map."""

from __future__ import annotations

from .spec import Job, Parameter, Result

DATA = Parameter("data", "dataset")

LIST = Job(
    id="rules.list",
    quick=True,
    parameters=(DATA, Parameter("rules", "texts")),
    results=(Result("packs", "json"), Result("rules", "json"), Result("count", "number")),
)

SHOW = Job(
    id="rules.show",
    quick=True,
    parameters=(Parameter("rule", "text", required=True, positional=True), DATA),
    results=(
        Result("rule", "text"),
        Result("entries", "json"),
        Result("measure", "json"),
        Result("needs", "json"),
        Result("vocabulary", "json"),
    ),
)

CHECK = Job(
    id="rules.check",
    quick=True,
    parameters=(Parameter("path", "text", positional=True), DATA, Parameter("rule", "json")),
    results=(Result("files", "json"), Result("ok", "json"), Result("errors", "number")),
)

DIFF = Job(
    id="rules.diff",
    quick=True,
    parameters=(
        Parameter("before", "text", positional=True),
        Parameter("after", "text", positional=True),
        DATA,
    ),
    results=(Result("added", "json"), Result("removed", "json"), Result("changed", "json")),
)

# The inputs of the planning code itself. Those of other families are reached through ``given``, whose names and kinds
# are the vocabulary of the rules (resources/rules/vocabulary.schema.json).
LIMIT = Job(
    id="rules.limit",
    quick=True,
    parameters=(
        Parameter("measure", "text", required=True),
        Parameter("use", "choice", choices=("detached", "apartment", "mixed", "public", "factory", "other")),
        Parameter("plot_area", "number", minimum=0.1, unit="m2"),
        Parameter("height", "number", minimum=0.1, unit="m"),
        Parameter("floors", "integer", minimum=1),
        Parameter("area", "choice", choices=("new", "existing")),
        Parameter("road_width", "number", minimum=0.1, unit="m"),
        Parameter(
            "road_class",
            "choice",
            default="area",
            choices=(
                "expressway", "main_urban", "main", "inter_area", "area_main", "area",
                "distributor", "housing_group", "rural", "path",
            ),
        ),
        Parameter("plan_state", "choice", choices=("approved", "appraised", "not_appraised")),
        Parameter("date", "date"),
        Parameter("zone_max_density", "number", minimum=0.0, maximum=100.0, unit="%", advanced=True),
        Parameter("zone_max_far", "number", minimum=0.0, advanced=True),
        Parameter("zone_max_height", "number", minimum=0.0, unit="m", advanced=True),
        Parameter("given", "json", advanced=True),
        Parameter("draft", "json", advanced=True),
        Parameter("data", "dataset", advanced=True),
    ),
    results=(
        Result("limit", "number"),
        Result("unit", "text"),
        Result("outcome", "text"),
        Result("missing", "json"),
        Result("rule", "text"),
        Result("source", "text"),
        Result("rows", "json"),
    ),
)  # fmt: skip

EXPORT = Job(
    id="rules.export",
    parameters=(
        Parameter("rule", "text", required=True, positional=True),
        Parameter("table", "out_file", required=True, extensions=("xlsx", "csv")),
        DATA,
        Parameter("replace", "flag", default=False),
        Parameter("draft", "json", advanced=True),
    ),
    results=(Result("table", "file"), Result("rows", "number")),
)

IMPORT = Job(
    id="rules.import",
    parameters=(
        Parameter("rule", "text", required=True, positional=True),
        Parameter("table", "text", required=True),
        DATA,
        Parameter("draft", "json", advanced=True),
    ),
    results=(Result("rule", "json"), Result("changes", "json"), Result("problems", "json")),
)

SAVE = Job(
    id="rules.save",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("rule", "json", required=True),
        Parameter("expected", "text", advanced=True),
    ),
    results=(Result("file", "file"), Result("rule", "text"), Result("version", "number"), Result("sha256", "text")),
)
