"""HTML: one file that needs nothing else, in which every text is only a text."""

from __future__ import annotations

from html.parser import HTMLParser

from dothi.processing.documents import html

from .sample import HOSTILE, frame, section


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(path) -> Seen:
    seen = Seen()
    seen.feed(path.read_text(encoding="utf-8"))
    seen.close()
    return seen


def test_it_is_whole_and_points_nowhere(tmp_path):
    path = tmp_path / "a.html"
    assert html.write(path, frame(banner="DỮ LIỆU MÔ PHỎNG"), iter([section(), section("Thửa 156")])) == 2
    seen = read(path)
    assert seen.open == []
    assert seen.tags.count("section") == seen.tags.count("svg") == 2
    assert {"script", "img", "link", "iframe", "a"}.isdisjoint(seen.tags)
    assert not [name for name, value in seen.attributes if name in ("href", "src") or name.startswith("on")]
    assert "Mật độ 67,86 % vượt mức" in seen.text
    assert "DỮ LIỆU MÔ PHỎNG" in seen.text


def test_hostile_texts_stay_texts(tmp_path):
    path = tmp_path / "a.html"
    html.write(path, frame(title=HOSTILE, footer=(HOSTILE,), banner=HOSTILE), [section(HOSTILE, text=HOSTILE)])
    seen = read(path)
    assert "script" not in seen.tags
    assert seen.text.count('<script>alert(1)</script> & "Ông" </b>') >= 8
