"""Edits of a data set as a GIS makes them: rows changed in place, so that every other one keeps its number."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import shapely
from hypothesis import strategies as st
from shapely import affinity

from dothi.store.bulk import blobs
from dothi.store.nearby import wkb_of

from .scenes import uid


class Edit(NamedTuple):
    """What happens to the ``nth`` feature of ``layer``: ``move`` by metres, ``set`` a field, ``delete``, ``copy`` moved
    by metres, ``break`` its geometry, ``empty`` it."""

    layer: str
    nth: int
    what: str
    how: tuple[Any, ...]


_SRS = 9210
_VALUES: dict[str, dict[str, list[Any]]] = {
    "parcel": {"land_use": ["ODT", "SKC", None], "area_legal_m2": [120.0, 500.0, None], "code": ["0ther"]},
    "building": {
        "use": ["detached", "other", "public", "mixed", None],
        "height_m": [4.0, 17.0, 60.0, None],
        "floors": [1, 12],
        "parcel": [uid("n1"), uid("big"), None],
        "permit_no": ["GPn0", "GPx", None],
        "part": ["tower", None],
        "code": ["aaa", "zzz"],
    },
    "planned_zone": {
        "land_use": ["SKC", None],
        "area_state": ["new", None],
        "plan_state": ["appraised", None],
        "max_far": [1.0, None],
        "unit": ["A", "B", "C", None],
        "role": ["housing", "public_green", None],
        "population": [900.0],
    },
    "upper_zone": {"land_use": ["SKC"], "max_far": [1.0]},
    "street_centreline": {"width_m": [5.0, 40.0, 300.0, None], "road_class": ["expressway", None], "name": ["X"]},
    "street_boundary": {"street": [uid("second"), uid("nobody"), None]},
    "red_line": {"street": [uid("second"), uid("third"), None]},
    "lot_edge": {"parcel": [uid("b2")], "kind": ["side", "back"], "street": [uid("third"), None]},
    "building_line": {"street": [uid("third"), None]},
    "building_permit": {"height_m": [1.0, None], "permit_no": ["GPs2", None]},
    "green_space": {"kind": ["water", None]},
    "service_facility": {"capacity": [10], "kind": ["nursery"]},
    "hydrant": {"branch_pipe_id": [uid("pipe1"), None], "hydrant_type": ["underground"]},
    "water_pipe": {"dn_mm": [50, 300], "function": ["service"]},
    "power_line": {"voltage_kv": [500], "installation": ["buried"]},
    "watercourse": {"water_kind": ["lake"]},
    "safety_site": {"site_kind": ["landfill", "petrol_station"]},
    "admin_unit": {"population": [1.0]},
    "industrial_park": {"code": ["x"]},
    "village_facility": {"kind": ["school"]},
    "logistics_port": {"quay_m": [1.0]},
}


def _options() -> st.SearchStrategy[Edit]:
    # Lots, buildings, zones and streets are edited most.
    layers = st.sampled_from([*_VALUES, *["building", "parcel", "planned_zone", "street_centreline"] * 3])
    metres = st.tuples(
        st.sampled_from([0.0, 0.4, -2.0, 5.2, -18.0, 60.0]), st.sampled_from([0.0, 0.2, 3.1, -7.0, 33.0])
    )

    def of(layer_id: str) -> st.SearchStrategy[Edit]:
        values = [(name, value) for name, some in _VALUES[layer_id].items() for value in some]
        how = st.one_of(
            st.tuples(st.sampled_from(["move", "copy"]), metres),
            st.tuples(st.just("set"), st.sampled_from(values)),
            st.tuples(st.sampled_from(["delete", "break", "empty"]), st.just(())),
        )
        return st.builds(lambda nth, both: Edit(layer_id, nth, *both), st.integers(0, 30), how)

    return layers.flatmap(of)


OPTIONS = _options()


def make(path: Path, edit: Edit) -> None:
    """Make ``edit`` in the data set; nothing where the layer has no feature, or only one left that must stay."""
    with closing(sqlite3.connect(path)) as database, database:
        for number, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
            database.create_function(name, 1, lambda blob, at=number: _bound(blob, at))
        database.create_function("ST_IsEmpty", 1, lambda blob: wkb_of(blob) is None)
        fids = [fid for (fid,) in database.execute(f'SELECT fid FROM "{edit.layer}" ORDER BY fid')]
        if len(fids) < 2 and (edit.what == "delete" or not fids):
            return
        fid = fids[edit.nth % len(fids)]
        (blob,) = database.execute(f'SELECT geom FROM "{edit.layer}" WHERE fid = ?', (fid,)).fetchone()
        shape = shapely.from_wkb(wkb_of(blob))
        if edit.what == "set":
            name, value = edit.how
            value = f"{value}{fid}" if name == "code" else value
            database.execute(f'UPDATE OR IGNORE "{edit.layer}" SET "{name}" = ? WHERE fid = ?', (value, fid))
        elif edit.what == "delete":
            database.execute(f'DELETE FROM "{edit.layer}" WHERE fid = ?', (fid,))
        elif shape is None:
            return
        elif edit.what == "move":
            _put(database, edit.layer, fid, affinity.translate(shape, *edit.how))
        elif edit.what == "break":
            _put(database, edit.layer, fid, _broken(shape))
        elif edit.what == "empty":
            database.execute(f'UPDATE "{edit.layer}" SET geom = NULL WHERE fid = ?', (fid,))
        else:
            columns = [row[1] for row in database.execute(f'PRAGMA table_info("{edit.layer}")')]
            others = [f'"{name}"' for name in columns if name not in ("fid", "uid")]
            values = [f"{name} || '-{fids[-1]}'" if name == '"code"' else name for name in others]  # codes are unique
            made = database.execute(
                f'INSERT OR IGNORE INTO "{edit.layer}" (uid, {", ".join(others)}) '
                f'SELECT ?, {", ".join(values)} FROM "{edit.layer}" WHERE fid = ?',
                (str(uuid4()), fid),
            )
            if made.rowcount:  # what must be unique is not copied
                _put(database, edit.layer, int(made.lastrowid or 0), affinity.translate(shape, *edit.how))


def _bound(blob: bytes, at: int) -> float:
    west, south, east, north = shapely.from_wkb(wkb_of(blob)).bounds
    return float((west, east, south, north)[at])


def _put(database: sqlite3.Connection, layer_id: str, fid: int, shape: Any) -> None:
    database.execute(
        f'UPDATE "{layer_id}" SET geom = ? WHERE fid = ?', (blobs(np.array([shape], dtype=object), _SRS)[0], fid)
    )


def _broken(shape: Any) -> Any:
    if shape.geom_type != "MultiPolygon":
        return shape
    west, south, east, north = shape.bounds
    ring = [(west, south), (east, north), (east, south), (west, north), (west, south)]
    return shapely.MultiPolygon([shapely.Polygon(ring)])
