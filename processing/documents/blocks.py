"""What a document is made of, without saying how it is written: the same blocks become PDF and HTML.

All texts are plain, never markup: the writers escape them, so a hostile name stays a name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from .drawing import Drawing


@dataclass(frozen=True)
class Heading:
    """``level`` 1 is the name of the sheet, 2 of a part of it."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """A running text; ``kind`` is ``body``, ``lead`` (larger), ``small`` or ``mark`` (a reservation, in amber)."""

    text: str
    kind: str = "body"


@dataclass(frozen=True)
class Bullets:
    """Short texts, one a line."""

    texts: tuple[str, ...]
    kind: str = "body"


@dataclass(frozen=True)
class Facts:
    """Names with their values, in ``columns`` columns side by side."""

    rows: tuple[tuple[str, str], ...]
    columns: int = 1


@dataclass(frozen=True)
class Table:
    """A table whose head is repeated on each page.

    ``widths`` are shares of the page's width; ``align`` has one of ``l``, ``r``, ``c`` a column.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    align: str


@dataclass(frozen=True)
class Chips:
    """Counts that the eye takes in at once: ``(words, count, colour)``."""

    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Card:
    """One conclusion with what it rests on, kept together where it fits on a page."""

    tag: str
    colour: str
    title: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()
    mark: str = ""


@dataclass(frozen=True)
class Picture:
    """A drawing with its caption."""

    drawing: Drawing
    caption: str = ""


@dataclass(frozen=True)
class Signatures:
    """Places to sign: ``(who, what to write there)``."""

    places: tuple[tuple[str, str], ...]


Block: TypeAlias = Heading | Paragraph | Bullets | Facts | Table | Chips | Card | Picture | Signatures


@dataclass(frozen=True)
class Section:
    """What begins on a page of its own; ``title`` is its bookmark."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Frame:
    """What stands on every page.

    ``running`` is the head, ``footer`` the lines at the foot, ``banner`` a warning across the page (simulated data) or
    empty, ``page`` the words of the page number with ``{page}`` and ``{pages}``. ``title``, ``author`` and ``language``
    (``vi``, ``en``) also go to the file's properties.
    """

    title: str
    running: str
    footer: tuple[str, ...]
    page: str
    language: str
    banner: str = ""
    author: str = field(default="Đô Thị")
