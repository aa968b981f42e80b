"""What rule files may speak of, as a JSON Schema: made from the registry of measures, so that it never lags behind.

``resources/rules/vocabulary.schema.json`` is the same for editors. After a family of measures was added::

    python -P -m dothi.processing.zoning.rulebook.vocabulary
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ....layers import catalogue
from ....layers.messages import RESOURCES
from ..measures import INPUTS, MEASURES

FILE = "vocabulary.schema.json"


def _condition(name: str) -> dict[str, Any]:
    given = INPUTS[name]
    if not given.is_text:
        return {"$ref": "rule.schema.json#/$defs/range"}
    words: dict[str, Any] = {"type": "string", "minLength": 1}
    if given.domain:
        words = {"enum": list(catalogue.domains()[given.domain].values)}
    return {"type": "array", "minItems": 1, "uniqueItems": True, "items": words}


def schema() -> dict[str, Any]:
    """The definitions ``conditions``, ``number`` and ``text`` (inputs that limits speak of), ``unit`` and ``layer``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": FILE,
        "title": "Inputs, units and layers of the measures that exist",
        "$defs": {
            "conditions": {"properties": {name: _condition(name) for name in sorted(INPUTS)}},
            "number": {"enum": sorted(name for name, given in INPUTS.items() if not given.is_text)},
            "text": {"enum": sorted(name for name, given in INPUTS.items() if given.is_text)},
            "unit": {"enum": sorted({measure.unit for measure in MEASURES.values()})},
            "layer": {"enum": sorted({measure.layer for measure in MEASURES.values()})},
        },
    }


def as_text() -> str:
    """The file for editors."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def write(folder: Path = RESOURCES / "rules") -> Path:
    """Write the file for editors into ``folder``."""
    path = folder / FILE
    path.write_text(as_text(), encoding="utf-8")
    return path


if __name__ == "__main__":
    write()
