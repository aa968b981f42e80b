"""What differs between two sets of rules: added, removed, and changed values with their places."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....layers.errors import InputError
from .packs import OWN, PACK_FILE, Library
from .rule_files import leaves, read_toml

Values = Mapping[str, Any]


def side(word: str, found: Library) -> dict[str, Values]:
    """The rules that ``word`` names, by id: a pack (``qcvn-01/2021``), ``own``, a folder, or one file.

    Raises :class:`InputError`.
    """
    named = {pack.id: pack.folder for pack in found.packs}
    if word in named:
        return _in_folder(named[word])
    path = Path(word)
    if path.is_dir():
        return _in_folder(path)
    if path.is_file():
        raw, _ = read_toml(path)
        return {str(raw.get("id", path.name)): raw}
    raise InputError("rules.no_such_pack", pack=word, known=sorted(named))


def _in_folder(folder: Path) -> dict[str, Values]:
    made: dict[str, Values] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.name != PACK_FILE and not path.name.startswith("."):
            raw, _ = read_toml(path)
            name = str(raw.get("id", path.name))
            made[name if name not in made else f"{name} ({path.name})"] = raw
    return made


def changed_by_province(found: Library) -> tuple[dict[str, Values], dict[str, Values]]:
    """The shipped rules that the province changes, and what it makes of them; rules it adds are on its side alone."""
    before: dict[str, Values] = {}
    after: dict[str, Values] = {}
    for rule in found.rules:
        own = [entry for entry in rule.entries if entry.pack == OWN]
        shipped = [entry for entry in rule.entries if entry.pack != OWN]
        if own:
            after[rule.id] = read_toml(own[-1].path)[0]
            if shipped:
                before[rule.id] = read_toml(shipped[-1].path)[0]
    return before, after


def differences(before: Mapping[str, Values], after: Mapping[str, Values]) -> dict[str, Any]:
    """``added`` and ``removed`` ids, and ``changed`` rules with ``{path, old, new}`` for every value that differs."""
    both = {name: changes(before[name], after[name]) for name in before if name in after}
    return {
        "added": [name for name in after if name not in before],
        "removed": [name for name in before if name not in after],
        "changed": [{"rule": name, "changes": found} for name, found in both.items() if found],
    }


def changes(before: Values, after: Values) -> list[dict[str, Any]]:
    """``{path, old, new}`` for each single value; None where one side has none."""
    old, new = dict(leaves(dict(before))), dict(leaves(dict(after)))
    places = [place for place in dict.fromkeys([*old, *new]) if old.get(place) != new.get(place)]
    return [{"path": place, "old": old.get(place), "new": new.get(place)} for place in places]
