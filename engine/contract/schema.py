"""Contracts of the catalogue: check a data set, bring in the data of another program, print the reference."""

from __future__ import annotations

from .spec import Job, Parameter, Result

CHECK = Job(
    id="schema.check",
    algorithm="check_schema",
    parameters=(Parameter("data", "dataset", required=True), Parameter("layers", "texts")),
    results=(Result("problems", "json"), Result("count", "number"), Result("by_code", "json")),
)

MAP = Job(
    id="schema.map",
    algorithm="map_schema",
    parameters=(
        Parameter("source", "vector", required=True),
        Parameter("source_layer", "text"),
        Parameter("layer", "text", required=True),
    ),
    results=(Result("mapping", "json"), Result("unmapped", "json"), Result("missing", "json")),
)

IMPORT = Job(
    id="schema.import",
    algorithm="import_layer",
    parameters=(
        Parameter("source", "vector", required=True),
        Parameter("source_layer", "text"),
        Parameter("data", "dataset", required=True),
        Parameter("layer", "text", required=True),
        Parameter("mapping", "json"),
        Parameter("source_crs", "text", advanced=True),
    ),
    results=(
        Result("imported", "number"),
        Result("rejected", "json"),
        Result("rejected_count", "number"),
        Result("noticed", "json"),
        Result("mapping", "json"),
    ),
)

REFERENCE = Job(
    id="schema.reference",
    parameters=(Parameter("out", "out_folder", required=True),),
    results=(Result("pages", "json"),),
)
