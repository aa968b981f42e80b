from __future__ import annotations

from pathlib import Path

import pytest

import dothi
from dothi.layers import catalogue
from dothi.store.reference import pages, write_pages

DOCS = Path(dothi.__file__).resolve().parent / "docs" / "reference"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_committed_pages_are_those_of_the_declarations(language):
    for name, text in pages(language).items():
        kept = (DOCS / language / name).read_text(encoding="utf-8")
        assert kept == text, "run: dothi schema reference --out docs/reference"


def test_every_layer_and_list_has_its_place():
    layers, lists = pages("vi")["layers.md"], pages("vi")["lists.md"]
    assert all(f"(`{layer_id}`)" in layers for layer_id in catalogue.ids())
    assert all(f"## {domain_id}\n" in lists for domain_id in catalogue.domains())
    assert "chưa kiểm chứng" in lists


def test_pages_are_written_in_both_languages(tmp_path):
    assert [path.relative_to(tmp_path).as_posix() for path in write_pages(tmp_path)] == [
        "vi/layers.md",
        "vi/lists.md",
        "en/layers.md",
        "en/lists.md",
    ]
