"""The schemas are real judges: what upstream calls good passes, what is broken fails, and nothing is fetched."""

from __future__ import annotations

import hashlib
import json

import pytest
from referencing.exceptions import NoSuchResource

from dothi.ioc import models
from dothi.layers import catalogue

SMART = sorted(
    p.relative_to(models.NGSI).as_posix() for p in (models.NGSI / "smart-data-models").rglob("*/schema.json")
)
OWN = sorted(f"dothi/v1/{p.name}" for p in (models.NGSI / "dothi/v1").glob("[A-Z]*.schema.json"))
ATTRIBUTES = models.read_json("dothi/v1/attributes.schema.json")["properties"]
# Misspelt upstream; the schema does not know it and so says nothing about it.
UNKNOWN_UPSTREAM = {"refStreetlightCabinetController"}


def example(path: str) -> dict:
    return models.read_json(path.replace("schema.json", "examples/example.json"))


def by_attributes(model: models.Model, entity: dict) -> bool:
    """The judgement that publishing uses: every attribute by itself, and none that is required absent."""
    known = {name: value for name, value in entity.items() if name in model.attributes}
    return all(model.allows(name, [value])[0] for name, value in known.items()) and set(model.required) <= set(entity)


@pytest.mark.parametrize("path", SMART)
def test_upstream_examples_pass_both_ways(path):
    model, entity = models.model(path), example(path) | {"simulated": False}
    assert models.validator(model.schema).is_valid(entity)
    assert by_attributes(model, entity)
    assert not set(entity) - set(model.attributes) - UNKNOWN_UPSTREAM


@pytest.mark.parametrize("path", SMART)
def test_the_judgement_by_attribute_is_the_schemas_own(path):
    model, good = models.model(path), example(path) | {"simulated": False}
    whole = models.validator(model.schema)
    broken = [{k: v for k, v in good.items() if k != name} for name in model.required]
    for name in good:
        broken += [good | {name: bad} for bad in (17.5, "%%", ["?"], {"type": "Circle"}, "2024-13-45T00:00:00Z", True)]
    broken.append(good | {"location": {"type": "Point", "coordinates": ["a", 1]}})
    verdicts = [(whole.is_valid(entity), by_attributes(model, entity)) for entity in broken]
    assert all(one == other for one, other in verdicts)
    assert sum(not one for one, _ in verdicts) > len(broken) / 3  # the judge does refuse


@pytest.mark.parametrize(("attribute", "value", "fine"), [
    ("status", "ok", True), ("status", "broken", False), ("powerRating", 90.0, True), ("powerRating", "90", False),
    ("dateServiceStarted", "2021-03-09T00:00:00Z", True), ("dateServiceStarted", "2021-03-09", False),
    ("dateServiceStarted", "2021-03-09T00:00:00", False), ("simulated", "no", False), ("lamp", "MH", True),
    ("lamp", "neon", False), ("approvedOn", "2024-02-30", False), ("status", None, False),
])  # fmt: skip
def test_values_of_a_streetlight(attribute, value, fine):
    model = models.model("smart-data-models/dataModel.Streetlighting/Streetlight/schema.json")
    assert model.allows(attribute, [value]).tolist() == [fine]


@pytest.mark.parametrize("address", [
    "https://example.org/schema.json", "file:///etc/passwd", "http://localhost/x",
    "https://smart-data-models.github.io/../../../pyproject.toml", "https://smart-data-models.github.io/none.json",
])  # fmt: skip
def test_only_local_copies_are_read(address):
    with pytest.raises(NoSuchResource):
        models.local_copy(address)


def test_a_schema_with_conditions_across_attributes_is_refused():
    with pytest.raises(ValueError, match="anyOf"):
        list(models._parts({"anyOf": [{"required": ["a"]}]}, "here"))


def test_third_party_files_are_what_upstream_published_and_none_is_share_alike():
    folder = models.NGSI / "smart-data-models"
    listed = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"SHA256SUMS"}
    assert found == set(listed)
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for name, digest in listed.items())
    notice = (models.NGSI / "NOTICE.md").read_text(encoding="utf-8")
    assert {name.split("/")[0] for name in found} == {
        line.split("`")[1] for line in notice.splitlines() if "| `" in line
    }
    assert not any("OpenStreetMap" in name for name in found)


@pytest.mark.parametrize("path", OWN)
def test_own_types_refuse_what_they_do_not_know(path):
    model = models.model(path)
    kind = path.removeprefix("dothi/v1/").removesuffix(".schema.json")
    entity = {
        "id": f"urn:ngsi-ld:{kind}:binh_duong:1", "type": kind, "simulated": True,
        "location": {"type": "Point", "coordinates": [106.7, 11]},
        "landUse": "ODT", "landUseState": "planned",
    }  # fmt: skip
    judge = models.validator(model.schema)
    assert judge.is_valid(entity)
    assert not judge.is_valid(entity | {"landuse": "ODT"})
    assert not judge.is_valid({k: v for k, v in entity.items() if k != "simulated"})


def test_own_lists_are_the_catalogues():
    lists = {tuple(domain.values) for domain in catalogue.domains().values()}
    own = {"existing", "planned", "suspectedMining", "raised", "updated", "withdrawn"}
    for name, schema in ATTRIBUTES.items():
        if "enum" in schema and not set(schema["enum"]) <= own:
            assert tuple(schema["enum"]) in lists, name


def test_every_own_word_has_a_term_and_redefines_none():
    terms = models.terms("dothi/v1/context.jsonld")
    types = {path.removeprefix("dothi/v1/").removesuffix(".schema.json") for path in OWN}
    assert set(ATTRIBUTES) | types <= set(terms)
    assert all(terms[word] == f"urn:dothi:v1:{word}" for word in set(ATTRIBUTES) | types)
    for path in (models.NGSI / "smart-data-models").glob("*/context.jsonld"):
        theirs = json.loads(path.read_text(encoding="utf-8"))["@context"]
        short = {"ngsi-ld:location": "https://uri.etsi.org/ngsi-ld/location"}
        shared = set(terms) & set(theirs)
        assert {w: short.get(theirs[w], theirs[w]) for w in shared} == {w: terms[w] for w in shared}, path.parent.name
