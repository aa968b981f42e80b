"""Contracts of terrain: two elevation models compared, one held against licensed levels, the balance of a mine.

Errors are one sigma in metres. What the surveys' reports state counts where no stable ground is named.
"""

from __future__ import annotations

from .spec import Job, Parameter, Result

_UNITS = ("m", "ft", "us-ft")


def _sigma(name: str, *, required: bool = False) -> Parameter:
    return Parameter(name, "number", required=required, minimum=0.0, maximum=1000.0, unit="m", advanced=not required)


_RANGE = Parameter("range", "number", minimum=0.0, maximum=10_000.0, unit="m", advanced=True)

COMPARE = Job(
    id="terrain.compare",
    algorithm="compare_terrain",
    parameters=(
        Parameter("before", "image", required=True),
        Parameter("after", "image", required=True),
        Parameter("out", "out_file", extensions=("tif",)),
        Parameter("data", "dataset"),
        Parameter("date_before", "date"),
        Parameter("date_after", "date"),
        Parameter("stable", "layer", geometry="MultiPolygon"),
        Parameter("unstable", "layer", geometry="MultiPolygon"),
        Parameter("align", "choice", default="full", choices=("full", "height", "none")),
        # 0.1 ha: the smallest step of Decree 36/2020/NĐ-CP art. 37
        Parameter("min_area", "number", default=1000.0, minimum=0.0, unit="m²"),
        Parameter("max_shift", "number", default=100.0, minimum=0.0, maximum=10_000.0, unit="m", advanced=True),
        Parameter("max_residual", "number", default=3.0, minimum=0.0, maximum=100.0, unit="m", advanced=True),
        Parameter("max_slope", "number", default=45.0, minimum=1.0, maximum=90.0, unit="°", advanced=True),
        _sigma("sigma_before"),
        _sigma("sigma_after"),
        _sigma("systematic"),
        _RANGE,
        Parameter("unit_before", "choice", choices=_UNITS, advanced=True),
        Parameter("unit_after", "choice", choices=_UNITS, advanced=True),
        Parameter("datum_before", "text", advanced=True),
        Parameter("datum_after", "text", advanced=True),
        Parameter("concessions", "layer", geometry="MultiPolygon", advanced=True),
    ),
    results=(
        Result("out", "raster"),
        Result("run", "file"),
        Result("bodies", "layer", geometry="MultiPolygon"),
        Result("fit", "json"),
        Result("error", "json"),
        Result("detection_m", "number"),
        Result("volumes", "json"),
    ),
)

DEPTH = Job(
    id="terrain.depth",
    algorithm="check_licensed_depth",
    parameters=(
        Parameter("dem", "image", required=True),
        Parameter("data", "dataset", required=True),
        Parameter("date", "date", required=True),
        _sigma("sigma", required=True),
        Parameter("datum", "text"),
        Parameter("unit", "choice", choices=_UNITS, advanced=True),
        _sigma("systematic"),
        _sigma("level_sigma"),
        _RANGE,
        Parameter("concessions", "layer", geometry="MultiPolygon", advanced=True),
    ),
    results=(
        Result("run", "file"),
        Result("breaches", "layer", geometry="MultiPolygon"),
        Result("count", "number"),
        Result("steps", "json"),
        Result("rows", "json"),
        Result("law", "json"),
    ),
)

BALANCE = Job(
    id="terrain.balance",
    algorithm="mine_balance",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("concession", "text"),
        Parameter("out", "out_file", extensions=("pdf", "html")),
    ),
    results=(Result("mines", "json"), Result("out", "file")),
)
