"""The declarations are whole: whatever reads them finds words, lists, targets and sentences."""

from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest

from dothi.layers import catalogue
from dothi.layers.errors import InputError
from dothi.layers.messages import has
from dothi.layers.model import Layer

FIRST_SET = [
    "admin_unit",
    "parcel",
    "existing_land_use",
    "planned_zone",
    "street_centreline",
    "street_boundary",
    "red_line",
    "building_line",
    "building",
    "lighting_pole",
    "luminaire",
    "lighting_cabinet",
    "water_pipe",
    "water_valve",
    "hydrant",
    "water_tank",
    "water_pump",
    "water_meter",
    "power_line",
    "substation",
    "village_facility",
    "logistics_port",
    "concession",
    "scene",
    "alert",
    "run",
    "finding",
]
SCHEMA = json.loads((catalogue.HERE / "catalogue.schema.json").read_text(encoding="utf-8"))
UNITS = {
    "_m": "m",
    "_m2": "m²",
    "_m3": "m³",
    "_mm": "mm",
    "_ha": "ha",
    "_pct": "%",
    "_w": "W",
    "_kw": "kW",
    "_lps": "l/s",
}
TREE = """
id = "tree"
geometry = "Point"
sector = "land"
name = { vi = "Cây xanh", en = "Tree" }
description = { vi = "Cây trên đường phố", en = "Trees along streets" }
label = "species"

[[field]]
id = "species"
type = "text"
length = 60
required = true
name = { vi = "Loài", en = "Species" }

[[field]]
id = "health"
type = "choice"
domain = "tree_health"
name = { vi = "Sức khỏe", en = "Health" }
"""
HEALTH = """
[domain.tree_health.values]
good = { vi = "Tốt", en = "Good" }
bad = { vi = "Yếu", en = "Bad" }
"""


def test_the_first_set_is_declared():
    assert set(FIRST_SET) <= set(catalogue.ids())


@pytest.mark.parametrize("layer_id", catalogue.ids())
def test_a_file_keeps_to_the_schema(layer_id):
    raw = tomllib.loads((catalogue.HERE / f"{layer_id}.toml").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(raw)


@pytest.mark.parametrize("layer", catalogue.layers(), ids=lambda layer: layer.id)
def test_everything_a_layer_names_is_there(layer: Layer):
    ids = [field.id for field in layer.fields]
    assert ids[0] == "uid"
    assert len(set(ids)) == len(ids)
    assert has(f"schema.sector.{layer.sector}")
    assert not layer.label or layer.label in ids
    for field in layer.fields:
        assert field.name.vi
        assert field.name.en
        assert has(f"schema.group.{field.group}"), field.group
        assert has(f"schema.type.{field.type}")
        if field.type == "choice":
            assert field.default in (None, *catalogue.domain(field).values)
        if field.type == "reference":
            assert field.to in catalogue.ids()
            assert field.on_delete in ("restrict", "cascade", "set_null")
        if field.check:
            assert has(field.check.message)
            assert field.check.at_least in ("", *ids)
        suffix = f"_{field.id.rsplit('_', 1)[-1]}"
        if field.type == "real" and suffix in UNITS:
            assert field.unit == UNITS[suffix], field.id


def test_people_can_tell_layers_apart():
    for language in ("vi", "en"):
        names = [layer.name[language] for layer in catalogue.layers()]
        assert len(set(names)) == len(names)


def test_lists_have_words_and_colours_of_their_own_codes():
    for domain in catalogue.domains().values():
        assert domain.values
        assert set(domain.colours) <= set(domain.values), domain.id
        assert all(words.vi and words.en for words in domain.values.values()), domain.id
    land = catalogue.domains()["land_use"]
    assert len(land.values) == 89
    assert land.values["ODT"].vi == "Đất ở tại đô thị"
    assert land.colours["BCS"] == "#fffffe"  # the corrected colour, not 230,230,200
    assert not land.closed
    assert land.status == "unverified"


def test_personal_fields_are_marked():
    personal = {(layer.id, field.id) for layer in catalogue.layers() for field in layer.fields if field.personal}
    assert {("parcel", "owner_name"), ("parcel", "address"), ("water_meter", "customer_code")} <= personal


def test_a_province_adds_a_layer_by_one_file(tmp_path):
    (tmp_path / "tree.toml").write_text(TREE, encoding="utf-8")
    (tmp_path / "_domains.toml").write_text(HEALTH, encoding="utf-8")
    tree = catalogue.layer("tree", tmp_path)
    assert "tree" in catalogue.ids(tmp_path)
    assert "tree" not in catalogue.ids()
    assert [field.id for field in tree.fields] == ["uid", "species", "health"]
    assert catalogue.domain(tree.find("health"), tmp_path).values["bad"].vi == "Yếu"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("id = ", "schema.declaration_unreadable"),
        (TREE.replace('type = "text"', 'type = "words"'), "schema.declaration_wrong"),
        (TREE.replace("length = 60", "width = 60"), "schema.declaration_wrong"),
        (TREE.replace('id = "tree"', 'id = "bush"'), "schema.declaration_wrong"),
        (TREE.replace('geometry = "Point"', 'geometry = "Blob"'), "schema.declaration_wrong"),
        (TREE.replace('sector = "land"', 'sector = "land"\ncolour = "red"'), "schema.declaration_wrong"),
        (TREE.replace('vi = "Loài", ', ""), "schema.declaration_wrong"),
    ],
)
def test_a_wrong_declaration_is_named(tmp_path, text, code):
    (tmp_path / "tree.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        catalogue.layer("tree", tmp_path)
    assert caught.value.code == code
    assert "tree.toml" in caught.value.sentence("vi")


@pytest.mark.parametrize("name", ["nothing", "../parcel", "_shared", "parcel; DROP TABLE parcel", ""])
def test_only_declared_names_are_layers(name):
    with pytest.raises(InputError, match=r"schema\."):
        catalogue.layer(name)


def test_an_unknown_list_is_named(tmp_path):
    (tmp_path / "tree.toml").write_text(TREE, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        catalogue.domain(catalogue.layer("tree", tmp_path).find("health"), tmp_path)
    assert caught.value.code == "schema.unknown_domain"
