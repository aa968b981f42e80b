"""Setting up the engine with the user's yes: an environment of its own from the lock, checked by hashes.

It lies in the user's data folder under the hash of the lock; neither QGIS nor the system's Python is changed. The stamp
that makes the environment valid is written last, after it was verified by running it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsApplication, QgsSettings, QgsTask
from qgis.PyQt.QtWidgets import QMessageBox

from ..engine.contract import environment as place
from ..engine.contract.protocol import clean_environment
from ..layers.errors import CancelledError, DothiError, EnvironmentTroubleError
from . import engine_client
from .child import Child
from .language import tr
from .options import SETTING_WHEELHOUSE

_PROBE = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
_VERIFY = "import geopandas, rasterio, skimage"  # those with libraries of their own, which a machine may refuse
_BUNDLED = "wheelhouse"  # beside the plugin, in a bundle for machines without network


def wheelhouse() -> Path | None:
    """The folder of offline packages: the setting, else ``wheelhouse`` in the plugin's folder."""
    chosen = str(QgsSettings().value(SETTING_WHEELHOUSE, "") or "")
    folder = Path(chosen) if chosen else engine_client.ROOT / _BUNDLED
    return folder if folder.is_dir() else None


def base_pythons() -> Iterator[Path]:
    """Interpreters that might make the environment, best first. Never ``sys.executable``: that can be QGIS itself."""
    if sys.platform == "win32":
        for prefix in (sys.base_exec_prefix, sys.base_prefix):  # the Python that QGIS for Windows brings
            yield Path(prefix) / "python3.exe"
            yield Path(prefix) / "python.exe"
    else:
        yield Path("/usr/bin/python3")
    for name in ("python3.13", "python3.12", "python3.11", "python3", "python"):
        found = shutil.which(name)
        if found:
            yield Path(found)


def base_python() -> Path:
    """The first of :func:`base_pythons` that runs, is new enough and can make environments.

    Raises ``plugin.setup_no_python``.
    """
    for python in base_pythons():
        if not python.is_file():
            continue
        with Child([str(python), "-I", "-c", _PROBE], clean_environment(os.environ)) as child:
            said = [line for stream, line in child.lines() if stream == "out"]
            if child.wait() == 0 and said:
                version = tuple(int(part) for part in said[-1].split("."))
                if place.PYTHON_OLDEST <= version <= place.PYTHON_NEWEST:
                    return python
    raise EnvironmentTroubleError("plugin.setup_no_python")


def install_options(offline: Path | None) -> list[str]:
    """What pip is asked: wheels only, exactly the lock, hashes checked, nothing resolved anew."""
    options = ["--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    if offline is not None:
        options += ["--no-index", "--find-links", str(offline)]
    return [*options, "-r", str(engine_client.ROOT / place.LOCK)]


class SetupTask(QgsTask):
    """Makes the environment in the background; its progress and Cancel are in the status bar of QGIS."""

    def __init__(self, iface: Any) -> None:
        super().__init__(tr("plugin.setup_title"), QgsTask.Flag.CanCancel)
        self._iface = iface
        self._error: DothiError | None = None
        self._folder = place.environment_folder(engine_client.ROOT)
        self._offline = wheelhouse()
        self._packages = (engine_client.ROOT / place.LOCK).read_text(encoding="utf-8").count("==")

    def run(self) -> bool:
        """In the task's thread. A half-made environment has no stamp and is made anew."""
        try:
            self._make()
        except CancelledError:
            return False
        except (DothiError, OSError) as error:
            wrong = error if isinstance(error, DothiError) else None
            self._error = wrong or EnvironmentTroubleError(
                "plugin.setup_failed", step=tr("plugin.setup_creating"), last_words=str(error)
            )
            return False
        return True

    def _make(self) -> None:
        python = base_python()
        if self._folder.exists():
            shutil.rmtree(self._folder)
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        self._step(tr("plugin.setup_creating"), [str(python), "-I", "-m", "venv", str(self._folder)])
        own = place.interpreter(self._folder)
        self.setProgress(5.0)
        pip = [str(own), "-I", "-m", "pip", "install", *install_options(self._offline)]
        self._step(tr("plugin.setup_installing", package="…"), pip)
        self._step(tr("plugin.setup_verifying"), [str(own), "-I", "-c", _VERIFY])
        place.write_stamp(self._folder, engine_client.ROOT)
        self.setProgress(100.0)

    def _step(self, name: str, command: list[str]) -> None:
        self.setDescription(f"{tr('plugin.setup_title')}: {name}")
        last_words: deque[str] = deque(maxlen=engine_client.LAST_WORDS)
        collected = 0
        with Child(command, clean_environment(os.environ)) as child:
            for _, line in child.lines(self.isCanceled):
                if line.strip():
                    last_words.append(line)
                if line.startswith("Collecting "):
                    collected += 1
                    self.setProgress(5.0 + 60.0 * min(1.0, collected / max(self._packages, 1)))
                elif line.startswith("Installing collected"):
                    self.setProgress(70.0)
            if child.wait() != 0:
                raise EnvironmentTroubleError("plugin.setup_failed", step=name, last_words="\n".join(last_words))

    def finished(self, succeeded: bool) -> None:
        """In the window's thread: say how it went."""
        if succeeded:
            self._say(engine_client.state(), Qgis.MessageLevel.Success)
        elif self._error is not None:
            self._say(tr(self._error.code, **self._error.arguments), Qgis.MessageLevel.Critical)

    def _say(self, text: str, level: Qgis.MessageLevel) -> None:
        self._iface.messageBar().pushMessage(tr("plugin.name"), text, level, 0)

    def stop(self) -> None:
        """Cancel and wait a moment for the child to end."""
        if self.status() in (QgsTask.TaskStatus.Running, QgsTask.TaskStatus.Queued, QgsTask.TaskStatus.OnHold):
            self.cancel()
            self.waitForFinished(3000)


def question() -> str:
    """What the user says yes to: where, how much, from where."""
    folder, offline = str(place.environment_folder(engine_client.ROOT)), wheelhouse()
    if offline is not None:
        return tr("plugin.setup_question_offline", folder=folder, origin=str(offline))
    return tr("plugin.setup_question", folder=folder, origin=tr("plugin.setup_origin"))


def offer(iface: Any, running: SetupTask | None) -> SetupTask | None:
    """Ask, and on a yes start the task. Returns the task that now runs, if any."""
    if running is not None and running.isActive():
        iface.messageBar().pushMessage(tr("plugin.name"), tr("plugin.setup_running"), Qgis.MessageLevel.Info)
        return running
    yes = QMessageBox.StandardButton.Yes
    if QMessageBox.question(iface.mainWindow(), tr("plugin.setup_title"), question()) != yes:
        return running
    task = SetupTask(iface)
    QgsApplication.taskManager().addTask(task)
    return task
