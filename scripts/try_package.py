"""Install the built zip into empty QGIS profiles, with QGIS's own installer, and use it: with an engine, and without.

``python -m dothi.scripts.try_package dist/dothi-VERSION.zip``. QGIS's window is opened on a virtual screen. With an
engine a job must give its result; without one the plugin must open, list its algorithms, and say in a sentence what is
missing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..engine.contract import JOBS
from ..engine.contract.environment import checkout_environment, environment_folder
from ..layers.messages import catalogue
from .files import ROOT
from .qgis_profile import environment

_WITHIN = 180.0  # seconds for one start of QGIS on a slow machine

# Run inside QGIS's window once it is up; says what it saw in a file and ends QGIS.
_INSTALL = """
import json, os, traceback
import pyplugin_installer, qgis.utils
from qgis.PyQt.QtCore import QTimer
from qgis.core import QgsApplication, QgsSettings
seen = {{}}
def look():
    try:
        pyplugin_installer.instance().installFromZipFile({archive!r})
        QgsSettings().setValue("PythonPlugins/dothi", True)
        if "dothi" not in qgis.utils.active_plugins:
            qgis.utils.loadPlugin("dothi") and qgis.utils.startPlugin("dothi")
        provider = QgsApplication.processingRegistry().providerById("dothi")
        seen["active"] = "dothi" in qgis.utils.active_plugins
        seen["algorithms"] = sorted(a.name() for a in provider.algorithms()) if provider else []
        seen["can"] = [a.canExecute()[1] for a in provider.algorithms()][:1] if provider else []
        seen["from"] = qgis.utils.plugins["dothi"].__class__.__module__ if seen["active"] else ""
    except BaseException:
        seen["error"] = traceback.format_exc()
    with open({told!r}, "w", encoding="utf-8") as file:
        json.dump(seen, file)
    QgsSettings().sync()
    os._exit(0)
QTimer.singleShot(0, look)
"""


def install(archive: Path, folder: Path, surroundings: dict[str, str]) -> Iterator[str]:
    """Install ``archive`` in the empty profile of ``surroundings``; one line for each thing amiss."""
    told, code = folder / "told.json", folder / "install.py"
    code.write_text(_INSTALL.format(archive=str(archive), told=str(told)), encoding="utf-8")
    windowed = {name: value for name, value in surroundings.items() if name != "QT_QPA_PLATFORM"}
    words = ["xvfb-run", "-a", "qgis", "--nologo", "--noversioncheck", "--code", str(code)]
    done = subprocess.run(
        words, env=windowed, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_WITHIN, check=False
    )
    if not told.exists():
        yield f"QGIS did not come up: {done.stderr[-800:]}"
        return
    seen = json.loads(told.read_text(encoding="utf-8"))
    if "error" in seen or not seen.get("active"):
        yield f"the plugin did not start: {seen.get('error', seen)}"
    wanted = {job.algorithm for job in JOBS.values() if job.algorithm}
    if missing := wanted - set(seen.get("algorithms", [])):
        yield f"the toolbox lacks {sorted(missing)}"


def use(folder: Path, surroundings: dict[str, str], *, engine: bool) -> Iterator[str]:
    """Run a job headless in the profile just filled."""
    data = folder / "dữ liệu mới.gpkg"
    words = ["qgis_process", "--json", "run", "dothi:new_project", f"--data={data}", "--province=binh_duong"]
    done = subprocess.run(
        words, env=surroundings, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_WITHIN, check=False
    )
    if engine and (done.returncode != 0 or not data.exists()):
        yield f"the job did not run: {done.stderr[-800:]}"
    if not engine:
        said = [catalogue(language)["plugin.engine_missing"] for language in ("vi", "en")]
        heads = [sentence.split("{")[0][:40] for sentence in said]
        if done.returncode == 0 or not any(head in done.stderr + done.stdout for head in heads):
            yield f"without an engine it did not say what is missing: {done.stderr[-800:]}"


def attempt(archive: Path, *, engine: bool) -> list[str]:
    """Everything amiss with ``archive`` in an empty profile, with or without an engine on the machine."""
    with tempfile.TemporaryDirectory(prefix="Hồ sơ mới ") as temporary:
        folder = Path(temporary)
        profile = folder / "profile"
        profile.mkdir()
        surroundings = environment(profile, headless=True)
        surroundings |= {"XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config")}
        if engine:
            link = folder / "data" / "dothi" / environment_folder(ROOT).name
            link.parent.mkdir(parents=True)
            link.symlink_to(os.path.relpath(checkout_environment(ROOT), link.parent))
        amiss = list(install(archive, folder, surroundings))
        return amiss or list(use(folder, surroundings, engine=engine))


if __name__ == "__main__":
    package = Path(sys.argv[1]).resolve()
    failed = False
    for with_engine in (True, False):
        lines = attempt(package, engine=with_engine)
        failed |= bool(lines)
        print(f"{'✗' if lines else '✓'} empty profile, {'with' if with_engine else 'without'} an engine")
        print("".join(f"    {line}\n" for line in lines), end="")
    sys.exit(failed)
