"""Blocks of rows: cut by the rows alone, told apart by all that is in them, and agreed only where all is settled."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dothi.engine.jobs.ioc_source import read_publication
from dothi.ioc import blocks, outgoing, state
from dothi.ioc.blocks import FEWEST, MOST, USUAL, cut
from dothi.ioc.forms import feature
from dothi.ioc.plan import Made, Scan, plan
from dothi.ioc.publication import layers_to_publish
from dothi.ioc.records import Record, hash_of
from dothi.ioc.scanning import rows
from dothi.layers.errors import InputError
from dothi.store import row_parts

from . import province
from .two_sides import LAYER, Layer


def table(count: int, seed: int = 1) -> pa.RecordBatch:
    dice = random.Random(seed)
    uid = [f"{dice.getrandbits(128):032x}" for _ in range(count)]
    return pa.RecordBatch.from_pydict(
        {
            "uid": uid,
            "code": [None if n % 7 == 0 else f"Lô {n}" for n in range(count)],
            "floors": pa.array([None if n % 5 == 0 else n for n in range(count)], pa.int64()),
            "height": [n / 3 for n in range(count)],
            "listed": pa.array([None if n % 3 == 0 else n % 2 == 0 for n in range(count)], pa.bool_()),
            "@shape": [b"\1" * (n % 40) for n in range(count)],
        }
    )


def parts(rows: pa.RecordBatch, size: int):
    return [rows.slice(start, size) for start in range(0, len(rows), size)]


def digests(rows: pa.RecordBatch, size: int = 1000, recipe: bytes = b"1") -> list[bytes]:
    return [block.digest for _, found in cut(parts(rows, size), recipe) for block in found]


def test_rows_lie_in_whole_blocks_of_bounded_size_however_they_are_read():
    layer = table(20_000)
    read = [
        (part.column("uid").to_pylist()[b.start : b.stop], b)
        for part, found in cut(parts(layer, 777), b"1")
        for b in found
    ]
    assert [uid for uids, _ in read for uid in uids] == layer.column("uid").to_pylist()
    assert all(FEWEST <= len(uids) <= MOST for uids, _ in read[:-1])
    assert 0.5 * USUAL < len(layer) / len(read) < 2 * USUAL
    assert digests(layer, 777) == digests(layer, 16_384) == digests(layer, 20_000)


def test_a_row_more_or_less_changes_the_blocks_around_it_alone():
    layer = table(20_000)
    less = pa.concat_batches([layer.slice(0, 7000), layer.slice(7001)])
    before, after = set(digests(layer)), set(digests(less))
    assert len(before - after) <= 2
    assert len(after - before) <= 2


@pytest.mark.parametrize(
    ("column", "row", "value"),
    [
        ("code", 700, ""),
        ("code", 3, "Lô 3 "),
        ("floors", 5, 0),
        ("height", 0, -0.0),
        ("listed", 3, False),
        ("@shape", 41, b"\1\1"),
    ],
)
def test_no_change_of_a_value_goes_unseen(column, row, value):
    """Absent is not empty, not nought and not false."""
    layer = table(2000)
    values = layer.column(column).to_pylist()
    values[row] = value
    place = layer.schema.names.index(column)
    changed = layer.set_column(place, layer.schema.field(column), pa.array(values, layer.schema.field(column).type))
    assert len(set(digests(layer)) - set(digests(changed))) == 1


def test_values_cannot_move_from_one_column_or_row_into_the_next():
    one = pa.RecordBatch.from_pydict({"uid": ["a", "b"], "x": ["pq", "r"], "y": ["", "s"]})
    two = pa.RecordBatch.from_pydict({"uid": ["a", "b"], "x": ["p", "qr"], "y": ["", "s"]})
    three = pa.RecordBatch.from_pydict({"uid": ["a", "b"], "x": ["pq", "r"], "z": ["", "s"]})
    assert len({digests(one)[0], digests(two)[0], digests(three)[0], digests(one, recipe=b"2")[0]}) == 4


def test_names_that_say_nothing_still_end_blocks():
    same = pa.RecordBatch.from_pydict({"uid": ["x"] * (2 * MOST + 5)})
    found = [b for _, some in cut([same], b"1") for b in some]
    assert all(b.stop - b.start <= MOST for b in found)


@pytest.fixture
def layer_of_thousands(tmp_path: Path) -> Path:
    """Enough rows for many blocks, small enough for a test."""
    return province.build(tmp_path / "lô.gpkg", parcels=6000)


def test_rows_of_agreed_blocks_are_not_told_and_renumbering_changes_nothing(layer_of_thousands: Path):
    whole = rows(layer_of_thousands, "parcel", ["code", "land_use"])
    known = {block.digest for block in whole.blocks}
    assert len(whole.uid) == len(whole.fid) == len(whole.hash) == 6000
    assert [block.start for block in whole.blocks[1:]] == [block.stop for block in whole.blocks[:-1]]
    with closing(sqlite3.connect(layer_of_thousands)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE parcel SET fid = fid + 100000")
        database.execute("UPDATE parcel SET owner_name = 'not asked for'")
    again = rows(layer_of_thousands, "parcel", ["code", "land_use"], agreed=known)
    assert len(again.uid) == 0
    assert again.kept == known
    with closing(sqlite3.connect(layer_of_thousands)) as database, database:
        database.execute("UPDATE parcel SET code = 'khác' WHERE uid = ?", (province.uid(103),))
    changed = rows(layer_of_thousands, "parcel", ["code", "land_use"], agreed=known)
    assert len(changed.blocks) == len(known - changed.kept) == 1
    before, after = dict(zip(whole.uid, whole.hash, strict=True)), dict(zip(changed.uid, changed.hash, strict=True))
    assert [uid for uid, number in after.items() if before[uid] != number] == [province.uid(103)]


def test_a_layer_is_read_in_parts_and_what_is_kept_of_it_is_small(
    layer_of_thousands: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(row_parts, "AT_ONCE", 500)
    sizes = [len(part) for part in row_parts.row_parts(layer_of_thousands, "parcel", ["code"])]
    assert sum(sizes) == 6000
    assert max(sizes) <= 500
    held = []
    monkeypatch.setattr(blocks, "MOST", 1000)
    for part, _ in cut(row_parts.row_parts(layer_of_thousands, "parcel", ["code"]), b"1"):
        held.append(len(part))
    assert max(held) <= 1500  # what is left of a block and the next part


def test_rows_without_a_name_are_counted_and_their_block_is_never_agreed(tmp_path: Path):
    path = province.build(tmp_path / "lô.gpkg", parcels=40)
    with closing(sqlite3.connect(path)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("CREATE TABLE bare AS SELECT * FROM parcel")
        database.execute("UPDATE bare SET uid = NULL WHERE fid = 7")
        database.execute("DROP TABLE parcel")
        database.execute("ALTER TABLE bare RENAME TO parcel")
    found = rows(path, "parcel", ["code"])
    assert (len(found.uid), found.nameless, found.blocks) == (39, 1, ())


class Blocks(Layer):
    """The layer of the tests, told in blocks: those that are agreed are left out."""

    def scan(self, layer: str, agreed: frozenset[bytes] = frozenset()) -> Scan:
        whole = super().scan(layer)
        batch = pa.RecordBatch.from_pydict({"uid": whole.uid, "hash": whole.source})
        uid: list[str] = []
        source: list[int] = []
        found: list[blocks.Block] = []
        kept: set[bytes] = set()
        for part, some in cut([batch] if len(batch) else [], b"1"):
            for block in some:
                if block.digest in agreed:
                    kept.add(block.digest)
                    continue
                told = part.slice(block.start, block.stop - block.start)
                found.append(blocks.Block(block.digest, len(uid), len(uid) + len(told)))
                uid += told.column("uid").to_pylist()
                source += told.column("hash").to_pylist()
        names = np.empty(len(uid), dtype=object)
        names[:] = uid
        return Scan(names, np.array(source, dtype=np.int64), 0, tuple(found), frozenset(kept))


def same(one, other) -> bool:
    return (
        all(
            sorted(getattr(one, name)) == sorted(getattr(other, name))
            for name in ("created", "updated", "unsure", "deleted")
        )
        and one.unchanged == other.unchanged
    )


def test_a_plan_from_blocks_is_the_plan_from_all_rows_whatever_happened_before(tmp_path: Path, monkeypatch):
    """Edits, publications that succeed for some, and every way in which a record of the state changes."""
    monkeypatch.setattr(blocks, "USUAL", 8)
    monkeypatch.setattr(blocks, "_ENDS", np.uint64(2**64 // 8))
    monkeypatch.setattr(blocks, "FEWEST", 2)
    dice = random.Random(7)
    layer, kept = Blocks(), 0
    with state.opened(tmp_path / "s.sqlite", "x") as known:
        for _ in range(150):
            layer.edit(dice)
            (fast,) = plan(layer, known, [LAYER])
            assert same(fast, plan_of_all(layer, known))
            kept += len(fast.now.kept)
            record = [Record(LAYER, uid, "", f"urn:{uid}", layer.body(uid)) for uid in fast.to_send]
            lucky = [one for one in record if dice.random() < 0.8]
            known.sending([one for one in record if one.uid not in layer.withheld])
            known.proved([one for one in lucky if one.uid not in layer.withheld], fast.sources)
            known.removed(known.records(LAYER, [*fast.deleted, *layer.withheld]).values())
            known.stays(LAYER, {one.uid: fast.sources[one.uid] for one in lucky if one.uid in layer.withheld})
            if dice.random() < 0.3:  # the row was another one when it was proved
                trouble(dice, known, layer)
            known.agree(LAYER, fast.now)
            trouble(dice, known, layer)
            (fast,) = plan(layer, known, [LAYER])
            assert same(fast, plan_of_all(layer, known))
    assert kept > 100  # blocks were really left out


def plan_of_all(layer: Layer, known: state.State):
    whole = Layer(layer.features, layer.withheld)
    (told,) = plan(whole, known, [LAYER])
    return told


def trouble(dice: random.Random, known: state.State, layer: Layer) -> None:
    """Something changes a record of a feature that is settled."""
    uid = dice.choice(sorted(layer.features))
    record = Record(LAYER, uid, "", f"urn:{uid}", layer.body(uid))
    what = dice.randrange(8)
    if what == 0:
        known.missed([(record, state.FAILED, "{}")])
    elif what == 1:
        known.sending([record])
    elif what == 2:
        known.adopt([record])
    elif what == 3:
        known.removed(known.records(LAYER, [uid]).values())
    elif what == 4:
        known.leaves([one for one in known.records(LAYER, sorted(layer.withheld)).values() if not one.key])
    elif what == 5:
        known.holds(LAYER, [uid], {uid: hash_of("another row")})


def test_a_state_from_before_there_were_blocks_learns_them(tmp_path: Path):
    path, layer = tmp_path / "s.sqlite", Blocks({f"u{n}": "1" for n in range(50)})
    with state.opened(path, "x") as known:
        known.holds(LAYER, sorted(layer.features), dict(zip(*old(layer), strict=True)))
    with closing(sqlite3.connect(path)) as database, database:
        for name in ("block_joined", "block_changed", "block_left"):
            database.execute(f"DROP TRIGGER {name}")
        database.execute("DROP TABLE block")
        database.execute("ALTER TABLE record DROP COLUMN block")
    with state.opened(path, "x") as known:
        (first,) = plan(layer, known, [LAYER])
        known.agree(LAYER, first.now)
        (second,) = plan(layer, known, [LAYER])
    assert (first.unchanged, len(first.now.kept)) == (50, 0)
    assert (second.unchanged, len(second.now.uid)) == (50, 0)


def old(layer: Layer) -> tuple[list[str], list[int]]:
    now = layer.scan(LAYER)
    return now.uid.tolist(), now.source.tolist()


def test_two_rows_of_one_name_in_different_blocks_are_seen(tmp_path: Path):
    """The block of the first is as it was agreed to be; the second comes with a new one."""
    data = province.build(tmp_path / "lô.gpkg", parcels=3000)
    source = Parcels(data)
    with state.opened(tmp_path / "s.sqlite", "x") as known:
        first = source.scan("parcel")
        known.holds("parcel", first.uid.tolist(), dict(zip(first.uid.tolist(), first.source.tolist(), strict=True)))
        known.agree("parcel", first)
        source.twice = first.uid[5]
        (told,) = plan(source, known)
        assert told.updated == (first.uid[5],)
        assert told.created == ()
        assert told.unchanged == 2999
        known.agree("parcel", told.now)
        assert len(known.agreed("parcel")) == len(first.blocks) - 1  # and never agreed while it lasts


class Parcels:
    """Parcels of a file, of which one may come a second time."""

    layers = ("parcel",)

    def __init__(self, data: Path) -> None:
        self.data, self.twice = data, ""

    def scan(self, layer: str, agreed: frozenset[bytes] = frozenset()) -> Scan:
        found = rows(self.data, layer, ["code"], agreed=agreed)
        uid, source, told = found.uid, found.hash, list(found.blocks)
        if self.twice:
            told.append(blocks.Block(b"another", len(uid), len(uid) + 1))
            uid, source = np.append(uid, self.twice), np.append(source, 1)
        return Scan(uid, source, found.nameless, tuple(told), found.kept)

    def records(self, layer: str, uids: Sequence[str], there: frozenset[str]) -> Made:
        raise NotImplementedError


def test_what_leaves_comes_in_the_order_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Not in that of an index in which SQLite may find the identifiers faster."""
    data = province.build(tmp_path / "lô.gpkg", parcels=40)
    with closing(sqlite3.connect(data)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE parcel SET uid = printf('%08x-0000-4000-8000-000000000000', 1000 - fid)")
    publication = read_publication(data, None, ("gpkg",))
    chosen = layers_to_publish(publication, ["parcel"])
    monkeypatch.setattr(outgoing, "PART", 10)
    parts = list(outgoing.Outgoing(data, publication, chosen, feature.form).parts("parcel"))
    assert [sorted(part.frame["code"], key=lambda code: int(code[3:])) for part in parts] == [
        [f"12-{n}" for n in range(start, start + 10)] for start in range(0, 40, 10)
    ]


def test_a_block_falls_with_a_feature_that_leaves_home(tmp_path: Path):
    layer = Blocks({f"u{n}": "1" for n in range(50)})
    with state.opened(tmp_path / "s.sqlite", "x") as known:
        (first,) = plan(layer, known, [LAYER])
        known.stays(LAYER, first.sources)
        known.agree(LAYER, first.now)
        assert plan(layer, known, [LAYER])[0].created == ()
        known.leaves(known.records(LAYER, ["u7"]).values())
        assert plan(layer, known, [LAYER])[0].created == ("u7",)


def test_damage_met_in_the_middle_of_a_layer_is_named(layer_of_thousands: Path):
    size = layer_of_thousands.stat().st_size
    with layer_of_thousands.open("r+b") as file:
        for page in range(size // 2 // 4096, size // 4096, 3):
            file.seek(page * 4096)
            file.write(b"\x55" * 4096)
    with pytest.raises(InputError) as caught:
        rows(layer_of_thousands, "parcel", ["code"])
    assert caught.value.code == "schema.not_geopackage"
