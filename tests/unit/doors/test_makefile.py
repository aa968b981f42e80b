"""The Makefile is the single door; the documents name only doors that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dothi.scripts.files import ROOT

TARGETS = {
    "demo",
    "run",
    "desk",
    "engine",
    "test",
    "lint",
    "bench",
    "soak",
    "package",
    "pictures",
    "wheelhouse",
    "lock",
    "clean",
}
DOCUMENTS = ("README.md", "README.vi.md", "CONTRIBUTING.md", "docs/guide/vi.md", "docs/guide/en.md")


def _help(language: str, folder: Path = ROOT) -> str:
    done = subprocess.run(
        ["make"], cwd=folder, env={"PATH": "/usr/bin:/bin", "DOTHI_LANGUAGE": language}, capture_output=True, check=True
    )
    return done.stdout.decode()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_make_alone_lists_every_target_with_a_line(language):
    listed = {line.split()[0]: line.split(maxsplit=1)[1] for line in _help(language).splitlines()[1:]}
    assert set(listed) >= TARGETS
    assert all(len(words) > 8 for words in listed.values())


def test_the_list_speaks_both_languages():
    assert "mô phỏng" in _help("vi")
    assert "province" in _help("en")


def test_the_makefile_works_in_a_folder_with_spaces_and_diacritics(tmp_path):
    folder = tmp_path / "Bản đồ Đô Thị" / "kho mã"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    assert _help("vi", folder) == _help("vi")


def test_each_target_is_a_script_that_is_valid_shell():
    recipes = re.findall(r"^\t@sh (scripts/\w+\.sh)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(set(recipes)) >= 10
    for recipe in {*recipes, *(str(path.relative_to(ROOT)) for path in (ROOT / "scripts").glob("*.sh"))}:
        subprocess.run(["sh", "-n", recipe], cwd=ROOT, check=True)


def test_nothing_asks_a_question():
    for script in (ROOT / "scripts").glob("*.sh"):
        text = script.read_text(encoding="utf-8")
        assert not re.search(r"^\s*read\b", text, re.MULTILINE), script
        assert "apt-get" not in text or "DEBIAN_FRONTEND=noninteractive" in text, script


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_name_only_targets_that_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"^make ((?:[a-z]+ ?)+)$", text, re.MULTILINE) + re.findall(r"[`=-]make ([a-z]+)`", text)
    assert {word for words in named for word in words.split()} <= TARGETS
    assert named


def test_the_readme_names_the_command_that_ci_runs():
    assert "\nmake test\n" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make lint test package" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
