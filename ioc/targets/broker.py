"""An NGSI-LD context broker (ETSI GS CIM 009): entities in batches, each answer read entity by entity, then read back.

Entities are written with ``options=update``, so that what other systems put on them stays; an attribute of ours that is
no longer there is deleted by name. What is compared are our attributes alone, in normalized form and plain numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from ...layers.errors import InputError
from ..entities import make, urn
from ..mapping import LayerMapping
from ..plan import Made
from ..publication import Publication
from ..records import Record, canonical
from ..selection import Leaving
from ..web import Answer, Credentials, Web, read_json
from .target import Refusal, Said, UnansweredError

API = "/ngsi-ld/v1"
PROBE = "DothiProbe"
PAGE = 1_000  # entities of a page: the most that brokers give
# What the centre writes on an entity of ours, and what we never send.
SAID = ("acknowledgement", "instruction")
# Members of an attribute that are ours; brokers add others (createdAt, modifiedAt, instanceId).
_MEMBERS = ("type", "value", "object", "unitCode", "languageMap", "vocab", "json")
_ENTITY = ("id", "type")
_TAKEN = Refusal("ioc.changed_meanwhile", for_good=False)  # reading it tells whether it is the same


class Broker:
    """One tenant of a broker. ``context`` is the address where the province hosts its ``@context``."""

    at_most = 500
    at_most_bytes = 900_000

    def __init__(
        self,
        address: str,
        province: str,
        chosen: Sequence[LayerMapping],
        *,
        context: str,
        credentials: Credentials | None = None,
        authority: str = "",
        formerly: Mapping[str, frozenset[str]] = MappingProxyType({}),
    ) -> None:
        """``formerly``: attributes by type that we sent before and that must be there no more."""
        base, self.tenant = split(address)
        self.province = province
        self._entities = {of.layer.id: of.entities for of in chosen}
        self._lists: dict[str, set[str]] = {}
        self._ours: dict[str, set[str]] = {}  # two layers may become entities of one type
        for entity in (entity for of in chosen for entity in of.entities):
            names = {attribute.id for attribute in entity.attributes} | formerly.get(entity.type, frozenset())
            self._ours.setdefault(entity.type, {"location", "simulated"}).update(names)
            self._lists.setdefault(entity.type, set()).update(filter(entity.model.is_list, names))
        link = f'<{context}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
        headers = {"Link": link, "Accept": "application/json"} | ({"NGSILD-Tenant": self.tenant} if self.tenant else {})
        self._web = Web(base, credentials, headers, authority)
        self._there: dict[str, set[str]] = {}  # attributes of ours that each entity was last seen with

    @property
    def identity(self) -> str:
        """Address and tenant."""
        return f"ngsi-ld+{self._web.address}" + (f"?tenant={self.tenant}" if self.tenant else "")

    def prepare(self, layers: Sequence[str]) -> None:
        """Write, read and delete an entity of no meaning, with the rights that publishing will have."""
        if not layers:
            return
        probe: dict[str, Any] = {
            "id": urn(PROBE, self.province, "probe"),
            "type": PROBE,
            "simulated": {"type": "Property", "value": True},
        }
        answer = self._post("/entityOperations/upsert?options=update", [probe])
        if answer.status in (413, 429):  # nobody's body is smaller than this one
            raise UnansweredError
        if answer.status not in (200, 201, 204):
            raise InputError("ioc.not_writable", host=self._web.host, status=answer.status, reason=_reason(answer))
        place = f"/entities/{quote(probe['id'], safe='')}"
        there = self._get(place)
        self._post("/entityOperations/delete", [probe["id"]])
        if there.status == 404:  # it said yes and kept nothing: once may be an accident, so it is asked again
            raise UnansweredError
        if there.status != 200:
            raise InputError("ioc.not_readable", host=self._web.host, status=there.status, reason=_reason(there))
        if self._get(place).status != 404:
            raise UnansweredError

    def count(self, layer: str) -> int:
        """Entities of the layer's types whose identifiers are of this province."""
        total = 0
        for entity in self._entities.get(layer, ()):
            answer = self._get(
                "/entities", type=entity.type, idPattern=self._pattern(entity.type), count="true", limit="0"
            )
            try:
                total += int({name.lower(): value for name, value in answer.headers.items()}["ngsild-results-count"])
            except (KeyError, ValueError) as error:
                raise UnansweredError from error
        return total

    def read(self, records: Sequence[tuple[str, str]]) -> dict[str, str]:
        """Bodies by identifier."""
        if not records:
            return {}
        query = {"type": "Query", "entities": [{"id": key, "type": key.split(":")[2]} for _, key in records]}
        answer = self._post(f"/entityOperations/query?limit={self.at_most}", query)
        if answer.status != 200:
            raise UnansweredError
        for _, key in records:
            self._there.pop(key, None)
        return dict(self._bodies(answer))

    def write(self, records: Sequence[Record]) -> dict[str, Refusal]:
        """Create what was not there, so that nothing is written over which another publisher brings at this moment;
        update the rest. Attributes that we no longer send are deleted by name.
        """
        fresh = [record for record in records if record.key not in self._there]
        known = [record for record in records if record.key in self._there]
        refused = self._send("create", fresh) | self._send("upsert?options=update", known)
        for record in known:
            gone = self._there[record.key] - set(json.loads(record.body)) if record.key not in refused else set()
            for attribute in sorted(gone):
                self._web.ask("DELETE", f"{API}/entities/{quote(record.key, safe='')}/attrs/{attribute}")
        return refused

    def remove(self, records: Sequence[tuple[str, str]]) -> dict[str, Refusal]:
        """Delete a batch."""
        answer = self._post("/entityOperations/delete", [key for _, key in records])
        if answer.status in (200, 204, 404):
            return {}
        return _refusals(answer, [key for _, key in records])

    def everything(self, layer: str) -> Iterator[Record]:
        """All entities of the layer's types, a page at a time."""
        for entity in self._entities.get(layer, ()):
            start = 0
            while True:
                answer = self._get(
                    "/entities",
                    type=entity.type,
                    idPattern=self._pattern(entity.type),
                    limit=str(PAGE),
                    offset=str(start),
                )
                if answer.status != 200:
                    raise UnansweredError
                found = list(self._bodies(answer))
                for key, body in found:
                    yield Record(layer, key.rpartition(":")[2], entity.type, key, body)
                if len(found) < PAGE:
                    break
                start += PAGE

    def said(self, layers: Sequence[str]) -> Iterator[Said]:
        """Acknowledgements and instructions that the centre wrote on entities of ours."""
        for layer in layers:
            for entity in self._entities.get(layer, ()):
                for kind in SAID:
                    answer = self._get(
                        "/entities", type=entity.type, idPattern=self._pattern(entity.type), q=kind, limit=str(PAGE)
                    )
                    if answer.status == 200:
                        for one in answer.json():
                            yield from _said(one, kind)

    def close(self) -> None:
        """End the connections."""
        self._web.close()

    def _pattern(self, kind: str) -> str:
        return f"^{urn(kind, self.province, '')}"

    def _send(self, operation: str, records: Sequence[Record]) -> dict[str, Refusal]:
        if not records:
            return {}
        body = ("[" + ",".join(record.body for record in records) + "]").encode()
        answer = self._web.ask(
            "POST", f"{API}/entityOperations/{operation}", body, {"Content-Type": "application/json"}
        )
        if answer.status in (200, 201, 204):
            return {}
        if answer.status in (413, 400) and len(records) > 1:  # too large for this server, or one of them spoils all
            half = len(records) // 2
            return self._send(operation, records[:half]) | self._send(operation, records[half:])
        return _refusals(answer, [record.key for record in records])

    def _bodies(self, answer: Answer) -> Iterator[tuple[str, str]]:
        found = answer.json()
        if not isinstance(found, list):
            raise UnansweredError
        for entity in found:
            if isinstance(entity, dict) and isinstance(entity.get("id"), str):
                ours = self._ours.get(str(entity.get("type")), set())
                kept = {name: value for name, value in entity.items() if name in _ENTITY or name in ours}
                self._there[entity["id"]] = set(kept)
                yield entity["id"], body_of(kept, self._lists.get(str(entity.get("type")), set()))

    def _post(self, path: str, content: Any) -> Answer:
        return self._web.ask("POST", API + path, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _get(self, path: str, **query: str) -> Answer:
        return self._web.ask("GET", API + path, query=query)


def split(address: str) -> tuple[str, str]:
    """Base address and tenant of ``ngsi-ld+https://host/path?tenant=name``."""
    parts = urlsplit(address.removeprefix("ngsi-ld+"))
    tenant = parse_qs(parts.query).get("tenant", [""])[0]
    return urlunsplit(parts._replace(query="", fragment="")), tenant


def form(publication: Publication, chosen: Sequence[LayerMapping]) -> Any:
    """Turns what leaves of a layer into entities."""
    names = {path: path for of in chosen for entity in of.entities for path in entity.context}  # in the Link instead

    def records(leaving: Leaving) -> Made:
        made = [make(one, leaving, publication.province, names, publication.lookup) for one in leaving.mapping.entities]
        found = []
        for part in made:
            for line in part.lines:
                entity = read_json(line)
                del entity["@context"]
                uid = entity["id"].rpartition(":")[2]
                found.append(Record(leaving.mapping.layer.id, uid, part.type, entity["id"], canonical(entity)))
        return Made(found, (*leaving.left_out, *(left for part in made for left in part.left_out)))

    return records


def leaving(of: LayerMapping) -> list[str]:
    """Fields of a layer that become an attribute of any of its entities, in the order of the mapping."""
    used = {attribute.field for entity in of.entities for attribute in entity.attributes}
    return [name for name in of.fields if name in used]


def body_of(entity: Mapping[str, Any], lists: set[str]) -> str:
    """The canonical text of an entity as it came back: our members of each attribute, lists of one given back."""
    made: dict[str, Any] = {}
    for name, value in entity.items():
        if name in _ENTITY or not isinstance(value, dict):
            made[name] = value
            continue
        kept = {member: value[member] for member in _MEMBERS if member in value}
        if name in lists and "value" in kept and not isinstance(kept["value"], list):
            kept["value"] = [kept["value"]]
        made[name] = kept
    return canonical(made)


def _refusals(answer: Answer, keys: Sequence[str]) -> dict[str, Refusal]:
    """Who was refused by the answer to a batch; 207 says it one by one."""
    waiting = answer.status == 429
    if answer.status == 207:
        told = answer.json()
        errors = told.get("errors", []) if isinstance(told, dict) else []
        found = {}
        for one in errors:
            if isinstance(one, dict) and one.get("entityId") in keys:
                reason = one.get("error")
                detail = reason.get("detail") or reason.get("title") if isinstance(reason, dict) else reason
                found[one["entityId"]] = (
                    _TAKEN
                    if _is_taken(reason)
                    else Refusal("ioc.refused", {"status": 207, "reason": str(detail)[:300]})
                )
        return found
    if answer.status == 409:
        return dict.fromkeys(keys, _TAKEN)
    why = Refusal("ioc.refused", {"status": answer.status, "reason": _reason(answer)}, for_good=not waiting)
    return dict.fromkeys(keys, why)


def _is_taken(error: Any) -> bool:
    """Whether a problem report says that the entity exists already (table 6.3.2-1: AlreadyExists, 409)."""
    told = error if isinstance(error, Mapping) else {"title": error}
    return told.get("status") == 409 or any(
        "alreadyexists" in str(told.get(member, "")).lower().replace(" ", "") for member in ("type", "title", "detail")
    )


def _reason(answer: Answer) -> str:
    """What a problem report (RFC 7807) says, or the beginning of whatever came."""
    try:
        told = answer.json()
    except UnansweredError:
        told = None
    if isinstance(told, dict):
        return str(told.get("detail") or told.get("title") or "")[:300]
    return answer.content[:100].decode(errors="replace")


def _said(entity: Any, kind: str) -> Iterator[Said]:
    """What one entity carries of a kind: text, sender and moment are members of the attribute."""
    if not isinstance(entity, dict):
        return
    attribute = entity.get(kind)
    for one in attribute if isinstance(attribute, list) else [attribute]:
        if isinstance(one, dict) and "value" in one:
            sender = one.get("sender", {})
            yield Said(
                str(entity.get("id")),
                kind,
                str(one["value"])[:2000],
                str(sender.get("value") if isinstance(sender, dict) else sender)[:200],
                str(one.get("observedAt", ""))[:40],
            )
