"""Serve the double as a process of its own: ``python -m dothi.tests.doubles.ngsi_ld --trouble 0.2 --seed 1``.

Prints its address, then obeys lines on standard input: ``trouble 0.1`` (the chance that a request meets a fault) and
``dump`` (one line of JSON: entities by tenant, faults met so far). Ends with its standard input.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter

from .server import Broker, serving

FAULTS = ("lost", "answer lost", "kept nothing", "half", "500", "429", "413", "restart empty", "slow")
_WRITING = ("create", "upsert", "delete")


def main() -> None:
    """Serve until standard input ends."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trouble", type=float, default=0.0)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    dice, met = random.Random(given.seed), Counter[str]()
    trouble = given.trouble

    def fault(_method: str, path: str) -> str:
        writing = path.endswith(_WRITING)
        if dice.random() >= (trouble if writing else trouble / 4):
            return ""
        # A server that restarts empty is rare; to lose requests it need not be asked to write.
        chosen = dice.choices(FAULTS, [8, 8, 6, 6, 6, 4, 4, 0.3, 2])[0] if writing else "lost"
        met[chosen] += 1
        return chosen

    broker = Broker(faults=fault, slow_s=0.05)
    with serving(broker) as address:
        print(address, flush=True)
        for line in sys.stdin:
            word, _, value = line.strip().partition(" ")
            if word == "trouble":
                trouble = float(value)
                print("ok", flush=True)
            elif word == "dump":
                held = {tenant: entities.held for tenant, entities in broker.tenants.items()}
                print(json.dumps({"held": held, "faults": dict(met), "requests": len(broker.seen)}), flush=True)


if __name__ == "__main__":
    main()
