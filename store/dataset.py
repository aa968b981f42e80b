"""A province's data set: one GeoPackage with the declared tables, and a folder ``NAME.dothi`` beside it.

Every table has a coordinate system of its own; nothing here assumes one for all. The file of the user is written only
by these functions and only when asked; runs go beside it (``runs.py``).
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from ..layers import catalogue
from ..layers.errors import InputError
from ..layers.model import Layer
from . import geopackage, tables
from .geopackage import reading, writing
from .rows import fit
from .troubles import told
from .whole import made_whole, refuse_existing

META = "dothi_meta"
UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ASK_BY_UID = 500  # above this many, reading all and choosing is faster than a long WHERE


def beside(path: str | Path) -> Path:
    """The folder ``NAME.dothi`` that belongs to ``NAME.gpkg``."""
    return Path(path).with_suffix(".dothi")


def own_catalogue(path: str | Path) -> Path | None:
    """The folder of the province's own declarations beside its data, if there is one."""
    folder = beside(path) / "catalogue"
    return folder.resolve() if folder.is_dir() else None


def declared(path: str | Path, layer_id: str) -> Layer:
    """The declaration of ``layer_id`` that holds for this data set."""
    return catalogue.layer(layer_id, own_catalogue(path))


def create(
    path: str | Path,
    layer_ids: Iterable[str],
    crs: str,
    crs_by_layer: Mapping[str, str] | None = None,
    profile: str = "",
    *,
    simulated: bool = False,
) -> Path:
    """Make a new data set with empty tables and return its path.

    ``crs`` (``EPSG:n``) holds for all layers but those in ``crs_by_layer``; ``profile`` is remembered as province.
    Raises an error if ``path`` exists or its folder does not. The file appears whole or not at all.
    """
    path = Path(path)
    if path.suffix != ".gpkg":
        raise InputError("store.extension", path=str(path))
    refuse_existing(path)
    extra = own_catalogue(path)
    layers = [catalogue.layer(layer_id, extra) for layer_id in layer_ids]
    with made_whole(path, new=True) as temporary, closing(sqlite3.connect(temporary, isolation_level=None)) as database:
        database.execute("BEGIN")
        geopackage.initialise(database)
        for layer in layers:
            tables.create_table(
                database, layer, (crs_by_layer or {}).get(layer.id, crs), extra=extra, simulated=simulated
            )
        _remember(database, {"province": profile, "simulated": simulated})
        database.execute("COMMIT")
    return path


def add_layer(path: str | Path, layer_id: str, crs: str) -> None:
    """Add an empty table for ``layer_id`` in ``crs``. Raises an error if it is there already."""
    path = Path(path)
    layer = declared(path, layer_id)
    if layer_id in layers_in(path):
        raise InputError("schema.layer_exists", path=str(path), layer=layer_id)
    simulated = bool(meta(path).get("simulated"))
    with writing(path) as database:
        tables.create_table(database, layer, crs, extra=own_catalogue(path), simulated=simulated)


def layers_in(path: str | Path) -> tuple[str, ...]:
    """Names of the tables for people: lists of codes and the data set's own notes are left out."""
    with reading(Path(path)) as database:
        rows = database.execute(
            "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes') ORDER BY rowid"
        ).fetchall()
    return tuple(str(name) for (name,) in rows if name != META and not name.startswith("dom_"))


def most_rows(path: str | Path, layer_id: str) -> int:
    """As many rows a layer has at most, without counting them; 0 where there is no such layer."""
    with geopackage.reading(Path(path)) as database:
        named = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        if database.execute(named, (layer_id,)).fetchone() is None:
            return 0
        most = database.execute(f'SELECT max(rowid) FROM "{layer_id}"').fetchone()[0]  # noqa: S608  # nosec B608 - a table of the file
        return int(most or 0)


def crs_of(path: str | Path, layer_id: str) -> str:
    """``EPSG:n`` of a layer; empty where there is no geometry or no system named. Raises if the layer is not there."""
    require_layer(Path(path), layer_id)
    with reading(Path(path)) as database:
        row = database.execute(
            "SELECT s.organization, s.organization_coordsys_id, s.srs_name FROM gpkg_geometry_columns AS g "
            "JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id WHERE g.table_name = ?",
            (layer_id,),
        ).fetchone()
    return "" if row is None else system_name(*row)


def system_name(organization: str, number: int, name: str) -> str:
    """``EPSG:n`` of a row of a GeoPackage's systems; empty where it stands for none."""
    if organization.upper() == "NONE" or name.startswith("Undefined"):  # "Undefined SRS" is GDAL's word
        return ""
    return f"{organization.upper()}:{number}"


def meta(path: str | Path) -> dict[str, Any]:
    """What the data set says of itself: ``province``, ``simulated``, ``judged_on``, ``plan_state``, …; may be empty."""
    with reading(Path(path)) as database:
        noted = database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (META,))
        if noted.fetchone() is None:
            return {}
        rows = database.execute("SELECT key, value FROM dothi_meta").fetchall()
    return {str(key): json.loads(value) for key, value in rows}


def set_meta(path: str | Path, **values: Any) -> None:
    """Remember JSON values. ``simulated`` also marks every layer's description with *mô phỏng*."""
    with writing(Path(path)) as database:
        _remember(database, values)
        if values.get("simulated"):
            database.execute(
                "UPDATE gpkg_contents SET description = description || ? "
                "WHERE data_type = 'features' AND description NOT LIKE '%' || ?",
                (tables.SIMULATED, tables.SIMULATED),
            )


def _remember(database: sqlite3.Connection, values: Mapping[str, Any]) -> None:
    from sqlite_utils import Database  # only those wait for it who make a data set or mark it

    table = Database(database)[META]
    if not table.exists():
        table.create({"fid": int, "key": str, "value": str}, pk="fid", not_null={"key", "value"})
        table.create_index(["key"], unique=True)
        geopackage.register_attributes(database, META, title=META, description="Ghi chú của bộ dữ liệu")
    for key, value in values.items():
        text = json.dumps(value, ensure_ascii=False, default=str)
        database.execute(
            "INSERT INTO dothi_meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, text),
        )


def append(path: str | Path, layer_id: str, frame: pd.DataFrame) -> int:
    """Write rows to a layer in one transaction and return their number.

    Columns are checked and cast, a missing ``uid`` is made, geometries are promoted and brought to the layer's system.
    Raises :class:`InputError` for data that do not fit, and nothing is written then.
    """
    path = Path(path)
    layer = declared(path, layer_id)
    crs = crs_of(path, layer_id)
    rows = fit(frame, layer, crs, own_catalogue(path))
    if len(rows) == 0:
        return 0
    absent = sorted({str(name) for name in rows.columns} - {"geometry", *fields_in(path, layer_id)})
    if absent:  # a table of another program; GDAL would stop at the first one, with a code of its own
        raise InputError("schema.column_missing", path=str(path), layer=layer_id, columns=absent)
    with writing(path):  # is it locked, read-only, damaged? GDAL would say it only after the work
        pass
    with told(path, writing=True):
        pyogrio.write_dataframe(
            rows, path, layer=layer_id, driver="GPKG", append=True, geometry_type=layer.geometry if crs else None
        )
    return len(rows)


def require_layer(path: Path, layer_id: str) -> None:
    """Raise :class:`InputError`, naming what there is, unless the data set has the layer."""
    known = layers_in(path)
    if layer_id not in known:
        raise InputError("schema.layer_missing", path=str(path), layer=layer_id, known=list(known))


def read(
    path: str | Path,
    layer_id: str,
    columns: Sequence[str] | None = None,
    uids: Iterable[str] | None = None,
    fids: Iterable[int] | None = None,
) -> gpd.GeoDataFrame:
    """The features of a layer; a plain frame where it has no geometry. The geometry column is ``geometry``.

    Without ``columns`` all declared ones come, with ``uid`` first, and columns that the file lacks are null; a column
    asked for by name must be there. ``uids`` or ``fids`` choose features. Codes and references are text, dates
    ``datetime64``, a column of whole numbers with nulls is float. A geometry that nobody can read, such as a ring that
    does not close, is null: one bad feature must not stop the others. Raises :class:`InputError`.
    """
    path = Path(path)
    require_layer(path, layer_id)
    layer = declared(path, layer_id)
    present = set(fields_in(path, layer_id))
    asked = ["uid", *columns] if columns is not None else ["uid"]
    missing = [name for name in dict.fromkeys(asked) if name not in present]
    if missing:
        raise InputError("schema.column_missing", path=str(path), layer=layer_id, columns=missing)
    declared_ids = [field.id for field in layer.fields]
    wanted = list(dict.fromkeys(asked)) if columns is not None else [name for name in declared_ids if name in present]
    chosen = None if uids is None else _checked(uids)
    with told(path, writing=False):
        frame = pyogrio.read_dataframe(
            path,
            layer=layer_id,
            columns=wanted,
            where=_where(chosen) if fids is None else _numbered(fids),
            on_invalid="ignore",
        )
    if chosen is not None and len(chosen) > _ASK_BY_UID:
        frame = frame[frame["uid"].isin(chosen)].reset_index(drop=True)
    if columns is None:
        for name in declared_ids:
            if name not in present:
                frame[name] = None
        wanted = declared_ids
    order = [*wanted, "geometry"] if "geometry" in frame.columns else wanted
    return frame[order]


def fields_in(path: str | Path, layer_id: str) -> tuple[str, ...]:
    """Names of the columns that the file really has, without ``fid`` and geometry."""
    with reading(Path(path)) as database:
        rows = database.execute("SELECT name FROM pragma_table_info(?)", (layer_id,)).fetchall()
        geometry = database.execute(
            "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer_id,)
        ).fetchone()
    hidden = {"fid", geometry[0] if geometry else ""}
    return tuple(str(name) for (name,) in rows if name not in hidden)


def _checked(uids: Iterable[str]) -> list[str]:
    """Identifiers that are safe to stand in a WHERE: pyogrio takes no parameters."""
    chosen = list(dict.fromkeys(uids))
    for uid in chosen:
        if not UID.fullmatch(uid):
            raise InputError("store.uid_wrong", uid=str(uid)[:60])
    return chosen


def _numbered(fids: Iterable[int]) -> str:
    """Rows by number: found at once, in the order of the file."""
    numbers = sorted(int(fid) for fid in fids)
    if not numbers:
        return "1 = 0"
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"fid BETWEEN {numbers[0]} AND {numbers[-1]}"
    return f"fid IN ({', '.join(map(str, numbers))})"


def _where(chosen: list[str] | None) -> str | None:
    if chosen is None or len(chosen) > _ASK_BY_UID:
        return None
    return '"uid" IN ({})'.format(", ".join(f"'{uid}'" for uid in chosen)) if chosen else "1 = 0"
