"""The part of a dossier that lets anybody repeat it: jobs, parameters, scenes with checksums, licences, the command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ....layers.messages import has, number, sentence
from ...documents.blocks import Block, Bullets, Heading, Paragraph, Table
from ...documents.blocks import Facts as Pairs
from .dossier_facts import Facts, SceneFile
from .dossier_words import day_of, field_name, say


def method(facts: Facts, language: str) -> Iterator[Block]:
    """How it was found, from what, and how to repeat it."""
    yield Heading(say("method", language), 1)
    for run in facts.runs:
        methods = sorted({str(text) for one in facts.files for text, of in
                          zip(one.sightings["method"], one.sightings["run"], strict=True)
                          if of == run["uid"] and isinstance(text, str)})  # fmt: skip
        yield Heading(say("run_heading", language, run=run["name"]))
        yield Pairs((
            (say("run_job", language), _job(str(run["job"]), language)),
            (say("run_method", language), "; ".join(methods) or "–"),
            (say("run_engine", language), f"dothi {run['engine']}"),
            (say("run_uid", language), str(run["uid"])),
        ))  # fmt: skip
        yield Heading(say("parameters", language))
        yield _parameters(run, language)
    yield Heading(say("scenes", language))
    yield Table(
        tuple(say(key, language) for key in ("head_scene", "head_day", "head_sensor", "head_sha")),
        tuple(_scene_row(one, language) for one in facts.scenes), (1.6, 0.9, 1.1, 3.4), "llll",
    )  # fmt: skip
    yield Heading(say("accuracy", language))
    yield Paragraph(say("accuracy_none", language))
    yield Heading(say("licences_used", language))
    yield _licences_table(facts, language)
    yield Heading(say("repeat", language))
    yield Paragraph(say("repeat_how", language))
    yield Bullets(tuple(f"dothi case reproduce {one.case['code']} --data {facts.data.name}" for one in facts.files))
    yield Paragraph(say("repeat_note", language), "small")


def _job(job: str, language: str) -> str:
    title = sentence(f"job.{job}.title", language)
    return f"{title} ({job})"


def _parameters(run: Mapping[str, Any], language: str) -> Table:
    rows = []
    for name, value in (run["parameters"] or {}).items():
        if value in (None, "", [], False) or name == "data":
            continue
        key = f"job.{run['job']}.{name}.name"
        shown = ", ".join(str(one) for one in value) if isinstance(value, list) else _short(value, language)
        rows.append((sentence(key, language) if has(key) else name, name, shown))
    return Table(
        tuple(say(key, language) for key in ("head_parameter", "head_name", "head_value")), tuple(rows),
        (2, 1.2, 3), "lll",
    )  # fmt: skip


def _short(value: Any, language: str) -> str:
    if isinstance(value, bool):
        return say("yes", language)
    if isinstance(value, (int, float)):
        return number(value, language)
    return str(value)


def _scene_row(one: SceneFile, language: str) -> tuple[str, ...]:
    record = one.record
    name = str(record.get("product") or record.get("name"))
    if record.get("simulated"):
        name += f" ({say('simulated_word', language)})"
    sum_ = str(record.get("sha256") or "–")
    if one.same is False:
        sum_ += " – " + say("scene_changed_word", language)
    elif one.path is None:
        sum_ += " – " + say("scene_gone_word", language)
    sensor = " ".join(str(part) for part in (record.get("sensor"), record.get("baseline")) if part) or "–"
    return name, day_of(one.day, language), sensor, sum_


def _licences_table(facts: Facts, language: str) -> Table:
    known: dict[str, Mapping[str, Any]] = {}
    for run in facts.runs:
        for row in (run["licences"] or {}).get("rows", ()):
            known.setdefault(str(row["uid"]), row)
    rows = [
        (str(row["code"]), str(row.get("licence_no") or "–"), _iso(row.get("valid_from"), language),
         _iso(row.get("valid_to"), language), uid)
        for uid, row in sorted(known.items(), key=lambda pair: str(pair[1]["code"]))
    ]  # fmt: skip
    heads = [
        field_name("concession", name, language) for name in ("code", "licence_no", "valid_from", "valid_to", "uid")
    ]
    return Table(tuple(heads), tuple(rows), (1, 1.4, 1, 1, 2.8), "lllll")


def _iso(text: str | None, language: str) -> str:
    return day_of(date.fromisoformat(text) if text else None, language)
