"""The runs in the pages of publishing, run again: what a page shows is what a reader gets.

A page of ``docs/ioc`` has blocks of ``console``: lines with ``$`` are commands, the others what they printed. Here they
are run against the doubles of the tests and a small simulated province, and compared with the page.

``python -P -m dothi.scripts.docs_ioc [--write] [PAGE …]`` compares (or writes the pages anew);
``python -P -m dothi.scripts.docs_ioc --play broker|gateway`` lays ``tinh.gpkg`` into this folder, and serves the double
until it is ended, to follow a page by hand.
"""

from __future__ import annotations

import argparse
import difflib
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from dothi.engine import cli
from dothi.scripts import postgis
from dothi.tests.doubles.gateway import server as gateway
from dothi.tests.doubles.ngsi_ld import server as broker
from dothi.tests.unit.ioc import province

PAGES = Path(__file__).resolve().parent.parent / "docs" / "ioc"
DATA = "tinh.gpkg"
ADDRESS = "http://127.0.0.1:8026"  # of the double, as the pages write it
SOCKET = "/run/dothi"  # of the database
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LONGEST = 400  # signs of a line that a page shows


def pages() -> list[Path]:
    """Pages with runs that can be run on this machine."""
    found = [path for path in sorted(PAGES.glob("*.md")) if _BLOCK.search(path.read_text(encoding="utf-8"))]
    return [path for path in found if postgis.is_there() or kind(path) != "database"]


def kind(page: Path) -> str:
    """``folder``, ``broker``, ``database`` or ``gateway``."""
    return page.name.partition(".")[0]


def run(page: Path) -> str:
    """The text of a page as its commands print it now."""
    text = page.read_text(encoding="utf-8")
    language = "vi" if page.name.endswith(".vi.md") else "en"
    with tempfile.TemporaryDirectory(prefix="dothi-docs-") as name, serving(kind(page)) as swap:
        folder = Path(name).resolve()
        lay(folder)

        def again(block: re.Match[str]) -> str:
            lines = []
            for command in _commands(block[1]):
                lines += f"$ {command}".splitlines()
                lines += _printed(_there(command, swap), folder, language, swap)
            return "```console\n" + "\n".join(line.rstrip() for line in lines) + "\n```"

        return _BLOCK.sub(again, text)


def lay(folder: Path) -> None:
    """The small simulated province, and the contract of the gateway."""
    path = province.build(folder / DATA, simulated=True)
    province.detect(path, simulated=True)
    shutil.copytree(gateway.CONTRACT, folder / "hop-dong", dirs_exist_ok=True)


@contextmanager
def serving(what: str) -> Iterator[dict[str, str]]:
    """The other side of a page; yields what stands in the page → what it is here."""
    if what == "broker":
        with broker.serving(broker.Broker()) as address:
            yield {ADDRESS: address}
    elif what == "gateway":
        with gateway.serving(gateway.Gateway()) as address:
            yield {ADDRESS: address}
    elif what == "database":
        with postgis.cluster() as cluster:
            cluster.database("tinh")
            yield {SOCKET: str(cluster.folder)}
    else:
        yield {}


def _commands(block: str) -> list[str]:
    """The commands of a block; one that ends with a backslash goes on in the next line."""
    found: list[str] = []
    going_on = False
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(line[2:])
        elif going_on:
            found[-1] += "\n" + line
        going_on = bool(found) and found[-1].endswith("\\")
    return found


def _there(command: str, swap: dict[str, str]) -> str:
    for page, here in swap.items():
        command = command.replace(page, here)
    return command


def _printed(command: str, folder: Path, language: str, swap: dict[str, str]) -> list[str]:
    """What a command prints, with names as the page writes them."""
    words = shlex.split(command.replace("\\\n", " "))
    quiet = words[-1] == ">/dev/null"
    if words[0] != "dothi":
        raise ValueError(f"only dothi is run: {command}")
    before, told = Path.cwd(), os.environ.get("DOTHI_LANGUAGE")
    out = io.StringIO()
    os.chdir(folder)
    os.environ["DOTHI_LANGUAGE"] = language
    try:
        with redirect_stdout(io.StringIO() if quiet else out), redirect_stderr(out):
            cli.main(words[1 : -1 if quiet else None])
    finally:
        os.chdir(before)
        os.environ.pop("DOTHI_LANGUAGE")
        if told is not None:
            os.environ["DOTHI_LANGUAGE"] = told
    text = out.getvalue().replace(f"{folder}/", "")
    for page, here in swap.items():
        text = text.replace(here, page)
    return [line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…" for line in text.splitlines()]


def play(what: str) -> None:
    """Serve a double at the address of the pages until the end."""
    lay(Path.cwd())
    made = (
        broker.serving(broker.Broker(), port=8026)
        if what == "broker"
        else gateway.serving(gateway.Gateway(), port=8026)
    )
    with made as address:
        print(address, flush=True)
        while True:
            time.sleep(3600)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the pages, or write them anew; 1 where one differs."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("pages", nargs="*", type=Path)
    options.add_argument("--write", action="store_true")
    options.add_argument("--play", choices=("broker", "gateway"))
    given = options.parse_args(arguments)
    if given.play:
        play(given.play)
    differing = 0
    for page in given.pages or pages():
        was, now = page.read_text(encoding="utf-8"), run(page)
        if was != now and given.write:
            page.write_text(now, encoding="utf-8")
        elif was != now:
            differing += 1
            lines = difflib.unified_diff(was.splitlines(), now.splitlines(), page.name, "now", lineterm="")
            print("\n".join(lines))
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
