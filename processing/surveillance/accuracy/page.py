"""Accuracy as a document: what was asked, the error matrix, accuracies and areas with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....layers import catalogue
from ....layers.messages import number, sentence
from ...documents.blocks import Block, Bullets, Facts, Heading, Paragraph, Section, Table
from .estimate import Accuracy, Estimate


def say(key: str, language: str, **arguments: Any) -> str:
    """A sentence of the page."""
    return sentence(f"accuracy.page.{key}", language, **arguments)


def class_words(name: str, language: str) -> str:
    """The class in words."""
    words = catalogue.domains()["sample_label"].values.get(name)
    return words[language] if words else name


def accuracy_section(found: Accuracy, facts: Mapping[str, str], left: Mapping[str, int], language: str) -> Section:
    """The page. ``facts`` are names with values (run, dates, labellers), ``left`` counts of points without a label."""
    title = say("title", language)
    blocks: list[Block] = [
        Heading(title, 1),
        Facts(tuple(facts.items())),
        Paragraph(say("overall", language, **_interval(found.overall, language)), "lead"),
        Heading(say("part_classes", language)),
        _classes(found, language),
        Heading(say("part_matrix", language)),
        _matrix(found, language),
    ]
    notes = [say(note, language) for note in ("note_method", "note_matrix", "note_interval")]
    if any(one.value in (0.0, 1.0) for one in found.users):
        notes.append(say("note_all_right", language))
    if left.get("open"):
        notes.append(say("note_open", language, count=left["open"]))
    if left.get("cannot_tell"):
        notes.append(say("note_cannot_tell", language, count=left["cannot_tell"]))
    blocks += [Heading(say("part_notes", language)), Bullets(tuple(notes), "small")]
    return Section(title, tuple(blocks))


def _classes(found: Accuracy, language: str) -> Table:
    head = tuple(say(f"head_{key}", language) for key in ("class", "users", "producers", "mapped", "area"))
    rows = [
        (
            class_words(name, language),
            _percent(found.users[i], language),
            _percent(found.producers[i], language),
            number(found.mapped[i] / 1e4, language, 2),
            _hectares(found.areas[i], language),
        )
        for i, name in enumerate(found.classes)
    ]
    return Table(head, tuple(rows), (0.26, 0.18, 0.18, 0.16, 0.22), "lrrrr")


def _matrix(found: Accuracy, language: str) -> Table:
    words = [class_words(name, language) for name in found.classes]
    head = (say("head_map", language), *words, say("head_sum", language))
    rows = [(words[i], *(str(n) for n in row), str(row.sum())) for i, row in enumerate(found.matrix)]
    rows.append((say("head_sum", language), *(str(n) for n in found.matrix.sum(axis=0)), str(found.matrix.sum())))
    width = 0.7 / (len(words) + 1)
    return Table(head, tuple(rows), (0.3, *([width] * (len(words) + 1))), "l" + "r" * (len(words) + 1))


def _interval(one: Estimate, language: str) -> dict[str, str]:
    return {
        "value": number(100 * one.value, language, 1),
        "half": number(100 * one.half, language, 1),
    }


def _percent(one: Estimate, language: str) -> str:
    if one.value != one.value:
        return say("unknown", language)
    told = _interval(one, language)
    return f"{told['value']} ± {told['half']} %" if one.half == one.half else f"{told['value']} %"


def _hectares(one: Estimate, language: str) -> str:
    return f"{number(one.value / 1e4, language, 2)} ± {number(one.half / 1e4, language, 2)}"
