"""How the board reads the records of each kind of service: as an alert, and as a GeoJSON feature of the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..mapping import LayerMapping
from ..targets.database import PLACE, STATE_FIELDS, geojson
from ..targets.gateway_mapping import GatewayMapping
from .alerts import Alert, of_entity, of_fields
from .received import colours


@dataclass(frozen=True)
class Reading:
    """``alert`` of a record's body, and ``feature`` with what the map shows of it; both by the mapping of its layer."""

    alert: Callable[[LayerMapping, Mapping[str, Any]], Alert]
    feature: Callable[[LayerMapping, Mapping[str, Any]], dict[str, Any]]


def of_broker() -> Reading:
    """Entities in normalized form."""

    def feature(_of: LayerMapping, body: Mapping[str, Any]) -> dict[str, Any]:
        location = body.get("location")
        geometry = location.get("value") if isinstance(location, dict) else None
        return _feature(str(body["id"]).rpartition(":")[2], {"code": of_entity(body).code}, geometry)

    return Reading(lambda _of, body: of_entity(body), feature)


def of_database() -> Reading:
    """Rows: fields as they are, shapes as WKB."""

    def alert(of: LayerMapping, body: Mapping[str, Any]) -> Alert:
        state, issued = (body.get(name) for name in STATE_FIELDS)
        return of_fields(body["uid"], body, state, issued, _severity(of, body), geojson(body.get(PLACE)))

    def feature(of: LayerMapping, body: Mapping[str, Any]) -> dict[str, Any]:
        return _feature(body["uid"], _shown(of, body), geojson(body.get(PLACE)))

    return Reading(alert, feature)


def of_gateway(contract: GatewayMapping) -> Reading:
    """Bodies of the contract, whose members and code lists are turned back into ours."""

    def alert(of: LayerMapping, body: Mapping[str, Any]) -> Alert:
        uid, given, geometry = contract.layers[of.layer.id].given_back(body)
        return of_fields(uid, given, given.get("@state"), given.get("@issued_at"), _severity(of, given), geometry)

    def feature(of: LayerMapping, body: Mapping[str, Any]) -> dict[str, Any]:
        uid, given, geometry = contract.layers[of.layer.id].given_back(body)
        return _feature(uid, _shown(of, given), geometry)

    return Reading(alert, feature)


def _feature(uid: str, properties: Mapping[str, Any], geometry: Any) -> dict[str, Any]:
    return {"type": "Feature", "id": uid, "properties": dict(properties), "geometry": geometry}


def _shown(of: LayerMapping, given: Mapping[str, Any]) -> dict[str, Any]:
    """The code, and the field by which the page colours the layer."""
    coloured = colours(of.layer.id)
    names = ("code", *([coloured["field"]] if coloured else []))
    return {name: given[name] for name in names if name in given}


def _severity(of: LayerMapping, given: Mapping[str, Any]) -> str:
    """How urgent a look is, by the rule of the province's own mapping: these records do not carry the word."""
    rules = (attribute for entity in of.entities for attribute in entity.attributes if attribute.id == "severity")
    rule = next((one for one in rules if one.field and one.values), None)
    if rule is None or rule.values is None:
        return ""
    return str(rule.values.get(str(given.get(rule.field)), ""))
