"""``dothi``: every job of the contract as a subcommand, and ``dothi serve``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from .. import __version__
from ..layers.errors import CancelledError, UsageError
from ..layers.messages import sentence
from .contract import JOBS, Job, Parameter
from .contract.protocol import EXIT_CANCELLED
from .run import Events, read_object, run_events, run_terminal, tell


def language() -> str:
    """``DOTHI_LANGUAGE``, else the locale: Vietnamese unless it is English."""
    wanted = os.environ.get("DOTHI_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or "vi"
    return "en" if wanted.lower().startswith("en") else "vi"


Words = Callable[[str], str]


def _unasked(_code: str) -> str:
    """No words where nobody asked for help: to read them all takes as long as a quick job."""
    return ""


def _words(job: Job, parameter: Parameter, words: Words) -> str:
    text = words(f"job.{job.id}.{parameter.id}.help")
    if parameter.default is not None:
        text += f" [{parameter.default}]"
    return (text + (f" ({parameter.unit})" if parameter.unit else "")).replace("%", "%%")


def _add(parser: argparse.ArgumentParser, job: Job, parameter: Parameter, words: Words) -> None:
    options: dict[str, Any] = {"help": _words(job, parameter, words)}
    if parameter.kind == "flag":
        options["action"] = "store_true"
        options["default"] = None
    else:
        options["metavar"] = "|".join(parameter.choices) if parameter.choices else parameter.kind.upper()
    if parameter.positional:
        parser.add_argument(parameter.id, nargs="?", **options)
    else:
        parser.add_argument(f"--{parameter.id.replace('_', '-')}", dest=parameter.id, **options)


def parser(words: Words) -> argparse.ArgumentParser:
    """The command line, made from the contract; ``words`` gives the sentence of a code."""
    top = argparse.ArgumentParser(prog="dothi", description=words("engine.about"))
    top.add_argument("--version", action="version", version=f"dothi {__version__}")
    areas = top.add_subparsers(dest="area", required=True, metavar="AREA")
    groups: dict[str, Any] = {}
    for job in JOBS.values():
        *above, word = job.command
        place = areas
        for area in above:
            if area not in groups:
                group = areas.add_parser(area, help=words(f"job.{area}.title"))
                groups[area] = group.add_subparsers(dest="word", required=True, metavar="JOB")
            place = groups[area]
        title = words(f"job.{job.id}.title")
        leaf = place.add_parser(word, help=title, description=words(f"job.{job.id}.help"))
        leaf.set_defaults(job=job)
        for parameter in (p for p in job.parameters if not p.secret):  # everybody can read a command line
            _add(leaf, job, parameter, words)
        how = leaf.add_mutually_exclusive_group()
        how.add_argument("--json", action="store_true", help=words("engine.option_json"))
        how.add_argument("--events", action="store_true", help=words("engine.option_events"))
    areas.add_parser("serve", help=words("engine.option_serve"))
    return top


def _end(_signal: int, _frame: Any) -> None:
    raise KeyboardInterrupt


def hold_standard_streams() -> None:
    """Take the places of streams that were closed, or the next file opened would get what libraries print."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing != number:
                os.dup2(nothing, number)
                os.close(nothing)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point. Exit codes: 0 done, 1 unexpected, 2 usage, 3 input, 4 machine, 130 cancelled."""
    hold_standard_streams()
    if not sys.warnoptions:  # libraries warn in words for programmers; what a user must know has a code and a sentence
        warnings.simplefilter("ignore")
    signal.signal(signal.SIGTERM, _end)
    try:
        return _run(arguments)
    except KeyboardInterrupt:  # before a job began, or while nobody asked anything
        return EXIT_CANCELLED


def _run(arguments: Sequence[str] | None) -> int:
    lang = language()
    given_words = sys.argv[1:] if arguments is None else arguments
    asked = any(word.startswith(("-h", "--h")) for word in given_words)
    given = parser(partial(sentence, language=lang) if asked else _unasked).parse_args(given_words)
    if given.area == "serve":
        from .serve import serve

        return serve()
    job: Job = given.job
    values = {p.id: v for p in job.parameters if (v := getattr(given, p.id, None)) is not None}
    if not given.events:
        return run_terminal(job, values, language=lang, as_json=given.json)
    events = Events()
    try:
        values |= read_object(sys.stdin.read() or "{}")
    except UsageError as error:
        with suppress(CancelledError):
            events.hello()
        return tell(events, error)
    return run_events(job, values, events)
