"""What may leave is said per layer and per field; the rest stays."""

from __future__ import annotations

import pytest

from dothi.ioc import models
from dothi.ioc.mapping import MAPPINGS, mapping, path_of
from dothi.layers import catalogue
from dothi.layers.errors import InputError

MAPPED = sorted(path.stem for path in MAPPINGS.glob("*.toml"))
STAY = {"finding", "power_line", "run", "scene", "substation", "water_meter"}


def test_every_layer_is_decided():
    assert set(MAPPED) | STAY <= set(catalogue.ids())
    assert not set(MAPPED) & STAY


@pytest.mark.parametrize("layer_id", MAPPED)
def test_a_mapping_agrees_with_the_catalogue(layer_id):
    layer = catalogue.layer(layer_id)
    made = mapping(layer)
    types = [entity.type for entity in made.entities]
    assert (types[-1] if types else None) == layer.exchange.get("ngsi")
    assert not any(layer.find(name).personal for name in made.fields)


@pytest.mark.parametrize("layer_id", MAPPED)
def test_no_word_falls_into_the_default_context(layer_id):
    core = {"id", "type", "location"}  # terms of every NGSI-LD core context
    for entity in mapping(catalogue.layer(layer_id)).entities:
        terms = set().union(*(models.terms(path) for path in entity.context)) | core
        used = {entity.type, "simulated", "location", *(attribute.id for attribute in entity.attributes)}
        assert used <= terms


@pytest.mark.parametrize("layer_id", sorted(set(catalogue.ids()) - set(MAPPED)))
def test_a_layer_without_a_rule_stays(layer_id):
    with pytest.raises(InputError) as refused:
        mapping(catalogue.layer(layer_id))
    assert refused.value.code == "ioc.layer_stays"


BAD = {
    "personal": 'fields = ["code", "owner_name"]',
    "unknown field": 'fields = ["kode"]',
    "not let out": 'fields = ["code"]\n[[entity]]\ntype = "Parcel"\nschema = "dothi/v1/Parcel.schema.json"\n'
    '[entity.attributes]\nlandUse = "land_use"',
    "misspelt attribute": 'fields = ["code"]\n[[entity]]\ntype = "Parcel"\nschema = "dothi/v1/Parcel.schema.json"\n'
    '[entity.attributes]\nKode = "code"',
    "wrong type": 'fields = ["code"]\n[[entity]]\ntype = "Plot"\nschema = "dothi/v1/Parcel.schema.json"\n'
    '[entity.attributes]\ncode = "code"',
    "unknown fact": 'fields = ["code"]\n[[entity]]\ntype = "Parcel"\nschema = "dothi/v1/Parcel.schema.json"\n'
    '[entity.attributes]\ncode = "@secret"',
    "unknown key": 'fields = ["code"]\nfield = ["land_use"]',
    "not TOML": "fields = [",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_wrong_mapping_is_named(tmp_path, text):
    (tmp_path / "parcel.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        mapping(catalogue.layer("parcel"), tmp_path)
    assert refused.value.code == "ioc.mapping_wrong"
    assert refused.value.arguments["path"] == str(tmp_path / "parcel.toml")


def test_a_provinces_stricter_mapping_wins(tmp_path):
    (tmp_path / "parcel.toml").write_text('fields = ["code"]', encoding="utf-8")
    made = mapping(catalogue.layer("parcel"), tmp_path)
    assert made.fields == ("code",)
    assert not made.entities
    assert path_of("building", tmp_path) == MAPPINGS / "building.toml"
