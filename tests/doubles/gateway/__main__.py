"""Serve the gateway as a process of its own: ``python -m dothi.tests.doubles.gateway --trouble 0.2 --seed 1``.

Obeys the same lines as the double of the broker: ``trouble 0.1`` and ``dump`` (records by collection, faults met).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter

from .server import Gateway, serving

FAULTS = ("lost", "answer lost", "kept nothing", "half", "500", "429", "413", "restart empty")


def is_writing(method: str, path: str) -> bool:
    """Whether a request changes something; reading by a list of identifiers is a POST, too."""
    return method in ("PUT", "DELETE") or path.endswith(("/lo", "/xoa"))


def main() -> None:
    """Serve until standard input ends."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trouble", type=float, default=0.0)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    dice, met = random.Random(given.seed), Counter[str]()
    trouble = given.trouble

    def fault(method: str, path: str) -> str:
        writing = is_writing(method, path)
        if dice.random() >= (trouble if writing else trouble / 4):
            return ""
        # A server that restarts empty is rare; to lose requests it need not be asked to write.
        chosen = dice.choices(FAULTS, [8, 8, 6, 6, 6, 4, 4, 0.3])[0] if writing else "lost"
        met[chosen] += 1
        return chosen

    gateway = Gateway(faults=fault)
    with serving(gateway) as address:
        print(address, flush=True)
        for line in sys.stdin:
            word, _, value = line.strip().partition(" ")
            if word == "trouble":
                trouble = float(value)
                print("ok", flush=True)
            elif word == "dump":
                told = {"held": gateway.held, "faults": dict(met), "requests": len(gateway.seen)}
                print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
