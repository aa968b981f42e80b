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

# Where to search, and how to get there. ``asset_hosts``: hosts beside the catalogue's that files may come from.
_CATALOGUE = (
    Parameter("catalogue", "text", required=True),
    Parameter("collections", "texts", advanced=True),
    Parameter("asset_hosts", "texts", advanced=True),
    Parameter("proxy", "text", advanced=True),
    Parameter("authority", "text", advanced=True),
)

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

SEARCH = Job(
    id="scene.search",
    parameters=(
        *_CATALOGUE,
        Parameter("data", "dataset"),
        *AREA,
        *_TIME,
        _MAX_CLOUD,
        Parameter("most", "integer", default=100, minimum=1, maximum=2000),
    ),
    results=(Result("items", "json"), Result("count", "number")),
)

FETCH = Job(
    id="scene.fetch",
    algorithm="fetch_scenes",
    parameters=(DATA, Parameter("item", "texts", required=True), *_CATALOGUE, *AREA, *_READ),
    results=(*_ADDED, Result("products", "json"), _LIBRARY, _GRID),
)

NEWEST = Job(
    id="scene.newest",
    algorithm="newest_scene",
    parameters=(
        DATA,
        *_CATALOGUE,
        *AREA,
        *_TIME,
        Parameter("max_cloud", "number", default=10.0, minimum=0.0, maximum=100.0, unit="%"),
        Parameter("max_tile_cloud", "number", default=80.0, minimum=0.0, maximum=100.0, unit="%", advanced=True),
        Parameter("tries", "integer", default=5, minimum=1, maximum=50, advanced=True),
        *_READ,
    ),
    results=(Result("scene", "text"), Result("cached", "raster"), Result("tried", "json"), _LIBRARY, _GRID),
)
