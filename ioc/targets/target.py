"""What every kind of target can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..records import Record


@dataclass(frozen=True)
class Refusal:
    """The other side did not take a record. ``code`` and ``arguments`` are the sentence; ``for_good``: asking again
    with the same record is of no use.
    """

    code: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    for_good: bool = True


class UnansweredError(Exception):
    """A request had no answer, or one that says nothing: what became of it is unknown until it is read back."""


@dataclass(frozen=True)
class Said:
    """What the centre wrote on one of our records: an acknowledgement or an instruction, with sender and time."""

    key: str
    kind: str
    text: str
    sender: str
    at: str


class Target(Protocol):
    """The other side, one batch at a time.

    Every call may raise :class:`UnansweredError`, and ``DothiError`` for what ends the run (no permission, a wrong
    certificate, an answer that is not of the protocol).
    """

    @property
    def identity(self) -> str:
        """What the state belongs to: address and scope, without any secret."""

    @property
    def at_most(self) -> int:
        """Records of a batch."""

    @property
    def at_most_bytes(self) -> int:
        """Bytes of the bodies of a batch."""

    def prepare(self, layers: Sequence[str]) -> None:
        """Find out with a real dry run and the real permissions whether these layers can be written."""

    def count(self, layer: str) -> int:
        """How many records of ours are there of the kinds that a layer becomes, whatever layer they came from."""

    def read(self, records: Sequence[tuple[str, str]]) -> dict[str, str]:
        """Key → canonical body of those of the (layer, key) that are there; only the attributes that are ours."""

    def write(self, records: Sequence[Record]) -> dict[str, Refusal]:
        """Create or update; the refused keys. What is not named was accepted, which proves nothing yet."""

    def remove(self, records: Sequence[tuple[str, str]]) -> dict[str, Refusal]:
        """Take (layer, key) away; one that is not there is no error."""

    def everything(self, layer: str) -> Iterator[Record]:
        """All of ours that is there of the kinds that a layer becomes, for proving and for a lost state."""

    def said(self, layers: Sequence[str]) -> Iterator[Said]:
        """Acknowledgements and instructions of the centre; none where the protocol has no place for them."""

    def close(self) -> None:
        """Let go of connections."""
