"""REST by contract: the gateway of a province, described by an OpenAPI file and a mapping; no code for any vendor.

Records are written one by one or many at a time, as the contract has it, and read back. Bodies are checked against the
contract before they leave. What is compared is the mapped body: our members alone, numbers and instants in one way.
Where an operation takes ``If-Match``, a record is replaced only as it was read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ...layers.errors import InputError
from ..records import Record
from ..web import Answer, Credentials, Web
from .contract import first_error
from .gateway_bodies import body_of
from .gateway_mapping import PROBE, GatewayMapping, Hearing, LayerRules, Use
from .target import Refusal, Said, UnansweredError

MOST = 20_000_000  # records of a listing; a server that never ends is not believed
AGAIN = 2  # times that one of many questions is asked once more at once
LONGEST = 2_000  # signs of a text of the centre
_GONE = (404, 410)


class Gateway:
    """The gateway at an address ``rest+https://host/path``; the addresses in the contract are not used."""

    def __init__(
        self,
        address: str,
        mapping: GatewayMapping,
        *,
        credentials: Credentials | None = None,
        authority: str = "",
    ) -> None:
        self._rules, self.at_most, self.at_most_bytes = mapping.layers, mapping.records, mapping.bytes
        self._path = mapping.path
        headers = {"Accept": "application/json, application/geo+json;q=0.9"}
        self._web = Web(address.removeprefix("rest+"), credentials, headers, authority)
        self._tags: dict[str, str] = {}  # key → ETag of the record as it was last read; "" where it is not there

    @property
    def identity(self) -> str:
        """Address of the gateway."""
        return f"rest+{self._web.address}"

    def prepare(self, layers: Sequence[str]) -> None:
        """Write, read and remove a record of no meaning in each layer, with the rights that publishing will have."""
        for layer in layers:
            if layer not in self._rules:  # of old, and no longer in the mapping
                continue
            rules, key = self._rules[layer], _key(layer, PROBE)
            self._read_some(rules, [key])
            written = self._send(rules, [(key, json.dumps(rules.probe, ensure_ascii=False))])
            if written is not None and written.status >= 400:
                raise InputError(
                    "ioc.not_writable", host=self._web.host, status=written.status, reason=_reason(written)
                )
            if key not in self._read_some(rules, [key]):
                raise UnansweredError
            removed = self._send_removal(rules, [key])
            if removed.status == 412:  # another publisher tries the same at this moment
                raise UnansweredError
            if removed.status >= 400 and removed.status not in _GONE:
                raise InputError(
                    "ioc.not_writable", host=self._web.host, status=removed.status, reason=_reason(removed)
                )
            if key in self._read_some(rules, [key]):
                raise UnansweredError

    def count(self, layer: str) -> int:
        """Records of a layer, as the listing says; counted where it does not say."""
        rules = self._of(layer)
        if rules is None:
            return 0
        use = rules.list
        if not use.total:
            return sum(1 for _ in self.everything(layer))
        asked = {use.limit: "1"} if use.limit else {}
        told = self._told(self._ask(use, query={**asked, **self._start(use, 0, 0)}))
        total = told.get(use.total) if isinstance(told, dict) else None
        if isinstance(total, bool) or not isinstance(total, int) or not 0 <= total <= MOST:
            raise UnansweredError
        return total

    def read(self, records: Sequence[tuple[str, str]]) -> dict[str, str]:
        """Bodies by key."""
        found: dict[str, str] = {}
        for layer, keys in _by_layer(records).items():
            rules = self._of(layer)
            if rules is None:  # to say that nothing is there would be to say that it was deleted
                raise InputError("ioc.contract_lacks", path=str(self._path), layer=layer, operation=f"[layer.{layer}]")
            found |= self._read_some(rules, keys)
        return found

    def write(self, records: Sequence[Record]) -> dict[str, Refusal]:
        """Write what the contract allows; what it does not is refused here and never sent."""
        refused: dict[str, Refusal] = {}
        fit: dict[str, list[tuple[str, str]]] = {}
        for record in records:
            reason = first_error(self._rules[record.layer].validator, json.loads(record.body))
            if reason:
                refused[record.key] = Refusal("ioc.contract_refuses", {"reason": reason})
            else:
                fit.setdefault(record.layer, []).append((record.key, record.body))
        for layer, bodies in fit.items():
            rules = self._rules[layer]
            if rules.write.operation.of_one:
                for one in bodies:
                    refused |= self._write(rules, [one])
            else:
                refused |= self._write(rules, bodies)
        return refused

    def remove(self, records: Sequence[tuple[str, str]]) -> dict[str, Refusal]:
        """Take records away, one by one or together."""
        refused: dict[str, Refusal] = {}
        for layer, keys in _by_layer(records).items():
            rules = self._of(layer)
            if rules is None:
                continue
            parts = [[key] for key in keys] if rules.remove.operation.of_one else [list(keys)]
            for part in parts:
                answer = self._send_removal(rules, part)
                if answer.status >= 400 and answer.status not in _GONE:
                    refused |= dict.fromkeys(part, _refusal(answer))
        return refused

    def everything(self, layer: str) -> Iterator[Record]:
        """All records of a layer, page by page, until a page brings nothing new."""
        rules = self._of(layer)
        if rules is None:
            return
        use, seen, page = rules.list, set[str](), 0
        while True:
            query = {use.limit: str(use.size)} if use.limit else {}
            told = self._told(self._ask(use, query={**query, **self._start(use, len(seen), page)}))
            fresh = {uid: body for uid, body in self._bodies(rules, told, use) if uid not in seen}
            seen |= set(fresh)
            for uid in fresh:
                if uid != PROBE:
                    yield Record(layer, uid, "", _key(layer, uid), fresh[uid])
            page += 1
            if not fresh or not (use.offset or use.page):
                return
            if len(seen) > MOST:
                raise InputError("ioc.listing_endless", host=self._web.host, layer=layer, limit=MOST)

    def said(self, layers: Sequence[str]) -> Iterator[Said]:
        """What the centre wrote on our records, where the contract has an operation for it."""
        for layer in layers:
            rules = self._of(layer)
            if rules is not None and rules.said is not None:
                answer = self._ask(rules.said.use)
                if answer.status == 200:
                    yield from _said(layer, rules.said, answer.json())

    def close(self) -> None:
        """End the connections."""
        self._web.close()

    def _of(self, layer: str) -> LayerRules | None:
        return self._rules.get(layer)

    def _write(self, rules: LayerRules, bodies: Sequence[tuple[str, str]]) -> dict[str, Refusal]:
        answer = self._send(rules, bodies)
        if answer is None:  # it changed there since it was read: reading it again tells whether it is the same
            return {key: Refusal("ioc.changed_meanwhile", for_good=False) for key, _ in bodies}
        if answer.status < 300:
            return _refused_in(rules, answer)
        if answer.status in (400, 413, 422) and len(bodies) > 1:  # too large, or one of them spoils all
            half = len(bodies) // 2
            return self._write(rules, bodies[:half]) | self._write(rules, bodies[half:])
        return dict.fromkeys((key for key, _ in bodies), _refusal(answer))

    def _send(self, rules: LayerRules, bodies: Sequence[tuple[str, str]]) -> Answer | None:
        """One request that writes; None where a condition did not hold."""
        use = rules.write
        texts = [body for _, body in bodies]
        content = texts[0]
        if use.list is not None:
            content = "[" + ",".join(texts) + "]"
            if use.list:
                kind = '"type":"FeatureCollection",' if rules.is_feature and use.list == "features" else ""
                content = f"{{{kind}{json.dumps(use.list)}:{content}}}"
        answer = self._ask(use, _uid(bodies[0][0]), content.encode(), self._condition(use, bodies[0][0]))
        return None if answer.status == 412 else answer

    def _condition(self, use: Use, key: str) -> dict[str, str]:
        """The headers that make a request hold only for the record as it was read."""
        tag = self._tags.get(key, "")  # what was never read is believed not to be there
        if not use.operation.of_one:
            return {}
        if tag:
            return {"If-Match": tag} if "if-match" in use.operation.headers else {}
        return {"If-None-Match": "*"} if "if-none-match" in use.operation.headers else {}

    def _send_removal(self, rules: LayerRules, keys: Sequence[str]) -> Answer:
        use, uids = rules.remove, [_uid(key) for key in keys]
        if use.operation.of_one:
            return self._ask(use, uids[0], None, self._condition(use, keys[0]))
        return self._ask_many(use, uids)

    def _read_some(self, rules: LayerRules, keys: Sequence[str]) -> dict[str, str]:
        layer, use = rules.layer.id, rules.read
        if not use.operation.of_one:
            told = self._told(self._ask_many(use, [_uid(key) for key in keys]))
            found = {_key(layer, uid): body for uid, body in self._bodies(rules, told, use)}
            return {key: found[key] for key in keys if key in found}
        there: dict[str, str] = {}
        for key in keys:
            answer = self._asked_again(use, _uid(key))
            if answer.status in _GONE:
                self._tags[key] = ""
                continue
            made = body_of(rules, self._told(answer))
            if made is None or made[0] != _uid(key):
                raise UnansweredError
            there[key] = made[1]
            headers = {name.lower(): value for name, value in answer.headers.items()}
            self._tags[key] = headers.get("etag", "*")
        return there

    def _asked_again(self, use: Use, uid: str) -> Answer:
        """A question about one of many records: one that is lost is asked again, so that not all are from the start."""
        for _ in range(AGAIN):
            try:
                return self._ask(use, uid)
            except UnansweredError:
                continue
        return self._ask(use, uid)

    def _ask_many(self, use: Use, uids: Sequence[str]) -> Answer:
        if use.operation.body is None:
            return self._ask(use, query={use.ids: ",".join(uids)})
        return self._ask(use, body=json.dumps({use.ids: uids} if use.ids else uids).encode())

    def _ask(
        self,
        use: Use,
        uid: str = "",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        of = use.operation
        before, brace, after = of.path.partition("{")
        path = f"{before}{quote(uid, safe='')}{after.partition('}')[2]}" if brace else before
        sent = {**(headers or {}), **({"Content-Type": of.media} if body is not None else {})}
        return self._web.ask(of.method, path, body, sent, {**use.query, **(query or {})})

    def _start(self, use: Use, seen: int, page: int) -> dict[str, str]:
        if use.offset:
            return {use.offset: str(seen)}
        return {use.page: str(use.first + page)} if use.page else {}

    def _told(self, answer: Answer) -> Any:
        if answer.status != 200:
            raise UnansweredError
        return answer.json()

    def _bodies(self, rules: LayerRules, told: Any, use: Use) -> Iterator[tuple[str, str]]:
        listed = told.get(use.list) if use.list and isinstance(told, dict) else told
        if not isinstance(listed, list):
            raise UnansweredError
        for one in listed:
            made = body_of(rules, one)
            if made is not None:
                yield made


def _key(layer: str, uid: str) -> str:
    return f"{layer}/{uid}"


def _uid(key: str) -> str:
    return key.partition("/")[2]


def _by_layer(records: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for layer, key in records:
        found.setdefault(layer, []).append(key)
    return found


def _refusal(answer: Answer) -> Refusal:
    why = {"status": answer.status, "reason": _reason(answer)}
    return Refusal("ioc.refused", why, for_good=answer.status not in (408, 425, 429))


def _refused_in(rules: LayerRules, answer: Answer) -> dict[str, Refusal]:
    """Who was refused by the answer to a batch that was taken; the contract says where that stands."""
    use = rules.write
    if not use.errors or not answer.content:
        return {}
    told = answer.json()
    listed = told.get(use.errors) if isinstance(told, dict) else None
    return {
        _key(rules.layer.id, str(one.get(use.error_key))): Refusal(
            "ioc.refused", {"status": answer.status, "reason": str(one.get(use.error_text, ""))[:300]}
        )
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict)
    }


def _reason(answer: Answer) -> str:
    """What a problem report says (RFC 9457, or what gateways here write), or the beginning of whatever came."""
    try:
        told = answer.json()
    except UnansweredError:
        told = None
    if isinstance(told, dict):
        found = next((told[name] for name in ("detail", "title", "message", "error") if told.get(name)), "")
        return str(found)[:300]
    return answer.content[:100].decode(errors="replace")


def _said(layer: str, hearing: Hearing, told: Any) -> Iterator[Said]:
    listed = told.get(hearing.use.list) if hearing.use.list and isinstance(told, dict) else told
    word: Callable[[Mapping[str, Any], str], str] = lambda one, name: str(one.get(name) or "")[:LONGEST] if name else ""  # noqa: E731
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get(hearing.record) and one.get(hearing.text):
            yield Said(
                _key(layer, word(one, hearing.record)),
                word(one, hearing.kind) or "instruction",
                word(one, hearing.text),
                word(one, hearing.sender),
                word(one, hearing.at),
            )
