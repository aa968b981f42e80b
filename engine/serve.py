"""``dothi serve``: warm answers to short questions, one JSON object a line, until standard input closes.

Ask ``{"id": 7, "job": "zoning.explain", "parameters": {…}}``; the answer is
``{"event": "answer", "id": 7, "value": …}`` or ``{"event": "error", "id": 7, "code": …, "arguments": …}``.
Only quick jobs are served.
"""

from __future__ import annotations

import sys
from typing import Any

from ..layers.errors import CancelledError, UsageError
from ..layers.report import SILENT
from .contract import JOBS
from .contract.protocol import EXIT_CANCELLED, EXIT_OK
from .jobs import perform
from .run import Events, as_dothi_error, read_object


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The value for one question. Raises :class:`DothiError`."""
    if not isinstance(question.get("parameters", {}), dict):
        raise UsageError("engine.parameters_unreadable", reason=str(question)[:200])
    job = JOBS.get(str(question.get("job")))
    if job is None or not job.quick:
        raise UsageError("engine.not_served", job=str(question.get("job")))
    return perform(job, question.get("parameters", {}), SILENT)


def serve() -> int:
    """Answer until standard input closes, or nobody reads the answers any more."""
    events = Events()
    try:
        events.hello()
        for line in sys.stdin:
            if line.strip():
                _reply(events, line)
    except CancelledError:
        return EXIT_CANCELLED
    return EXIT_OK


def _reply(events: Events, line: str) -> None:
    identity = None
    try:
        asked = read_object(line)
        identity = asked.get("id") if isinstance(asked.get("id"), (int, str)) else None
        value = answer(asked)
        events.say("answer", id=identity, value=value)
    except CancelledError:
        raise
    except Exception as error:
        told = as_dothi_error(error)
        events.say("error", id=identity, code=told.code, arguments=told.arguments)
