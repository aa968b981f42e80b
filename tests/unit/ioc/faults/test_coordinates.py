"""Coordinates of everything published agree with the pinned operation to 1 mm, whatever the target and the form.

The operation is EPSG:6960 as its source prints it (Quyết định 05/2007/QĐ-BTNMT; EPSG dataset, coordinate-frame
convention), written out here apart from the product and computed by pyproj.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import psycopg
import pyogrio
import pytest
import shapely
from pyproj import Geod, Transformer

from dothi.engine.contract.ioc import PUBLISH
from dothi.engine.jobs import ioc as jobs
from dothi.layers.report import SILENT
from dothi.store import dataset

from .conftest import NAME, Centre

PIPELINE = (
    "+proj=pipeline +step +inv +proj=tmerc +lat_0=0 +lon_0={meridian} +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 "
    "+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 "
    "+step +proj=helmert +x=-191.90441429 +y=-39.30318279 +z=-111.45032835 +rx=-0.00928836 +ry=0.01975479 "
    "+rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame "
    "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
)
MERIDIANS = {"parcel": 105.75, "hydrant": 105.75, "alert": 108.5}
MILLIMETRE = 0.001
FORMS = ("gpkg", "geojson", "parquet", "csv", "fgb", "ngsi", "cap")
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"

Shapes = dict[str, Any]


def test_the_pipeline_is_the_one_of_the_control_points():
    """Bạch Đằng and Phan Thiết, computed by other programs; the nearest mistake is 0.5 m away."""
    for meridian, east, north, longitude, latitude in (
        (105.75, 612351.550, 1220521.183, 106.780, 11.035),
        (108.5, 456302.490, 1208633.996, 108.102, 10.929),
    ):
        found = Transformer.from_pipeline(PIPELINE.format(meridian=meridian)).transform(east, north)
        assert Geod(ellps="WGS84").inv(*found, longitude, latitude)[2] < MILLIMETRE


def pinned(shapes: Any, meridian: float) -> Any:
    """Shapes of a national zone in degrees, by the pipeline above."""
    way = Transformer.from_pipeline(PIPELINE.format(meridian=meridian))
    return shapely.transform(shapes, lambda points: np.column_stack(way.transform(*points.T)))


@pytest.fixture(scope="module")
def whole(data: Path) -> dict[str, Shapes]:
    """Layer → uid → shape in degrees, by the pipeline above, of what should be published."""
    run = next((data.with_suffix(".dothi") / "runs").glob("*.gpkg"))
    made = {}
    for layer, meridian in MERIDIANS.items():
        frame = dataset.read(run if layer == "alert" else data, layer)
        if layer == "alert":
            frame = frame[frame["status"] != "rejected"]
        made[layer] = dict(zip(frame["uid"], pinned(frame.geometry.to_numpy(), meridian), strict=True))
    return made


def agree(found: Shapes, wanted: Shapes) -> None:
    """The same features, and no corner of either further than a millimetre from one of the other."""
    assert set(found) == set(wanted)
    assert wanted
    for uid, shape in wanted.items():
        mine, theirs = shapely.get_coordinates(found[uid]), shapely.get_coordinates(shape)
        assert len(np.unique(mine, axis=0)) == len(np.unique(theirs, axis=0))
        for one, other in ((mine, theirs), (theirs, mine)):
            near = other[np.argmin(((one[:, None] - other[None]) ** 2).sum(axis=2), axis=1)]
            _, _, apart = Geod(ellps="WGS84").inv(one[:, 0], one[:, 1], near[:, 0], near[:, 1])
            assert np.max(apart) < MILLIMETRE


@pytest.fixture(scope="module")
def drop(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every form."""
    place = tmp_path_factory.mktemp("đích")
    given = {"data": str(data), "target": str(place / "thả"), "formats": ",".join(FORMS)}
    return Path(jobs.publish(PUBLISH.read(given), SILENT)["folder"])


def of_frame(frame: Any) -> Shapes:
    return dict(zip(frame["uid"] if "uid" in frame else frame["id"], frame.geometry, strict=True))


def of_csv(path: Path) -> Shapes:
    frame = pyogrio.read_dataframe(path, read_geometry=False)
    column = next(name for name in frame.columns if str(frame[name].iloc[0]).startswith(("POINT", "MULTI", "POLY")))
    return dict(zip(frame["uid"], shapely.from_wkt(frame[column]), strict=True))


def of_entities(entities: list[dict[str, Any]]) -> Shapes:
    return {one["id"].rpartition(":")[2]: shapely.geometry.shape(one["location"]["value"]) for one in entities}


def in_degrees(path: Path, layer: str) -> Shapes:
    """The national form: its coordinates are the data's, so the pipeline must lead from them to the same place."""
    frame = pyogrio.read_dataframe(path, layer=layer)
    assert frame.crs.to_epsg() == {105.75: 9210, 108.5: 9218}[MERIDIANS[layer]]
    return dict(zip(frame["uid"], pinned(frame.geometry.to_numpy(), MERIDIANS[layer]), strict=True))


READERS: dict[str, Callable[[Path, str], Shapes]] = {
    "gpkg": lambda place, layer: in_degrees(place / "layers.gpkg", layer),
    "geojson": lambda place, layer: of_frame(pyogrio.read_dataframe(place / "geojson" / f"{layer}.geojson")),
    "parquet": lambda place, layer: of_frame(gpd.read_parquet(place / "geoparquet" / f"{layer}.parquet")),
    "csv": lambda place, layer: of_csv(place / "csv" / f"{layer}.csv"),
    "fgb": lambda place, layer: of_frame(pyogrio.read_dataframe(place / "flatgeobuf" / f"{layer}.fgb")),
    "ngsi": lambda place, layer: of_entities(json.loads((place / "ngsi-ld" / f"{layer}.jsonld").read_text("utf-8"))),
}


@pytest.mark.parametrize("layer", MERIDIANS)
@pytest.mark.parametrize("form", READERS)
def test_every_form_of_the_folder(drop, whole, form, layer):
    agree(READERS[form](drop, layer), whole[layer])


def test_the_messages_about_alerts(drop, whole):
    found = {}
    for path in (drop / "cap").glob("*.xml"):
        rings = [
            [tuple(float(side) for side in reversed(pair.split(","))) for pair in (polygon.text or "").split()]
            for polygon in ET.parse(path).getroot().find(f"{CAP}info").iter(f"{CAP}polygon")
        ]
        found[path.stem] = shapely.MultiPolygon([shapely.Polygon(ring) for ring in rings])
    agree(found, whole["alert"])


def held(centre: Centre, layer: str) -> Shapes:
    """The shapes of a layer at a service."""
    if centre.kind == "postgresql":
        with psycopg.connect(centre.double) as database:
            rows = database.execute(f"SELECT uid, ST_AsBinary(geom) FROM ioc.{layer}").fetchall()
        return {uid: shapely.from_wkb(bytes(shape)) for uid, shape in rows}
    if centre.kind == "ngsi-ld":
        kind = {"parcel": "Parcel", "hydrant": "FireHydrant", "alert": "Alert"}[layer]
        return of_entities([one for one in centre.double.tenants[""].held.values() if one["type"] == kind])
    member = {"parcel": "geometry", "hydrant": "viTri", "alert": "ranhGioi"}[layer]
    return {key: shapely.geometry.shape(one[member]) for key, one in centre.double.held[layer].items()}


@pytest.mark.parametrize("centre", ["ngsi-ld", "postgresql", "rest"], indirect=True)
def test_every_service(data, whole, centre, tmp_path):
    shutil.copytree(data.with_suffix(".dothi"), tmp_path / "tỉnh.dothi")
    own = centre.aim(Path(shutil.copy(data, tmp_path / "tỉnh.gpkg")))
    jobs.publish(PUBLISH.read({"data": str(own), "target": NAME, "layers": ",".join(MERIDIANS)}), SILENT)
    for layer, wanted in whole.items():
        agree(held(centre, layer), wanted)
