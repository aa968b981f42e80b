"""What a job's contract is made of, and how given values are read against it."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...layers.errors import UsageError

_PATHS = {"dataset", "new_dataset", "vector", "image", "folder", "out_folder", "out_file", "layer", "file"}
# No plan, law or image is older or will be younger; pandas keeps nanoseconds and ends in 2262.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
_WINDOWS = re.compile(r"^(?:[A-Za-z]:[\\/]|\\\\)")  # C:\… or \\server\…

# What a parameter holds. Paths are text; ``layer`` is "file.gpkg|layername=x" or {"path", "layer", "uids"};
# ``image`` is a raster file or the folder or zip of a satellite product.
KINDS = (
    "dataset",  # an existing GeoPackage data set
    "new_dataset",  # a GeoPackage to be made
    "layer",
    "vector",  # any vector file, of any program
    "image",
    "folder",
    "out_folder",
    "out_file",
    "date",
    "choice",
    "choices",
    "number",
    "integer",
    "text",
    "texts",
    "flag",
    "json",
    "file",  # an existing file that is no layer: a table, a drawing, a document
)


@dataclass(frozen=True)
class Parameter:
    """One input of a job.

    ``default`` None with ``required`` False means: may be left out. ``positional`` stands without ``--`` on the command
    line. ``advanced`` is folded away in QGIS. ``unit`` is shown beside the number. A ``secret`` comes over
    standard input alone. ``unattended`` is for a server without a screen: QGIS does not ask it.
    """

    id: str
    kind: str
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    geometry: str = ""
    extensions: tuple[str, ...] = ()
    positional: bool = False
    advanced: bool = False
    secret: bool = False
    unattended: bool = False

    def read(self, value: Any) -> Any:
        """``value`` checked and brought to its kind. Raises :class:`UsageError`."""
        if value is None or (value == "" and self.kind != "text"):
            if self.required:
                raise UsageError("engine.parameter_missing", parameter=self.id)
            return self.default
        try:
            return self._read(value)
        except (TypeError, ValueError) as error:
            raise UsageError(
                "engine.parameter_wrong", parameter=self.id, value=str(value)[:200], kind=self.kind
            ) from error

    def _read(self, value: Any) -> Any:
        if self.kind in ("number", "integer"):
            number = int(value) if self.kind == "integer" else float(value)
            if isinstance(value, bool) or not math.isfinite(number):
                raise ValueError(value)
            if (self.minimum is not None and number < self.minimum) or (
                self.maximum is not None and number > self.maximum
            ):
                raise self._out_of_range(number)
            return number
        if self.kind == "date":
            day = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
            if not FIRST_DAY <= day <= LAST_DAY:
                raise UsageError(
                    "engine.parameter_range", parameter=self.id, value=day, minimum=FIRST_DAY, maximum=LAST_DAY
                )
            return day
        if self.kind == "flag":
            if not isinstance(value, bool):
                raise ValueError(value)
            return value
        if self.kind in ("choices", "texts"):
            values = value.split(",") if isinstance(value, str) else list(value)
            return [self._one_of(str(item).strip()) for item in values]
        if self.kind == "choice":
            return self._one_of(str(value))
        if self.kind == "json":
            return parsed(value) if isinstance(value, str) else value
        if self.kind == "layer" and isinstance(value, Mapping):
            return self._layer(value)
        if not isinstance(value, str) or not _is_path(value):
            raise ValueError(value)
        if self.kind in _PATHS and os.name != "nt" and _WINDOWS.match(value):
            raise UsageError(
                "engine.windows_path", parameter=self.id, path=value
            )  # else a file of that odd name is made
        return value

    def _layer(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """A layer with its filter and chosen features: three texts, and a list of texts or nothing."""
        uids = value.get("uids")
        if not isinstance(value.get("path"), str) or not (uids is None or isinstance(uids, (list, tuple))):
            raise ValueError(value)
        texts = [value.get(name) or "" for name in ("path", "layer", "subset")]
        if not all(isinstance(text, str) and _is_path(text) for text in (*texts, *(uids or ()))):
            raise ValueError(value)
        return dict(value)

    def _out_of_range(self, number: float) -> UsageError:
        told: dict[str, Any] = {"parameter": self.id, "value": number, "minimum": self.minimum}
        if self.maximum is None:
            return UsageError("engine.parameter_least", **told)
        return UsageError("engine.parameter_range", **told, maximum=self.maximum)

    def _one_of(self, value: str) -> str:
        if self.choices and value not in self.choices:
            raise UsageError("engine.parameter_choice", parameter=self.id, value=value, choices=list(self.choices))
        return value


def parsed(text: str) -> Any:
    """JSON that somebody sent. Raises ``ValueError`` for what is damaged, nested without end, or no finite number."""
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except RecursionError as error:
        raise ValueError(text[:200]) from error


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _is_path(text: str) -> bool:
    """Whether a file could be named so: JSON may hold NUL and half of a surrogate pair, no file system can."""
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


@dataclass(frozen=True)
class Result:
    """One output: ``kind`` is ``layer``, ``raster``, ``file``, ``folder``, ``number``, ``text`` or ``json``."""

    id: str
    kind: str
    geometry: str = ""


@dataclass(frozen=True)
class Job:
    """A job of the engine.

    ``id`` such as ``zoning.check``; ``algorithm`` is its id in QGIS Processing (empty: not shown there). ``quick`` jobs
    answer interactive questions and may also run inside ``dothi serve``.
    """

    id: str
    parameters: tuple[Parameter, ...]
    results: tuple[Result, ...]
    algorithm: str = ""
    quick: bool = False

    @property
    def command(self) -> tuple[str, ...]:
        """The subcommand words: ``zoning.check`` → ``("zoning", "check")``, ``watch.run`` → ``("watch",)``."""
        return tuple(self.id.removesuffix(".run").split("."))

    def parameter(self, parameter_id: str) -> Parameter:
        """The parameter named so; raises ``KeyError``."""
        return {p.id: p for p in self.parameters}[parameter_id]

    def read(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters, checked, with defaults. Unknown names are refused. Raises :class:`UsageError`."""
        known = {p.id for p in self.parameters}
        for name in values:
            if name not in known:
                raise UsageError("engine.parameter_unknown", parameter=name, known=sorted(known))
        return {p.id: p.read(values.get(p.id)) for p in self.parameters}
