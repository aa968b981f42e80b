"""What a data set holds, read without touching it: its tables, what it says about itself, its runs."""

from __future__ import annotations

import json
import sqlite3
import tomllib
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ...layers import catalogue, profiles
from ...layers.errors import InputError
from ...layers.messages import RESOURCES


@dataclass(frozen=True)
class Contents:
    """``layers`` are the declared tables of ``data``; ``meta`` its table ``dothi_meta``."""

    data: Path
    layers: tuple[str, ...]
    meta: dict[str, Any]

    @property
    def extra(self) -> Path | None:
        """The folder of the province's own declarations, where there is one."""
        folder = self.data.with_suffix(".dothi") / "catalogue"
        return folder if folder.is_dir() else None

    @property
    def simulated(self) -> bool:
        """Whether the data say that they are simulated."""
        return bool(self.meta.get("simulated"))

    @property
    def province(self) -> profiles.Profile | None:
        """The profile that the data name, if any."""
        named = str(self.meta.get("province", ""))
        return profiles.profile(named) if named in profiles.ids() else None


def read(data: Path) -> Contents:
    """The contents of the GeoPackage ``data``. Raises :class:`InputError` if it is none."""
    if not data.is_file():
        raise InputError("engine.file_missing", path=str(data))
    try:
        with closing(sqlite3.connect(f"{data.resolve().as_uri()}?mode=ro", uri=True)) as base:
            tables = {row[0] for row in base.execute("SELECT table_name FROM gpkg_contents")}
            told = base.execute("SELECT key, value FROM dothi_meta").fetchall() if _has(base, "dothi_meta") else []
            meta = {str(key): json.loads(value) for key, value in told}
    except (sqlite3.DatabaseError, json.JSONDecodeError) as error:
        raise InputError("schema.not_geopackage", path=str(data), reason=str(error)) from error
    found = Contents(data, (), meta)
    known = tuple(one for one in catalogue.ids(found.extra) if one in tables)
    return Contents(data, known, found.meta)


def _has(base: sqlite3.Connection, table: str) -> bool:
    return bool(base.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchall())


@cache
def plan() -> dict[str, Any]:
    """``resources/styles/project.toml``: what a project is made of."""
    with (RESOURCES / "styles" / "project.toml").open("rb") as file:
        return tomllib.load(file)


def places(contents: Contents) -> list[dict[str, Any]]:
    """The places that the data name (``dothi_meta``, key ``places``): objects with ``id``, ``name``
    (``vi``, ``en``), ``crs``, ``extent`` (west, south, east, north in that system) and ``theme``.
    """
    return list(contents.meta.get("places", []))
