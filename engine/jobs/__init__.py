"""What runs each job: read, compute, write. A module is imported only when its job is asked for.

Each runner takes the parameters as read by the contract and a report, and returns the result as plain JSON values.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from ...layers.errors import InputError
from ...layers.report import Report
from ..contract import Job
from .threads import one_thread_for_blas

Runner = Callable[[Mapping[str, Any], Report], dict[str, Any]]


def runner(job_id: str) -> Runner:
    """The function that runs ``job_id``: ``zoning.check`` → ``engine/jobs/zoning.py``, function ``check``."""
    module, function = job_id.split(".")
    with _importing():
        found: Runner = getattr(import_module(f"{__name__}.{module}"), _function_name(function))
    return found


@contextmanager
def _importing() -> Iterator[None]:
    """A thousand modules are read without the search for circular garbage, and it never looks through them later:
    they stay. numpy starts no threads of its own: they would be awake for a tenth of a second with nothing to do.
    """
    known, searched = len(sys.modules), gc.isenabled()
    one_thread_for_blas()
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > known:
            gc.freeze()
        if searched:
            gc.enable()


def perform(job: Job, values: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Run ``job`` on ``values`` as somebody gave them. Raises :class:`DothiError` before it begins for wrong ones.

    A data set that is not there is told at once: what lies beside it alone would answer as if it held nothing.
    """
    read = job.read(values)
    for parameter in job.parameters:
        path = read[parameter.id]
        if parameter.kind == "dataset" and path is not None and not Path(path).exists():
            raise InputError("engine.file_missing", path=path)
    return runner(job.id)(read, report)


def _function_name(word: str) -> str:
    return f"{word}_" if word in ("import", "list", "map", "set") else word
