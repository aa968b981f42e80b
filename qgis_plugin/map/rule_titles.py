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
        with path.open("rb") as file:
            declared = tomllib.load(file)
        if "id" in declared and "title" in declared:
            found[declared["id"]] = declared["title"]
    return found


def rule_title(rule: str, data: str = "") -> str:
    """The title of ``rule`` in the user's language; its id where nobody declares it (a rule since withdrawn)."""
    own = _titles(Path(data).with_suffix(".dothi") / "rules") if data else {}
    declared = own.get(rule) or _titles(RESOURCES / "rules").get(rule)
    return declared[language()] if declared else rule
