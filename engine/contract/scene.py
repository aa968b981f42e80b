"""Contracts of the library of scenes. An area is a polygon layer or a box of degrees; days at both ends count."""

from __future__ import annotations

from .spec import Job, Parameter, Result

DATA = Parameter("data", "dataset", required=True)
AREA = (Parameter("area", "layer", geometry="MultiPolygon"), Parameter("bbox", "text", advanced=True))
SCENE = Parameter("scene", "texts", required=True)

_TIME = (Parameter("from", "date"), Parameter("to", "date"))
_MAX_CLOUD = Parameter("max_cloud", "number", minimum=0.0, maximum=100.0, unit="%")
_READ = (
    Parameter("resolution", "integer", minimum=10, maximum=60, unit="m", advanced=True),
    Parameter("bands", "texts", advanced=True),
)
_GRID = Result("grid", "json")
_FOUND = (Result("scenes", "json"), Result("count", "number"), _GRID)
_ADDED = tuple(Result(name, "json") for name in ("added", "replaced", "unchanged", "older", "refused"))
_LIBRARY = Result("library", "layer", geometry="MultiPolygon")

ADD = Job(
    id="scene.add",
    algorithm="add_scenes",
    parameters=(
        DATA,
        Parameter("product", "texts", required=True),
        *AREA,
        *_READ,
        Parameter("date", "date", advanced=True),
    ),
    results=(*_ADDED, _LIBRARY, _GRID),
)

LIST = Job(id="scene.list", quick=True, parameters=(DATA,), results=_FOUND)

FIND = Job(
    id="scene.find",
    quick=True,
    parameters=(
        DATA,
        *AREA,
        *_TIME,
        Parameter("season", "choice", choices=("dry", "rainy")),
        _MAX_CLOUD,
        Parameter("kind", "choice", choices=("optical", "radar")),
    ),
    results=_FOUND,
)

REMOVE = Job(id="scene.remove", quick=True, parameters=(DATA, SCENE), results=(Result("removed", "json"),))

CACHE = Job(
    id="scene.cache",
    algorithm="cache_scenes",
    parameters=(
        DATA,
        Parameter("scene", "texts"),
        *AREA,
        Parameter("grid", "text", advanced=True),
        Parameter("pixel", "number", minimum=0.01, maximum=1000.0, advanced=True),
        Parameter("prune", "flag", advanced=True),
        Parameter("most_gb", "number", default=20.0, minimum=0.0, maximum=100_000.0, unit="GB", advanced=True),
    ),
    results=(Result("cached", "json"), Result("pruned", "number"), Result("bytes", "number"), _GRID),
)
