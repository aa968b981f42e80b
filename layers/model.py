"""What a declared layer is: frozen dataclasses that the TOML files of ``layers/catalogue`` are read into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Storage types of a field. ``choice`` and ``reference`` are stored as text; ``json`` is text that parses.
FIELD_TYPES = ("text", "integer", "real", "boolean", "date", "datetime", "choice", "reference", "json")
GEOMETRIES = ("Point", "MultiLineString", "MultiPolygon", "None")


@dataclass(frozen=True)
class Text:
    """A word for people in both languages."""

    vi: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.vi if language == "vi" else self.en


@dataclass(frozen=True)
class Domain:
    """A closed list: code → words. Codes are stored; ``colours`` (hex) serve styles and legends."""

    id: str
    values: Mapping[str, Text]
    colours: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    status: str = ""
    closed: bool = True


@dataclass(frozen=True)
class Check:
    """A constraint on one value and the message code of the sentence that the user reads when it is broken.

    ``pattern`` is a regular expression that the whole text matches; ``at_least`` names another field of the same
    feature that the value may not be smaller or earlier than.
    """

    message: str
    pattern: str = ""
    at_least: str = ""


@dataclass(frozen=True)
class Field:
    """One attribute. ``unit`` is SI and part of the id (``height_m``); ``personal`` fields never leave the data set."""

    id: str
    type: str
    name: Text
    help: Text | None = None
    length: int = 0
    unit: str = ""
    decimals: int | None = None
    range: tuple[float, float] | None = None
    required: bool = False
    unique: bool = False
    default: Any = None
    domain: str = ""
    to: str = ""
    on_delete: str = "restrict"
    check: Check | None = None
    group: str = "general"
    derived: bool = False
    personal: bool = False


@dataclass(frozen=True)
class Layer:
    """One layer or table. ``fields`` holds ``uid`` first, then its own and the shared ones in form order."""

    id: str
    geometry: str
    sector: str
    name: Text
    description: Text
    fields: tuple[Field, ...]
    label: str = ""
    exchange: Mapping[str, Any] = field(default_factory=dict)
    style: Mapping[str, Any] = field(default_factory=dict)
    beside: str = ""  # the file of the engine's own that holds it, ``NAME.dothi/<beside>.gpkg``

    def find(self, field_id: str) -> Field:
        """The field named ``field_id``; raises ``KeyError``."""
        for candidate in self.fields:
            if candidate.id == field_id:
                return candidate
        raise KeyError(f"{self.id}.{field_id}")

    @property
    def of_run(self) -> bool:
        """Whether only runs hold it, beside the data set: the results of jobs."""
        return self.id == "run" or any(field.id == "run" and field.to == "run" for field in self.fields)

    @property
    def in_data_set(self) -> bool:
        """Whether a data set has a table of it: not what jobs make beside it."""
        return not self.of_run and not self.beside

    @property
    def is_spatial(self) -> bool:
        """Whether it has a geometry column."""
        return self.geometry != "None"
