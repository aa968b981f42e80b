"""What every feature of some layers was when it was last looked at: a hash of its row, its box, and what it names.

One file keeps them beside a data set; it may be deleted at any time. Compared with the data as they are now it tells
which features changed since, in one pass over the columns and without making a shape of what did not.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from .drawn import read_shapes, some_of
from .layer_rows import Columns, LayerRows
from .row_hashes import bytes_of, hash_rows
from .troubles import told
from .whole import sweep, temporary_name

FORM = 3  # of the file: one of another form, or of none, is left unread


@dataclass(frozen=True)
class Prints:
    """The features of one layer in the order of their ``fid``.

    ``box`` (n, 4) is west, south, east, north, NaN without geometry. ``names`` are columns of text by field (empty
    where null), ``uid`` among them; ``numbers`` columns of numbers.
    """

    system: str
    columns: tuple[str, ...]
    fid: NDArray[np.int64]
    hash: NDArray[np.uint64]
    box: NDArray[np.float64]
    names: Columns
    numbers: Mapping[str, NDArray[np.float64]]

    @property
    def uid(self) -> NDArray[np.object_]:
        """Identifiers."""
        return self.names["uid"]

    @property
    def has_names(self) -> bool:
        """Whether every feature has an identifier of its own."""
        uids = self.names.arrow["uid"]
        numbers = np.sort(hash_rows([uids], len(uids)))  # in a fifth of the time of a set of texts
        return not (numbers[1:] == numbers[:-1]).any() and not pc.any(pc.equal(uids, "")).as_py()


def taken(
    rows: LayerRows, names: Sequence[str] = (), numbers: Sequence[str] = (), before: Prints | None = None
) -> Prints:
    """The prints of a layer, of which ``names`` and ``numbers`` are kept beside the hash.

    ``before`` are older prints: what did not change since lies where it lay.
    """
    nothing = np.full(len(rows.fid), None, dtype=object)
    hashes = hash_rows([*(rows.columns.arrow[name] for name in sorted(rows.columns)), rows.wkb], len(rows.fid))
    return Prints(
        rows.system,
        tuple(rows.columns),
        rows.fid.copy(),
        hashes,
        rows.box if before is None else _boxes(rows, hashes, before),
        Columns({name: _texts(rows.columns.arrow.get(name), len(rows.fid)) for name in dict.fromkeys(("uid", *names))}),
        {name: _numbers(rows.columns.get(name, nothing)) for name in numbers},
    )


def _boxes(rows: LayerRows, hashes: NDArray[np.uint64], before: Prints) -> NDArray[np.float64]:
    made = np.full((len(rows.fid), 4), np.nan)
    new, old = _shared(rows.fid, before.fid)
    same = hashes[new] == before.hash[old]
    made[new[same]] = before.box[old[same]]
    other = np.setdiff1d(np.arange(len(made)), new[same], assume_unique=True)
    made[other] = shapely.bounds(read_shapes(some_of(rows.wkb, other)))
    return made


def _shared(one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each of the numbers that both have stands in the one and in the other."""
    if np.array_equal(one, other):  # the usual case, and a tenth of the time
        return np.arange(len(one)), np.arange(len(one))
    _, here, there = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    return here, there


def _texts(values: pa.ChunkedArray | None, count: int) -> pa.ChunkedArray:
    """Texts, empty where null, in memory of their own: a column that GDAL handed over holds on to its whole layer."""
    if values is None:
        return pa.chunked_array([pa.repeat("", count)])
    data, ends = _packed(pc.fill_null(values.cast(pa.string()), ""))
    return _unpacked(data.copy(), ends.copy())


def _numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(pd.to_numeric(pd.Series(values), errors="coerce"), dtype=float)


def leave(path: Path, layers: Mapping[str, Prints]) -> Path:
    """Write prints to a file beside ``path`` that nobody reads, and return it: :func:`keep` gives it its name.

    Raises an error of the machine.
    """
    arrays: dict[str, NDArray[Any]] = {}
    notes: dict[str, Any] = {}
    for layer_id, one in layers.items():
        arrays |= {f"{layer_id}/{name}": getattr(one, name) for name in ("fid", "hash", "box")}
        for name, values in one.names.arrow.items():
            arrays |= dict(zip(_text_parts(layer_id, name), _packed(values), strict=True))
        arrays |= {f"{layer_id}/number/{name}": values for name, values in one.numbers.items()}
        notes[layer_id] = [one.system, list(one.columns), list(one.names), list(one.numbers)]
    arrays["layers"] = _packed_text(json.dumps({"form": FORM, "layers": notes}))
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    left = temporary_name(path)
    try:
        with told(path, writing=True), left.open("wb") as file:  # each part has its checksum
            np.savez(file, **arrays)  # type: ignore[arg-type]  # its stub takes the arrays for its own flag
    except BaseException:
        left.unlink(missing_ok=True)
        raise
    return left


def keep(path: Path, left: Path, about: Mapping[str, Any]) -> None:
    """Say what the prints ``left`` are ``about`` (JSON) and give them their name. Raises an error of the machine.

    Nobody waits for the disk: a power cut may tear the file, which its readers notice.
    """
    text = _packed_text(json.dumps(dict(about), ensure_ascii=False))
    with told(path, writing=True):
        with zipfile.ZipFile(left, "a") as file, file.open("about.npy", "w") as part:
            np.lib.format.write_array(part, text)
        left.replace(path)


def kept(path: Path) -> tuple[dict[str, Any], dict[str, Prints]] | None:
    """What :func:`keep` wrote; None where there is nothing, or nothing that can be read."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:  # every part carries a checksum
            notes = _plain(file["layers"])
            if notes["form"] != FORM:
                return None
            layers = {layer_id: _read(file, layer_id, *note) for layer_id, note in notes["layers"].items()}
            return _plain(file["about"]), layers
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None


def _read(file: Any, layer_id: str, system: str, columns: list[str], names: list[str], numbers: list[str]) -> Prints:
    made = Prints(
        system,
        tuple(columns),
        file[f"{layer_id}/fid"],
        file[f"{layer_id}/hash"],
        file[f"{layer_id}/box"],
        Columns({name: _unpacked(*(file[part] for part in _text_parts(layer_id, name))) for name in names}),
        {name: file[f"{layer_id}/number/{name}"] for name in numbers},
    )
    parts = (made.fid, made.hash, made.box, *made.names.arrow.values(), *made.numbers.values())
    lengths = {len(values) for values in parts}
    if len(lengths) != 1:
        raise ValueError(f"{layer_id}: {lengths}")
    return made


def _packed_text(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _plain(text: NDArray[np.uint8]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(text.tobytes().decode())
    return told


def _text_parts(layer_id: str, name: str) -> tuple[str, str]:
    return f"{layer_id}/text/{name}", f"{layer_id}/ends/{name}"


def _packed(values: pa.ChunkedArray) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """The bytes of all texts, and where each of them ends."""
    data, ends = bytes_of(pa.concat_arrays(values.chunks) if values.chunks else pa.array([], pa.string()))
    return data[ends[0] : ends[-1]], ends - ends[0]


def _unpacked(data: NDArray[np.uint8], ends: NDArray[np.int32]) -> pa.ChunkedArray:
    made = pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data))
    made.validate(full=True)  # ArrowInvalid is a ValueError
    return pa.chunked_array([made])


@dataclass(frozen=True)
class Changes:
    """What became of one layer: positions of ``new`` and changed features now, and of gone and changed ones before.

    ``boxes`` are those of before and now, ``names`` by field what they named before or name now, ``count`` how many
    features changed, came or went.
    """

    rows: NDArray[np.intp]
    before: NDArray[np.intp]
    boxes: NDArray[np.float64]
    names: Mapping[str, frozenset[str]]
    count: int


def changes(before: Prints, now: Prints) -> Changes:
    """What changed from ``before`` to ``now``."""
    old, new = _shared(before.fid, now.fid)
    differs = before.hash[old] != now.hash[new]
    came = np.setdiff1d(np.arange(len(now.fid)), new, assume_unique=True)
    went = np.setdiff1d(np.arange(len(before.fid)), old, assume_unique=True)
    rows = np.sort(np.concatenate([new[differs], came])).astype(np.intp)
    gone = np.sort(np.concatenate([old[differs], went])).astype(np.intp)
    boxes = np.concatenate([before.box[gone], now.box[rows]])
    names = {
        name: frozenset(before.names.some(name, gone)) | frozenset(now.names.some(name, rows)) - {""}
        for name in now.names
    }
    return Changes(rows, gone, boxes[np.isfinite(boxes).all(axis=1)], names, len(rows) + len(went))
