"""All rule files joined: editions and levels of one rule together, exceptions tied to the rules they name.

Packs that ship lie in ``resources/rules/<authority>/<edition>/``. A province's own lie in ``NAME.dothi/rules/`` beside
its data set. There a rule with the id of a rule that ships changes it, at its ``level`` and by its ``mode``; and a file
with ``[[compatibility]]`` tables is a land-use matrix (``compatibility.schema.json``)::

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

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from ....layers.errors import InputError
from ....layers.messages import sentence
from ....layers.model import Text
from ..measures import MEASURES
from ..verdicts.judge import run_cases
from .limits import Classes, Constant, Table
from .precedence import may_loosen
from .rule_files import (
    RULES,
    check_schema,
    compatibility_of,
    known_by,
    read_compatibility,
    read_rule,
    read_toml,
    rule_of,
)
from .rules import LEVELS, MODES, Compatibility, Exemption, Rule
from .sound import remembered

__all__ = [
    "OWN",
    "RULES",
    "Library",
    "Pack",
    "declared_pack",
    "join",
    "library",
    "load",
    "own_files",
    "read_compatibility",
    "read_rule",
    "select",
]

OWN = "own"  # the pack of a province's own rules
OWN_LEVEL = "provincial"
PACK_FILE = "pack.toml"


@dataclass(frozen=True)
class Pack:
    """One folder of rules. ``sha256`` is that of the names and bytes of its files: what a run was judged by.

    ``named`` is the title that its ``pack.toml`` gives it, None without one.
    """

    id: str
    version: int
    named: Text | None
    issued_by: str
    level: str
    note: Text | None
    folder: Path
    sha256: str = ""

    @property
    def title(self) -> Text:
        """What people call it. The words for one without name are not read before somebody wants to see them."""
        return self.named or Text(sentence("zoning.pack_own", "vi"), sentence("zoning.pack_own", "en"))


@dataclass(frozen=True)
class Library:
    """What was read: rules joined by id, the province's land-use matrix or None, and the packs."""

    rules: tuple[Rule, ...]
    matrix: Compatibility | None
    packs: tuple[Pack, ...]

    @property
    def editions(self) -> dict[str, dict[str, object]]:
        """What a run writes down: version and hash of every pack."""
        return {pack.id: {"version": pack.version, "sha256": pack.sha256} for pack in self.packs}


def library(own: Path | None = None) -> Library:
    """All rules that ship and those of the province's folder ``own``, as they are now; later edits do not reach it.

    Raises :class:`InputError` for a malformed file, an id given twice, entries that do not fit together, two matrices,
    and a rule of the province whose own examples do not come out.
    """
    folders = [edition for authority in _folders(str(RULES)) for edition in _folders(authority)]
    folders += [str(own)] if own is not None and own.is_dir() else []
    cache = own.parent / "cache" if own is not None else None
    return _library(tuple(file for folder in sorted(folders) for file in _files(folder)), cache)


def _folders(place: str) -> list[str]:
    with os.scandir(place) as entries:
        return [entry.path for entry in entries if entry.is_dir()]


def _files(place: str) -> Files:
    """The rule files of a folder with time and size; asked before every answer, so it takes no detours."""
    found = []
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.name.endswith(".toml") and not entry.name.startswith("."):
                with suppress(FileNotFoundError):  # somebody removed it this moment
                    state = entry.stat()
                    found.append((entry.path, state.st_mtime_ns, state.st_size))
    return tuple(sorted(found))


def own_files(folder: Path) -> tuple[Path, ...]:
    """The rule files of a folder; files that are being written hide behind a dot."""
    return tuple(sorted(path for path in folder.glob("*.toml") if not path.name.startswith(".")))


def load(own: Path | None = None) -> tuple[tuple[Rule, ...], Compatibility | None]:
    """The rules of :func:`library` and the matrix."""
    found = library(own)
    return found.rules, found.matrix


Files = tuple[tuple[str, int, int], ...]  # path, time of the last change in ns, bytes


@lru_cache(maxsize=4)
def _library(files: Files, cache: Path | None) -> Library:
    """The packs in these files, known by time and size: a warm engine reads a pack again only when it was edited.

    ``cache`` is the folder that remembers which of them are sound.
    """
    folders: dict[Path, list[tuple[str, int, int]]] = {}
    for file in files:
        folders.setdefault(Path(file[0]).parent, []).append(file)
    with remembered(cache, known_by()):
        read = [_folder(folder, tuple(held)) for folder, held in folders.items()]
    matrices = [matrix for _, _, found in read for matrix in found]
    if len(matrices) > 1:
        first, second = (str(path) for path, _ in matrices[:2])
        raise InputError("zoning.rule_twice", id="compatibility", first=first, second=second)
    joined = join([rule for _, rules, _ in read for rule in rules])
    for rule in joined:
        prove(rule)
    return Library(joined, matrices[0][1] if matrices else None, tuple(pack for pack, _, _ in read))


@lru_cache(maxsize=64)
def _folder(folder: Path, files: Files) -> tuple[Pack, tuple[Rule, ...], tuple[tuple[Path, Compatibility], ...]]:
    """One pack by itself: its rules, not joined, and its land-use matrices with their files."""
    pack = declared_pack(folder)
    hashed = hashlib.sha256(f"{PACK_FILE} {pack.sha256}\n".encode())
    rules, matrices = [], []
    for path in (Path(file) for file, _, _ in files):
        if path.name == PACK_FILE:
            continue
        raw, sha256 = read_toml(path)
        hashed.update(f"{path.name} {sha256}\n".encode())
        if pack.id == OWN and "compatibility" in raw:
            matrices.append((path, compatibility_of(raw, path, sha256)))
        else:
            rules.append(rule_of(raw, path, level=pack.level, pack=pack.id, sha256=sha256))
    return replace(pack, sha256=hashed.hexdigest()), tuple(rules), tuple(matrices)


def declared_pack(folder: Path) -> Pack:
    """The pack that ``folder`` is, by its ``pack.toml`` if it has one. Raises :class:`InputError`."""
    ships = folder.is_relative_to(RULES)
    name = folder.relative_to(RULES).as_posix() if ships else OWN
    level = LEVELS[0] if ships else OWN_LEVEL
    path = folder / PACK_FILE
    if not path.is_file():
        return Pack(name, 1, None, "", level, None, folder)
    raw, sha256 = read_toml(path)
    check_schema(raw, path, "pack.schema.json", sha256)
    note = Text(**raw["note"]) if "note" in raw else None
    level = raw.get("level", level)
    return Pack(name, int(raw["version"]), Text(**raw["title"]), raw["issued_by"], level, note, folder, sha256)


def prove(rule: Rule) -> None:
    """Raise :class:`InputError` if an example of one of the province's entries does not come out as written.

    Those of the rules that ship are proven before they ship.
    """
    for entry in rule.entries:
        wrong = run_cases(rule, [entry.path]) if entry.pack == OWN else []
        if wrong:
            raise InputError("zoning.rule_case", path=str(entry.path), rule=rule.id, wrong=wrong)


def join(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Entries of one id as one rule, by level and edition, and exceptions tied to the rules that they name.

    Raises :class:`InputError`: a national rule of a province, an id twice in one pack, entries of different measures, a
    change of nothing, a national limit loosened without the clause that permits it, exceptions in a circle.
    """
    groups: dict[str, list[Rule]] = {}
    for rule in rules:
        groups.setdefault(rule.id, []).append(rule)
    made = {}
    for name, group in groups.items():
        entries = sorted(group, key=lambda rule: (LEVELS.index(rule.level), rule.valid.first, str(rule.path)))
        _fit(entries)
        made[name] = replace(entries[0], others=tuple(entries[1:]))
    return _tied(made)


def _fit(entries: Sequence[Rule]) -> None:
    first = entries[0]
    packs: dict[str, Rule] = {}
    for rule in entries:
        path = str(rule.path)
        if rule.pack == OWN and rule.level == LEVELS[0]:
            raise InputError("zoning.rule_level", path=path, level=rule.level)
        if rule.pack != OWN and rule.pack in packs:
            raise InputError("zoning.rule_twice", id=rule.id, first=str(packs[rule.pack].path), second=path)
        packs[rule.pack] = rule
        if (rule.measure, rule.op) != (first.measure, first.op):
            raise InputError("zoning.rule_differs", path=path, id=rule.id, first=str(first.path))
        changes = rule.mode != MODES[0]
        if changes and rule.level == first.level:
            raise InputError("zoning.rule_changes_nothing", path=path, id=rule.id, mode=rule.mode)
        if rule.mode == "bonus" and _least(rule) < 0:
            raise InputError("zoning.rule_bonus_negative", path=path)
        national = [wider for wider in entries if wider.level == LEVELS[0]]
        if changes and rule.permitted_by is None and any(may_loosen(rule, wider) for wider in national):
            raise InputError("zoning.rule_loosens", path=path, id=rule.id, mode=rule.mode)


def _least(rule: Rule) -> float:
    if isinstance(rule.limit, Table):
        return min(min(row) for row in (*rule.limit.values, rule.limit.above or (0.0,)))
    if isinstance(rule.limit, Classes):
        return min(rule.limit.values.values())
    return rule.limit.value if isinstance(rule.limit, Constant) else 0.0


def _tied(rules: Mapping[str, Rule]) -> tuple[Rule, ...]:
    named = {
        name: {exemption.rule for entry in rule.entries for exemption in entry.exemptions if exemption.rule}
        for name, rule in rules.items()
    }
    for name, asked in named.items():
        for other in asked:
            known = rules.get(other)
            if known is None or MEASURES[known.measure].subject != MEASURES[rules[name].measure].subject:
                raise InputError("zoning.rule_reference", path=str(rules[name].entries[-1].path), id=name, other=other)
    try:
        order = list(TopologicalSorter(named).static_order())
    except CycleError as error:
        circle = [str(name) for name in error.args[1]]
        raise InputError("zoning.rule_circle", path=str(rules[circle[0]].entries[-1].path), rules=circle) from error
    tied: dict[str, Rule] = {}

    def exceptions(entry: Rule) -> tuple[Exemption, ...]:
        return tuple(replace(e, other=tied[e.rule]) if e.rule else e for e in entry.exemptions)

    for name in order:
        rule = rules[name]
        others = tuple(replace(entry, exemptions=exceptions(entry)) for entry in rule.others)
        tied[name] = replace(rule, exemptions=exceptions(rule), others=others)
    return tuple(tied[name] for name in rules)


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
