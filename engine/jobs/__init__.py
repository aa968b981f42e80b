"""What runs each job: read, compute, write. A module is imported only when its job is asked for.

Each runner takes the parameters as read by the contract and a report, and returns the result as plain JSON values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from ...layers.report import Report

Runner = Callable[[Mapping[str, Any], Report], dict[str, Any]]


def runner(job_id: str) -> Runner:
    """The function that runs ``job_id``: ``zoning.check`` → ``engine/jobs/zoning.py``, function ``check``."""
    module, function = job_id.split(".")
    found: Runner = getattr(import_module(f"{__name__}.{module}"), _function_name(function))
    return found


def _function_name(word: str) -> str:
    return f"{word}_" if word in ("import", "list", "map") else word
