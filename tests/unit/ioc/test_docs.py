"""The pages of publishing show what their commands print."""

from __future__ import annotations

import re

import pytest

from dothi.scripts import docs_ioc


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr("dothi.ioc.sync.PAUSE_S", 0.0)
    monkeypatch.setattr("signal.signal", lambda *_: None)  # the command ends on SIGTERM, the tests in their own way


VIETNAMESE = [page for page in docs_ioc.pages() if page.name.endswith(".vi.md")]


@pytest.mark.parametrize("page", VIETNAMESE, ids=lambda page: page.name)
def test_a_page_shows_what_its_commands_print(page):
    assert docs_ioc.run(page) == page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", VIETNAMESE, ids=lambda page: page.name)
def test_the_english_page_shows_the_same_commands(page):
    """``scripts/docs_ioc.py`` runs these, too; here the seconds are saved."""
    english = page.with_name(page.name.replace(".vi.md", ".md"))
    assert commands(english) == commands(page)


def commands(page):
    return [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith(("$ ", "    --"))]


def test_every_target_has_a_page_with_a_run_in_both_languages():
    names = {page.name for page in docs_ioc.PAGES.glob("*.md") if "```console" in page.read_text(encoding="utf-8")}
    for kind in ("folder", "broker", "database", "gateway"):
        assert {f"{kind}.md", f"{kind}.vi.md"} <= names


def test_links_of_the_pages_lead_somewhere():
    for page in docs_ioc.PAGES.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page.name, target)
