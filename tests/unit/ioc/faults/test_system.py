"""The same ground in another coordinate system: where it is does not change, and what is sent again is said."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import psycopg
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from dothi.ioc.targets.database import Database
from dothi.layers.crs import to_wgs84
from dothi.layers.errors import InputError
from dothi.store import dataset
from dothi.store.geopackage import register_crs
from dothi.tests.unit.ioc import province

from ..heard import Heard
from .conftest import edited, plan, publish, there, verify

NEIGHBOUR, DEGREES = "EPSG:5897", "EPSG:4326"


# Between zones of one datum there is nothing but the projection, as QGIS computes it.
ZONES = (
    "+proj=pipeline +step +inv +proj=tmerc +lat_0=0 +lon_0=105.75 +k=0.9999 +x_0=500000 +ellps=WGS84 "
    "+step +proj=tmerc +lat_0=0 +lon_0=105 +k=0.9999 +x_0=500000 +ellps=WGS84"
)


def moved(data, crs):
    """The data set again, with the same features in another system."""
    way = Transformer.from_pipeline(ZONES if crs == NEIGHBOUR else to_wgs84(province.LAND))
    frames = {}
    for layer in ("parcel", "hydrant"):
        frame = dataset.read(data, layer)
        shapes = shapely.transform(frame.geometry.to_numpy(), lambda points: np.column_stack(way.transform(*points.T)))
        frames[layer] = frame.set_geometry(gpd.GeoSeries(shapes, crs=crs))
    data.unlink()
    dataset.create(data, ("parcel", "hydrant"), crs, profile="binh_duong")
    dataset.set_meta(data, judged_on="2026-06-01")
    for layer, frame in frames.items():
        assert frame.crs == crs
        dataset.append(data, layer, frame)


def places(centre):
    """uid → shape of the parcels there, in degrees."""
    if centre.kind == "postgresql":
        with psycopg.connect(centre.double) as database:
            rows = database.execute("SELECT uid, ST_AsBinary(geom) FROM ioc.parcel").fetchall()
        return {uid: shapely.from_wkb(bytes(shape)) for uid, shape in rows}
    if centre.kind == "file":
        frame = pyogrio.read_dataframe(f"{centre.address}/geojson/parcel.geojson")
        return dict(zip(frame["id"], frame.geometry, strict=True))
    if centre.kind == "rest":
        held = {key: one["geometry"] for key, one in centre.double.held["parcel"].items()}
    else:
        entities = {k: v for k, v in centre.double.tenants[""].held.items() if ":Parcel:" in k}
        held = {key.rpartition(":")[2]: one["location"]["value"] for key, one in entities.items()}
    return {uid: shapely.geometry.shape(shape) for uid, shape in held.items()}


@pytest.mark.parametrize("crs", [NEIGHBOUR, DEGREES])
def test_the_same_ground_in_another_system_stays_where_it_was(own, centre, crs):
    centre.aim(own)
    everything = sum(publish(own).values())
    before = places(centre)
    moved(own, crs)
    heard = Heard()
    told = publish(own, heard)
    ((_, said),) = [one for one in heard.said if one[0] == "ioc.system_changed" and one[1]["layer"] == "parcel"]
    assert (said["before"], said["now"]) == (province.LAND, crs)
    if centre.kind in ("file", "postgresql"):  # both also hold the coordinates of the data, which are others now
        assert told == {"updated": everything}
    else:
        assert told == {"unchanged": everything}
    after = places(centre)
    assert set(after) == set(before)
    for uid, shape in after.items():
        here, past = shapely.get_coordinates(shape), shapely.get_coordinates(before[uid])
        assert abs(here - past).max() <= 1.1e-9  # a tenth of a millimetre
    assert centre.held() == there(own)
    heard = Heard()
    assert publish(own, heard) == verify(own) == {"unchanged": everything}
    assert "ioc.system_changed" not in heard.codes


def test_the_database_holds_one_system_a_view(own, postgres):
    """Half-way, killed or refused, nobody reads a coordinate of one system as one of another."""
    postgres.aim(own)
    publish(own)
    moved(own, NEIGHBOUR)
    publish(own, layers="parcel")
    with psycopg.connect(postgres.double) as database:
        found = database.execute(
            "SELECT DISTINCT ST_SRID(geom), Find_SRID('ioc', 'parcel_vn2000', 'geom') FROM ioc.parcel_vn2000"
        )
        assert found.fetchall() == [(5897, 5897)]
        found = database.execute("SELECT DISTINCT ST_SRID(geom) FROM ioc.hydrant_vn2000")
        assert found.fetchall() == [(9210,)]
        rows: dict[str, bytes] = dict(
            database.execute("SELECT uid, ST_AsBinary(geom) FROM ioc.parcel_vn2000").fetchall()
        )
    here = dataset.read(own, "parcel", ["code"])
    for uid, shape in zip(here["uid"], here.geometry, strict=True):
        assert shapely.equals_exact(shapely.from_wkb(bytes(rows[uid])), shape, tolerance=0)


@pytest.mark.parametrize("centre", ["file", "rest"], indirect=True)
def test_another_name_for_the_same_numbers_is_refused(own, centre):
    """Somebody assigned the neighbour's zone without computing: all would move by kilometres."""
    centre.aim(own)
    everything = sum(publish(own).values())
    before = places(centre)
    with edited(own) as database:
        register_crs(database, NEIGHBOUR)
        number = NEIGHBOUR.removeprefix("EPSG:")
        for table in ("gpkg_geometry_columns", "gpkg_contents"):
            database.execute(f"UPDATE {table} SET srs_id = {number} WHERE table_name = 'parcel'")
    with pytest.raises(InputError) as error:
        publish(own, allow_vanish=True, write_over=True)
    assert error.value.code == "ioc.wrong_zone"
    assert error.value.arguments["likely"] == province.LAND
    assert places(centre).keys() == before.keys()
    assert all(shapely.equals_exact(shape, before[uid], tolerance=0) for uid, shape in places(centre).items())
    assert sum(plan(own)[name] for name in ("created", "updated", "unchanged")) == everything


def test_half_way_a_view_shows_only_what_stands_in_its_system(own, postgres, monkeypatch):
    """The run died after the first batch: the other hydrants stand in the old zone, and are not shown as in the new."""
    postgres.aim(own)
    everything = sum(publish(own).values())
    moved(own, NEIGHBOUR)
    batches = []

    def write(self, records, first=Database.write):
        batches.append(len(records))
        if len(batches) == 2:
            raise ZeroDivisionError
        return first(self, records)

    monkeypatch.setattr(Database, "at_most", 10)
    monkeypatch.setattr(Database, "write", write)
    with pytest.raises(ZeroDivisionError):
        publish(own)
    shown = "SELECT ST_SRID(geom), count(*) FROM ioc.hydrant_vn2000 GROUP BY 1 ORDER BY 1"
    with psycopg.connect(postgres.double) as database:
        assert database.execute(shown).fetchall() == [(5897, 10), (None, 2)]
    assert publish(own) == {"updated": everything - 10, "unchanged": 10}
    with psycopg.connect(postgres.double) as database:
        assert database.execute(shown).fetchall() == [(5897, 12)]
        assert database.execute("SELECT Find_SRID('ioc', 'hydrant_data', 'geom_vn2000')").fetchone() == (5897,)
