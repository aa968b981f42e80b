"""A QGIS profile of our own, with the plugin linked into it and on. The user's own profile is never touched."""

from __future__ import annotations

import os
from pathlib import Path

from .files import ROOT
from .package import SHIPPED

NAME = "default"  # the only one that qgis_process knows

# What a newcomer should not be asked, and the language; QSettings' own file format.
_SETTINGS = """\
[General]
Version=0
[PythonPlugins]
dothi=true
[locale]
overrideFlag=true
userLocale={locale}
globalLocale={numbers}
[qgis]
checkVersion=false
nullValue=
showTips340=false
[app]
plugin_installer\\checkOnStart=false
[core]
NewsFeed\\httpsfeedqgisorg\\disabled=true
[help]
helpSearchPath=
"""


def prepare(folder: Path, language: str, plugin: Path = ROOT) -> Path:
    """Make the profile in ``folder`` where there is none, link ``plugin`` into it; returns ``folder``.

    Settings that are there stay: the user may have arranged windows.
    """
    home = folder / "profiles" / NAME
    settings = home / "QGIS" / "QGIS3.ini"
    if not settings.exists():
        settings.parent.mkdir(parents=True, exist_ok=True)
        locale = "en_US" if language == "en" else "vi"
        numbers = "en_US" if language == "en" else "vi_VN"
        settings.write_text(_SETTINGS.format(locale=locale, numbers=numbers), encoding="utf-8")
    _link(home / "python" / "plugins" / "dothi", plugin)
    return folder


def _link(place: Path, plugin: Path) -> None:
    """What the zip would hold, room by room: a link to the whole root would lead back into itself through ``build``."""
    place.mkdir(parents=True, exist_ok=True)
    for old in place.iterdir():
        if old.is_symlink():
            old.unlink()
    for room in {Path(name).parts[0] for name in SHIPPED}:
        if (plugin / room).exists():
            (place / room).symlink_to(os.path.relpath(plugin / room, place))


def environment(folder: Path, *, headless: bool) -> dict[str, str]:
    """The environment in which QGIS uses the profile in ``folder``; ``headless`` without any screen."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    kept["QGIS_CUSTOM_CONFIG_PATH"] = str(folder.resolve())
    if os.name == "posix":  # QGIS takes the first python3 of the PATH for its own; a shell may have put another there
        kept["PATH"] = os.pathsep.join(("/usr/bin", kept.get("PATH", os.defpath)))
    if headless:
        kept["QT_QPA_PLATFORM"] = "offscreen"
        kept["GDAL_PAM_ENABLED"] = "NO"  # no .aux.xml beside the user's images
    if "XDG_RUNTIME_DIR" not in kept:  # Qt complains without one
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700, exist_ok=True)
        kept["XDG_RUNTIME_DIR"] = str(runtime.resolve())
    return kept
