"""Named targets of a data set: listed with what may leave at all, added, removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ...ioc import profile as profiles
from ...ioc.mapping import LayerMapping
from ...ioc.profile import Profile
from ...ioc.publication import layers_to_publish
from ...layers import catalogue
from ...layers.errors import InputError
from ...layers.report import Report
from .ioc_source import read_publication

# Scheme → kind of the targets that there are; an address without a scheme is a folder.
KINDS = {
    "file": "file",
    "ngsi-ld+https": "ngsi-ld",
    "ngsi-ld+http": "ngsi-ld",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "rest+https": "rest",
    "rest+http": "rest",
}
_SECRET_WORDS = ("password", "passwd", "token", "secret", "apikey", "api_key", "access_token")
_STATUS = "status"


def targets(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The named targets, and what of this data set may leave at all: layer → title, fields, states."""
    data = Path(parameters["data"])
    return {
        "targets": [_as_json(one) for _, one in sorted(profiles.profiles(data).items())],
        "may_leave": {of.layer.id: _may_leave(of) for of in _leaving(data)},
    }


def add_target(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Add a target or, with ``over``, replace it. Raises :class:`InputError` for a scope that the data do not have."""
    data = Path(parameters["data"])
    made = Profile(
        parameters["name"],
        parameters["address"].strip(),
        layers=tuple(parameters["layers"] or ()),
        wards=tuple(parameters["wards"] or ()),
        without=tuple(parameters["without"] or ()),
        states=_states(parameters["states"] or {}),
        context=parameters["context"] or "",
        contract=parameters["contract"] or "",
        secret=parameters["secret_file"] or "",
        authority=parameters["authority"] or "",
        sign=parameters["sign"] or "",
    )
    _require_address(made)
    _require_scope(made, {of.layer.id: _may_leave(of) for of in _leaving(data)})
    if made.name in profiles.profiles(data) and not parameters["over"]:
        raise InputError("ioc.profile_exists", name=made.name)
    profiles.save(data, made)
    return {"target": _as_json(made)}


def remove_target(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Forget a named target; what is known of it stays beside the data set, and nothing is deleted there."""
    data = Path(parameters["data"])
    found = profiles.profiles(data).get(parameters["name"])
    profiles.remove(data, parameters["name"])
    return {"target": None if found is None else _as_json(found)}


def _as_json(one: Profile) -> dict[str, Any]:
    return {
        **asdict(one),
        "states": {layer: list(codes) for layer, codes in one.states.items()},
        "kind": KINDS.get(one.scheme, one.scheme),
    }


def _leaving(data: Path) -> list[LayerMapping]:
    try:
        return layers_to_publish(read_publication(data, None, ("ngsi",)), None)
    except InputError as error:
        if error.code == "ioc.nothing_to_publish":  # a target can be named before there is anything to send
            return []
        raise


def _may_leave(of: LayerMapping) -> dict[str, Any]:
    held_back = dict(of.withhold).get(_STATUS, ())
    field = next((one for one in of.layer.fields if one.id == _STATUS and one.domain), None)
    states = catalogue.domain(field).values if field is not None else ()
    return {
        "title": {"vi": of.layer.name.vi, "en": of.layer.name.en},
        "fields": list(of.fields),
        "states": [code for code in states if code not in held_back],
    }


def _states(given: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, Mapping) or not all(isinstance(codes, list) for codes in given.values()):
        raise InputError("ioc.profile_states", given=str(given)[:200])
    return {str(layer): tuple(str(code) for code in codes) for layer, codes in given.items()}


def _require_address(made: Profile) -> None:
    """Refuse kinds that there are not, and secrets, which the file of the targets must never hold."""
    parts = urlsplit(made.address)
    named = [name for name, _ in parse_qsl(parts.query) if name.lower() in _SECRET_WORDS]
    if parts.password or named:  # first of all: no later sentence may repeat it
        raise InputError("ioc.secret_in_address", host=parts.hostname or "")
    if made.scheme not in KINDS:
        raise InputError("ioc.target_unknown", target=made.address[:200])


def _require_scope(made: Profile, may_leave: Mapping[str, Any]) -> None:
    """What the scope names must be something that may leave; a slip of the pen would publish too much."""
    unknown = [layer for layer in (*made.layers, *made.states) if layer not in may_leave]
    unknown += [
        name
        for name in made.without
        if name.partition(".")[2] not in may_leave.get(name.partition(".")[0], {"fields": ()})["fields"]
    ]
    unknown += [
        f"{layer}.{code}"
        for layer, codes in made.states.items()
        for code in codes
        if layer in may_leave and code not in may_leave[layer]["states"]
    ]
    if unknown:
        raise InputError("ioc.profile_scope", name=made.name, unknown=sorted(set(unknown)))
