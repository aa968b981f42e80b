"""Layers given to a job: the data set's own, or a file with layer name, filter and chosen features."""

from __future__ import annotations

from pathlib import Path

import pyogrio
import pytest

from dothi.layers.errors import InputError
from dothi.store import dataset
from dothi.store.layer_source import LayerSource, read_layer

from .conftest import parcels


@pytest.fixture
def filled(data):
    dataset.append(data, "parcel", parcels(3))
    return data


def test_the_data_sets_own_layer_is_the_default(filled):
    assert len(read_layer(None, filled, "parcel")) == 3


@pytest.mark.parametrize("value", ["{}|layername=parcel", "{}", {"path": "{}", "layer": "parcel"}])
def test_a_layer_is_named_as_qgis_names_it(filled, value):
    if isinstance(value, dict):
        value = {name: text.format(filled) for name, text in value.items()}
    else:
        value = value.format(filled)
    frame = read_layer(value, None, "parcel")
    assert frame.columns.tolist() == dataset.read(filled, "parcel").columns.tolist()
    assert len(frame) == 3


def test_a_filter_and_chosen_features_are_kept(filled):
    uids = dataset.read(filled, "parcel")["uid"].tolist()
    value = {"path": str(filled), "layer": "parcel", "uids": uids[:2]}
    assert read_layer(value, None, "parcel")["code"].tolist() == ["T0", "T1"]
    assert read_layer({**value, "uids": []}, None, "parcel").empty
    assert read_layer(f"{filled}|layername=parcel|subset=code = 'T2'", None, "parcel")["code"].tolist() == ["T2"]


def test_a_source_is_read_from_its_text():
    source = LayerSource.of("/a b/c.gpkg|layername=x|subset=code = 'a=b'")
    assert source == LayerSource(Path("/a b/c.gpkg"), "x", "code = 'a=b'")


def test_an_empty_layer_is_an_error_only_where_it_is_needed(data):
    assert read_layer(None, data, "parcel").empty
    with pytest.raises(InputError) as caught:
        read_layer(None, data, "parcel", required=True)
    assert caught.value.code == "schema.layer_empty"


def write(path, frame):
    pyogrio.write_dataframe(frame, path, layer="lô", geometry_type=None)
    return str(path)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda frame: frame.drop(columns="uid"), "schema.column_missing"),
        (lambda frame: frame.assign(area_legal_m2="nhiều"), "schema.value_wrong"),
        (lambda frame: frame.set_geometry(frame.centroid), "schema.geometry_wrong"),
        (lambda frame: frame.drop(columns="geometry"), "schema.geometry_missing"),
    ],
)
def test_a_foreign_layer_must_be_what_the_job_needs(filled, folder, change, code):
    own = dataset.read(filled, "parcel", ["code"])
    with pytest.raises(InputError) as caught:
        read_layer(write(folder / "lô.gpkg", change(own)), filled, "parcel")
    assert caught.value.code == code


def test_columns_that_a_foreign_file_lacks_are_null(filled, folder):
    own = dataset.read(filled, "parcel", ["code"])
    frame = read_layer(write(folder / "lô.gpkg", own), filled, "parcel")
    assert frame["land_use"].isna().all()
    assert frame["code"].tolist() == ["T0", "T1", "T2"]


def test_nothing_given_and_no_data_set_is_an_error():
    with pytest.raises(InputError, match=r"schema\.layer_missing"):
        read_layer(None, None, "parcel")
