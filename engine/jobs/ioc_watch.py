"""Publishing again and again on a server without a screen, until the system asks to end."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...ioc.profile import Profile
from ...ioc.sync import OUTCOMES
from ...layers.errors import CancelledError, DothiError, EnvironmentTroubleError
from ...layers.report import Report
from ...store import alone as locks
from .ioc_source import seven, state_path

MINUTE = 60.0  # seconds

Once = Callable[[Mapping[str, Any], Report], dict[str, Any]]


class _Asked:
    """Whether the system or the keyboard asked to end. It says so by an interrupt, which a library in C may turn into
    an error of its own; so it is also remembered.
    """

    def __init__(self) -> None:
        self.yes = False

    def __call__(self, _signal: int, _frame: object) -> None:
        self.yes = True
        raise KeyboardInterrupt

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear the signals within the block; before and after, they mean what they meant."""
        before = {one: signal.signal(one, self) for one in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def watch(
    once: Once,
    data: Path,
    profile: Profile,
    parameters: Mapping[str, Any],
    report: Report,
    wait: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Run ``once`` every ``every`` minutes; the result is the last one, with the counts of all rounds together.

    What goes wrong in a later round is said, and the next round tries again; in the first it is raised, because a
    target that never worked is a mistake of the one who starts. SIGTERM and Ctrl-C end it in order, in the middle of a
    round as well: what was not proved is read back first by the next one. Raises :class:`EnvironmentTroubleError`
    (``ioc.watched_already``) while another process watches the same target, and :class:`CancelledError` if it was
    ended before the first round was through.
    """
    total, last, asked = Counter[str](), dict[str, Any](), _Asked()
    lock = state_path(data, profile).with_suffix(".watch")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with locks.alone(lock, EnvironmentTroubleError("ioc.watched_already", target=profile.name)), asked.heard():
        try:
            while not asked.yes:
                last = _round(once, parameters, report, last)
                total.update({name: int(last[name]) for name in OUTCOMES if name != "unchanged"})
                if not asked.yes:
                    wait(float(parameters["every"]) * MINUTE)
        except (Exception, KeyboardInterrupt) as error:
            if not asked.yes:
                raise
            if not last:
                raise CancelledError from error
    report.message("ioc.watch_ended", target=profile.name)
    return {**last, **seven({**total, "unchanged": last["unchanged"]})}


def _round(once: Once, parameters: Mapping[str, Any], report: Report, before: dict[str, Any]) -> dict[str, Any]:
    report.message("ioc.watch_round", at=datetime.now(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S"))
    try:
        return once(parameters, report)
    except CancelledError:
        raise
    except DothiError as error:
        if not before:
            raise
        report.message(error.code, level="warning", **error.arguments)
        return {**before, **seven({"unchanged": before["unchanged"]})}
