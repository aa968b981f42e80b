"""A double as a process of its own, whose requests meet faults by chance.

Prints its address, then obeys lines on standard input: ``trouble 0.1`` (the chance that a request meets a fault) and
``dump`` (one line of JSON: what is held, faults met so far, requests seen). Ends with its standard input.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

# Fault of a request that changes something → how often, compared with the others. A server that restarts empty is rare.
FAULTS = {
    "lost": 8.0, "answer lost": 8.0, "kept nothing": 6.0, "half": 6.0, "500": 6.0, "429": 4.0, "413": 4.0,
    "restart empty": 0.3,
}  # fmt: skip


class Double(Protocol):
    """The other side: it remembers the requests that it has seen."""

    seen: list[Any]


Made = TypeVar("Made", bound=Double)


def run(
    about: str | None,
    make: Callable[[Callable[[str, str], str]], Made],
    serving: Callable[[Made], AbstractContextManager[str]],
    is_writing: Callable[[str, str], bool],
    held: Callable[[Made], Any],
    faults: Mapping[str, float] = FAULTS,
) -> None:
    """Serve until standard input ends.

    ``make`` makes the double from what gives each request (method and path) its fault, empty for none; ``is_writing``
    says which requests change something; ``held`` is what a dump tells.
    """
    options = argparse.ArgumentParser(description=about)
    options.add_argument("--trouble", type=float, default=0.0)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    dice, met = random.Random(given.seed), Counter[str]()
    trouble = given.trouble

    def fault(method: str, path: str) -> str:
        writing = is_writing(method, path)
        if dice.random() >= (trouble if writing else trouble / 4):
            return ""
        # To lose requests, a server need not be asked to write.
        chosen = dice.choices(list(faults), list(faults.values()))[0] if writing else "lost"
        met[chosen] += 1
        return chosen

    double = make(fault)
    with serving(double) as address:
        print(address, flush=True)
        for line in sys.stdin:
            word, _, value = line.strip().partition(" ")
            if word == "trouble":
                trouble = float(value)
                print("ok", flush=True)
            elif word == "dump":
                print(json.dumps({"held": held(double), "faults": dict(met), "requests": len(double.seen)}), flush=True)
