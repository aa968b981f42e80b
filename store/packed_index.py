"""The spatial index of a table, filled at once: sorted into full leaves, where row by row each would be searched for.

The tables of SQLite's R-tree are documented (sqlite.org/rtree.html, 3.1): a node is two bytes of depth (of the root
alone), two of how many cells, and the cells: a number of eight bytes, then min and max of each axis as four-byte
floats, big-endian, rounded outwards. Packing: Leutenegger et al., STR: A Simple and Efficient Algorithm for R-Tree
Packing, ICDE 1997.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .many_rows import insert
from .tables import GEOMETRY

_CELL = np.dtype([("id", ">i8"), ("box", ">f4", (4,))])
_ROOT = 1
_Value = TypeVar("_Value", int, bytes)
# Where the index holds so many times the rows that it lacks, these are searched their places one by one.
_FEW = 10
# In our blobs minx, maxx, miny and maxy follow eight bytes of header (OGC 12-128r18, 2.1.3).
_ENVELOPES = 'SELECT "fid", substr("geom", 9, 32) FROM "{table}" WHERE "fid" > ? AND "geom" IS NOT NULL'

Boxes = NDArray[np.float64]
# Numbers of rows, and the box of each: minx, maxx, miny, maxy.
Entries = tuple[NDArray[np.int64], Boxes]


def fill(database: sqlite3.Connection, table: str, new: Entries | None = None) -> None:
    """Enter the rows of ``table`` that its index lacks: those after the last one that is in it. See :func:`pack`.

    ``new`` are these rows where they are known; else the table is read for them.
    """
    index = f"rtree_{table}_{GEOMETRY}"
    there, last = database.execute(f'SELECT count(*), max(rowid) FROM "{index}_rowid"').fetchone()  # noqa: S608  # nosec B608 - names of the catalogue
    fids, boxes = _envelopes(database, table, last or 0) if new is None else new
    if not there:
        pack(database, table, fids, boxes)
    elif there < _FEW * len(fids):
        pack(database, table, *_envelopes(database, table, 0))
    elif len(fids):
        entries = [(fid, *box) for fid, box in zip(fids.tolist(), boxes.tolist(), strict=True)]
        database.executemany(f'INSERT INTO "{index}" VALUES (?, ?, ?, ?, ?)', entries)  # noqa: S608  # nosec B608 - names of the catalogue
        _tell_extent(database, table, boxes)


def _envelopes(database: sqlite3.Connection, table: str, after: int) -> Entries:
    """Number and box (minx, maxx, miny, maxy) of each row with a geometry whose number is above ``after``."""
    rows = database.execute(_ENVELOPES.format(table=table), (after,)).fetchall()
    fids = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))
    return fids, np.frombuffer(b"".join(row[1] for row in rows), dtype="<f8").reshape(len(rows), 4)


def _tell_extent(database: sqlite3.Connection, table: str, boxes: Boxes) -> None:
    """Widen the extent that the table is said to have by ``boxes``."""
    west, south = boxes[:, [0, 2]].min(axis=0).tolist()
    east, north = boxes[:, [1, 3]].max(axis=0).tolist()
    database.execute(
        "UPDATE gpkg_contents SET min_x = min(ifnull(min_x, ?1), ?1), min_y = min(ifnull(min_y, ?2), ?2), "
        "max_x = max(ifnull(max_x, ?3), ?3), max_y = max(ifnull(max_y, ?4), ?4) WHERE table_name = ?5",
        (west, south, east, north, table),
    )


def pack(database: sqlite3.Connection, table: str, fids: NDArray[np.int64], boxes: Boxes) -> None:
    """Fill the index of ``table``, a name of the catalogue, with its rows ``fids`` in ``boxes``, and tell the extent.

    What is in the index is thrown away. All geometries are blobs made by :func:`bulk.blobs`; the index has not been
    looked at through this connection.
    """
    index = f"rtree_{table}_{GEOMETRY}"
    root = database.execute(f'SELECT length(data) FROM "{index}_node" WHERE nodeno = {_ROOT}').fetchone()  # noqa: S608  # nosec B608 - names of the catalogue
    for part in ("node", "rowid", "parent"):
        database.execute(f'DELETE FROM "{index}_{part}"')  # noqa: S608  # nosec B608 - names of the catalogue
    made = _packed(fids, boxes, int(root[0]))
    insert(database, f"{index}_node", {"nodeno": made.nodes[0], "data": made.nodes[1]})
    features, leaves = np.array(made.leaf_of)[:, np.argsort(made.leaf_of[0])].tolist()  # each is put after the last one
    insert(database, f"{index}_rowid", {"rowid": features, "nodeno": leaves})
    insert(database, f"{index}_parent", {"nodeno": made.parents[0], "parentnode": made.parents[1]})
    extent = (*boxes[:, [0, 2]].min(axis=0), *boxes[:, [1, 3]].max(axis=0)) if len(boxes) else (None,) * 4
    database.execute(
        "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?", (*extent, table)
    )


@dataclass(frozen=True)
class _Tree:
    """The index's three tables, two columns each: numbered nodes, the leaf of each feature, the parent of each node."""

    nodes: tuple[list[int], list[bytes]]
    leaf_of: tuple[list[int], list[int]]
    parents: tuple[list[int], list[int]]


def _packed(fids: NDArray[np.int64], boxes: Boxes, size: int) -> _Tree:
    """The tree over features with ``boxes`` (minx, maxx, miny, maxy), in nodes of ``size`` bytes."""
    capacity = (size - 4) // _CELL.itemsize
    order = _in_tiles(boxes, capacity)
    cells = np.zeros(len(fids), dtype=_CELL)
    cells["id"], cells["box"] = fids[order], _outwards(boxes[order])
    tree = _Tree(([], []), ([], []), ([], []))
    depth, after = 0, _ROOT + 1
    while len(cells) > capacity:
        count = -(-len(cells) // capacity)
        numbers = np.arange(after, after + count)
        after += count
        _add(tree.nodes, numbers.tolist(), _blobs(cells, capacity, size))
        within = np.repeat(numbers, capacity)[: len(cells)].tolist()
        _add(tree.parents if depth else tree.leaf_of, cells["id"].tolist(), within)
        cells, depth = _above(cells, numbers, capacity), depth + 1
    _add(tree.parents if depth else tree.leaf_of, cells["id"].tolist(), [_ROOT] * len(cells))
    _add(tree.nodes, [_ROOT], [depth.to_bytes(2, "big") + _blob(cells, size)[2:]])
    return tree


def _add(table: tuple[list[int], list[_Value]], numbers: list[int], values: list[_Value]) -> None:
    table[0].extend(numbers)
    table[1].extend(values)


def _in_tiles(boxes: Boxes, capacity: int) -> NDArray[np.intp]:
    """The order of boxes in which every ``capacity`` of them lie together: by columns, and in these from below."""
    x, y = boxes[:, 0] + boxes[:, 1], boxes[:, 2] + boxes[:, 3]
    leaves = -(-len(boxes) // capacity)
    column = capacity * max(int(np.ceil(np.sqrt(leaves))), 1)
    rank = np.empty(len(boxes), dtype=np.intp)
    rank[np.argsort(x, kind="stable")] = np.arange(len(boxes))
    return np.lexsort((y, rank // column))


def _outwards(boxes: Boxes) -> NDArray[np.float32]:
    """Boxes as floats of four bytes that hold them."""
    near = boxes.astype(np.float32)
    lower, upper = near > boxes, near < boxes
    lower[:, [1, 3]], upper[:, [0, 2]] = False, False
    near = np.where(lower, np.nextafter(near, np.float32(-np.inf)), near)
    return np.where(upper, np.nextafter(near, np.float32(np.inf)), near)


def _above(cells: NDArray[np.void], numbers: NDArray[np.int64], capacity: int) -> NDArray[np.void]:
    """One cell per node: its number and the box around its cells."""
    made = np.zeros(len(numbers), dtype=_CELL)
    first = np.arange(0, len(cells), capacity)
    box = cells["box"].astype(np.float32)
    made["id"] = numbers
    for axis, around in enumerate((np.minimum, np.maximum, np.minimum, np.maximum)):
        made["box"][:, axis] = around.reduceat(box[:, axis], first)
    return made


def _blobs(cells: NDArray[np.void], capacity: int, size: int) -> list[bytes]:
    return [_blob(cells[at : at + capacity], size) for at in range(0, len(cells), capacity)]


def _blob(cells: NDArray[np.void], size: int) -> bytes:
    return (b"\0\0" + len(cells).to_bytes(2, "big") + cells.tobytes()).ljust(size, b"\0")
