"""Scenarios (*phương án*): named sets of edits on one data set, in ``NAME.dothi/scenarios``, one GeoPackage each.

A scenario holds the differences and nothing else (``differences.py``): per edited layer one table with the layer's own
columns and what happened to each feature. The data set itself is never written; it may change afterwards, and what
changed under a scenario is told. Names are the users'; the file has a plain one.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import pandas as pd
import pyogrio

from ..layers import catalogue
from ..layers.errors import DothiError, EnvironmentTroubleError, InputError
from ..layers.model import Field, Layer, Text
from ..layers.report import SILENT, Report
from . import bulk, coordinates, dataset, geopackage, tables
from .differences import ADDED, CHANGE, CHANGES, FIELDS, STATE, Since, applied, since
from .troubles import told
from .whole import made_whole, remove, sweep

NAME_LENGTH = 120
FORMAT = 1
_SLUG_LENGTH = 60
# Names that Windows keeps for devices, whatever their suffix.
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEY = "scenario"
_EXAMPLES = 5


@dataclass(frozen=True)
class Scenario:
    """A scenario by its file; ``counts`` is layer → change → number of features, ``base`` what it was made on."""

    path: Path
    uid: str
    name: str
    note: str
    author: str
    created_at: str
    simulated: bool
    base: Mapping[str, Any]
    counts: Mapping[str, Mapping[str, int]]

    @property
    def slug(self) -> str:
        """The name of its file, without suffix: what a script calls it."""
        return self.path.stem

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that it edits."""
        return tuple(self.counts)


def folder(data: str | Path) -> Path:
    """Where the scenarios of a data set lie; it may not be there yet."""
    return dataset.beside(data) / "scenarios"


def runs_of(scenario: Scenario) -> Path:
    """The folder of the runs that judged the scenario, apart from those of the data set itself."""
    return scenario.path.with_suffix(".runs")


def slug_of(name: str) -> str:
    """A file name for ``name``: small Latin letters, digits and dashes, at most 60, valid on every system."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("đ", "d"))
    words = re.findall(r"[a-z0-9]+", "".join(sign for sign in plain if not unicodedata.combining(sign)))
    slug = "-".join(words)[:_SLUG_LENGTH].strip("-") or "phuong-an"
    return f"{slug}-1" if _RESERVED.fullmatch(slug) else slug


def checked_name(name: str) -> str:
    """``name`` without surplus blanks. Raises :class:`InputError` for one that is empty, too long or unprintable."""
    shown = unicodedata.normalize("NFC", " ".join(name.split()))
    if not shown or len(shown) > NAME_LENGTH or not shown.isprintable():
        raise InputError("scenario.name_wrong", name=shown[:60], most=NAME_LENGTH)
    return shown


def open_scenario(path: Path) -> Scenario:
    """The scenario in the file ``path``. Raises :class:`InputError` for a file that is none or of a later format."""
    noted = dataset.meta(path).get(_KEY)
    if not isinstance(noted, Mapping) or not isinstance(noted.get("name"), str):
        raise InputError("scenario.not_one", path=str(path))
    if noted.get("format") != FORMAT:
        raise InputError("scenario.other_format", path=str(path), format=str(noted.get("format")), known=FORMAT)
    return Scenario(
        path=path,
        uid=str(noted["uid"]),
        name=noted["name"],
        note=str(noted.get("note") or ""),
        author=str(noted.get("author") or ""),
        created_at=str(noted["created_at"]),
        simulated=bool(noted.get("simulated")),
        base=dict(noted.get("base") or {}),
        counts={name: dict(counts) for name, counts in noted["counts"].items()},
    )


def listed(data: str | Path) -> tuple[list[Scenario], list[DothiError]]:
    """The scenarios of a data set by name, and an error for each file that cannot be read: one hides no other."""
    found, broken = [], []
    for path in sorted(folder(data).glob("*.gpkg")):
        if not _SLUG.fullmatch(path.stem):  # the hidden leavings of a killed job among them
            continue
        try:
            found.append(open_scenario(path))
        except DothiError as error:
            broken.append(error)
    return sorted(found, key=lambda one: one.name.casefold()), broken


def find(data: str | Path, word: str) -> Scenario:
    """The scenario called ``word``: its file's name or its own. Raises :class:`InputError` where there is none."""
    path = folder(data) / f"{word}.gpkg"
    if _SLUG.fullmatch(word) and path.is_file():
        return open_scenario(path)
    wanted = unicodedata.normalize("NFC", " ".join(word.split())).casefold()
    found, _ = listed(data)
    for one in found:
        if one.name.casefold() == wanted:
            return one
    raise InputError("scenario.unknown", scenario=word[:NAME_LENGTH], known=[one.name for one in found] or ["–"])


def save(
    data: str | Path,
    name: str,
    layers: Mapping[str, pd.DataFrame],
    *,
    note: str = "",
    author: str = "",
    over: bool = False,
) -> Scenario:
    """Write a scenario of ``layers`` (layer → differences) on the data set ``data``; it appears whole or not at all.

    ``over``: a scenario of that name is replaced and keeps its identity. Raises :class:`InputError` for a name in use,
    for no differences at all and for values that do not fit; an error of the machine where it cannot be written.
    """
    data, name = Path(data), checked_name(name)
    layers = {layer_id: rows for layer_id, rows in layers.items() if len(rows)}
    if not layers:
        raise InputError("scenario.empty", name=name)
    same = next((one for one in listed(data)[0] if one.name.casefold() == name.casefold()), None)
    if same is not None and not over:
        raise EnvironmentTroubleError("scenario.name_taken", name=same.name)
    place = folder(data)
    with told(place, writing=True):
        place.mkdir(parents=True, exist_ok=True)
        sweep(place)
    state = data.stat()
    noted = {
        "format": FORMAT,
        "uid": same.uid if same else str(uuid4()),
        "name": name,
        "note": note,
        "author": author,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "simulated": bool(dataset.meta(data).get("simulated")),
        "base": {
            "data": data.name,
            "bytes": state.st_size,
            "modified": datetime.fromtimestamp(state.st_mtime, UTC).isoformat(timespec="seconds"),
        },
        "counts": {
            layer_id: {change: int((rows[CHANGE] == change).sum()) for change in CHANGES}
            for layer_id, rows in layers.items()
        },
    }
    path = same.path if same else _free(place, name)
    with made_whole(path, new=same is None) as temporary:
        _write(temporary, data, layers, noted)
    return open_scenario(path)


def _free(place: Path, name: str) -> Path:
    slug, number = slug_of(name), 2
    path = place / f"{slug}.gpkg"
    while path.exists() or path.is_symlink():
        path = place / f"{slug}-{number}.gpkg"
        number += 1
    return path


def _write(path: Path, data: Path, layers: Mapping[str, pd.DataFrame], noted: Mapping[str, Any]) -> None:
    extra = dataset.own_catalogue(data)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN")
        geopackage.initialise(database)
        for layer_id, rows in layers.items():
            code = coordinates.code_of(rows.crs) if isinstance(rows, gpd.GeoDataFrame) else ""
            stored = _stored(catalogue.layer(layer_id, extra))
            tables.create_table(database, stored, code, extra=extra, simulated=bool(noted["simulated"]))
        database.execute("COMMIT")
    for layer_id, rows in layers.items():
        bulk.fill(path, _stored(catalogue.layer(layer_id, extra)), rows, extra)
    bulk.index(path, layers)
    dataset.set_meta(path, **{_KEY: noted})


def _stored(layer: Layer) -> Layer:
    """``layer`` as a table of differences: a row of the base that breaks a rule of the catalogue must fit in too."""

    def lenient(field: Field) -> Field:
        kind = "text" if field.type in ("choice", "reference", "json") else field.type
        return replace(field, type=kind, required=False, unique=False, default=None, domain="", check=None, length=0)

    own = [lenient(field) for field in layer.fields if field.id != "uid"]
    more = (
        Field(CHANGE, "text", Text("Thay đổi", "Change"), required=True),
        Field(FIELDS, "json", Text("Trường thay đổi", "Fields changed")),
        Field(STATE, "text", Text("Dấu của dữ liệu gốc", "Fingerprint of the base")),
    )
    return replace(layer, fields=(layer.find("uid"), *own, *more))


def read(scenario: Scenario, layer_id: str) -> gpd.GeoDataFrame:
    """The differences of a layer, a plain frame where it has no geometry. Raises :class:`InputError`."""
    if layer_id not in dataset.layers_in(scenario.path):
        raise InputError("scenario.not_one", path=str(scenario.path))
    with told(scenario.path, writing=False):
        frame: gpd.GeoDataFrame = pyogrio.read_dataframe(scenario.path, layer=layer_id)
    lacking = [name for name in ("uid", CHANGE, FIELDS, STATE) if name not in frame]
    if lacking or not frame[CHANGE].isin(CHANGES).all():
        raise InputError("scenario.not_one", path=str(scenario.path))
    return frame


def rename(data: str | Path, word: str, name: str) -> Scenario:
    """Give a scenario another name; its file and its identity stay. Raises :class:`InputError` for a name in use."""
    scenario, name = find(data, word), checked_name(name)
    for one in listed(data)[0]:
        if one.uid != scenario.uid and one.name.casefold() == name.casefold():
            raise EnvironmentTroubleError("scenario.name_taken", name=one.name)
    noted = dataset.meta(scenario.path)[_KEY]
    dataset.set_meta(scenario.path, **{_KEY: noted | {"name": name}})
    return open_scenario(scenario.path)


def delete(data: str | Path, word: str) -> Scenario:
    """Delete a scenario for good and return what it was."""
    scenario = find(data, word)
    with told(scenario.path, writing=True):
        remove(scenario.path)
        shutil.rmtree(runs_of(scenario), ignore_errors=True)  # they judged what is no more
    return scenario


def base_since(data: str | Path, scenario: Scenario) -> dict[str, Since]:
    """What became of the base since, by layer; layers where nothing did are left out.

    Raises :class:`InputError` where the scenario was made on another data set: none of its features is in this one.
    """
    there = dataset.layers_in(data)
    found: dict[str, Since] = {}
    known = resting = 0
    for layer_id in scenario.layers:
        rows = read(scenario, layer_id)
        uids = [str(uid) for uid in rows["uid"]]
        base = dataset.read(data, layer_id, uids=uids) if layer_id in there else pd.DataFrame({"uid": []})
        known += int(base["uid"].isin(rows["uid"][rows[CHANGE] != ADDED]).sum())
        resting += int((rows[CHANGE] != ADDED).sum())
        if one := since(base, rows):
            found[layer_id] = one
    if resting and not known:
        raise InputError(
            "scenario.other_data", name=scenario.name, made_on=str(scenario.base.get("data")), data=Path(data).name
        )
    return found


def tell_since(data: str | Path, scenario: Scenario, report: Report = SILENT) -> dict[str, Since]:
    """:func:`base_since`, and a warning for each kind of what happened there."""
    found = base_since(data, scenario)
    for layer_id, one in found.items():
        said = {"scenario": scenario.name, "layer": layer_id}
        if one.changed:
            report.message("scenario.base_changed", "warning", **said, **_told(one.changed))
        if one.gone:
            report.message("scenario.base_gone", "warning", **said, **_told(one.gone))
        if one.there:
            report.message("scenario.base_there", "warning", **said, **_told(one.there))
    return found


def _told(uids: Sequence[str]) -> dict[str, Any]:
    return {"count": len(uids), "examples": list(uids[:_EXAMPLES])}


def merged(scenario: Scenario, layer_id: str, base: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """``base`` (any columns of the layer, with ``uid``) as the scenario would have it; itself where it edits nothing.

    None stays None unless the scenario brings the layer. Differences are brought to the system of ``base``.
    """
    if layer_id not in scenario.layers:
        return base
    rows = read(scenario, layer_id)
    if base is None:
        return rows[rows[CHANGE] == ADDED].drop(columns=[CHANGE, FIELDS, STATE]).reset_index(drop=True)
    if isinstance(rows, gpd.GeoDataFrame):
        rows = coordinates.to(rows, coordinates.code_of(base.crs))
    return applied(base, rows)


def author() -> str:
    """Who is at work, as the system knows: nothing where it does not say."""
    return next((os.environ[name] for name in ("USER", "USERNAME", "LOGNAME") if os.environ.get(name)), "")
