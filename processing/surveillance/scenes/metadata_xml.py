"""Metadata of products that come from elsewhere: XML read flat, and nothing but elements and text.

Written over expat, which neither fetches nor expands anything by itself; a document type declaration is refused
outright, so no entity can be declared and no bomb can be built. Depth, size and count are bounded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from xml.parsers import expat  # nosec B407 - declarations are refused below, so there is no entity to expand

from ....layers.errors import InputError

MOST_BYTES = 64 * 1024**2
MOST_ELEMENTS = 1_000_000
MOST_DEPTH = 64
# No image is older or will be younger; tables of other programs end in 2262.
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass
class Element:
    """One element: its name without prefix, the names above it, attributes, and text with blanks trimmed."""

    name: str
    above: tuple[str, ...]
    attributes: dict[str, str]
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text directly inside."""
        return "".join(self.pieces).strip()


def elements(data: bytes, name: str) -> list[Element]:
    """All elements of the document, in order. ``name`` is shown in errors. Raises :class:`InputError`."""
    if len(data) > MOST_BYTES:
        raise InputError("change.metadata_refused", path=name, reason=f"> {MOST_BYTES} B")
    found: list[Element] = []
    open_elements: list[Element] = []

    def refuse(*_: object) -> int:
        raise InputError("change.metadata_refused", path=name, reason="DOCTYPE / ENTITY")

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(found) >= MOST_ELEMENTS or len(open_elements) >= MOST_DEPTH:
            raise InputError("change.metadata_refused", path=name, reason=f"> {MOST_ELEMENTS} / {MOST_DEPTH}")
        above = tuple(element.name for element in open_elements)
        element = Element(tag.rpartition(":")[2], above, attributes)
        found.append(element)
        open_elements.append(element)

    def end(_: str) -> None:
        open_elements.pop()

    def characters(text: str) -> None:
        if open_elements:
            open_elements[-1].pieces.append(text)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.UnparsedEntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise InputError("change.metadata_damaged", path=name, reason=str(error)[:200]) from error
    return found


def first(found: Sequence[Element], name: str) -> str:
    """Text of the first element called ``name``; empty where there is none."""
    return next((element.text for element in found if element.name == name), "")


def number(text: str) -> float:
    """A finite number. Raises ``ValueError`` for ``nan``, ``inf`` and what is beyond the numbers, too."""
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(text[:50])
    return found


def day(text: str) -> date | None:
    """The day at the beginning of ``text`` (ISO 8601), if it is one on which a satellite flew or may yet fly."""
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
