"""Reading one rule file: schema first, then what a schema cannot say, then a frozen rule. Nothing in it is evaluated.

A rule file is TOML (``resources/rules/rule.schema.json``); an editor hands the same content over as plain JSON values.
"""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....layers.errors import InputError
from ....layers.messages import RESOURCES
from ....layers.model import Text
from ..measures import INPUTS, MEASURES
from . import sound, vocabulary
from .limits import Attribute, Classes, Constant, Limit, Surely, Table
from .rules import FORMAT, LEVELS, MODES, Case, Compatibility, Condition, Exemption, Rule, Source, Validity

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

RULES = RESOURCES / "rules"
_STATES = ("plan_state", "date")  # what a case may give beside inputs
_LARGEST = 1e12  # of any number in a rule; whole numbers of TOML have no bound
_LONGEST = 2_000  # signs of any text in a rule: it is shown in lists and written into every finding
_MOST_BYTES = 1_000_000  # of a file: the longest that ships has five thousand


@cache
def _schemas() -> dict[str, Any]:
    schemas = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in RULES.glob("*.schema.json")}
    return schemas | {vocabulary.FILE: vocabulary.schema()}


@cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # most jobs meet only files that are known to be sound
    from referencing import Registry, Resource

    resources = ((key, Resource.from_contents(schema)) for key, schema in _schemas().items())
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft202012Validator(_schemas()[name], registry=registry)


@cache
def known_by() -> str:
    """By what a file is known to keep to its schema: all schemas and what is said here."""
    return sound.known_by(_schemas(), __file__)


def statuses() -> list[str]:
    """How sure a number may be said to be, as the schema has it."""
    schema = json.loads((RULES / "rule.schema.json").read_text(encoding="utf-8"))
    found: list[str] = schema["$defs"]["status"]["enum"]
    return found


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """The file as plain JSON values, and the SHA-256 of its bytes; they are read once.

    A duplicate key, NaN and infinity are refused. Raises :class:`InputError`.
    """
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise InputError("zoning.rule_too_long", path=str(path), where=".", size=size, most=_MOST_BYTES)
        content = path.read_bytes()
        raw: dict[str, Any] = tomllib.loads(content.decode("utf-8"))
    except (ValueError, OSError, RecursionError) as error:  # ValueError: no TOML, no UTF-8, a number of 5,000 digits
        raise InputError("zoning.rule_unreadable", path=str(path), reason=str(error)) from error
    plain: dict[str, Any] = json.loads(json.dumps(raw, default=lambda value: value.isoformat()))
    return plain, hashlib.sha256(content).hexdigest()


def leaves(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value of nested tables and lists with its place: ``limit.rows[2][1]``."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from leaves(item, f"{where}[{i}]")
    else:
        yield where, value


def _where(path: Iterable[str | int]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "."


def check_schema(raw: dict[str, Any], path: Path, schema: str, sha256: str = "") -> None:
    """Refuse what the schema does not know. Raises :class:`InputError` with the place of what is wrong.

    ``sha256`` is that of the file if ``raw`` is what it says: the same bytes are looked at once.
    """
    if sound.is_sound(sha256, schema):
        return
    for error in schema_errors(raw, path, schema):
        raise error
    sound.found(sha256, schema)


def schema_errors(raw: dict[str, Any], path: Path, schema: str) -> Iterator[InputError]:
    """All that the schema does not know, what matters most first; of a wrong value its place and kind of mistake."""
    for where, value in leaves(raw):
        if isinstance(value, (int, float)) and not (math.isfinite(value) and abs(value) <= _LARGEST):
            yield InputError("zoning.rule_not_finite", path=str(path), where=where)
            return
        if isinstance(value, str) and len(value) > _LONGEST:
            yield InputError("zoning.rule_too_long", path=str(path), where=where, size=len(value), most=_LONGEST)
            return
    form = raw.get("format", 1)
    if isinstance(form, (int, float)) and form > FORMAT:  # its other keys are not for us to judge
        yield InputError("zoning.rule_future", path=str(path), format=form, known=FORMAT)
        return
    errors = list(_validator(schema).iter_errors(raw))
    # A wrong value also leaves its key "unevaluated": the value is what to tell.
    errors.sort(key=lambda e: (e.validator == "unevaluatedProperties", len(e.absolute_path), str(e.absolute_path)))
    for one in errors:
        for error in _meant(one):
            place = [*error.absolute_path, *_left_out(error)]
            told = {"where": _where(place), "reason": error.message[:300], "kind": str(error.validator)}
            yield InputError("zoning.rule_wrong", path=str(path), **told)


def _left_out(error: ValidationError) -> list[str]:
    """The key that is required and absent, as the end of the mistake's place."""
    if error.validator != "required" or not isinstance(error.instance, dict):
        return []
    required: list[str] = list(error.validator_value)  # type: ignore[arg-type]  # a list, as the validator says
    return [key for key in required if key not in error.instance and f"{key!r}" in error.message][:1]


def _meant(error: ValidationError) -> list[ValidationError]:
    """``error``, or of several alternatives what is wrong with the one that was meant."""
    if error.validator != "oneOf" or not error.context:
        return [error]
    given = error.instance if isinstance(error.instance, dict) else {"constant": None}
    meant = next((i for i, key in enumerate(("constant", "attribute", "classes")) if key in given), 3)
    return [one for one in error.context if one.schema_path[0] == meant] or [error]


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


def _steady(values: Sequence[float], path: Path, where: str) -> None:
    """Along one row or column a limit only rises or only falls: a value that turns back is a slip of the pen."""
    steps = [after - before for before, after in pairwise(values)]
    if any(step > 0 for step in steps) and any(step < 0 for step in steps):
        raise InputError("zoning.rule_turns", path=str(path), where=where, values=list(values))


def _limit(raw: dict[str, Any], path: Path) -> Limit:
    if "constant" in raw:
        return Constant(float(raw["constant"]))
    if "attribute" in raw:
        return Attribute(raw["attribute"])
    if "classes" in raw:
        return Classes(raw["by_class"], {name: float(number) for name, number in raw["classes"].items()})
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
    above = [float(number) for number in raw.get("above", ())]
    for i, row in enumerate(rows):
        _steady(row[1:], path, f"limit.rows[{i}]")
    for j in range(len(columns)):
        down = [row[1 + j] for row in rows] + above[j : j + 1]
        _steady(down, path, f"limit.rows[…][{1 + j}]")
    return Table(
        by=tuple(raw["by"]),
        lookup=raw["lookup"],
        outside=raw["outside"],
        rows=tuple(row[0] for row in rows),
        columns=tuple(columns),
        values=tuple(tuple(row[1:]) for row in rows),
        above=tuple(above),
        cell_status=tuple(tuple(statuses) for statuses in raw.get("cell_status", ())),
        gaps=_gaps(raw, path),
    )


def _gaps(raw: dict[str, Any], path: Path) -> tuple[tuple[float, float], ...]:
    """Where the table has no row: between two neighbouring rows, or above the last one."""
    gaps = [(float(low), float(high)) for low, high in raw.get("gaps", [])]
    ends = [float(row[0]) for row in raw["rows"]]
    for i, (low, high) in enumerate(gaps):
        if low >= high or any(low < end < high for end in ends):
            raise InputError("zoning.rule_not_rising", path=str(path), where=f"limit.gaps[{i}]")
    return tuple(gaps)


def _surely(raw: dict[str, Any], limit: Limit, path: Path) -> Surely | None:
    """The stricter of two numbers: of the same kind and for the same cases as ``limit``, and nowhere looser."""
    given = raw.get("surely")
    if given is None:
        return None
    own = {name: value for name, value in given.items() if name in ("constant", "classes", "rows", "above")}
    kind = {Constant: {"constant"}, Classes: {"classes"}, Table: {"rows"}}.get(type(limit), set())
    if {*own} - {"above"} != kind or ("above" in own) != ("above" in raw):
        raise InputError("zoning.rule_surely", path=str(path), where="limit.surely")
    made = _limit({**{name: value for name, value in raw.items() if name != "surely"}, **own}, path)
    plus, share = given.get("plus", ""), float(given.get("share", 1.0))
    pairs = _side_by_side(limit, made, path)
    sign = 1.0 if raw["op"] == "at_least" else -1.0
    if any(sign * (strict - loose) < 0 for loose, strict in pairs) or (plus and sign < 0):
        raise InputError("zoning.rule_surely", path=str(path), where="limit.surely")
    return Surely(made, Text(**given["depends_on"]), plus, share)


def _side_by_side(limit: Limit, strict: Limit, path: Path) -> list[tuple[float, float]]:
    """The numbers of both readings, case by case. Raises :class:`InputError` where they speak of other cases."""
    if isinstance(limit, Constant) and isinstance(strict, Constant):
        return [(limit.value, strict.value)]
    if isinstance(limit, Classes) and isinstance(strict, Classes) and set(limit.values) == set(strict.values):
        return [(limit.values[name], strict.values[name]) for name in limit.values]
    if isinstance(limit, Table) and isinstance(strict, Table) and limit.rows == strict.rows:
        rows = zip((*limit.values, limit.above), (*strict.values, strict.above), strict=True)
        return [pair for loose, firm in rows for pair in zip(loose, firm, strict=True)]
    raise InputError("zoning.rule_surely", path=str(path), where="limit.surely")


def _day(text: Any, path: Path, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise InputError("zoning.rule_wrong", path=str(path), where=where, reason=str(error)) from error


def _valid(raw: dict[str, str] | None, path: Path) -> Validity:
    if raw is None:
        return Validity()
    first = _day(raw["from"], path, "valid")
    last = _day(raw["to"], path, "valid") if "to" in raw else date.max
    if last < first:
        raise InputError("zoning.rule_not_rising", path=str(path), where="valid")
    return Validity(first, last, raw.get("transition", "none"))


def _cases(raw: list[dict[str, Any]], path: Path) -> tuple[Case, ...]:
    for i, case in enumerate(raw):
        for name, value in case["given"].items():
            where = f"case[{i}].given.{name}"
            known = name in INPUTS or name in _STATES
            is_text = name in _STATES or (known and INPUTS[name].is_text)
            if not known or isinstance(value, str) != is_text:
                raise InputError("zoning.rule_wrong", path=str(path), where=where, reason=repr(value)[:100])
            if name == "date":
                _day(value, path, where)
    return tuple(Case(item["given"], item["expect"]) for item in raw)


def rule_of(raw: dict[str, Any], path: Path, *, level: str = LEVELS[0], pack: str = "", sha256: str = "") -> Rule:
    """The rule that the plain values ``raw`` of the file ``path`` say; ``level`` holds where they name none.

    Raises :class:`InputError` naming the file and the place of what is wrong.
    ``sha256``: see :func:`check_schema`.
    """
    check_schema(raw, path, "rule.schema.json", sha256)
    measure = MEASURES.get(raw["measure"])
    if measure is None:
        raise InputError("zoning.rule_measure", path=str(path), measure=raw["measure"], known=sorted(MEASURES))
    limit = _limit(raw["limit"], path)
    units = [raw["limit"]["unit"]] + ([INPUTS[limit.name].unit] if isinstance(limit, Attribute) else [])
    for unit in units:
        if unit != measure.unit:
            raise InputError("zoning.rule_unit", path=str(path), unit=unit, expected=measure.unit)
    surely = _surely(raw["limit"], limit, path)
    if raw["applies_to"]["layer"] != measure.layer:
        raise InputError("zoning.rule_wrong", path=str(path), where="applies_to.layer", reason=f"≠ {measure.layer}")
    return Rule(
        id=raw["id"],
        version=int(raw["version"]),
        title=Text(**raw["title"]),
        source=Source(**raw["source"]),
        status=raw["status"],
        valid=_valid(raw.get("valid"), path),
        severity=raw["severity"],
        measure=measure.id,
        tolerance=float(raw["tolerance"]),
        layer=measure.layer,
        conditions=_conditions(raw["applies_to"]),
        exemptions=tuple(
            Exemption(item["then"], item["clause"], _conditions(item), item.get("rule", ""))
            for item in raw.get("except", [])
        ),
        op=raw["limit"]["op"],
        unit=measure.unit,
        limit=limit,
        cases=_cases(raw["case"], path),
        path=path,
        level=raw.get("level", level),
        mode=raw.get("mode", MODES[0]),
        permitted_by=Source(**raw["permitted_by"]) if "permitted_by" in raw else None,
        pack=pack,
        sha256=sha256,
        surely=surely,
    )


def read_rule(path: Path, *, level: str = LEVELS[0], pack: str = "") -> Rule:
    """The rule in the file ``path``. Raises :class:`InputError`."""
    raw, sha256 = read_toml(path)
    return rule_of(raw, path, level=level, pack=pack, sha256=sha256)


def compatibility_of(raw: dict[str, Any], path: Path, sha256: str = "") -> Compatibility:
    """The land-use matrix that the plain values ``raw`` of the file ``path`` say. Raises :class:`InputError`."""
    check_schema(raw, path, "compatibility.schema.json", sha256)
    permits: dict[str, frozenset[str]] = {}
    for i, row in enumerate(raw["compatibility"]):
        if row["zone"] in permits:
            raise InputError("zoning.rule_wrong", path=str(path), where=f"compatibility[{i}].zone", reason=row["zone"])
        permits[row["zone"]] = frozenset(row["permits"]) | {row["zone"]}
    return Compatibility(
        raw["id"],
        int(raw["version"]),
        Source(**raw["source"]),
        raw["status"],
        _valid(raw.get("valid"), path),
        permits,
        sha256,
    )


def read_compatibility(path: Path) -> Compatibility:
    """The land-use matrix in the file ``path``. Raises :class:`InputError`."""
    raw, sha256 = read_toml(path)
    return compatibility_of(raw, path, sha256)
