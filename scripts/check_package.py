"""The rules of the QGIS plugin site, and our own, checked on the built zip before anyone uploads it.

``python -m dothi.scripts.check_package dist/dothi-VERSION.zip``. Each rule is a function over the unpacked plugin that
yields one line for each breach. Source of the site's rules: https://plugins.qgis.org/docs/publish and its validator
(``qgis-app/plugins/validator.py``: required metadata, one top folder, 25 MB, no caches or version-control folders).
"""

from __future__ import annotations

import ast
import configparser
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlparse

from .check_bandit import unexplained
from .check_secrets import secrets

LARGEST = 25 * 1024 * 1024  # bytes, the site's limit
REQUIRED = (
    "name",
    "description",
    "version",
    "qgisMinimumVersion",
    "author",
    "email",
    "about",
    "tracker",
    "repository",
    "homepage",
    "tags",
    "icon",
    "license",
)
UNWANTED_FOLDERS = {"__pycache__", "__MACOSX", ".git", ".svn", "tests", "test", "scripts", ".venv", "build", "dist"}
# Text, data, pictures and letters; whatever else would be a program or an unknown.
KINDS = {
    ".css", ".csv", ".geojson", ".html", ".json", ".jsonld", ".lock", ".md", ".mjs", ".png", ".py", ".qm", ".qml",
    ".qpt", ".svg", ".toml", ".ts", ".ttf", ".txt", ".typed", ".xml", ".yaml", "",
}  # fmt: skip
PROGRAMS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"!<arch>")
_QT6_TROUBLE = re.compile(
    r"\b(?:PyQt[456]|PySide[26])\b|\bexec_\(|\bQRegExp\b|\bQVariant\.[A-Z]|\bfrom sip\b|(?<!qgis\.PyQt )\bimport sip\b"
)


def archive(path: Path) -> Iterator[str]:
    """Size, one top folder that is an identifier, safe names, plain modes, no links."""
    if path.stat().st_size > LARGEST:
        yield f"{path.name}: {path.stat().st_size} bytes, more than {LARGEST}"
    with zipfile.ZipFile(path) as file:
        entries = file.infolist()
    tops = {entry.filename.split("/")[0] for entry in entries}
    if len(tops) != 1 or not all(top.isidentifier() for top in tops):
        yield f"top folders: {sorted(tops)}; exactly one identifier is wanted"
    for entry in entries:
        parts = Path(entry.filename).parts
        if entry.filename.startswith("/") or ".." in parts or "\\" in entry.filename:
            yield f"{entry.filename}: unsafe name"
        if entry.external_attr >> 16 != 0o100644:
            yield f"{entry.filename}: mode {entry.external_attr >> 16:o}, not a plain readable file"
        unwanted = UNWANTED_FOLDERS.intersection(parts)
        if unwanted or any(part.startswith(".") for part in parts):
            yield f"{entry.filename}: does not belong into a plugin"


def metadata(folder: Path) -> Iterator[str]:
    """The fields the site asks for, in the form it asks for."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    if not parser.read(folder / "metadata.txt", encoding="utf-8"):
        yield "metadata.txt is missing"
        return
    general = parser["general"]
    for field in REQUIRED:
        if not general.get(field, "").strip():
            yield f"metadata.txt: {field} is missing"
    for field in ("tracker", "repository", "homepage"):
        if urlparse(general.get(field, "")).scheme not in ("http", "https"):
            yield f"metadata.txt: {field} is no web address"
    if not re.fullmatch(r"\d+\.\d+\.\d+", general.get("version", "")):
        yield "metadata.txt: version is not like 1.2.3"
    if f'__version__ = "{general.get("version")}"' not in (folder / "__init__.py").read_text(encoding="utf-8"):
        yield "metadata.txt: version differs from __version__"
    for field, wanted in (
        ("qgisMinimumVersion", "3.40"),
        ("qgisMaximumVersion", "4.99"),
        ("supportsQt6", "True"),
        ("hasProcessingProvider", "yes"),
    ):
        if general.get(field) != wanted:
            yield f"metadata.txt: {field} = {general.get(field)}, wanted {wanted}"
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", general.get("email", "")):
        yield "metadata.txt: email is no address"
    if not (folder / general.get("icon", "?")).is_file():
        yield f"metadata.txt: icon {general.get('icon')} is not in the zip"
    for needed in ("__init__.py", "LICENSE", "requirements/engine.lock"):
        if not (folder / needed).is_file():
            yield f"{needed} is missing"


def binaries(folder: Path) -> Iterator[str]:
    """No programs and no kinds of file that nobody expects."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (path.suffix not in KINDS or path.read_bytes()[:8].startswith(PROGRAMS)):
            yield f"{path.relative_to(folder)}: unexpected kind of file"


def sources(folder: Path) -> Iterator[str]:
    """Python that compiles, without ``assert`` (it vanishes under ``-O``), and ready for Qt 6."""
    for path in sorted(folder.rglob("*.py")):
        name, text = path.relative_to(folder), path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text, str(name))):
            if isinstance(node, ast.Assert):
                yield f"{name}:{node.lineno}: assert"
        if name.parts[0] != "qgis_plugin":
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if trouble := _QT6_TROUBLE.search(line.split("#")[0]):
                yield f"{name}:{number}: {trouble.group()} is not ready for Qt 6"


def leaks(folder: Path) -> Iterator[str]:
    """What looks like a secret."""
    yield from secrets(folder, [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()])


RULES: dict[str, Callable[[Path], Iterator[str]]] = {
    "metadata": metadata,
    "kinds of files": binaries,
    "sources": sources,
    "bandit": unexplained,
    "detect-secrets": leaks,
}


def problems(path: Path) -> dict[str, list[str]]:
    """Every rule's name and its breaches in the zip at ``path``."""
    found = {"archive": list(archive(path))}
    with tempfile.TemporaryDirectory() as temporary, zipfile.ZipFile(path) as file:
        file.extractall(temporary)
        tops = [top for top in Path(temporary).iterdir() if top.is_dir()]
        for name, rule in RULES.items():
            found[name] = list(rule(tops[0])) if tops else ["empty"]
    return found


if __name__ == "__main__":
    result = problems(Path(sys.argv[1]))
    for rule_name, lines in result.items():
        print(f"{'✗' if lines else '✓'} {rule_name}")
        print("".join(f"    {line}\n" for line in lines), end="")
    sys.exit(any(result.values()))
