"""The main job of ``make demo``: data, project, the three jobs headless, what they found, pictures, the window."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..ioc.publication import FORMATS
from ..layers.errors import InputError
from ..layers.messages import sentence
from . import browser, own_data, qgis_run, tell
from .board import READY, board
from .files import ROOT, shown
from .qgis_profile import NAME, environment, prepare
from .steps import Steps, digest, state
from .window import BUILD, PROFILE, has_screen, open_and_leave

LANGUAGE = os.environ.get("DOTHI_LANGUAGE", "vi")

_COMPUTING = ("engine", "layers", "processing", "resources", "store")
_ALL = (*_COMPUTING, "ioc", "qgis_plugin")


def say(code: str, **arguments: Any) -> None:
    """Print the sentence of ``doors.CODE`` at once."""
    print(sentence(f"doors.{code}", LANGUAGE, **arguments), flush=True)


def engine(*words: str) -> Any:
    """The result of a command of the engine; its progress goes to the terminal. Raises :class:`RefusedError`."""
    launch = [sys.executable, "-I", "-X", "utf8", str(ROOT / "engine" / "launch.py")]
    done = subprocess.run([*launch, *words, "--json"], stdout=subprocess.PIPE, text=True, check=False)
    told = json.loads(done.stdout or "{}")
    if done.returncode != 0:
        said = told.get("error", {}).get("sentence", {}).get(LANGUAGE, " ".join(words))
        raise qgis_run.RefusedError(said)
    return told


class Demo:
    """One run of the demo on one subject."""

    def __init__(self, subject: own_data.Subject) -> None:
        self.subject = subject
        self.steps = Steps(subject.out / "steps.json")
        self.refused = 0

    def build(self) -> None:
        """The simulated data set; one that somebody has edited is kept aside."""
        wanted = digest(_COMPUTING, str(ROOT))
        if self.steps.made("data", wanted) is not None and self.subject.data.exists():
            say("data_reused", path=shown(self.subject.data))
            return
        self.keep_edited()
        say("data_building", path=shown(self.subject.out))
        began = time.monotonic()
        counts = engine("demo", "build", "--out", str(self.subject.out))["counts"]
        say("built", features=sum(counts.values()), layers=len(counts), seconds=time.monotonic() - began)
        self.steps.note("data", wanted, {"state": state(self.subject.data)})

    def keep_edited(self) -> None:
        """Before the data are built anew: what was changed since the last time is moved aside, never lost."""
        last = self.steps.last("data")
        if last and self.subject.data.exists() and last["state"] != state(self.subject.data):
            aside = self.subject.out.with_name(f"{self.subject.out.name}-{time.strftime('%Y%m%d-%H%M%S')}")
            self.subject.out.rename(aside)
            self.steps = Steps(self.subject.out / "steps.json")
            say("data_kept", path=shown(aside))

    def build_project(self, runs: list[Path]) -> None:
        """The QGIS project of the data, with the newest results in it."""
        print()
        wanted = digest(_ALL, str(ROOT), str(self.subject.data), state(self.subject.data), *map(str, runs))
        if self.steps.made("project", wanted) is not None and self.subject.project.exists():
            say("project_reused", path=shown(self.subject.project))
            return
        given: dict[str, Any] = {"data": self.subject.data, "project": self.subject.project}
        if self.subject.images and not self.subject.simulated:
            given["scenes"] = self.subject.images
        done = qgis_run.run("build_project", given, PROFILE)
        self.steps.note("project", wanted, done.results)
        say("project_built", path=shown(self.subject.project), seconds=done.seconds)

    def score(self) -> None:
        """Found and missed, by the truth that the demo keeps beside its data."""
        print()
        say("score")
        try:
            tell.score(engine("demo", "score", "--data", str(self.subject.data)), LANGUAGE)
        except qgis_run.RefusedError as error:
            self.refused += 1
            print(f"   {error}")

    def job(
        self,
        number: int,
        algorithm: str,
        parameters: Mapping[str, Any],
        show: Callable[..., None],
        runs: Sequence[Path] = (),
    ) -> Any:
        """Run a job, or take what it gave the last time; say what it found. None: it refused, and why was said.

        ``runs`` are those of other jobs that this one reads.
        """
        print()
        say("job", number=number, command=shlex.join(qgis_run.command(algorithm, parameters)))
        inputs = [state(value) for name, value in parameters.items() if isinstance(value, Path) and name != "target"]
        wanted = digest(_ALL, str(ROOT), repr(parameters), *inputs, *map(str, runs))
        results = self.steps.made(algorithm, wanted)
        if results is None or not all(Path(results[key]).exists() for key in ("run", "folder") if results.get(key)):
            try:
                done = qgis_run.run(algorithm, parameters, PROFILE)
            except qgis_run.RefusedError as error:
                self.refused += 1
                say("job_refused", reason=str(error))
                return None
            results = done.results
            self.steps.note(algorithm, wanted, results)
            say("job_done", seconds=done.seconds)
        else:
            say("job_reused")
        show(results, LANGUAGE)
        return results

    def jobs(self) -> list[Path]:
        """The three jobs; returns the run files of those that made one."""
        data = self.subject.data
        given = {"date": "2026-06-01", "plan_state": "approved"} if self.subject.simulated else {}
        found = [self.job(1, "check_zoning", {"data": data, **given}, tell.zoning)]
        if self.subject.images:
            before, after = self.subject.images
            pair = {"before": before, "after": after, "data": data}
            found.append(self.job(2, "detect_change", pair, tell.change))
        else:
            print()
            say("no_images")
        runs = [Path(results["run"]) for results in found if results]
        target: dict[str, Any] = {"data": data, "target": self.subject.out / "ioc", "formats": ",".join(FORMATS)}
        if self.subject.simulated:  # a province that was built anew takes the place of the former one at the centre too
            target["allow_vanish"] = True
        if self.job(3, "publish_ioc", target, tell.ioc, runs):
            self.board()
        return runs

    def board(self) -> None:
        """What the centre sees of it: the command, and its picture where a Chromium is at hand."""
        print()
        folder = self.subject.out / "ioc"
        say("board", command=shlex.join([".venv/bin/dothi", "ioc", "board", "--folder", shown(folder)]))
        if browser.chromium() is None:
            return
        picture = self.subject.out / "pictures" / "board.png"
        picture.parent.mkdir(exist_ok=True)
        try:
            with board(folder) as address, browser.page() as page:
                page.open(address)
                page.wait(READY)
                page.picture(picture)
        except (OSError, RuntimeError) as error:  # a picture is no work of the demo: the command above stands
            say("board_no_picture", reason=str(error)[:300])
        else:
            print(f"   {shown(picture)}")

    def pictures(self) -> None:
        """The drawings of the project as pictures."""
        plugins = PROFILE / "profiles" / NAME / "python" / "plugins"
        out = self.subject.out / "pictures"
        words = [
            os.environ.get("QGIS_PYTHON", "/usr/bin/python3"),
            "scripts/render.py",
            str(plugins),
            str(self.subject.project),
        ]
        done = subprocess.run(
            [*words, str(out)],
            cwd=ROOT,
            env=environment(PROFILE, headless=True),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        print()
        if done.returncode != 0:
            self.refused += 1
            say("pictures_failed", reason="\n".join(done.stderr.strip().splitlines()[-8:]))
            return
        say("pictures")
        for line in done.stdout.splitlines():
            print(f"   {shown(line)}")

    def window(self) -> None:
        """QGIS on the project, left open by itself, where there is a screen."""
        print()
        if has_screen():
            open_and_leave(self.subject.project)
        say("window" if has_screen() else "no_screen", project=shown(self.subject.project))


def main() -> int:
    """Run the demo; 0 when every job did its work."""
    began = time.monotonic()
    prepare(PROFILE, LANGUAGE)
    try:
        subject = own_data.chosen(os.environ.get("DOTHI_DATA", ""), BUILD)
        say("start", version=__version__, data=shown(subject.data))
        demo = Demo(subject)
        if subject.simulated:
            demo.build()
        runs = demo.jobs()
        if subject.simulated:
            demo.score()
        demo.build_project(runs)
    except (InputError, qgis_run.RefusedError) as error:
        print(error.sentence(LANGUAGE) if isinstance(error, InputError) else error, file=sys.stderr)
        return 3
    demo.pictures()
    demo.window()
    say("end", seconds=time.monotonic() - began)
    return int(demo.refused > 0)


if __name__ == "__main__":
    sys.exit(main())
