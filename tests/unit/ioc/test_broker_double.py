"""The test double answers as ETSI GS CIM 009 says: expectations of the ETSI test suite."""

from __future__ import annotations

import pytest
import requests

from dothi.tests.doubles.ngsi_ld.server import API, Broker, serving

LINK = '<https://example.org/c.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'


@pytest.fixture
def address():
    with serving(Broker()) as address:
        yield address + API


def lamp(number=1, **attributes):
    return {"id": f"urn:ngsi-ld:Streetlight:t:{number}", "type": "Streetlight", **attributes}


def post(address, path, body, **headers):
    return requests.post(address + path, json=body, headers={"Link": LINK, **headers}, timeout=5)


def test_001_create_answers_201_with_location_and_a_second_time_409(address):
    answer = post(address, "/entities", lamp())
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{API}/entities/{lamp()['id']}")
    again = post(address, "/entities", lamp())
    assert again.status_code == 409
    assert again.json()["type"].endswith("/AlreadyExists")


@pytest.mark.parametrize("entity", [{"type": "A"}, {"id": "no uri", "type": "A"}, {"id": "urn:a:b"}, [], "x"])
def test_002_an_invalid_entity_is_400_bad_request_data(address, entity):
    answer = post(address, "/entities", entity)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (400, "BadRequestData")


def test_004_batch_create_answers_201_with_the_identifiers(address):
    answer = post(address, "/entityOperations/create", [lamp(1), lamp(2)])
    assert (answer.status_code, answer.json()) == (201, [lamp(1)["id"], lamp(2)["id"]])


def test_004_batch_create_with_one_that_exists_is_207(address):
    post(address, "/entities", lamp(1))
    answer = post(address, "/entityOperations/create", [lamp(1), lamp(2)])
    assert answer.status_code == 207
    assert answer.json()["success"] == [lamp(2)["id"]]
    assert [error["entityId"] for error in answer.json()["errors"]] == [lamp(1)["id"]]


def test_005_batch_upsert_is_201_for_new_ones_and_204_for_known_ones(address):
    assert post(address, "/entityOperations/upsert", [lamp(1)]).json() == [lamp(1)["id"]]
    answer = post(address, "/entityOperations/upsert", [lamp(1)])
    assert (answer.status_code, answer.content) == (204, b"")


def test_005_upsert_replaces_and_with_update_keeps_what_others_wrote(address):
    key = lamp()["id"]
    post(address, "/entities", lamp(a={"type": "Property", "value": 1}, b={"type": "Property", "value": 2}))
    post(address, "/entityOperations/upsert?options=update", [lamp(a={"type": "Property", "value": 3})])
    found = requests.get(f"{address}/entities/{key}", timeout=5).json()
    assert (found["a"]["value"], found["b"]["value"]) == (3, 2)
    post(address, "/entityOperations/upsert", [lamp(a={"type": "Property", "value": 4})])
    assert "b" not in requests.get(f"{address}/entities/{key}", timeout=5).json()


def test_005_one_bad_entity_in_a_batch_is_207_and_the_others_are_kept(address):
    wrong = lamp(2, location={"type": "GeoProperty", "value": {"type": "Point", "coordinates": [200, 0]}})
    answer = post(address, "/entityOperations/upsert", [lamp(1), wrong])
    assert answer.status_code == 207
    assert answer.json()["success"] == [lamp(1)["id"]]
    assert answer.json()["errors"][0]["entityId"] == wrong["id"]


def test_006_batch_delete_is_204_and_207_where_one_is_missing(address):
    post(address, "/entityOperations/create", [lamp(1), lamp(2)])
    assert post(address, "/entityOperations/delete", [lamp(1)["id"]]).status_code == 204
    answer = post(address, "/entityOperations/delete", [lamp(1)["id"], lamp(2)["id"]])
    assert (answer.status_code, answer.json()["success"]) == (207, [lamp(2)["id"]])


def test_011_a_missing_entity_is_404(address):
    answer = requests.get(f"{address}/entities/urn:ngsi-ld:A:none", timeout=5)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "ResourceNotFound")


def test_019_queries_have_pages_and_a_count(address):
    post(address, "/entityOperations/create", [lamp(number) for number in range(7)])
    answer = requests.get(address + "/entities?type=Streetlight&limit=3&offset=3&count=true", timeout=5)
    assert (len(answer.json()), answer.headers["NGSILD-Results-Count"]) == (3, "7")
    assert 'rel="next"' in answer.headers["Link"]
    count = requests.get(address + "/entities?type=Streetlight&limit=0&count=true", timeout=5)
    assert (count.json(), count.headers["NGSILD-Results-Count"]) == ([], "7")
    assert requests.get(address + "/entities", timeout=5).status_code == 400


def test_045_forms_normalized_concise_and_simplified(address):
    point = {"type": "Point", "coordinates": [106.7, 11.0]}
    post(
        address,
        "/entities",
        lamp(height={"value": 8, "unitCode": "MTR"}, on=True, location=point, ref={"object": "urn:x:y"}),
    )
    key = lamp()["id"]
    whole = requests.get(f"{address}/entities/{key}", timeout=5).json()
    assert whole["height"] == {"type": "Property", "value": 8, "unitCode": "MTR"}
    assert (whole["location"]["type"], whole["ref"]["type"]) == ("GeoProperty", "Relationship")
    short = requests.get(f"{address}/entities/{key}?options=concise", timeout=5).json()
    assert (short["on"], short["height"], short["location"]) == (True, {"value": 8, "unitCode": "MTR"}, point)
    plain = requests.get(f"{address}/entities/{key}?options=keyValues", timeout=5).json()
    assert (plain["height"], plain["ref"]) == (8, "urn:x:y")


def test_tenants_do_not_see_each_other(address):
    post(address, "/entities", lamp(), **{"NGSILD-Tenant": "one"})
    key = f"{address}/entities/{lamp()['id']}"
    assert requests.get(key, headers={"NGSILD-Tenant": "one"}, timeout=5).status_code == 200
    assert requests.get(key, headers={"NGSILD-Tenant": "two"}, timeout=5).status_code == 404


def test_a_link_without_its_relation_is_refused(address):
    assert post(address, "/entities", lamp(), Link="<https://example.org/c.jsonld>").status_code == 400


def test_too_large_a_request_is_413(address):
    answer = post(address, "/entityOperations/upsert", [lamp(1, text={"type": "Property", "value": "x" * 1_000_001})])
    assert answer.status_code == 413
