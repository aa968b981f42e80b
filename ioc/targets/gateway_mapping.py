"""How the layers of a data set meet the contract of a gateway: ``mapping.toml`` beside its ``openapi.json``.

All that differs from province to province is said here and in the contract; nothing of it is code::

    [limits]
    records = 100                 # of a request
    bytes = 500_000

    [codes.land_use]              # a code list: ours = theirs
    ODT = "dat_o_do_thi"

    [layer.parcel]
    body = "feature"              # a GeoJSON feature with these properties; "object": a plain object
    key = "maThua"                # the member with our uid; of a feature, "id" is its own
    geometry = "hinhHoc"          # of a plain object: the member with its GeoJSON geometry
    write = { operation = "ghiThuaDat", list = "features" }  # list: member with the records; "": the body itself is one
    read = { operation = "docThuaDat", list = "features", ids = "ma" }
    remove = { operation = "xoaThuaDat" }                      # one record: its identifier stands in the path
    list = { operation = "lietKe", list = "features", limit = "limit", offset = "offset", size = 500, total = "n" }

    [layer.parcel.fields]
    soTo = "sheet_no"
    loaiDat = { field = "land_use", codes = "land_use" }
    nguon = { always = "dothi" }
    moPhong = "@simulated"        # also "@issued_at", "@state", "@data_date"
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ...layers import catalogue
from ...layers.errors import InputError
from ...layers.model import Layer
from ...store.troubles import told
from ..mapping import LayerMapping
from .contract import Contract, Operation, Place, Validator, first_error

NAME = "mapping.toml"
LARGEST = 1 << 20
FACTS = ("@simulated", "@issued_at", "@state", "@data_date")
PROBE = "00000000-0000-4000-8000-000000000000"  # the record of no meaning that a dry run writes and removes


@dataclass(frozen=True)
class Use:
    """An operation, and what its parameters and its answer mean here."""

    operation: Operation
    list: str | None = None  # member with the records; "": the body itself is the list; None: one record
    ids: str = ""  # parameter, or member of the body, that takes identifiers
    limit: str = ""
    offset: str = ""  # parameter that counts records
    page: str = ""  # parameter that counts pages, from ``first``
    first: int = 1
    size: int = 500
    total: str = ""  # member of the answer with how many there are
    query: Mapping[str, str] = field(default_factory=dict)  # the same with every request
    errors: str = ""  # member of the answer to a batch with those that were refused
    error_key: str = "id"
    error_text: str = "message"


@dataclass(frozen=True)
class Hearing:
    """Where the centre's words on our records are read: an operation and the members of one of them."""

    use: Use
    record: str
    text: str
    kind: str = ""
    sender: str = ""
    at: str = ""


@dataclass(frozen=True)
class Rule:
    """Where the value of a member comes from: a field (perhaps through a code list), a constant, or a fact."""

    name: str
    field: str = ""
    always: Any = None
    fact: str = ""
    codes: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class LayerRules:
    """One layer at the gateway."""

    layer: Layer
    is_feature: bool
    key: str
    geometry: str
    rules: tuple[Rule, ...]
    write: Use
    read: Use
    remove: Use
    list: Use
    said: Hearing | None
    probe: Mapping[str, Any]
    validator: Validator = field(repr=False)

    def given_back(self, body: Mapping[str, Any]) -> tuple[str, dict[str, Any], Any]:
        """``uid``, our fields and facts (``@state``, …) with our own code lists, and geometry of a canonical body."""
        inner = body["properties"] if self.is_feature else body
        told: dict[str, Any] = {}
        for rule in self.rules:
            value = inner.get(rule.name)
            if rule.codes is not None:
                value = next((ours for ours, theirs in rule.codes.items() if theirs == value), None)
            if value is not None and (rule.field or rule.fact):
                told[rule.field or rule.fact] = value
        of_key = body if not self.is_feature or self.key == "id" else inner
        return str(of_key[self.key]), told, body.get(self.geometry) if self.geometry else None


@dataclass(frozen=True)
class GatewayMapping:
    """All layers by id; ``version`` changes with the contract or the mapping."""

    path: Path
    layers: Mapping[str, LayerRules]
    records: int
    bytes: int
    version: str

    def leaving(self, of: LayerMapping) -> list[str]:
        """Fields of a layer that become a member of its records."""
        used = {rule.field for rule in self.layers[of.layer.id].rules}
        return [name for name in of.fields if name in used]


def read_mapping(folder: Path, layer_of: Callable[[str], tuple[Layer, Sequence[str]]]) -> GatewayMapping:
    """The mapping of ``folder``, checked against its contract and the catalogue.

    ``layer_of`` gives a layer and the fields of it that may leave. Raises :class:`InputError`: ``ioc.contract_wrong``,
    ``ioc.contract_lacks`` for an operation that is not in the contract, ``ioc.contract_unknown`` for names that one of
    the two sides does not know.
    """
    contract, path = Contract(folder), folder / NAME
    with told(path, writing=False), path.open("rb") as file:
        text = file.read(LARGEST + 1)
    reader = _Reader(path, contract)
    try:
        if len(text) > LARGEST:
            raise ValueError(f"> {LARGEST >> 20} MB")
        raw = tomllib.loads(text.decode())
        limits = raw.get("limits", {})
        reader.require(set(raw) | {f"limits.{name}" for name in limits}, _TOP)
        codes = raw.get("codes", {})
        made = {name: reader.layer(name, one, codes, *layer_of(name)) for name, one in raw["layer"].items()}
        records, size = int(limits.get("records", 100)), int(limits.get("bytes", 500_000))
        if records < 1 or size < 1:
            raise ValueError("limits")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError("ioc.contract_wrong", path=str(path), reason=str(error)[:300]) from error
    version = hashlib.sha256(text + contract.path.read_bytes()).hexdigest()
    return GatewayMapping(path, made, records, size, version)


_TOP = {"limits", "codes", "layer", "limits.records", "limits.bytes"}
_LAYER = {"body", "key", "geometry", "write", "read", "remove", "list", "said", "fields", "probe"}
_HEARING = ("record", "text", "kind", "sender", "at")


class _Reader:
    def __init__(self, path: Path, contract: Contract) -> None:
        self.path, self.contract = path, contract

    def require(self, given: set[str], known: set[str] | frozenset[str], where: str = "") -> None:
        """Raise where a name is not known."""
        if not given <= known:
            raise self._unknown(where, given - known)

    def layer(
        self, name: str, raw: Mapping[str, Any], codes: Mapping[str, Any], layer: Layer, leaving: Sequence[str]
    ) -> LayerRules:
        """One ``[layer.…]``."""
        self.require(set(raw), _LAYER, name)
        if raw["body"] not in ("feature", "object"):
            raise ValueError(f"{name}.body: {raw['body']}")
        is_feature = raw["body"] == "feature"
        uses = {}
        for what in ("write", "read", "remove", "list"):
            if what not in raw:
                raise InputError("ioc.contract_lacks", path=str(self.path), layer=name, operation=what)
            uses[what] = self._use(name, what, raw[what])
        for what in ("write", "read", "remove"):
            if not uses[what].operation.of_one and uses[what].list is None and not uses[what].ids:
                raise InputError("ioc.contract_lacks", path=str(self.path), layer=name, operation=f"{what}: list, ids")
        if uses["list"].list is None:
            raise InputError("ioc.contract_lacks", path=str(self.path), layer=name, operation="list: list")
        rules = tuple(self._rule(layer, leaving, member, one, codes) for member, one in raw["fields"].items())
        key = raw.get("key", "id")
        schema = self._schema(name, uses["write"].operation.body, uses["write"].list)
        of_members = self.contract.within(schema, "properties", "properties") if is_feature else schema
        self._members(name, schema if is_feature and key == "id" else of_members, [key])
        self._members(name, of_members, [rule.name for rule in rules], rules)
        geometry = "geometry" if is_feature else raw.get("geometry", "")
        if geometry:
            self._members(name, schema, [geometry])
        example = raw.get("probe") or self._example(schema)
        if not isinstance(example, Mapping):
            raise InputError("ioc.contract_lacks", path=str(self.path), layer=name, operation="example")
        probe = dict(example)
        if is_feature and key != "id":
            probe["properties"] = {**probe.get("properties", {}), key: PROBE}
        else:
            probe[key] = PROBE
        validator = self.contract.validator(schema)
        if reason := first_error(validator, probe):
            raise ValueError(f"{name}.probe: {reason}")
        return LayerRules(
            layer, is_feature, key, geometry, rules, **uses,
            said=self._hearing(name, raw["said"]) if "said" in raw else None, probe=probe, validator=validator,
        )  # fmt: skip

    def _use(self, layer: str, what: str, raw: Mapping[str, Any]) -> Use:
        known = {item.name for item in fields(Use)}
        self.require(set(raw), known, f"{layer}.{what}")
        found = self.contract.operations.get(str(raw["operation"]))
        if found is None:
            raise InputError("ioc.contract_lacks", path=str(self.path), layer=layer, operation=str(raw["operation"]))
        made = Use(**{**raw, "operation": found})
        asked = {name for name in (made.limit, made.offset, made.page, *made.query) if name}
        if made.ids and found.body is None:
            asked.add(made.ids)
        if not asked <= found.query:
            raise self._unknown(found.id, asked - found.query)
        if made.size < 1:
            raise ValueError(f"{layer}.{what}.size")
        return made

    def _hearing(self, layer: str, raw: Mapping[str, Any]) -> Hearing:
        members = {name: str(raw[name]) for name in _HEARING if name in raw}
        use = self._use(layer, "said", {name: value for name, value in raw.items() if name not in members})
        return Hearing(use, **members)

    def _rule(
        self, layer: Layer, leaving: Sequence[str], member: str, raw: Any, codes: Mapping[str, Mapping[str, Any]]
    ) -> Rule:
        if isinstance(raw, str):
            raw = {"fact": raw} if raw.startswith("@") else {"field": raw}
        self.require(set(raw), {"field", "fact", "always", "codes"}, f"{layer.id}.{member}")
        if sum(name in raw for name in ("field", "fact", "always")) != 1:
            raise ValueError(f"{layer.id}.{member}")
        if "fact" in raw:
            self.require({raw["fact"]}, set(FACTS), f"{layer.id}.{member}")
        if "field" in raw:
            self.require({raw["field"]}, {"uid", *leaving}, layer.id)
        listed: Mapping[str, Any] | None = None
        if "codes" in raw:
            self.require({raw["codes"]}, set(codes), "codes")
            listed = codes[raw["codes"]]
            of = layer.find(raw["field"])
            if of.domain:
                self.require(set(listed), set(catalogue.domain(of).values), f"codes.{raw['codes']}")
        return Rule(member, raw.get("field", ""), raw.get("always"), raw.get("fact", ""), listed)

    def _schema(self, layer: str, body: Place | None, member: str | None) -> Place:
        """The schema of one record in the body of the operation that writes."""
        steps = [] if member is None else ["items"] if not member else ["properties", member, "items"]
        found = None if body is None else self.contract.within(body, *steps)
        if found is None:
            raise InputError("ioc.contract_lacks", path=str(self.path), layer=layer, operation="write: requestBody")
        return found

    def _example(self, schema: Place) -> Any:
        many = self.contract.within(schema, "examples")
        if many is not None and isinstance(many.value, list) and many.value:
            return many.value[0]
        one = self.contract.within(schema, "example")
        return None if one is None else one.value

    def _members(self, layer: str, schema: Place | None, names: Sequence[str], rules: Sequence[Rule] = ()) -> None:
        """Members must be in the contract, and the values of code lists in its lists."""
        found = {name: None if schema is None else self.contract.property(schema, name) for name in names}
        missing = {name for name, of in found.items() if of is None}
        if missing:
            raise self._unknown(layer, missing)
        for rule in rules:
            of = found[rule.name]
            allowed = of.value.get("enum") if of is not None and isinstance(of.value, dict) else None
            if allowed is not None and rule.codes is not None:
                self.require({str(v) for v in rule.codes.values()}, {str(v) for v in allowed}, f"{layer}.{rule.name}")

    def _unknown(self, where: str, names: set[str]) -> InputError:
        return InputError("ioc.contract_unknown", path=str(self.path), where=where, names=sorted(names)[:10])
