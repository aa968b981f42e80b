"""The reference pages of layers and lists, made from the declarations in both languages."""

from __future__ import annotations

from pathlib import Path

from ..layers import catalogue
from ..layers.messages import LANGUAGES, number, sentence
from ..layers.model import Domain, Field, Layer
from .whole import made_whole


def pages(language: str) -> dict[str, str]:
    """File name → Markdown: ``layers.md`` and ``lists.md``."""
    return {"layers.md": _layers_page(language), "lists.md": _lists_page(language)}


def write_pages(folder: Path) -> list[Path]:
    """Write ``<language>/layers.md`` and ``<language>/lists.md`` under ``folder`` and return their paths."""
    written = []
    for language in LANGUAGES:
        place = folder / language
        place.mkdir(parents=True, exist_ok=True)
        for name, text in pages(language).items():
            with made_whole(place / name) as temporary:
                temporary.write_text(text, encoding="utf-8", newline="\n")
            written.append(place / name)
    return written


def _say(key: str, language: str, **arguments: object) -> str:
    return sentence(f"schema.page.{key}", language, **arguments)


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _layers_page(language: str) -> str:
    layers = catalogue.layers()
    sectors = list(dict.fromkeys(layer.sector for layer in sorted(layers, key=lambda layer: layer.sector)))
    lines = [f"# {_say('title', language)}", "", _say("about", language), ""]
    for sector in sectors:
        lines += [f"## {sentence(f'schema.sector.{sector}', language)}", ""]
        for layer in layers:
            if layer.sector == sector:
                lines += _layer(layer, language)
    return "\n".join(lines).rstrip() + "\n"


def _layer(layer: Layer, language: str) -> list[str]:
    shape = layer.geometry if layer.is_spatial else _say("none", language)
    lines = [f"### {layer.name[language]} (`{layer.id}`)", "", f"{layer.description[language]}.", ""]
    lines.append(f"- {_say('geometry', language)}: {shape}")
    if layer.exchange:
        lines.append(f"- {_say('exchange', language)}: {_exchange(layer)}")
    head = [_say(key, language) for key in ("field", "name", "type", "rules", "help")]
    return [*lines, "", *_table(head, [_field(field, language) for field in layer.fields]), ""]


def _exchange(layer: Layer) -> str:
    """Its entity type for the operations centre and its class in the planning delivery package."""
    words = []
    if "ngsi" in layer.exchange:
        words.append(f"NGSI-LD `{layer.exchange['ngsi']}`")
    if "tt16" in layer.exchange:
        words.append(f"TT 16/2025/TT-BXD `{layer.exchange['tt16']}` ({layer.exchange['tt16_file']})")
    return ", ".join(words)


def _field(field: Field, language: str) -> list[str]:
    kind = sentence(f"schema.type.{field.type}", language)
    if field.unit:
        kind += f" ({field.unit})"
    explanation = field.help[language] if field.help else ""
    return [f"`{field.id}`", field.name[language], kind, "; ".join(_rules(field, language)), explanation]


def _rules(field: Field, language: str) -> list[str]:
    rules = [_say(key, language) for key in ("required", "unique", "derived", "personal") if getattr(field, key)]
    if field.default is not None:
        rules.append(_say("default", language, value=f"`{field.default}`"))
    if field.range is not None:
        low, high = (number(value, language) for value in field.range)
        rules.append(_say("range", language, minimum=low, maximum=high))
    if field.length:
        rules.append(_say("length", language, length=field.length))
    if field.domain:
        rules.append(f"[`{field.domain}`](lists.md#{field.domain})")
    if field.to:
        rules.append(_say("to", language, layer=f"`{field.to}`"))
    if field.check and field.check.at_least:
        rules.append(_say("at_least", language, field=f"`{field.check.at_least}`"))
    if field.check and field.check.pattern:
        rules.append(f"`{field.check.pattern}`")
    return rules


def _lists_page(language: str) -> str:
    lines = [f"# {_say('domains', language)}", "", _say("about", language), ""]
    for _, domain in sorted(catalogue.domains().items()):
        lines += _list(domain, language)
    return "\n".join(lines).rstrip() + "\n"


def _list(domain: Domain, language: str) -> list[str]:
    lines = [f"## {domain.id}", ""]
    if domain.source:
        status = f" (*{_say('unverified', language)}*)" if domain.status == "unverified" else ""
        lines.append(f"- {_say('source', language)}: {domain.source}{status}")
    if not domain.closed:
        lines.append(f"- {_say('open', language)}")
    if lines[-1]:
        lines.append("")
    keys = ["code", "words", "colour"] if domain.colours else ["code", "words"]
    rows = []
    for code, words in domain.values.items():
        colour = domain.colours.get(code, "")
        rows.append([f"`{code}`", words[language], *([f"`{colour}`" if colour else ""] if domain.colours else [])])
    return [*lines, *_table([_say(key, language) for key in keys], rows), ""]
