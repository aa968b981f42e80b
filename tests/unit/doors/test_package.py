"""The zip: the same bytes each time, nothing in it that does not belong there, and rules that notice what does not."""

from __future__ import annotations

import shutil
import zipfile

import pytest

from dothi import __version__
from dothi.scripts import check_bandit, check_package, check_secrets, package
from dothi.scripts.files import ROOT


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return package.build(tmp_path_factory.mktemp("gói"))


def test_the_same_files_give_the_same_bytes(archive, tmp_path):
    assert package.build(tmp_path).read_bytes() == archive.read_bytes()
    assert archive.name == f"dothi-{__version__}.zip"


def test_the_zip_is_a_plugin_and_nothing_else(archive):
    assert not list(check_package.archive(archive))
    with zipfile.ZipFile(archive) as file:
        names = set(file.namelist())
    assert {"dothi/__init__.py", "dothi/metadata.txt", "dothi/LICENSE", "dothi/requirements/engine.lock"} <= names
    assert not [name for name in names if "/tests/" in name or "/scripts/" in name or name.endswith(".md~")]
    assert not [name for name in names if name.split("/")[1] in ("docs", "desk", "Makefile", "build")]


def test_the_site_would_take_it(archive, tmp_path):
    with zipfile.ZipFile(archive) as file:
        file.extractall(tmp_path)
    for rule in (check_package.metadata, check_package.binaries, check_package.sources):
        assert not list(rule(tmp_path / "dothi"))


@pytest.fixture
def plugin(tmp_path):
    """A small plugin that keeps every rule."""
    folder = tmp_path / "dothi"
    (folder / "qgis_plugin").mkdir(parents=True)
    (folder / "requirements").mkdir()
    (folder / "resources" / "icons").mkdir(parents=True)
    for name in ("metadata.txt", "__init__.py", "LICENSE", "requirements/engine.lock", "resources/icons/dothi.svg"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_a_missing_field_is_noticed(plugin):
    metadata = plugin / "metadata.txt"
    metadata.write_text(metadata.read_text(encoding="utf-8").replace("tracker=", "trucker="), encoding="utf-8")
    assert [line for line in check_package.metadata(plugin) if "tracker" in line]


def test_a_version_that_differs_is_noticed(plugin):
    metadata = plugin / "metadata.txt"
    text = metadata.read_text(encoding="utf-8").replace(f"version={__version__}", "version=9.9.9")
    metadata.write_text(text, encoding="utf-8")
    assert "metadata.txt: version differs from __version__" in list(check_package.metadata(plugin))


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("from PyQt5.QtCore import Qt", "PyQt5"),
        ("dialog.exec_()", "exec_("),
        ("kind = QVariant.Int", "QVariant.I"),
        ("assert kind", "assert"),
    ],
)
def test_what_qt6_or_python_would_trip_over_is_noticed(plugin, line, word):
    (plugin / "qgis_plugin" / "panel.py").write_text(line + "\n", encoding="utf-8")
    assert [told for told in check_package.sources(plugin) if word in told]


def test_a_program_under_any_name_is_noticed(plugin):
    (plugin / "resources" / "picture.png").write_bytes(b"\x7fELF" + bytes(60))
    (plugin / "resources" / "library.so").write_bytes(b"")
    assert len(list(check_package.binaries(plugin))) == 2


def test_an_unsafe_zip_is_noticed(tmp_path):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("dothi/__init__.py", "")
        file.writestr("dothi/tests/test_x.py", "")
        file.writestr("../outside.py", "")
    told = "\n".join(check_package.archive(path))
    assert "top folders" in told
    assert "unsafe name" in told
    assert "dothi/tests/test_x.py: does not belong" in told


def test_bandit_wants_a_reason(plugin):
    source = plugin / "qgis_plugin" / "child.py"
    source.write_text("import subprocess\nsubprocess.Popen(['a'])\n", encoding="utf-8")
    assert len(list(check_bandit.unexplained(plugin))) >= 2
    source.write_text(
        "import subprocess  # nosec B404 - the engine is a process of its own\n"
        "subprocess.Popen(['a'])  # noqa: S603, S607 - a constant, never the user's words\n",
        encoding="utf-8",
    )
    assert not list(check_bandit.unexplained(plugin))


def test_a_secret_is_noticed(tmp_path):
    key = "AKIA" + "IOSFODNN7" + "ABCDEFG"
    (tmp_path / "settings.py").write_text(f'aws_key = "{key}"\n', encoding="utf-8")
    assert list(check_secrets.secrets(tmp_path, [(tmp_path / "settings.py").relative_to(tmp_path)]))
