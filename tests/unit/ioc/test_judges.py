"""Judges from outside: PyLD expands what is published, FiLiP reads it, and the GeoParquet validator reads its files."""

from __future__ import annotations

import json
from pathlib import Path

import geoparquet_validator
from pyld import jsonld

from dothi.tests import judges

DEFAULT = "https://uri.etsi.org/ngsi-ld/default-context/"
# What the core context of NGSI-LD v1.8 (ETSI GS CIM 009, annex B) says of the members that we write, by hand: the
# context itself comes from the network, which no test may need.
CORE = {
    "@version": 1.1,
    "ngsi-ld": "https://uri.etsi.org/ngsi-ld/",
    "id": "@id",
    "type": "@type",
    "Property": "ngsi-ld:Property",
    "Relationship": "ngsi-ld:Relationship",
    "GeoProperty": "ngsi-ld:GeoProperty",
    "value": "ngsi-ld:hasValue",
    "object": {"@id": "ngsi-ld:hasObject", "@type": "@id"},
    "unitCode": "ngsi-ld:unitCode",
    "DateTime": "ngsi-ld:DateTime",
    "observedAt": "ngsi-ld:observedAt",
    "location": "ngsi-ld:location",
    "@vocab": DEFAULT,
}


def only_local(contexts: Path):
    """A loader that knows the contexts that were published, and nothing else."""

    def load(address, options=None):
        name = Path(address)
        if not address.startswith("https://here.example/") or name.suffix != ".jsonld":
            raise AssertionError(f"asked for {address}")
        text = (contexts / name.name).read_text(encoding="utf-8")
        return {"contextUrl": None, "documentUrl": address, "document": json.loads(text)}

    return load


def in_default(expanded) -> set[str]:
    """Terms that fell into the default context: names of attributes and types, wherever they stand but in values."""
    found: set[str] = set()
    for one in expanded:
        found |= {kind for kind in one.get("@type", []) if kind.startswith(DEFAULT)}
        found |= {name for name in one if name.startswith(DEFAULT)}
        for values in (values for name, values in one.items() if not name.startswith("@")):
            for value in values:
                found |= {name for name in value if name.startswith(DEFAULT)} if isinstance(value, dict) else set()
                kinds = value.get("@type", []) if isinstance(value, dict) else []
                found |= {kind for kind in kinds if kind.startswith(DEFAULT)}
    return found


def entities(published) -> dict[str, list[dict]]:
    """The published entities by type."""
    found: dict[str, list[dict]] = {}
    for path in sorted((Path(published["folder"]) / "ngsi-ld").glob("*.jsonld")):
        for one in json.loads(path.read_text(encoding="utf-8")):
            found.setdefault(one["type"], []).append(one)
    return found


def test_no_term_of_any_published_entity_falls_into_the_default_context(published):
    load = only_local(Path(published["folder"]) / "ngsi-ld" / "context")
    made = entities(published)
    assert len(made) >= 14
    for kind, some in made.items():
        for one in some:
            contexts = [f"https://here.example/{Path(name).name}" for name in one.pop("@context")]
            expanded = jsonld.expand({**one, "@context": [*contexts, CORE]}, {"documentLoader": load})
            assert in_default(expanded) == set(), kind


def test_a_term_that_no_context_has_is_found(published):
    kind, (one, *_) = next(iter(entities(published).items()))
    del one["@context"]
    expanded = jsonld.expand({**one, "@context": CORE}, {"documentLoader": only_local(Path())})
    assert f"{DEFAULT}{kind}" in in_default(expanded)


FILIP = """
import json, sys
from filip.models.ngsi_ld.context import ContextLDEntity
told = []
for entity in json.load(sys.stdin):
    try:
        told.append(ContextLDEntity(**entity).model_dump(exclude_none=True, exclude_unset=True, mode="json"))
    except Exception as error:
        told.append(str(error) or repr(error))
print(json.dumps(told))
"""


@judges.needed
def test_filip_reads_every_published_entity_and_gives_it_back_the_same(published):
    given = [one for some in entities(published).values() for one in some]
    assert judges.asked(FILIP, given=given) == given


@judges.needed
def test_filip_refuses_what_is_no_entity(published):
    (hydrant,) = entities(published)["FireHydrant"]
    spoilt = [
        {**hydrant, "status": {"type": "Prop", "value": "ok"}},
        {**hydrant, "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": ["a", "b"]}}},
    ]
    assert [type(one) for one in judges.asked(FILIP, given=spoilt)] == [str, str]


def test_every_geoparquet_file_passes_the_validator(data, publication, tmp_path):
    publication(data, tmp_path / "centre", formats=["parquet"])
    files = sorted((tmp_path / "centre").rglob("*.parquet"))
    assert len(files) > 20
    for path in files:
        told = geoparquet_validator.check(str(path))
        assert geoparquet_validator.failed(told) == [], path.name
        assert {one["status"] for one in told["outcomes"] if one["id"].startswith("/conf/covering/")} == {"pass"}
