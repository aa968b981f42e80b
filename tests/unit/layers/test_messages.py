"""Both languages say everything, with the same arguments, and every code that the source names has its sentence."""

from __future__ import annotations

import ast
import string
import tomllib
from datetime import date
from pathlib import Path

import pytest

import dothi
from dothi.engine.contract import JOBS
from dothi.layers.messages import LANGUAGES, catalogue, has, sentence

ROOT = Path(dothi.__file__).resolve().parent
ROOMS = ("layers", "store", "processing", "ioc", "engine", "qgis_plugin")
# Calls whose first text names a sentence: errors, reports, sentences.
SPEAKERS = {
    "DothiError",
    "UsageError",
    "InputError",
    "EnvironmentTroubleError",
    "sentence",
    "message",
    "progress",
}


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_both_languages_have_the_same_keys():
    vi, en = catalogue("vi"), catalogue("en")
    assert sorted(vi) == sorted(en)
    assert all(text.strip() for text in (*vi.values(), *en.values()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_read_area_by_area_nothing_is_left_out(language):
    """Each area is read when it is first asked for, from its tables alone: together they are the whole file."""

    def codes(table: dict, prefix: str = "") -> dict[str, str]:
        made: dict[str, str] = {}
        for key, value in table.items():
            made |= codes(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        return made

    whole = tomllib.loads((ROOT / "resources" / "messages" / f"{language}.toml").read_text(encoding="utf-8"))
    assert catalogue(language) == codes(whole)


def test_both_languages_take_the_same_arguments():
    vi, en = catalogue("vi"), catalogue("en")
    assert {key: places(text) for key, text in vi.items()} == {key: places(text) for key, text in en.items()}


@pytest.mark.parametrize("job", JOBS.values(), ids=lambda job: job.id)
def test_a_job_explains_itself(job):
    wanted = [f"job.{job.command[0]}.title", f"job.{job.id}.title", f"job.{job.id}.help"]
    for parameter in job.parameters:
        wanted += [f"job.{job.id}.{parameter.id}.name", f"job.{job.id}.{parameter.id}.help"]
    assert [code for code in wanted if not has(code)] == []


def codes_in(path: Path) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in SPEAKERS:
            continue
        texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        found += [(text, node.lineno) for text in texts if "." in text and " " not in text]
    return found


def test_every_code_in_the_source_has_its_sentence():
    silent = []
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            silent += [f"{path.relative_to(ROOT)}:{line} {code}" for code, line in codes_in(path) if not has(code)]
    assert silent == []


def test_numbers_and_days_are_written_as_the_language_does():
    code = "store.write_failed"
    assert "1.234,5" in sentence(code, "vi", path="x", reason=1234.5)
    assert "1,234.5" in sentence(code, "en", path="x", reason=1234.5)
    assert "0,000001" in sentence(code, "vi", path="x", reason=1e-6)
    assert "01/06/2026" in sentence(code, "vi", path="x", reason=date(2026, 6, 1))


def test_nothing_is_lost_when_a_code_or_an_argument_is_unknown():
    assert sentence("no.such.code", "vi", a=1) == "no.such.code {'a': 1}"
    assert "{reason}" in sentence("store.write_failed", "vi", path="x")
    for language in LANGUAGES:
        assert "{" not in sentence("store.locked", language, path="x")
