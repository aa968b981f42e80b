"""The page in a real browser without a screen: what it shows, and that markup which was received stays text."""

from __future__ import annotations

from pathlib import Path

import pytest

from dothi.ioc.board.folder import Folder
from dothi.scripts import browser
from dothi.scripts.board import READY
from dothi.tests.unit.ioc.test_board import HOSTILE, hostile, served  # noqa: F401 - hostile is a fixture

pytestmark = pytest.mark.skipif(
    browser.chromium() is None, reason="no Chromium on this machine: apt-get install chromium"
)
TEXTS = "[...document.querySelectorAll('{}')].map((one) => one.textContent)"


@pytest.fixture(scope="module")
def page():
    with browser.page() as found:
        yield found


def test_the_page_shows_what_was_received_in_both_languages(page, published):
    fetched = []

    class Noted(Folder):
        def features(self, layer):
            fetched.append(layer)
            return super().features(layer)

    with served(Noted(Path(published["folder"]))) as address:
        page.open(address)
        page.wait(READY)
        assert page.run("document.documentElement.lang") == "vi"
        assert page.run("document.querySelector('h1').textContent") == "Trung tâm điều hành đã nhận"
        assert page.run(TEXTS.format("#alerts .code")) == ["CB-0", "CB-1"]
        assert page.run("document.querySelector('[data-count=raised] b').textContent") == "2"
        assert page.run("document.querySelector('#proof').dataset.proof") == "whole"
        assert page.run("document.querySelector('#simulated').hidden")
        layers = page.run(TEXTS.format("#layers label"))
        assert "Trụ nước chữa cháy" in layers
        page.run("document.querySelector('#alerts button').click()")
        assert page.run("document.activeElement.getAttribute('aria-pressed')") == "true"
        page.run("document.querySelector('[data-layer=hydrant]').click()")
        page.wait(READY)
        page.run("document.querySelector('#language').click()")
        assert page.run("document.documentElement.lang") == "en"
        assert "Fire hydrant" in page.run(TEXTS.format("#layers label"))
        assert page.run("document.querySelectorAll('button:not([aria-label]):empty').length") == 0
        assert all(one.startswith((address, "data:", "blob:")) for one in page.asked)
        assert {"alert", "concession"} <= set(fetched)
        assert fetched.count("hydrant") == 1  # not before somebody wants to see it
        assert page.said == []


def test_markup_that_was_received_stays_text(page, hostile):  # noqa: F811
    with served(Folder(hostile)) as address:
        page.open(address)
        page.wait(READY)
        assert page.run(TEXTS.format("#alerts .code")) == [HOSTILE]
        assert HOSTILE in page.run(TEXTS.format("#layers label"))[0]
        assert page.run("document.querySelectorAll('main img').length") == 0
        assert page.run("document.title") == "Trung tâm điều hành đã nhận"
        assert page.run("document.querySelector('#simulated').textContent").startswith("MÔ PHỎNG")
        assert page.run("document.querySelectorAll('#layers li').length") == 1


def test_a_spoilt_folder_is_seen_at_once(page, hostile):  # noqa: F811
    with (hostile / "geojson" / "alert.geojson").open("ab") as file:
        file.write(b" ")
    with served(Folder(hostile)) as address:
        page.open(address)
        page.wait(READY)
        assert page.run("document.querySelector('#proof').dataset.proof") == "spoilt"
        assert page.run(TEXTS.format("#proof-problems li")) == ["geojson/alert.geojson"]
