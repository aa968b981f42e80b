"""QGIS Server reads what was published to PostGIS: every parcel, its values and its corners."""

from __future__ import annotations

import json
import shutil
import urllib.request
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely

from dothi.engine.contract.ioc import PUBLISH
from dothi.engine.jobs import ioc as jobs
from dothi.ioc.selection import to_wgs84
from dothi.layers.report import SILENT
from dothi.scripts import postgis
from dothi.store import dataset
from dothi.tests.unit.ioc import province, qgis_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not postgis.is_there(), reason="PostgreSQL 15 with PostGIS is not on this machine"),
    pytest.mark.skipif(not qgis_server.is_there(), reason="QGIS Server (qgis_mapserver) is not on this machine"),
]


POINTED_AT = {
    "SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetFeatureInfo", "LAYERS": "parcel", "QUERY_LAYERS": "parcel",
    "CRS": "EPSG:4326", "BBOX": "10.9,106.5,11.2,106.9", "WIDTH": "400", "HEIGHT": "300", "FEATURE_COUNT": "100",
    "INFO_FORMAT": "text/xml", "WITH_GEOMETRY": "true",
    "FILTER_GEOM": "POLYGON((106.5 10.9,106.9 10.9,106.9 11.2,106.5 11.2,106.5 10.9))",
}  # fmt: skip


def test_qgis_server_gives_out_what_was_published(data, tmp_path):
    shutil.copytree(data.with_suffix(".dothi"), tmp_path / "tinh.dothi")
    own = Path(shutil.copy(data, tmp_path / "tinh.gpkg"))
    with postgis.cluster() as cluster:
        address = cluster.database("fresh")
        jobs.publish(PUBLISH.read({"data": str(own), "target": address, "layers": ["parcel"]}), SILENT)
        with qgis_server.serving(tmp_path, f"host='{cluster.folder}' dbname='fresh'") as server:
            items = asked(f"{server}/wfs3/collections/parcel/items.json?limit=100")
            info = pointed_at(server)
    rows = dataset.read(own, "parcel", ["sheet_no", "parcel_no", "land_use", "area_legal_m2"])
    wanted = dict(zip(rows["uid"], to_wgs84(rows.geometry.to_numpy(), province.LAND), strict=True))
    found = {one["properties"]["uid"]: one for one in items["features"]}
    assert set(found) == set(info) == set(wanted)
    for row in rows.itertuples():
        # As JSON, QGIS Server writes six decimals, whatever the project says; where it is pointed at, all of them.
        there = shapely.geometry.shape(found[row.uid]["geometry"])
        assert np.abs(corners(there) - corners(wanted[row.uid])).max() <= 5.1e-7
        assert np.abs(corners(shapely.from_wkt(info[row.uid]["geometry"])) - corners(wanted[row.uid])).max() <= 5.1e-10
        told = found[row.uid]["properties"]
        for name in ("sheet_no", "parcel_no", "land_use", "area_legal_m2"):
            assert told[name] == getattr(row, name)
            assert info[row.uid][name] == str(getattr(row, name))
    assert province.CANARY not in json.dumps([items, info], ensure_ascii=False)


def corners(shape):
    """Corners in a row that does not depend on where a ring begins."""
    points = shapely.get_coordinates(shape)[:-1]
    return points[np.lexsort(np.round(points, 6).T)]


def pointed_at(server):
    """What GetFeatureInfo tells of each feature, by ``uid``."""
    with urllib.request.urlopen(f"{server}/?{urlencode(POINTED_AT)}", timeout=120) as answer:
        told = ElementTree.fromstring(answer.read())
    made = [{one.get("name"): one.get("value") for one in of.iter("Attribute")} for of in told.iter("Feature")]
    return {one["uid"]: one for one in made}


def asked(address):
    with urllib.request.urlopen(address, timeout=120) as answer:
        return json.load(answer)
