"""Serve the broker as a process of its own: ``python -m dothi.tests.doubles.ngsi_ld --trouble 0.2 --seed 1``.

A dump tells the entities by tenant; for the rest see :mod:`dothi.tests.doubles.besieged`.
"""

from __future__ import annotations

from typing import Any

from ..besieged import FAULTS, run
from .server import Broker, serving

_WRITING = ("create", "upsert", "delete")


def _held(broker: Broker) -> dict[str, Any]:
    return {tenant: entities.held for tenant, entities in broker.tenants.items()}


if __name__ == "__main__":
    run(
        __doc__,
        lambda fault: Broker(faults=fault, slow_s=0.05),
        serving,
        lambda _method, path: path.endswith(_WRITING),
        _held,
        FAULTS | {"slow": 2.0},
    )
