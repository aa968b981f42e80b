"""``dothi serve``: warm answers to short questions, one JSON object a line, until standard input closes.

Ask ``{"id": 7, "job": "zoning.explain", "parameters": {…}}``; the answer is
``{"event": "answer", "id": 7, "value": …}`` or ``{"event": "error", "id": 7, "code": …, "arguments": …}``.
Only quick jobs are served.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ..layers.errors import DothiError, UsageError
from ..layers.report import SILENT
from .contract import JOBS
from .contract.protocol import EXIT_OK
from .jobs import runner
from .run import Events, as_dothi_error


def answer(question: Any) -> dict[str, Any]:
    """The value for one question. Raises :class:`DothiError`."""
    if not isinstance(question, dict) or not isinstance(question.get("parameters", {}), dict):
        raise UsageError("engine.parameters_unreadable", reason=str(question)[:200])
    job = JOBS.get(str(question.get("job")))
    if job is None or not job.quick:
        raise UsageError("engine.not_served", job=str(question.get("job")))
    return runner(job.id)(job.read(question.get("parameters", {})), SILENT)


def serve() -> int:
    """Answer until standard input closes."""
    events = Events()
    events.hello()
    for line in sys.stdin:
        if not line.strip():
            continue
        asked: Any = None
        try:
            asked = json.loads(line)
            events.say("answer", id=asked.get("id") if isinstance(asked, dict) else None, value=answer(asked))
        except json.JSONDecodeError as error:
            _tell(events, asked, UsageError("engine.parameters_unreadable", reason=str(error)))
        except Exception as error:
            _tell(events, asked, as_dothi_error(error))
    return EXIT_OK


def _tell(events: Events, asked: Any, error: DothiError) -> None:
    identity = asked.get("id") if isinstance(asked, dict) else None
    events.say("error", id=identity, code=error.code, arguments=error.arguments)
