"""Reading rule files: schema first, then what a schema cannot say, then frozen rules. Nothing in a file is evaluated.

Packs that ship lie in ``resources/rules/<authority>/<edition>/``. A province's own lie in ``NAME.dothi/rules/`` beside
its data set; there a file with ``[[compatibility]]`` tables is a land-use matrix (``compatibility.schema.json``)::

    id = "binh_duong.land_use"
    version = 1
    title = { vi = "…", en = "…" }
    source = { document = "…", clause = "…" }
    status = "simulated"

    [[compatibility]]
    zone = "ODT"
    permits = ["ODT", "TMD"]
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from ...layers.errors import InputError
from ...layers.messages import RESOURCES
from ...layers.model import Text
from .limits import Constant, Table
from .measures import INPUTS, MEASURES
from .rules import Case, Compatibility, Condition, Exemption, Rule, Source, Validity

RULES = RESOURCES / "rules"


@cache
def _validator(name: str) -> Draft202012Validator:
    schemas = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in RULES.glob("*.schema.json")}
    registry: Registry[Any] = Registry().with_resources(
        (key, Resource.from_contents(schema)) for key, schema in schemas.items()
    )
    return Draft202012Validator(schemas[name], registry=registry)


def _read(path: Path) -> dict[str, Any]:
    """The file as plain JSON values; a duplicate key, NaN and infinity are refused."""
    try:
        with path.open("rb") as file:
            raw: dict[str, Any] = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError("zoning.rule_unreadable", path=str(path), reason=str(error)) from error
    for where, value in _leaves(raw, ""):
        if isinstance(value, float) and not math.isfinite(value):
            raise InputError("zoning.rule_not_finite", path=str(path), where=where)
    plain: dict[str, Any] = json.loads(json.dumps(raw, default=lambda value: value.isoformat()))
    return plain


def _leaves(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _leaves(item, f"{where}[{i}]")
    else:
        yield where, value


def _where(path: Iterable[str | int]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "."


def _check_schema(raw: dict[str, Any], path: Path, schema: str) -> None:
    errors = list(_validator(schema).iter_errors(raw))
    # A wrong value also leaves its key "unevaluated": the value is what to tell.
    errors.sort(key=lambda e: (e.validator == "unevaluatedProperties", len(e.absolute_path), str(e.absolute_path)))
    if not errors:
        return
    error = errors[0]
    if error.validator == "oneOf" and error.context:  # tell about the alternative that was meant
        table = int(isinstance(error.instance, dict) and "constant" not in error.instance)
        error = next((e for e in error.context if e.schema_path[0] == table), error)
    raise InputError("zoning.rule_wrong", path=str(path), where=_where(error.absolute_path), reason=error.message)


def _conditions(raw: dict[str, Any]) -> tuple[Condition, ...]:
    made = []
    for key, value in raw.items():
        if key in INPUTS and isinstance(value, list):
            made.append(Condition(key, values=tuple(value)))
        elif key in INPUTS:
            bounds = {name: float(number) for name, number in value.items()}
            made.append(
                Condition(key, (), bounds.get("above"), bounds.get("from"), bounds.get("up_to"), bounds.get("below"))
            )
    return tuple(made)


def _rising(numbers: Sequence[float], path: Path, where: str) -> None:
    if any(after <= before for before, after in pairwise(numbers)):
        raise InputError("zoning.rule_not_rising", path=str(path), where=where)


def _limit(raw: dict[str, Any], path: Path) -> Constant | Table:
    if "constant" in raw:
        return Constant(float(raw["constant"]))
    columns = [float(number) for number in raw.get("columns", [0.0])]
    rows = [[float(number) for number in row] for row in raw["rows"]]
    if (len(raw["by"]) == 2) != ("columns" in raw):
        raise InputError("zoning.rule_gap", path=str(path), where="limit.columns")
    for i, row in enumerate(rows):
        if len(row) != 1 + len(columns):
            raise InputError("zoning.rule_gap", path=str(path), where=f"limit.rows[{i}]")
    for key in ("above", "cell_status"):
        wanted = len(columns) if key == "above" else len(rows)
        if key in raw and len(raw[key]) != wanted:
            raise InputError("zoning.rule_gap", path=str(path), where=f"limit.{key}")
    for i, statuses in enumerate(raw.get("cell_status", [])):
        if len(statuses) != len(columns):
            raise InputError("zoning.rule_gap", path=str(path), where=f"limit.cell_status[{i}]")
    _rising([row[0] for row in rows], path, "limit.rows")
    _rising(columns, path, "limit.columns")
    return Table(
        by=tuple(raw["by"]),
        lookup=raw["lookup"],
        outside=raw["outside"],
        rows=tuple(row[0] for row in rows),
        columns=tuple(columns),
        values=tuple(tuple(row[1:]) for row in rows),
        above=tuple(float(number) for number in raw.get("above", ())),
        cell_status=tuple(tuple(statuses) for statuses in raw.get("cell_status", ())),
    )


def _valid(raw: dict[str, str] | None, path: Path) -> Validity:
    if raw is None:
        return Validity()
    try:
        first = date.fromisoformat(raw["from"])
        last = date.fromisoformat(raw["to"]) if "to" in raw else date.max
    except ValueError as error:
        raise InputError("zoning.rule_wrong", path=str(path), where="valid", reason=str(error)) from error
    if last < first:
        raise InputError("zoning.rule_not_rising", path=str(path), where="valid")
    return Validity(first, last, raw.get("transition", "none"))


def read_rule(path: Path) -> Rule:
    """The rule in ``path``. Raises :class:`InputError` naming the file and the place of what is wrong."""
    raw = _read(path)
    _check_schema(raw, path, "rule.schema.json")
    measure = MEASURES.get(raw["measure"])
    if measure is None:
        raise InputError("zoning.rule_measure", path=str(path), measure=raw["measure"], known=sorted(MEASURES))
    if raw["limit"]["unit"] != measure.unit:
        raise InputError("zoning.rule_unit", path=str(path), unit=raw["limit"]["unit"], expected=measure.unit)
    if raw["applies_to"]["layer"] != measure.layer:
        raise InputError("zoning.rule_wrong", path=str(path), where="applies_to.layer", reason=f"≠ {measure.layer}")
    for i, case in enumerate(raw["case"]):
        for name in case["given"]:
            if name not in INPUTS and name not in ("plan_state", "date"):
                raise InputError("zoning.rule_wrong", path=str(path), where=f"case[{i}].given.{name}", reason="?")
    return Rule(
        id=raw["id"],
        version=raw["version"],
        title=Text(**raw["title"]),
        source=Source(**raw["source"]),
        status=raw["status"],
        valid=_valid(raw.get("valid"), path),
        severity=raw["severity"],
        measure=measure.id,
        tolerance=float(raw["tolerance"]),
        layer=measure.layer,
        conditions=_conditions(raw["applies_to"]),
        exemptions=tuple(Exemption(item["then"], item["clause"], _conditions(item)) for item in raw.get("except", [])),
        op=raw["limit"]["op"],
        unit=measure.unit,
        limit=_limit(raw["limit"], path),
        cases=tuple(Case(item["given"], item["expect"]) for item in raw["case"]),
        path=path,
    )


def read_compatibility(path: Path) -> Compatibility:
    """The land-use matrix in ``path``. Raises :class:`InputError`."""
    raw = _read(path)
    _check_schema(raw, path, "compatibility.schema.json")
    permits: dict[str, frozenset[str]] = {}
    for i, row in enumerate(raw["compatibility"]):
        if row["zone"] in permits:
            raise InputError("zoning.rule_wrong", path=str(path), where=f"compatibility[{i}].zone", reason=row["zone"])
        permits[row["zone"]] = frozenset(row["permits"]) | {row["zone"]}
    return Compatibility(
        raw["id"], raw["version"], Source(**raw["source"]), raw["status"], _valid(raw.get("valid"), path), permits
    )


def _is_matrix(path: Path) -> bool:
    return "compatibility" in _read(path)


def load(own: Path | None = None) -> tuple[tuple[Rule, ...], Compatibility | None]:
    """All rules that ship, those of the province's folder ``own``, and its land-use matrix if it has one.

    Raises :class:`InputError` for a malformed file, an id given twice, or two matrices.
    """
    places = list(RULES.glob("*/*/*.toml"))
    if own is not None and own.is_dir():
        places += own.glob("*.toml")
    return _loaded(tuple(sorted((path, path.stat().st_mtime_ns, path.stat().st_size) for path in places)))


@lru_cache(maxsize=4)
def _loaded(files: tuple[tuple[Path, int, int], ...]) -> tuple[tuple[Rule, ...], Compatibility | None]:
    """The packs in these files, known by time and size: a warm engine reads a pack again only when it was edited."""
    rules: dict[str, Rule] = {}
    matrix: tuple[Path, Compatibility] | None = None
    for path, _, _ in files:
        if path.name == "pack.toml" and path.is_relative_to(RULES):
            _check_schema(_read(path), path, "pack.schema.json")
        elif not path.is_relative_to(RULES) and _is_matrix(path):
            if matrix is not None:
                raise InputError("zoning.rule_twice", id="compatibility", first=str(matrix[0]), second=str(path))
            matrix = (path, read_compatibility(path))
        else:
            rule = read_rule(path)
            if rule.id in rules:
                raise InputError("zoning.rule_twice", id=rule.id, first=str(rules[rule.id].path), second=str(path))
            rules[rule.id] = rule
    return tuple(rules.values()), matrix[1] if matrix else None


def select(rules: Sequence[Rule], wanted: Sequence[str] | None) -> tuple[Rule, ...]:
    """The rules named by id or by the beginning of it (``qcvn01.net_density``). Raises :class:`InputError`."""
    if not wanted:
        return tuple(rules)
    chosen: dict[str, Rule] = {}
    for word in wanted:
        found = [rule for rule in rules if rule.id == word or rule.id.startswith(f"{word}.")]
        if not found:
            raise InputError("zoning.rule_unknown", rule=word, known=[rule.id for rule in rules])
        chosen |= {rule.id: rule for rule in found}
    return tuple(chosen.values())
