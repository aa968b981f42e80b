"""Serve the gateway as a process of its own: ``python -m dothi.tests.doubles.gateway --trouble 0.2 --seed 1``.

A dump tells the records by collection; for the rest see :mod:`dothi.tests.doubles.besieged`.
"""

from __future__ import annotations

from ..besieged import run
from .server import Gateway, serving


def is_writing(method: str, path: str) -> bool:
    """Whether a request changes something; reading by a list of identifiers is a POST, too."""
    return method in ("PUT", "DELETE") or path.endswith(("/lo", "/xoa"))


if __name__ == "__main__":
    run(__doc__, lambda fault: Gateway(faults=fault), serving, is_writing, lambda gateway: gateway.held)
