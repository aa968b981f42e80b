"""What differs between two states of a layer, feature by feature, and a state with such differences made to it.

A difference is a row of the layer with three columns more: what happened, to which fields, and what the feature was
like in the base. Frames in, frames out; nothing is read or written here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..layers import crs
from ..layers.errors import InputError
from . import coordinates

ADDED, CHANGED, DELETED = "added", "changed", "deleted"
CHANGES = (ADDED, CHANGED, DELETED)
CHANGE, FIELDS, STATE = "dothi_change", "dothi_fields", "dothi_state"
OWN = (CHANGE, FIELDS, STATE)
GEOMETRY = "geometry"

# Coordinates that agree so far are the same place: surveys give centimetres, and files written by different programs
# differ by rounding.
SAME_M, SAME_DEGREES = 1e-4, 1e-9


@dataclass(frozen=True)
class Since:
    """What became of the base since the differences were noted: uids of features, by kind.

    ``changed``: edited there too (the differences are made on top); ``gone``: changed here but deleted there (they
    stay deleted); ``there``: added here and by now in the base as well (ours replaces it).
    """

    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    there: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone or self.there)


def between(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The differences that lead from ``before`` to ``after``: frames of one declared layer, told apart by ``uid``.

    Added and changed rows are those of ``after``, deleted ones those of ``before``. Geometries are brought to the
    system of ``before``; such that lie within 0.1 mm are equal. Raises :class:`InputError` where a uid stands twice.
    """
    for frame in (before, after):
        _require_unique(frame)
    if isinstance(before, gpd.GeoDataFrame) and isinstance(after, gpd.GeoDataFrame):
        after = coordinates.to(after, coordinates.code_of(before.crs))
    old, new = before.set_index("uid"), after.set_index("uid")
    both = old.index.intersection(new.index, sort=False)
    touched = _touched(old.loc[both], new.loc[both])
    changed = [uid for uid, fields in zip(both, touched, strict=True) if fields]
    added = new.index.difference(old.index, sort=False)
    deleted = old.index.difference(new.index, sort=False)
    known = dict(zip(both, touched, strict=True))
    rows = [
        _rows(new.loc[added], ADDED, [None] * len(added), [None] * len(added)),
        _rows(new.loc[changed], CHANGED, [json.dumps(known[uid]) for uid in changed], states(old.loc[changed])),
        _rows(old.loc[deleted], DELETED, [None] * len(deleted), states(old.loc[deleted])),
    ]
    filled = [one for one in rows if len(one)]
    return _stack(filled) if filled else rows[0]


def _rows(frame: pd.DataFrame, change: str, fields: Sequence[Any], state: Sequence[Any]) -> pd.DataFrame:
    rows = frame.reset_index()
    rows[CHANGE] = change
    rows[FIELDS] = pd.Series(fields, dtype=object)
    rows[STATE] = pd.Series(state, dtype=object)
    return rows


def _require_unique(frame: pd.DataFrame) -> None:
    twice = frame["uid"][frame["uid"].duplicated()]
    if len(twice):
        raise InputError("scenario.uid_twice", uid=str(twice.iloc[0]), count=len(twice))


def _touched(old: pd.DataFrame, new: pd.DataFrame) -> list[list[str]]:
    """Names of the fields (and ``geometry``) that differ, for each row."""
    touched: list[list[str]] = [[] for _ in range(len(old))]
    for name in old.columns:
        if name not in new.columns:
            continue
        differs = _moved(old, new) if name == GEOMETRY else ~_same(old[name], new[name])
        for at in np.flatnonzero(differs):
            touched[at].append(str(name))
    return touched


def _same(old: pd.Series, new: pd.Series) -> NDArray[np.bool_]:
    gone = old.isna().to_numpy(dtype=bool), new.isna().to_numpy(dtype=bool)
    if old.dtype.kind in "iuf" and new.dtype.kind in "iuf":
        equal = old.to_numpy() == new.to_numpy()
    else:
        equal = np.array([_word(a) == _word(b) for a, b in zip(old.array, new.array, strict=True)], dtype=bool)
    both: NDArray[np.bool_] = (gone[0] & gone[1]) | (~gone[0] & ~gone[1] & equal)
    return both


def _moved(old: pd.DataFrame, new: pd.DataFrame) -> NDArray[np.bool_]:
    ours, theirs = (np.asarray(one[GEOMETRY], dtype=object) for one in (old, new))
    code = coordinates.code_of(old.crs) if isinstance(old, gpd.GeoDataFrame) else ""
    near = SAME_DEGREES if code in (crs.WGS84, crs.VN2000_GEOGRAPHIC) else SAME_M
    absent = shapely.is_missing(ours), shapely.is_missing(theirs)
    same = shapely.equals_exact(ours, theirs, near)
    doubtful = np.flatnonzero(~same & ~absent[0] & ~absent[1])  # the same ring may begin at another corner
    same[doubtful] = shapely.equals_exact(shapely.normalize(ours[doubtful]), shapely.normalize(theirs[doubtful]), near)
    moved: NDArray[np.bool_] = ~(same | (absent[0] & absent[1]))
    return moved


def _word(value: Any) -> Any:
    """A value as it is compared and hashed: numbers as floats, moments as text."""
    if isinstance(value, (bool, int, float, np.bool_, np.integer, np.floating)):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def states(rows: pd.DataFrame) -> list[str]:
    """A fingerprint of each row's values and geometry. Nulls do not count, so a field declared later alters nothing."""
    columns = [str(name) for name in rows.columns if name not in ("uid", GEOMETRY, *OWN)]
    shapes = np.asarray(rows[GEOMETRY], dtype=object) if GEOMETRY in rows else np.full(len(rows), None)
    made = []
    for values, shape in zip(rows[columns].itertuples(index=False, name=None), shapes, strict=True):
        known = {name: _word(value) for name, value in zip(columns, values, strict=True) if not pd.isna(value)}
        text = json.dumps(known, sort_keys=True, ensure_ascii=False, default=str).encode("utf-8")
        place = shapely.to_wkb(shape, output_dimension=2, byte_order=1) if shape is not None else b""
        made.append(hashlib.sha256(text + b"\x00" + place).hexdigest()[:32])
    return made


def since(base: pd.DataFrame, differences: pd.DataFrame) -> Since:
    """What became of the features of ``base`` (whole rows) since ``differences`` were noted."""
    now = dict(zip(base["uid"], states(base), strict=True))
    change = differences[CHANGE]
    resting = differences[change != ADDED]
    there = set(now)
    return Since(
        changed=tuple(
            uid for uid, state in zip(resting["uid"], resting[STATE], strict=True) if uid in there and now[uid] != state
        ),
        gone=tuple(uid for uid in differences["uid"][change == CHANGED] if uid not in there),
        there=tuple(uid for uid in differences["uid"][change == ADDED] if uid in there),
    )


def applied(frame: gpd.GeoDataFrame, differences: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """``frame`` with the differences made: deleted rows gone, changed fields replaced, added rows at the end.

    Only the columns of ``frame`` are kept; both are in one system, that of ``frame``. A field that a changed row does
    not name keeps what the base says by now.
    """
    change = differences[CHANGE]
    taken_away = set(differences["uid"][change == DELETED]) | set(differences["uid"][change == ADDED])
    kept = frame[~frame["uid"].isin(taken_away)]
    position = {uid: at for at, uid in enumerate(kept["uid"])}
    edits = differences[change == CHANGED]
    at = np.array([position.get(uid, -1) for uid in edits["uid"]], dtype=np.intp)
    named = [set(json.loads(fields)) for fields in edits[FIELDS]]
    added = differences[change == ADDED]
    made: dict[str, Any] = {}
    for name in frame.columns:
        values = kept[name].to_numpy(dtype=object).copy()
        for row in np.flatnonzero((at >= 0) & np.array([name in fields for fields in named], dtype=bool)):
            values[at[row]] = edits[name].iloc[row]
        more = _objects(added, str(name))
        made[str(name)] = _like(np.concatenate([values, more]), frame[name].dtype)
    shapes = made.pop(GEOMETRY)
    return gpd.GeoDataFrame(made, geometry=shapes, crs=frame.crs)[list(frame.columns)]


def _objects(rows: pd.DataFrame, name: str) -> NDArray[np.object_]:
    values = np.full(len(rows), None, dtype=object)
    if name in rows:
        values[:] = rows[name].to_numpy(dtype=object)
    return values


def _like(values: NDArray[np.object_], kind: Any) -> Any:
    """``values`` with the type that the column had, floats where whole numbers are missing."""
    if isinstance(kind, np.dtype) and kind.kind in "iuf":
        return pd.to_numeric(pd.Series(values, dtype=object), errors="coerce")
    if isinstance(kind, np.dtype) and kind.kind == "M":
        return pd.to_datetime(pd.Series(values, dtype=object))
    return values


def _stack(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables of the same columns one under the other; each column keeps the values as they are."""
    columns = list(tables[0].columns)
    made = {
        name: np.concatenate([table[name].to_numpy(dtype=object) for table in tables])
        for name in columns
        if name != GEOMETRY
    }
    first = tables[0]
    if not isinstance(first, gpd.GeoDataFrame):
        return pd.DataFrame(made)
    shapes = np.concatenate([np.asarray(table[GEOMETRY], dtype=object) for table in tables])
    stacked: pd.DataFrame = gpd.GeoDataFrame(made, geometry=shapes, crs=first.crs)
    return stacked
