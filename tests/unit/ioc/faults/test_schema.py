"""The table changes between two publications: columns come, go, change their type or their name."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import psycopg
import pytest

from dothi.ioc import mapping
from dothi.layers.errors import InputError
from dothi.tests.unit.ioc import province

from ..heard import Heard
from .conftest import edited, publish, renamed, there, verify

SECRET = province.CANARY.encode()


def everything_said(centre):
    """All that the other side was ever given, as bytes."""
    if centre.kind == "file":
        return b"".join(path.read_bytes() for path in Path(centre.address).rglob("*") if path.is_file())
    if centre.kind == "ngsi-ld":
        return json.dumps(centre.double.tenants[""].held, ensure_ascii=False).encode()
    if centre.kind == "rest":
        return b"".join(centre.double.bodies)
    with psycopg.connect(centre.double) as database:
        return str(
            database.execute("SELECT * FROM ioc.parcel_data").fetchall()
            + database.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'ioc'"
            ).fetchall()
        ).encode()


def test_a_column_that_nobody_declared_stays_at_home(own, centre):
    centre.aim(own)
    everything = sum(publish(own).values())
    with edited(own) as database:
        database.execute("ALTER TABLE parcel ADD COLUMN so_dien_thoai TEXT")
        database.execute("UPDATE parcel SET so_dien_thoai = ?", (province.CANARY,))
    assert publish(own) == verify(own) == {"unchanged": everything}
    given = everything_said(centre)
    assert b"so_dien_thoai" not in given
    assert SECRET not in given
    assert "Chim-Hoàng".encode("unicode_escape") not in given


def refused(data):
    with pytest.raises(InputError) as error:
        publish(data)
    assert (error.value.code, error.value.arguments["columns"]) == ("ioc.columns_gone", ["sheet_no"])


def test_a_column_that_is_gone_asks_before_it_erases(own, centre):
    centre.aim(own)
    everything = sum(publish(own).values())
    before = there(own)
    with edited(own) as database:
        database.execute("ALTER TABLE parcel DROP COLUMN sheet_no")
    refused(own)
    assert centre.held() == before
    assert publish(own, allow_vanish=True) == {"updated": 24, "unchanged": everything - 24}
    assert given_now(centre) <= {None}
    assert publish(own) == verify(own) == {"unchanged": everything}  # asked once


def test_a_column_that_was_renamed_asks_and_nothing_of_it_leaves(own, broker):
    broker.aim(own)
    everything = sum(publish(own).values())
    before = dict(broker.double.tenants[""].held)
    with edited(own) as database:
        database.execute("ALTER TABLE parcel RENAME COLUMN sheet_no TO so_to")
    refused(own)
    assert broker.double.tenants[""].held == before
    with edited(own) as database:  # given back its name, there is nothing to do
        database.execute("ALTER TABLE parcel RENAME COLUMN so_to TO sheet_no")
    assert publish(own) == {"unchanged": everything}


def test_a_column_that_came_back_is_published_again(own, broker):
    broker.aim(own)
    with edited(own) as database:
        database.execute("ALTER TABLE parcel DROP COLUMN sheet_no")
    everything = sum(publish(own).values())
    with edited(own) as database:
        database.execute("ALTER TABLE parcel ADD COLUMN sheet_no TEXT")
        database.execute("UPDATE parcel SET sheet_no = '77'")
    assert publish(own) == {"updated": 24, "unchanged": everything - 24}
    assert publish(own) == verify(own) == {"unchanged": everything}


@pytest.mark.parametrize("centre", ["file", "postgresql"], indirect=True)
def test_numbers_that_became_text_are_the_same_numbers(own, centre):
    """Another program has given the column another type. What is still a number is no change; what is none is told."""
    centre.aim(own)
    everything = sum(publish(own).values())
    with edited(own) as database:
        database.execute("ALTER TABLE parcel RENAME COLUMN area_legal_m2 TO old")
        database.execute("ALTER TABLE parcel ADD COLUMN area_legal_m2 TEXT")
        database.execute("UPDATE parcel SET area_legal_m2 = CAST(old AS TEXT)")
        database.execute("ALTER TABLE parcel DROP COLUMN old")
    told = publish(own)
    assert told == {"unchanged": everything} or centre.kind == "file"  # a folder is written anew, with the same bytes
    assert sum(told.values()) == everything
    with edited(own) as database:
        database.execute("UPDATE parcel SET area_legal_m2 = 'bốn trăm' WHERE uid = ?", (province.uid(101),))
    heard = Heard()
    assert publish(own, heard) == {"updated": 1, "unchanged": everything - 1}
    assert "ioc.left_out.value_wrong_type" in heard.codes
    assert publish(own) == verify(own) == {"unchanged": everything}


def test_a_column_that_keeps_rows_at_home_must_be_there(own, broker):
    """Without it nobody knows what may not leave: nothing leaves."""
    mine = own.with_suffix(".dothi") / "ngsi"
    mine.mkdir(parents=True)
    shutil.copy(mapping.MAPPINGS / "hydrant.toml", mine)
    text = (mine / "hydrant.toml").read_text(encoding="utf-8")
    (mine / "hydrant.toml").write_text(text.replace("[[entity]]", '[withhold]\ncode = ["H-3"]\n\n[[entity]]', 1))
    broker.aim(own)
    publish(own)
    assert province.uid(403) not in broker.held()
    before = broker.held()
    with edited(own) as database:
        database.execute("ALTER TABLE hydrant RENAME COLUMN code TO ma")
    with pytest.raises(InputError) as error:
        publish(own, allow_vanish=True)
    assert error.value.code == "schema.column_missing"
    assert broker.held() == before


def test_a_field_that_a_new_rule_lets_leave_is_brought_once(own, broker):
    mine = own.with_suffix(".dothi") / "ngsi"
    mine.mkdir(parents=True)
    text = (mapping.MAPPINGS / "parcel.toml").read_text(encoding="utf-8")
    stricter = text.replace('"sheet_no", ', "").replace('mapSheet = "sheet_no"\n', "")
    assert tomllib.loads(stricter)["fields"] != tomllib.loads(text)["fields"]
    (mine / "parcel.toml").write_text(stricter, encoding="utf-8")
    broker.aim(own)
    everything = sum(publish(own).values())
    parcels = [one for key, one in broker.double.tenants[""].held.items() if ":Parcel:" in key]
    assert all("mapSheet" not in one for one in parcels)
    (mine / "parcel.toml").write_text(text, encoding="utf-8")
    assert publish(own) == {"updated": 24, "unchanged": everything - 24}
    assert {one["mapSheet"]["value"] for one in parcels} == {"12"}
    assert publish(own) == {"unchanged": everything}


def given_now(centre):
    """What the other side holds of the sheet number, as text; empty where it holds none."""
    if centre.kind == "ngsi-ld":
        held = centre.double.tenants[""].held.values()
        return {one["mapSheet"]["value"] for one in held if "mapSheet" in one}
    if centre.kind == "rest":
        return {
            one["properties"]["soTo"] for one in centre.double.held["parcel"].values() if "soTo" in one["properties"]
        }
    if centre.kind == "postgresql":
        with psycopg.connect(centre.double) as database:
            return {
                row[0] for row in database.execute("SELECT sheet_no FROM ioc.parcel_data WHERE sheet_no IS NOT NULL")
            }
    made = json.loads((Path(centre.address) / "geojson" / "parcel.geojson").read_text(encoding="utf-8"))
    return {one["properties"]["sheet_no"] for one in made["features"] if "sheet_no" in one["properties"]}


def test_a_field_that_may_leave_no_more_is_taken_back(own, centre):
    """Of a row that changed in between, too, and nobody takes that for a change of the other side."""
    centre.aim(own)
    everything = sum(publish(own).values())
    assert given_now(centre) == {"12"}
    centre.aim(own, without=("parcel.sheet_no",))
    renamed(own, 1, "mới")
    assert publish(own) == {"updated": 24, "unchanged": everything - 24}
    assert given_now(centre) == set()
    assert centre.held() == there(own)
    assert publish(own) == verify(own) == {"unchanged": everything}
    centre.aim(own)
    assert publish(own) == {"updated": 24, "unchanged": everything - 24}
    assert given_now(centre) == {"12"}


def test_what_another_system_writes_by_that_name_later_is_its_own(own, broker):
    broker.aim(own)
    publish(own)
    broker.aim(own, without=("parcel.sheet_no",))
    everything = sum(publish(own).values())
    parcel = next(one for key, one in broker.double.tenants[""].held.items() if ":Parcel:" in key)
    parcel["mapSheet"] = {"type": "Property", "value": "của hệ thống khác"}
    renamed(own, 1, "mới")
    assert publish(own) == {"updated": 1, "unchanged": everything - 1}
    assert given_now(broker) == {"của hệ thống khác"}
