"""What rules are called: read from their declarations when a verdict is shown, the province's own included."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from ...layers.messages import RESOURCES
from ..language import language


@cache
def _titles(folder: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path in sorted(folder.rglob("*.toml")):
        try:
            declared = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # a file being edited: the check says what is wrong with it, a title need not
            continue
        if "id" in declared and "title" in declared:
            found[declared["id"]] = declared["title"]
    return found


def titles(data: str = "") -> dict[str, str]:
    """Titles by id of all rules that ship and of the province's own, in the user's language; read once."""
    own = _titles(Path(data).with_suffix(".dothi") / "rules") if data else {}
    return {rule: words[language()] for rule, words in (_titles(RESOURCES / "rules") | own).items()}


def rule_title(rule: str, data: str = "") -> str:
    """The title of ``rule`` in the user's language; its id where nobody declares it (a rule since withdrawn)."""
    own = _titles(Path(data).with_suffix(".dothi") / "rules") if data else {}
    declared = own.get(rule) or _titles(RESOURCES / "rules").get(rule)
    return declared[language()] if declared else rule
