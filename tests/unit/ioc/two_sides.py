"""Two sides for tests of publishing: a layer in memory that is edited at random, and a target with all known faults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

from dothi.ioc.plan import Made, Scan
from dothi.ioc.records import Record, canonical, hash_of
from dothi.ioc.targets.target import Refusal, Said, UnansweredError

LAYER = "lighting_pole"


class KilledError(BaseException):
    """The process ends here: nothing after it runs."""


@dataclass
class Layer:
    """Features by uid; ``records`` makes one record each, of those that are not ``withheld``."""

    features: dict[str, str] = field(default_factory=dict)
    withheld: set[str] = field(default_factory=set)
    layers: tuple[str, ...] = (LAYER,)
    made: int = 0

    def scan(self, layer: str, agreed: frozenset[bytes] = frozenset()) -> Scan:
        uid = np.array(sorted(self.features), dtype=object)
        hashes = [hash_of(f"{self.features[one]}/{one in self.withheld}") for one in uid]
        return Scan(uid, np.array(hashes, dtype=np.int64))

    def records(self, layer: str, uids: Sequence[str], there: frozenset[str]) -> Made:
        self.made += len(uids)
        return Made(
            [Record(layer, u, "", f"urn:{u}", self.body(u)) for u in uids if u not in self.withheld or u in there]
        )

    def body(self, uid: str) -> str:
        return canonical({"id": uid, "value": "withdrawn" if uid in self.withheld else self.features[uid]})

    def edit(self, random: Random) -> None:
        """One random edit: a new feature, a changed one, one gone, one withheld or released."""
        uids = sorted(self.features)
        what = random.random()
        if what < 0.4 or len(uids) < 5:
            self.features[f"u{random.getrandbits(40):x}"] = str(random.random())
        elif what < 0.8:
            self.features[random.choice(uids)] = str(random.random())
        elif what < 0.9:
            del self.features[random.choice(uids)]
        else:
            self.withheld ^= {random.choice(uids)}


@dataclass
class Broker:
    """The other side in memory. ``trouble`` is the chance that a request meets one of the known faults."""

    random: Random = field(default_factory=lambda: Random(1))
    trouble: float = 0.0
    at_most: int = 20
    at_most_bytes: int = 100_000
    identity: str = "memory:test"
    held: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    written: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    kill_at: int | None = None

    def _meets(self, *faults: str) -> str:
        self.requests += 1
        if self.kill_at is not None and self.requests >= self.kill_at:
            self.kill_at = None
            raise KilledError
        if self.random.random() >= self.trouble:
            return ""
        fault = self.random.choice(faults)
        self.faults[fault] = self.faults.get(fault, 0) + 1
        return fault

    def prepare(self, layers: Sequence[str]) -> None:
        """Nothing to ask."""

    def count(self, layer: str) -> int:
        if self._meets("lost"):
            raise UnansweredError
        return len(self.held)

    def read(self, records: Sequence[tuple[str, str]]) -> dict[str, str]:
        if self._meets("lost"):
            raise UnansweredError
        return {key: self.held[key] for _, key in records if key in self.held}

    def write(self, records: Sequence[Record]) -> dict[str, Refusal]:
        fault = self._meets("lost", "answer lost", "kept nothing", "half", "killed after", "busy", "forgot all")
        if fault == "lost":
            raise UnansweredError
        if fault == "kept nothing":
            return {}
        if fault == "busy":
            return {record.key: Refusal("ioc.no_answer", for_good=False) for record in records}
        if fault == "forgot all":
            self.held.clear()
        some = records[::2] if fault == "half" else records
        self.written += len(some)
        self.held |= {record.key: record.body for record in some}
        if fault == "answer lost":
            raise UnansweredError
        if fault == "killed after":
            raise KilledError
        return {}

    def remove(self, records: Sequence[tuple[str, str]]) -> dict[str, Refusal]:
        fault = self._meets("lost", "answer lost", "kept", "killed after")
        if fault == "lost":
            raise UnansweredError
        if fault != "kept":
            for _, key in records:
                self.held.pop(key, None)
        if fault == "answer lost":
            raise UnansweredError
        if fault == "killed after":
            raise KilledError
        return {}

    def everything(self, layer: str) -> Iterator[Record]:
        for key, body in list(self.held.items()):
            yield Record(layer, key.removeprefix("urn:"), "", key, body)

    def said(self, layers: Sequence[str]) -> Iterator[Said]:
        yield from ()

    def close(self) -> None:
        """Nothing is open."""
