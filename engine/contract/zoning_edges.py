"""Contract of the edges of lots by kind."""

from __future__ import annotations

from .spec import Job, Parameter, Result

LOT_EDGES = Job(
    id="zoning.lot_edges",
    algorithm="lot_edges",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("uid", "text"),
        Parameter("parcels", "layer", geometry="MultiPolygon", advanced=True),
    ),
    results=(
        Result("run", "file"),
        Result("edges", "layer", geometry="MultiLineString"),
        Result("counts", "json"),
        Result("not_measured", "json"),
        Result("unused_corrections", "json"),
    ),
)
