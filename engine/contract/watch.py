"""Contract of the watch: a night's run without a screen, which goes on where it stopped."""

from __future__ import annotations

from .scene import AREA
from .series import HOW
from .spec import Job, Parameter, Result

RUN = Job(
    id="watch.run",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("library", "dataset"),
        *AREA,
        Parameter("watch", "texts"),
        Parameter("name", "text"),
        Parameter("begins", "date"),
        # no default: that of the watches, else 0.1 ha, the smallest step of Decree 36/2020/NĐ-CP art. 37
        Parameter("min_area", "number", minimum=0.0, unit="m²"),
        Parameter("tolerance", "number", default=10.0, minimum=0.0, maximum=1000.0, unit="m"),
        Parameter("series_only", "flag", advanced=True),
        Parameter("once", "flag"),
        Parameter("every", "number", minimum=1.0, maximum=43_200.0, unit="min"),
        *HOW,
    ),
    results=(
        Result("days", "json"),
        Result("runs", "json"),
        Result("raised", "json"),
        Result("grew", "json"),
        Result("reopened", "json"),
        Result("skipped", "json"),
        Result("receivers", "json"),
        Result("waiting", "json"),
    ),
)
