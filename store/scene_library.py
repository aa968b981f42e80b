"""The library of scenes of a data set: ``NAME.dothi/scenes.gpkg``, and the words by which a scene is called.

Written by the engine alone, in transactions; QGIS opens it to read. Paths are kept as seen from the data set's folder
where they lie in it, so that the folder may move. The decoded copies in ``NAME.dothi/cache/scenes`` may be deleted at
any time; nothing here relies on them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd

from ..layers.crs import WGS84
from ..layers.errors import InputError
from . import dataset, living
from .recovery import recover

LAYER = "scene"
_CALL = "|scene="


def library_path(data: str | Path) -> Path:
    """The library's GeoPackage; it may not be there yet."""
    return dataset.beside(data) / "scenes.gpkg"


def cache_folder(data: str | Path) -> Path:
    """Where decoded areas lie."""
    return dataset.beside(data) / "cache" / "scenes"


def thumbnail_folder(data: str | Path) -> Path:
    """Where small pictures lie."""
    return dataset.beside(data) / "thumbnails"


def scenes(data: str | Path) -> gpd.GeoDataFrame:
    """All rows of the library by date and code, in WGS 84; an empty frame with the same columns where there is none."""
    path = library_path(data)
    if not path.exists():
        names = [field.id for field in dataset.declared(path, LAYER).fields]
        return gpd.GeoDataFrame({name: [] for name in names}, geometry=[], crs=WGS84)
    recover(path)
    frame = dataset.read(path, LAYER)
    return frame.sort_values(["acquired_on", "code"]).reset_index(drop=True)


def keep(data: str | Path, rows: gpd.GeoDataFrame) -> None:
    """Add rows; one of a code that is there already is replaced."""
    path = library_path(data)
    living.make(path, LAYER, WGS84, simulated=bool(dataset.meta(data).get("simulated")))
    living.put(path, LAYER, rows, "code")


def remove(data: str | Path, codes: Iterable[str]) -> None:
    """Take rows out of the library. The products themselves are not touched."""
    if library_path(data).exists():
        living.take(library_path(data), LAYER, "code", codes)


def note(data: str | Path, code: str, **values: str | None) -> None:
    """Change plain fields of one row, such as ``cached``."""
    living.change(library_path(data), LAYER, "code", code, values)


def row(data: str | Path, code: str) -> dict[str, Any]:
    """The row of the scene ``code``. Raises :class:`InputError` where there is none."""
    frame = scenes(data)
    found = frame[frame["code"] == code]
    if found.empty:
        raise InputError("scene.unknown", scene=code[:60], known=frame["code"].tolist()[-10:])
    values: dict[str, Any] = found.iloc[0].where(found.iloc[0].notna(), None).to_dict()
    return values


def noted(data: str | Path, path: str | Path) -> str:
    """``path`` as the library keeps it: from the data set's folder where it lies inside, else absolute."""
    absolute, folder = Path(path).resolve(), Path(data).parent.resolve()
    return absolute.relative_to(folder).as_posix() if absolute.is_relative_to(folder) else str(absolute)


def placed(data: str | Path, noted_path: str) -> Path:
    """The file that a noted path means."""
    return Path(data).parent.resolve() / noted_path


def call(data: str | Path, code: str) -> str:
    """What any job takes for an image: ``NAME.gpkg|scene=CODE``."""
    return f"{data}{_CALL}{code}"


def called(data: str | Path, given: str) -> str:
    """``given`` itself, or the full call where it is no path but the code of a scene in the library of ``data``."""
    if Path(given).exists() or not library_path(data).exists() or given not in set(scenes(data)["code"]):
        return given
    return call(data, given)


def answer(given: str | Path) -> Path | None:
    """The file behind ``NAME.gpkg|scene=CODE``: its decoded copy, else the product. None where ``given`` is no such
    call. Raises :class:`InputError` for a scene that is not in the library or whose product is no longer there.
    """
    data, called, code = str(given).partition(_CALL)
    if not called:
        return None
    found = row(Path(data), code)
    for name in ("cached", "path"):
        if found[name] and (file := placed(data, found[name])).exists():
            return file
    raise InputError("scene.product_gone", scene=code, path=found["path"])
