"""Contracts of watches: what is worth an alert, kept by name beside the data set."""

from __future__ import annotations

from .spec import Job, Parameter, Result

DATA = Parameter("data", "dataset", required=True)
NAME = Parameter("name", "text", required=True)

CLASSES = (
    "new_pit", "pit_growth", "pond_gained", "pond_lost", "sand_deposit", "tailings", "plume", "vegetation_cleared",
    "rehabilitated", "haul_track", "stockpile", "natural_dune_shift", "unknown",
)  # fmt: skip
RELATIONS = ("inside", "outside", "straddling", "tolerance", "none", "expired")

ADD = Job(
    id="watches.add",
    quick=True,
    parameters=(
        DATA,
        NAME,
        Parameter("area", "layer", geometry="MultiPolygon"),
        Parameter("classes", "choices", choices=CLASSES),
        # 0.1 ha: the smallest step of Decree 36/2020/NĐ-CP art. 37
        Parameter("min_area", "number", default=1000.0, minimum=0.0, unit="m²"),
        Parameter("relations", "choices", choices=RELATIONS),
        Parameter("months", "texts"),
        Parameter("receivers", "texts"),
        Parameter("note", "text", default=""),
    ),
    results=(Result("watch", "json"),),
)

LIST = Job(
    id="watches.list",
    quick=True,
    parameters=(DATA, Parameter("ended", "flag", default=False)),
    results=(Result("watches", "json"),),
)

REMOVE = Job(id="watches.remove", quick=True, parameters=(DATA, NAME), results=(Result("watch", "json"),))

MATCH = Job(
    id="watches.match",
    quick=True,
    parameters=(DATA, NAME, Parameter("run", "vector", required=True)),
    results=(Result("alerts", "json"), Result("count", "number")),
)
