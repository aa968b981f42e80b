"""Records as a gateway has them: made of what leaves, and read back from an answer into the same canonical text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ...layers.errors import InputError
from ..entities import geometry_texts
from ..forms.feature import values
from ..plan import Made
from ..records import Record, canonical
from ..selection import Leaving, LeftOut
from ..web import read_json
from .gateway_mapping import GatewayMapping, LayerRules, Rule

_INSTANTS = ("@issued_at", "@data_date")


@dataclass(frozen=True)
class GatewayForm:
    """Turns what leaves of a layer into bodies of the gateway. ``version``: other rules make other bodies."""

    mapping: GatewayMapping

    @property
    def version(self) -> str:
        """Changes with the contract, so that all is looked at anew."""
        return self.mapping.version

    def __call__(self, leaving: Leaving) -> Made:
        """The records of some features; a value that its code list has no word for is left out and said."""
        layer = leaving.mapping.layer.id
        rules, left = self.mapping.layers[layer], []
        if leaving.simulated and not any(rule.fact == "@simulated" for rule in rules.rules):
            raise InputError("ioc.contract_lacks", path=str(self.mapping.path), layer=layer, operation="@simulated")
        told, uids = values(leaving), [str(uid) for uid in leaving.uids]
        members: dict[str, list[Any]] = {}
        for rule in rules.rules:
            if rule.field and rule.field not in told:  # this target does not get it
                continue
            column = members[rule.name] = _member(rule, leaving, told, len(uids))
            if rule.codes is not None:
                lost = [
                    uid for uid, was, now in zip(uids, told[rule.field], column, strict=True) if was and now is None
                ]
                if lost:
                    left.append(LeftOut.of(layer, "value", "value_not_allowed", lost, attribute=rule.field))
        shapes: list[Any] = [None] * len(uids)
        if rules.geometry and leaving.mapping.layer.is_spatial:
            shapes = [read_json(text) for text in geometry_texts(leaving.wgs84)]
        found = []
        for row, uid in enumerate(uids):
            kept = {name: of[row] for name, of in members.items() if of[row] is not None}
            found.append(Record(layer, uid, "", f"{layer}/{uid}", canonical(_body(rules, uid, kept, shapes[row]))))
        return Made(found, (*leaving.left_out, *left))


def body_of(rules: LayerRules, told: Any) -> tuple[str, str] | None:
    """Identifier and canonical text of a record as it came back: our members alone. None for what is no record."""
    if not isinstance(told, dict):
        return None
    inner = told.get("properties") if rules.is_feature else told
    if not isinstance(inner, dict):
        return None
    uid = (told if not rules.is_feature or rules.key == "id" else inner).get(rules.key)
    if not isinstance(uid, str):
        return None
    values = {rule.name: _back(rule, rules, inner.get(rule.name)) for rule in rules.rules}
    kept = {name: value for name, value in values.items() if value is not None}
    geometry = told.get(rules.geometry) if rules.geometry else None
    return uid, canonical(_body(rules, uid, kept, geometry))


def _body(rules: LayerRules, uid: str, values: Mapping[str, Any], geometry: Any) -> dict[str, Any]:
    if not rules.is_feature:
        shape = {rules.geometry: geometry} if rules.geometry and geometry is not None else {}
        return {**values, **shape, rules.key: uid}
    made: dict[str, Any] = {"type": "Feature", "geometry": geometry, "properties": dict(values)}
    (made if rules.key == "id" else made["properties"])[rules.key] = uid
    return made


def _member(rule: Rule, leaving: Leaving, told: Mapping[str, list[Any]], count: int) -> list[Any]:
    if rule.fact == "@simulated":
        return [leaving.simulated] * count
    if rule.fact:
        fact = leaving.facts.get(rule.fact)
        return [_fact(rule, one) for one in (fact.tolist() if isinstance(fact, np.ndarray) else [fact] * count)]
    if not rule.field:
        return [_plain(rule.always)] * count
    if rule.codes is not None:
        return [rule.codes.get(str(value)) for value in told[rule.field]]
    return told[rule.field]


def _fact(rule: Rule, value: Any) -> Any:
    return instant(value) if rule.fact in _INSTANTS and isinstance(value, str) else value


def _back(rule: Rule, rules: LayerRules, value: Any) -> Any:
    """A value that came back, instants written in our way."""
    of_instants = rule.fact in _INSTANTS or (rule.field and rules.layer.find(rule.field).type == "datetime")
    return instant(value) if of_instants and isinstance(value, str) else value


def _plain(value: Any) -> Any:
    return read_json(json.dumps(value)) if isinstance(value, (float, dict, list)) else value


def instant(text: str) -> str:
    """An instant in UTC with milliseconds; what is none stays as it is, and differs."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
