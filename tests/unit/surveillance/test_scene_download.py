"""A download against a server of moods: whole or not there, resumed, never two versions in one file."""

from __future__ import annotations

import gzip
import hashlib
import random
import shutil

import pytest
from urllib3.util.retry import Retry

from dothi.layers.errors import EnvironmentTroubleError, InputError
from dothi.layers.messages import has
from dothi.processing.surveillance.scenes.download import fetch
from dothi.processing.surveillance.scenes.multihash import Sum, read_multihash
from dothi.processing.surveillance.scenes.web import Guarded, host_of

from .moody_server import serving

BODY = random.Random(3).randbytes(300_000)
SUM = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def place(tmp_path):
    (tmp_path / "srv").mkdir()
    (tmp_path / "srv" / "a.bin").write_bytes(BODY)
    with serving(tmp_path / "srv") as (address, moods):
        moods.target = tmp_path / "out" / "tệp.bin"
        yield f"{address}/a.bin", moods


def got(address, moods, **options):
    session = Guarded([host_of(address), *options.pop("hosts", ())], retry=Retry(0))
    try:
        return fetch(session, address, moods.target, wait=lambda _: None, **options)
    finally:
        session.close()


def left(moods) -> list[str]:
    return sorted(path.name for path in moods.target.parent.glob("*") if moods.target.parent.exists())


def refused(code, address, moods, kind=InputError, **options):
    with pytest.raises(kind) as told:
        got(address, moods, **options)
    assert told.value.code == code
    assert has(code)
    assert not moods.target.exists()
    return told.value


def test_a_file_comes_whole(place):
    address, moods = place
    found = got(address, moods, size=len(BODY), checksum=Sum("sha256", SUM))
    assert moods.target.read_bytes() == BODY
    assert (found.size, found.sha256, found.version, found.checked) == (len(BODY), SUM, '"1"', True)
    assert left(moods) == ["tệp.bin"]


@pytest.mark.parametrize("cut", [0, 1, 1023, 1024, 65_536, 131_073, 299_999])
def test_the_line_breaks_once_at_each_point(place, cut):
    address, moods = place
    moods.cuts = [cut]
    assert got(address, moods).sha256 == SUM
    assert moods.asked[-1][2] == (f"bytes={cut}-" if cut else None)


def test_the_line_breaks_again_and_again_as_long_as_something_comes(place):
    address, moods = place
    moods.cuts = [20_000] * 14
    assert got(address, moods).sha256 == SUM
    assert moods.count == 15


def test_a_line_that_brings_nothing_is_given_up_and_what_came_is_kept(place):
    address, moods = place
    moods.cuts = [50_000, *[0] * 20]
    refused("scene.network", address, moods, EnvironmentTroubleError)
    assert left(moods) == [".fetch-tệp.bin", ".fetch-tệp.bin.json"]
    moods.cuts = []
    assert got(address, moods).sha256 == SUM  # another call, as after a kill
    assert moods.asked[-1][2] == "bytes=50000-"


def test_a_file_that_changed_meanwhile_comes_anew(place):
    address, moods = place
    other = BODY[::-1]

    def change():
        moods.etag = '"2"'
        (moods.root / "a.bin").write_bytes(other)

    moods.cuts = [100_000]
    moods.before = {2: change}
    assert got(address, moods).sha256 == hashlib.sha256(other).hexdigest()


def test_a_server_that_answers_200_to_a_range_begins_again(place):
    address, moods = place
    moods.cuts, moods.ranges = [100_000], False
    assert got(address, moods).sha256 == SUM


def test_a_part_of_another_place_is_not_appended(place):
    address, moods = place
    moods.cuts, moods.wrong_range = [100_000], True
    assert got(address, moods).sha256 == SUM
    assert moods.asked[-1][2] is None


def test_without_a_version_nothing_is_resumed_unless_a_checksum_tells(place):
    address, moods = place
    moods.etag, moods.cuts = None, [100_000]
    assert got(address, moods).sha256 == SUM
    assert moods.asked[-1][2] is None
    moods.target.unlink()
    moods.cuts = [100_000]
    assert got(address, moods, checksum=Sum("sha256", SUM)).sha256 == SUM
    assert moods.asked[-1][2] == "bytes=100000-"


def test_a_weak_version_promises_no_same_bytes(place):
    address, moods = place
    moods.etag, moods.cuts = 'W/"1"', [100_000]
    assert got(address, moods).sha256 == SUM
    assert moods.asked[-1][2] is None


def test_leavings_of_another_address_are_not_used(place):
    address, moods = place
    moods.cuts = [50_000, *[0] * 20]
    refused("scene.network", address, moods, EnvironmentTroubleError)
    moods.cuts = []
    (moods.root / "b.bin").write_bytes(b"x" * 60_000)
    assert got(address.replace("a.bin", "b.bin"), moods).size == 60_000
    assert moods.asked[-1][2] is None


@pytest.mark.parametrize("damage", ["", "{", '{"address": 1}', "[]", '{"address": "…", "version": {}}'])
def test_a_damaged_note_only_costs_a_new_beginning(place, damage):
    address, moods = place
    moods.target.parent.mkdir()
    (moods.target.parent / ".fetch-tệp.bin").write_bytes(b"rubbish")
    (moods.target.parent / ".fetch-tệp.bin.json").write_text(damage)
    assert got(address, moods).sha256 == SUM


def test_a_length_that_lies_is_no_whole_file(place):
    address, moods = place
    moods.extra_length = 5_000
    refused("scene.network", address, moods, EnvironmentTroubleError)


def test_another_length_than_promised_is_refused(place):
    address, moods = place
    refused("scene.size_wrong", address, moods, size=len(BODY) - 1)
    assert left(moods) == []
    moods.no_length = True
    refused("scene.size_wrong", address, moods, size=len(BODY) + 1)
    assert left(moods) == []


def test_a_wrong_checksum_throws_the_file_away(place):
    address, moods = place
    assert refused("scene.checksum_wrong", address, moods, checksum=Sum("sha256", "0" * 64)).arguments["promised"]
    assert left(moods) == []


def test_too_large_is_refused_by_length_and_by_bytes(place):
    address, moods = place
    refused("scene.file_too_large", address, moods, most=1_000)
    moods.no_length = True
    refused("scene.file_too_large", address, moods, most=1_000)
    refused("scene.file_too_large", address, moods, size=2_000, most=1_000)


def test_a_packed_answer_is_refused_so_no_bomb_is_unpacked(place):
    address, moods = place
    moods.bodies["/a.bin"] = gzip.compress(bytes(50_000_000))
    moods.headers = {"Content-Encoding": "gzip"}
    refused("scene.answer_packed", address, moods)


def test_a_disk_without_room_is_said_before(place, monkeypatch):
    address, moods = place
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Room", (), {"free": 10})())
    refused("engine.disk_full", address, moods, EnvironmentTroubleError)


def test_refusals_of_the_server_end_it_and_trouble_is_tried_again(place):
    address, moods = place
    for status in (401, 403, 404, 410):
        moods.status = [status]
        assert refused("scene.answer_wrong", address, moods).arguments["status"] == status
    moods.status = [503, 429, 500, 416, 200]
    assert got(address, moods).sha256 == SUM


def test_redirects_go_to_listed_hosts_only(place, tmp_path):
    address, moods = place
    with serving(tmp_path / "srv") as (other, other_moods):
        moods.redirect = {"/a.bin": f"{other}/a.bin"}
        told = refused("scene.host_refused", address, moods)
        assert told.arguments["host"] == host_of(other)
        assert other_moods.count == 0
        assert got(address, moods, hosts=[host_of(other)]).sha256 == SUM
    named = "http://user:word@127.0.0.1/a"  # pragma: allowlist secret
    for target in ("file:///etc/passwd", "ftp://127.0.0.1/a", named, "http://[::bad/"):
        moods.redirect = {"/a.bin": target}
        moods.target.unlink(missing_ok=True)
        with pytest.raises((InputError, EnvironmentTroubleError)):
            got(address, moods)
    moods.redirect = {"/a.bin": "/a.bin"}  # in a circle
    refused("scene.network", address, moods, EnvironmentTroubleError)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/y", "//x/y", "http://", "http://a:b@c/", "x"])
def test_only_http_addresses_are_asked(address):
    with pytest.raises(InputError, match=r"scene\.address_wrong"):
        host_of(address)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1220" + SUM, Sum("sha256", SUM)),
        ("d50110" + "ab" * 16, Sum("md5", "ab" * 16)),
        ("1114" + "ab" * 20, Sum("sha1", "ab" * 20)),
        ("1340" + "ab" * 64, Sum("sha512", "ab" * 64)),
        ("1220" + SUM[:-2], None),
        ("9020" + SUM, None),
        ("xyz", None),
        ("", None),
        ("ffffff", None),
    ],
)
def test_multihashes(text, expected):
    assert read_multihash(text) == expected
