"""The documents: links lead somewhere, commands exist, both languages say the same, nothing names a workplace."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from dothi import __version__
from dothi.engine.contract import JOBS
from dothi.layers.messages import catalogue
from dothi.scripts.files import ROOT, tracked

PAGES = [path for path in tracked() if path.suffix == ".md" and path.parts[:2] != ("docs", "reference")]
COMMAND = re.compile(r"dothi ([a-z]+) ([a-z_]+)((?: --?[a-z-]+(?: [^-`\s|]\S*)?)*)")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_to_files_and_headings(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        whole = (ROOT / page).parent / path if path else ROOT / page
        assert whole.exists(), f"{page}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", whole.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\s-]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_commands_in_the_documents_are_in_the_contract(page):
    for area, word, options in COMMAND.findall((ROOT / page).read_text(encoding="utf-8")):
        assert f"{area}.{word}" in JOBS, f"{page}: dothi {area} {word}"
        known = {f"--{p.id.replace('_', '-')}" for p in JOBS[f"{area}.{word}"].parameters} | {"--json", "--events"}
        given = set(re.findall(r"--[a-z-]+", options))
        assert given <= known, f"{page}: dothi {area} {word} {given - known}"


def test_both_guides_have_the_same_chapters_and_commands():
    pages = [(ROOT / "docs" / "guide" / f"{language}.md").read_text(encoding="utf-8") for language in ("vi", "en")]
    levels = [[line.split()[0] for line in page.splitlines() if re.match(r"#+ ", line)] for page in pages]
    assert levels[0] == levels[1]
    assert [c[:2] for c in COMMAND.findall(pages[0])] == [c[:2] for c in COMMAND.findall(pages[1])]


def test_the_changelog_is_kept():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d{2}-\d{2}))?$", text, re.MULTILINE)
    assert versions[0] == ("Unreleased", "")
    assert versions[1][0] == __version__
    assert versions[1][1]
    sections = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert sections <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_licence_is_whole():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GPL-2.0-or-later" in text
    assert "Version 2, June 1991" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_messages_of_the_doors_are_complete_in_both_languages():
    used = set()
    for script in (ROOT / "scripts").glob("*.py"):
        text = script.read_text(encoding="utf-8")
        used |= set(re.findall(r'"(doors\.[a-z_]+)"', text))
    assert used
    for language in ("vi", "en"):
        assert used <= set(catalogue(language))


def test_settings_of_the_tools_can_be_read():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["pytest"]["ini_options"]["filterwarnings"] == ["error"]


def test_no_file_names_a_workplace():
    """Absolute paths and addresses of some machine mean nothing to the next reader."""
    foreign = re.compile(r"/home/\w|/Users/\w|localhost:\d|https?://(10|192\.168)\.")
    found = []
    for path in tracked():
        if path.suffix in {".lock", ".png", ".jpg", ".svg", ".ttf"} or path.name == "test_documents.py":
            continue
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1):
            if foreign.search(line) or str(ROOT) in line:
                found.append(f"{path}:{number}: {line.strip()[:100]}")
            if "shared/" in line and path.parts[0] != ".ci":
                found.append(f"{path}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


def test_no_working_files_are_kept():
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone: nothing is tracked here")
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not re.search(r"\.gpkg(-wal|-shm)?$|\.pyc$|^build/|^dist/|\.env$|\.zip$", names, re.MULTILINE)
