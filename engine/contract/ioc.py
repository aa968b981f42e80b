"""Contracts of publishing to the operations centre."""

from __future__ import annotations

from .spec import Job, Parameter, Result

PUBLISH = Job(
    id="ioc.publish",
    algorithm="publish_ioc",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("target", "out_folder", required=True),
        Parameter("layers", "texts"),
        Parameter("runs", "texts", advanced=True),
        Parameter("formats", "choices", default=("gpkg", "geojson", "ngsi"), choices=("gpkg", "geojson", "ngsi")),
    ),
    results=(
        Result("folder", "folder"),
        Result("manifest", "file"),
        Result("counts", "json"),
        Result("left_out", "json"),
        Result("unchanged", "json"),
    ),
)
