"""Writing a province's own rule: checked first, then written whole, as TOML that reads back the same."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ....layers.errors import InputError
from ....store.whole import made_whole
from .packs import OWN, OWN_LEVEL, RULES, Library, join, prove
from .rule_check import entries_of, stay
from .rule_files import read_toml, rule_of
from .rules import FORMAT

_BARE = re.compile(r"^[A-Za-z0-9_-]+$")
_SECTIONS = ("applies_to", "limit")  # written as tables; smaller ones stand on one line
_REPEATED = ("except", "case", "compatibility")


def to_toml(values: Mapping[str, Any]) -> str:
    """Plain values of a rule file as TOML (1.0). Keys keep their order, tables come last."""
    return "\n".join(_lines(values)) + "\n"


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        if key not in _SECTIONS and key not in _REPEATED:
            yield f"{_key(key)} = {_value(value)}"
    for section in _SECTIONS:
        if section in values:
            yield from ("", f"[{section}]", *_entries(values[section]))
    for repeated in _REPEATED:
        for item in values.get(repeated, ()):
            yield from ("", f"[[{repeated}]]", *_entries(item))


def _entries(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], list):  # a table: a line for each of its rows
            yield from (f"{_key(key)} = [", *(f"    {_value(row)}," for row in value), "]")
        else:
            yield f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if _BARE.match(key) else _text(key)


def _text(text: str) -> str:
    """A basic string; JSON escapes alike but for U+007F, which TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    raise TypeError(type(value).__name__)


NEW = "new"  # what an editor expects that knows of no file yet


def save(own: Path, raw: Mapping[str, Any], found: Library, expected: str = "") -> tuple[Path, str]:
    """Write ``raw`` as the province's rule into the folder ``own``; returns the file and the SHA-256 of its bytes.

    It takes the place of the province's entry of the same id and level, one version higher. ``expected`` is the hash of
    that file as the editor read it, or :data:`NEW` where there was none. ``found`` are the rules as they are. Raises
    :class:`InputError` for whatever ``packs.library`` would refuse, and where somebody else wrote or removed the file
    in the meantime; nothing is written then.
    """
    values = {"format": FORMAT, "level": OWN_LEVEL, **raw}
    level, name = str(values["level"]), str(values.get("id", ""))
    mine = [e for e in entries_of(found) if e.pack == OWN and e.id == name and e.level == level]
    path = mine[0].path if mine else own / f"{_file_name(name)}-{level}.toml"
    if path.is_file():
        before, sha256 = read_toml(path)
        if expected and sha256 != expected:
            raise InputError("rules.changed_meanwhile", path=str(path))
        if {**before, "version": 0} != {**values, "version": 0} and isinstance(before.get("version"), int):
            values["version"] = max(int(values.get("version", 1)), before["version"] + 1)
    elif expected not in ("", NEW):  # the file that the editor opened is gone
        raise InputError("rules.changed_meanwhile", path=str(path))
    rule = rule_of(values, path, level=OWN_LEVEL, pack=OWN)
    joined = join([*stay(rule, entries_of(found)), rule])
    prove(next(one for one in joined if one.id == rule.id))
    text = to_toml(values)
    if json.loads(json.dumps(tomllib.loads(text))) != json.loads(json.dumps(values)):
        raise InputError("rules.not_writable", path=str(path))
    own.mkdir(parents=True, exist_ok=True)
    with made_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path, read_toml(path)[1]


def _file_name(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", name.lower())[:80] or "rule"


def draft_file(own: Path | None) -> Path:
    """The name under which an unsaved rule is spoken of."""
    return (own or RULES.parent / OWN) / "draft.toml"
