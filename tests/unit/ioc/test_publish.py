"""One publication looked at from the outside: what a centre would read, and what must not be in it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from dothi.engine.contract.ioc import PUBLISH
from dothi.engine.jobs.ioc import publish as job
from dothi.ioc import models
from dothi.ioc.mapping import mapping
from dothi.ioc.selection import take
from dothi.ioc.targets.drop import problems
from dothi.layers import catalogue, messages
from dothi.layers.errors import DothiError
from dothi.layers.report import Silent
from dothi.store import dataset

from . import province
from .province import CANARY, COAST, LAND, E, N, uid


def folder(result) -> Path:
    return Path(result["folder"])


def manifest(result) -> dict:
    return json.loads(Path(result["manifest"]).read_text(encoding="utf-8"))


def collection(result, layer_id: str) -> dict:
    return json.loads((folder(result) / "geojson" / f"{layer_id}.geojson").read_text(encoding="utf-8"))


def entities(result, layer_id: str) -> list[dict]:
    return json.loads((folder(result) / "ngsi-ld" / f"{layer_id}.jsonld").read_text(encoding="utf-8"))


def tree(root: Path) -> dict[str, str]:
    return {
        p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in root.rglob("*") if p.is_file()
    }  # fmt: skip


def key_values(entity: dict) -> dict:
    """Back from normalized form, written apart from the product."""
    plain = {}
    for name, body in entity.items():
        if isinstance(body, dict) and body.get("type") == "Relationship":
            plain[name] = body["object"]
        elif isinstance(body, dict) and "type" in body:
            value = body["value"]
            plain[name] = value["@value"] if isinstance(value, dict) and "@value" in value else value
        elif name != "@context":
            plain[name] = body
    return plain


# ---- whole and provable


def test_the_manifest_lists_every_file_with_size_and_hash(published):
    listed = {item["path"]: (item["bytes"], item["sha256"]) for item in manifest(published)["files"]}
    found = {
        path: ((folder(published) / path).stat().st_size, digest) for path, digest in tree(folder(published)).items()
    }
    del found["manifest.json"]
    assert listed == found
    assert problems(folder(published)) == []


def test_counts_agree_in_every_form(published):
    told = manifest(published)
    for layer in told["layers"]:
        layer_id, count = layer["id"], layer["features"]
        assert published["counts"]["features"][layer_id] == count
        assert len(collection(published, layer_id)["features"]) == count
        assert pyogrio.read_info(folder(published) / "layers.gpkg", layer=layer_id)["features"] == count
    by_layer: dict[str, int] = {}
    for part in told["entities"]:
        by_layer[part["layer"]] = by_layer.get(part["layer"], 0) + part["count"]
    assert by_layer == {layer_id: len(entities(published, layer_id)) for layer_id in by_layer}


def test_no_layer_leaves_that_has_no_rule(published):
    assert set(published["counts"]["features"]) == {p.stem for p in mapping_files()}
    names = {name for name, _ in pyogrio.list_layers(folder(published) / "layers.gpkg")}
    assert not names & {"water_meter", "power_line", "substation", "run"}


def mapping_files():
    return (messages.RESOURCES / "ngsi" / "mapping").glob("*.toml")


def test_the_manifest_names_operation_systems_schemas_and_what_was_withheld(published):
    told = manifest(published)
    assert told["coordinates"]["operation"] == "EPSG:6960"
    assert set(told["coordinates"]["pipelines_to_wgs84"]) == {LAND, COAST}
    assert told["data_date"] == "2026-06-01T00:00:00.000Z"
    versions = {part["type"]: part["schema_version"] for part in told["entities"]}
    assert versions["Streetlight"] == "0.2.1"
    assert versions["Alert"] == "0.0.3"
    parcel = next(layer for layer in told["layers"] if layer["id"] == "parcel")
    assert {"owner_name", "address"} <= set(parcel["withheld"])
    degrees = dict.fromkeys(("geojson", "ngsi-ld", "parquet", "csv", "fgb"), "OGC:CRS84")
    assert parcel["crs"] == {"gpkg": LAND, **degrees}


def test_same_input_same_bytes_in_another_folder_and_process(data, published, tmp_path):
    target = tmp_path / "khác"
    command = [sys.executable, "-P", "-m", "dothi.tests.unit.ioc.publish_once", str(data), str(target)]
    subprocess.run(command, check=True, cwd=tmp_path, timeout=120)
    assert tree(target) == tree(folder(published))


def test_the_order_of_rows_in_the_data_set_does_not_matter(tmp_path, publication, published):
    path = province.build(tmp_path / "a.gpkg")
    with closing(sqlite3.connect(path)) as database, database:  # fid is storage: number the rows the other way round
        database.execute("CREATE TEMP TABLE t AS SELECT * FROM luminaire ORDER BY uid DESC")
        assert database.execute("SELECT uid FROM t").fetchone()[0] == uid(14)
    frames = {"luminaire": dataset.read(path, "luminaire")[::-1]}
    other = tmp_path / "b.gpkg"
    dataset.create(other, ["luminaire", "lighting_pole"], LAND, profile="binh_duong")
    dataset.append(other, "lighting_pole", dataset.read(path, "lighting_pole"))
    dataset.append(other, "luminaire", frames["luminaire"])
    made = publication(other, tmp_path / "đích", layers="luminaire", formats="geojson,ngsi")
    assert entities(made, "luminaire") == entities(published, "luminaire")
    assert collection(made, "luminaire") == collection(published, "luminaire")


def test_nothing_changed_nothing_written(data, tmp_path, publication):
    first = publication(data, tmp_path / "đích")
    before = {p: p.stat().st_ino for p in folder(first).rglob("*")}
    second = publication(data, tmp_path / "đích")
    assert (first["same"], second["same"]) == (False, True)
    assert {p: p.stat().st_ino for p in folder(second).rglob("*")} == before


def test_a_damaged_target_is_written_again(data, tmp_path, publication):
    first = publication(data, tmp_path / "đích")
    (folder(first) / "geojson" / "parcel.geojson").write_text("{}")
    assert problems(folder(first)) == ["geojson/parcel.geojson"]
    assert publication(data, tmp_path / "đích")["same"] is False
    assert problems(folder(first)) == []


# ---- what must not leave


def test_the_canary_is_in_the_data_and_in_no_byte_that_leaves(data, published):
    needle = CANARY.encode()
    assert needle in data.read_bytes()
    for path in folder(published).rglob("*"):
        if path.is_file():
            assert needle not in path.read_bytes(), path
    assert CANARY not in json.dumps(published, ensure_ascii=False)


def test_a_rejected_alert_stays(published):
    assert {f["properties"]["status"] for f in collection(published, "alert")["features"]} == {"new", "confirmed"}
    assert {"layer": "alert", "what": "feature", "reason": "withheld", "count": 1, "uids": [uid(302)]} in published[
        "left_out"
    ]


# ---- GeoJSON


def rings(geometry: dict):
    if geometry["type"] == "Polygon":
        yield geometry["coordinates"]
    elif geometry["type"] == "MultiPolygon":
        yield from geometry["coordinates"]


def numbers(value):
    if isinstance(value, list):
        for item in value:
            yield from numbers(item)
    else:
        yield value


@pytest.mark.parametrize("layer_id", sorted(p.stem for p in mapping_files()))
def test_geojson_is_rfc_7946(published, layer_id):
    text = (folder(published) / "geojson" / f"{layer_id}.geojson").read_text(encoding="utf-8")
    made = json.loads(text)
    assert made["type"] == "FeatureCollection"
    assert "crs" not in made
    assert made["simulated"] is False
    assert len(made["bbox"]) == 4
    west, south, east, north = made["bbox"]
    for feature in made["features"]:
        assert re.fullmatch(r"[0-9a-f-]{36}", feature["id"])
        for x in numbers(feature["geometry"]["coordinates"]):
            assert len(repr(x).partition(".")[2]) <= 9
        bounds = shapely.bounds(shapely.from_geojson(json.dumps(feature["geometry"])))
        assert (bounds >= np.array([west, south, west, south]) - 1e-9).all()
        assert (bounds <= np.array([east, north, east, north]) + 1e-9).all()
        for outer, *holes in rings(feature["geometry"]):
            assert shapely.is_ccw(shapely.LinearRing(outer))
            assert not any(shapely.is_ccw(shapely.LinearRing(hole)) for hole in holes)
            assert all(ring[0] == ring[-1] and len(ring) >= 4 for ring in (outer, *holes))


# The pipeline of EPSG:6960 as published, written out here apart from the product.
PIPELINE = (
    "+proj=pipeline +step +inv +proj=tmerc +lat_0=0 +lon_0={lon0} +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 "
    "+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 +step +proj=helmert +x=-191.90441429 +y=-39.30318279 "
    "+z=-111.45032835 +rx=-0.00928836 +ry=0.01975479 +rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame "
    "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
)


@pytest.mark.parametrize(("layer_id", "lon0"), [("luminaire", 105.75), ("parcel", 105.75), ("alert", 108.5)])
def test_published_coordinates_are_the_pinned_operations_to_a_millimetre(data, published, layer_id, lon0):
    source = data if layer_id != "alert" else next((data.with_suffix(".dothi") / "runs").glob("*.gpkg"))
    there = dataset.read(source, layer_id).set_index("uid").geometry
    back = Transformer.from_pipeline(PIPELINE.format(lon0=lon0))
    for feature in collection(published, layer_id)["features"]:
        points = shapely.get_coordinates(shapely.from_geojson(json.dumps(feature["geometry"])))
        east, north = back.transform(points[:, 0], points[:, 1], direction="INVERSE")
        origin = shapely.get_coordinates(there[feature["id"]])
        far = np.hypot(east[:, None] - origin[:, 0], north[:, None] - origin[:, 1]).min(axis=1)
        assert far.max() < 0.001


def test_dates_numbers_and_words_survive(published):
    zone = collection(published, "planned_zone")["features"][0]["properties"]
    assert zone["approved_on"] == "2024-05-20"
    assert zone["max_far"] == 2.4
    assert zone["max_height_m"] is None
    assert zone["name"] == "Khu ở"
    assert collection(published, "hydrant")["features"][0]["properties"]["test_pass"] is True


# ---- GeoPackage


def test_the_geopackage_keeps_the_national_coordinates_untouched(data, published):
    made = gpd.read_file(folder(published) / "layers.gpkg", layer="parcel").set_index("uid")
    assert made.crs.to_epsg() == 9210
    there = dataset.read(data, "parcel").set_index("uid")
    assert made.geometry.geom_equals_exact(there.geometry[made.index], 0).all()
    assert pyogrio.read_info(folder(published) / "layers.gpkg", layer="alert")["crs"] == COAST
    assert list(made.columns) == [*mapping(catalogue.layer("parcel")).fields, "simulated", "geometry"]


# ---- entities


@pytest.mark.parametrize(
    "layer_id", sorted(p.stem for p in mapping_files() if "[[entity]]" in p.read_text(encoding="utf-8"))
)
def test_every_entity_passes_its_whole_schema(published, layer_id):
    by_type = {entity.type: entity for entity in mapping(catalogue.layer(layer_id)).entities}
    made = entities(published, layer_id)
    assert made
    for entity in made:
        judge = models.validator(by_type[entity["type"]].model.schema)
        plain = key_values(entity)
        assert [error.message for error in judge.iter_errors(plain)] == []
        assert not judge.is_valid(plain | {"type": "Nothing"})
        assert not judge.is_valid({k: v for k, v in plain.items() if k != "simulated"})
        assert re.fullmatch(rf"urn:ngsi-ld:{entity['type']}:binh_duong:[0-9a-f-]{{36}}", entity["id"])
        assert max(len(repr(x).partition(".")[2]) for x in numbers(plain["location"]["coordinates"])) <= 9
        for context in entity["@context"]:
            assert (folder(published) / "ngsi-ld" / context).is_file()


def test_a_lamp_knows_its_pole_its_group_and_its_state(published):
    lamp, broken = entities(published, "luminaire")
    assert key_values(lamp) | {"location": 0} == {
        "id": f"urn:ngsi-ld:Streetlight:binh_duong:{uid(13)}", "type": "Streetlight", "code": "D-1", "status": "ok",
        "powerState": "off", "powerRating": 90.0, "lamp": "LED", "locationCategory": "road", "lifecycle": "in_service",
        "streetPoleNum": "C-1", "refStreetlightGroup": f"urn:ngsi-ld:StreetlightGroup:binh_duong:{uid(10)}",
        "dateServiceStarted": "2021-03-09T00:00:00Z", "simulated": False, "location": 0,
    }  # fmt: skip
    assert lamp["powerRating"]["unitCode"] == "WTT"
    assert broken["status"]["value"] == "brokenLantern"
    assert "refStreetlightGroup" not in broken


def test_groups_come_before_the_cabinet_that_needs_them(published):
    assert [entity["type"] for entity in entities(published, "lighting_cabinet")] == [
        "StreetlightGroup", "StreetlightControlCabinet",
    ]  # fmt: skip


def test_what_has_no_word_in_the_model_is_left_out_and_named(published):
    assert {e["code"]["value"] for e in entities(published, "building")} == {"N1", "N2"}
    assert published["left_out"][-1] == {
        "layer": "building", "what": "entity", "reason": "value_not_allowed", "count": 1, "uids": [uid(202)],
        "type": "Building", "attribute": "category",
    }  # fmt: skip


def test_an_alert_is_urgent_by_where_it_lies_and_says_when_it_was_raised(data, published):
    first, second = entities(published, "alert")
    assert (first["severity"]["value"], second["severity"]["value"]) == ("high", "medium")
    assert first["category"]["value"] == "environment"
    assert first["dateIssued"]["value"]["@value"].endswith("Z")
    run = next((data.with_suffix(".dothi") / "runs").glob("*.gpkg"))
    assert first["alertSource"]["object"].endswith(dataset.read(run, "run")["uid"][0])


def test_an_optional_value_outside_the_list_is_dropped_and_counted(tmp_path, publication):
    path = province.build(tmp_path / "a.gpkg")
    with closing(sqlite3.connect(path)) as database, database:
        # Only GDAL has the functions that the spatial index calls.
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE luminaire SET power_state = 'flicker' WHERE uid = ?", (uid(13),))
        database.execute("UPDATE luminaire SET status = 'gone' WHERE uid = ?", (uid(14),))
    made = publication(path, tmp_path / "đích", layers="luminaire")
    (lamp,) = entities(made, "luminaire")
    assert "powerState" not in lamp
    reasons = {(left["what"], left["reason"], left["attribute"], tuple(left["uids"])) for left in made["left_out"]}
    assert reasons == {
        ("value", "value_not_allowed", "powerState", (uid(13),)),
        ("entity", "value_not_allowed", "status", (uid(14),)),
    }
    assert made["counts"]["features"] == {"luminaire": 2}


def test_a_value_of_the_wrong_type_is_left_blank_and_counted():
    rows = [province.asset(13, "D-1", E, N, power_w="ninety"), province.asset(14, "D-2", E, N, power_w="90,5")]
    of = mapping(catalogue.layer("luminaire"))
    frame = province.frame(rows).reindex(columns=["uid", *of.fields, "geometry"])
    taken = take(of, frame, LAND, simulated=False)
    assert taken.frame["power_w"].isna().tolist() == [True, False]
    assert taken.frame["power_w"][1] == 90.5
    assert [(left.reason, left.attribute, left.uids) for left in taken.left_out] == [
        ("value_wrong_type", "power_w", (uid(13),))
    ]


# ---- simulated data


def test_simulated_data_say_so_in_every_form(tmp_path, publication):
    path = province.build(tmp_path / "mô phỏng.gpkg", simulated=True)
    province.detect(path, simulated=True)
    made = publication(path, tmp_path / "đích")
    assert manifest(made)["simulated"] is True
    for layer_id in made["counts"]["features"]:
        there = collection(made, layer_id)
        assert there["simulated"] is True
        assert all(feature["properties"]["simulated"] is True for feature in there["features"])
        if (folder(made) / "ngsi-ld" / f"{layer_id}.jsonld").exists():
            assert all(entity["simulated"]["value"] is True for entity in entities(made, layer_id))
    with closing(sqlite3.connect(folder(made) / "layers.gpkg")) as database, database:
        told = database.execute("SELECT description FROM gpkg_contents WHERE data_type = 'features'").fetchall()
        assert all("mô phỏng" in text for (text,) in told)
        assert database.execute("SELECT min(simulated) FROM parcel").fetchone() == (1,)


# ---- bad input


def bad(action, code: str) -> DothiError:
    with pytest.raises(DothiError) as refused:
        action()
    assert refused.value.code == code
    for language in messages.LANGUAGES:
        assert "{" not in refused.value.sentence(language)
    return refused.value


def test_broken_features_are_named_and_the_rest_is_published(tmp_path, publication):
    path = province.build(tmp_path / "a.gpkg", parcels=7)
    bow = shapely.MultiPolygon([shapely.Polygon([(E, N), (E + 9, N + 9), (E + 9, N), (E, N + 9)])])
    frame = dataset.read(path, "parcel")
    frame.loc[0, "geometry"] = bow
    frame.loc[1, "geometry"] = None
    frame.loc[2, "geometry"] = shapely.MultiPolygon()
    frame.loc[3, "geometry"] = province.square(E + 2_500_000, N)
    frame.loc[4, "geometry"] = shapely.MultiPolygon([shapely.box(E, N, E + 1e-5, N + 1e-5)])
    with np.errstate(invalid="ignore"):
        frame.loc[6, "geometry"] = shapely.MultiPolygon([shapely.Polygon([(E, N), (float("nan"), N + 9), (E + 9, N)])])
    other = tmp_path / "b.gpkg"
    dataset.create(other, ["parcel"], LAND, profile="binh_duong")
    dataset.append(other, "parcel", frame)
    made = publication(other, tmp_path / "đích")
    assert made["counts"]["features"] == {"parcel": 1}
    assert {left["reason"]: left["uids"] for left in made["left_out"]} == {
        "geometry_invalid": [uid(100), uid(106)], "geometry_missing": [uid(101), uid(102)],
        "outside_country": [uid(103)], "geometry_too_fine": [uid(104)],
    }  # fmt: skip
    assert all(messages.has(f"ioc.left_out.{left['reason']}") for left in made["left_out"])


def test_a_wrong_zone_is_told_before_it_reaches_the_centre(tmp_path):
    path = dataset.create(tmp_path / "a.gpkg", ["parcel"], "EPSG:5897", profile="binh_duong")
    parcels = dataset.read(province.build(tmp_path / "b.gpkg"), "parcel")
    dataset.append(path, "parcel", parcels.set_crs("EPSG:5897", allow_override=True))
    told = []

    class Listener(Silent):
        def message(self, code, level="info", **arguments):
            told.append((code, level, arguments.get("likely")))

    job(PUBLISH.read({"data": str(path), "target": str(tmp_path / "đích")}), Listener())
    assert ("ioc.wrong_zone", "warning", LAND) in told


def test_an_empty_layer_is_published_empty(tmp_path, publication):
    path = tmp_path / "trống.gpkg"
    dataset.create(path, ["parcel", "street_centreline"], LAND, profile="binh_duong")
    made = publication(path, tmp_path / "đích")
    assert made["counts"]["features"] == {"parcel": 0, "street_centreline": 0}
    assert collection(made, "parcel")["features"] == []
    assert entities(made, "parcel") == []
    assert pyogrio.read_info(folder(made) / "layers.gpkg", layer="parcel")["geometry_type"] == "MultiPolygon"


def test_what_cannot_be_published_is_refused_before_anything_is_written(data, tmp_path, publication):
    target = tmp_path / "đích"
    bad(lambda: publication(data, target, layers="water_meter"), "ioc.layer_stays")
    bad(lambda: publication(data, target, layers="nothing"), "schema.unknown_layer")
    bad(lambda: publication(data, target, runs="20200101T000000000Z-change.detect-000000"), "ioc.run_missing")
    bad(lambda: publication(tmp_path / "none.gpkg", target), "engine.file_missing")
    empty = tmp_path / "a.gpkg"
    dataset.create(empty, ["water_meter"], LAND)
    bad(lambda: publication(empty, target), "ioc.nothing_to_publish")
    bad(lambda: publication(empty, target, layers="parcel"), "schema.layer_missing")
    bad(lambda: publication(empty, target, layers="alert"), "ioc.no_run")
    (tmp_path / "x.gpkg").write_text("not a database")
    bad(lambda: publication(tmp_path / "x.gpkg", target), "schema.not_geopackage")
    assert [p.name for p in tmp_path.iterdir() if "đích" in p.name] == []


def test_targets_that_are_no_folder_of_ours_are_refused(data, tmp_path, publication):
    bad(lambda: publication(data, r"C:\ioc\drop"), "engine.windows_path")
    bad(lambda: publication(data, r"file:C:\ioc\drop"), "engine.windows_path")
    for nowhere in ("https://ioc.example/ngsi-ld", "/", "~không ai/đích"):
        bad(lambda where=nowhere: publication(data, where), "ioc.target_unknown")
    (tmp_path / "tệp").write_text("x")
    bad(lambda: publication(data, tmp_path / "tệp"), "ioc.target_not_folder")
    (tmp_path / "của tôi").mkdir()
    (tmp_path / "của tôi" / "thư.docx").write_text("x")
    error = bad(lambda: publication(data, tmp_path / "của tôi"), "ioc.target_foreign")
    assert error.arguments["example"] == "thư.docx"
    assert (tmp_path / "của tôi" / "thư.docx").read_text() == "x"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["của tôi", "tệp"]


def test_a_note_left_in_our_folder_is_not_destroyed(data, tmp_path, publication):
    made = publication(data, tmp_path / "đích", layers="parcel")
    (folder(made) / "ghi chú.txt").write_text("đừng xóa")
    bad(lambda: publication(data, tmp_path / "đích", layers="building", allow_vanish=True), "ioc.target_foreign")
    assert (folder(made) / "ghi chú.txt").read_text() == "đừng xóa"


def test_file_prefix_formats_and_named_runs(data, tmp_path, publication):
    run = next((data.with_suffix(".dothi") / "runs").glob("*.gpkg"))
    made = publication(data, f"file:{tmp_path / 'đích'}", layers="alert", runs=run.stem, formats="geojson")
    assert set(tree(folder(made))) == {"manifest.json", "geojson/alert.geojson"}


def test_a_data_set_without_province_still_gets_identities_and_a_warning(tmp_path):
    path = tmp_path / "a.gpkg"
    dataset.create(path, ["parcel"], LAND)
    dataset.append(path, "parcel", province.frame(province.contents(1)["parcel"]))
    heard = []

    class Heard:
        def progress(self, share, code="", **arguments):
            assert 0 <= share <= 1

        def message(self, code, level="info", **arguments):
            heard.append(code)

    asked = {"data": str(path), "target": str(tmp_path / "đích"), "layers": None, "runs": None, "formats": ["ngsi"]}
    assert entities(job(asked, Heard()), "parcel")[0]["id"] == f"urn:ngsi-ld:Parcel:vn:{uid(100)}"
    assert heard[0] == "ioc.province_missing"


def test_provinces_rules_beside_the_data_are_heard(tmp_path, publication):
    path = province.build(tmp_path / "a.gpkg")
    own = dataset.beside(path) / "ngsi"
    own.mkdir(parents=True)
    (own / "parcel.toml").write_text('fields = ["code"]', encoding="utf-8")
    made = publication(path, tmp_path / "đích", layers="parcel")
    assert set(collection(made, "parcel")["features"][0]["properties"]) == {"code", "simulated"}
    shutil.rmtree(own)
    again = publication(path, tmp_path / "đích", layers="parcel")
    assert again["same"] is False
    assert "sheet_no" in collection(again, "parcel")["features"][0]["properties"]
