"""How many points a sample needs, and how they go to the strata (Olofsson et al. 2014, sections 5.1.1 and 5.1.2)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

# Standard error of overall accuracy that the paper's example aims at.
TARGET_ERROR = 0.01
# Points that a rare stratum gets at least: the paper names 50, 75 and 100.
LEAST = 50


def sample_size(shares: Mapping[str, float], users: Mapping[str, float], error: float = TARGET_ERROR) -> int:
    """Points in all for a standard error ``error`` of overall accuracy: (Σ Wᵢ Sᵢ / S(Ô))², Sᵢ = √(Uᵢ(1 − Uᵢ)).

    ``shares`` are the strata's shares of the area (they add up to 1), ``users`` the user's accuracies that are
    expected; Cochran 1977, equation 5.25, for a large area (Olofsson et al. 2014, equation 13). Rounded up.
    """
    if error <= 0.0:
        raise ValueError(error)
    total = sum(share * math.sqrt(users[name] * (1.0 - users[name])) for name, share in shares.items())
    return math.ceil(round((total / error) ** 2, 6))


def allocation(total: int, shares: Mapping[str, float], least: int = LEAST) -> dict[str, int]:
    """Points per stratum: rare ones, whose share would bring fewer than ``least``, get ``least``; the rest goes by
    share.

    Where ``total`` cannot give every stratum ``least``, each still gets it: the sample grows rather than lie about a
    rare class. The numbers add up to at least ``total``.
    """
    rare = {name for name, share in shares.items() if share * total < least}
    while True:
        left = max(total - least * len(rare), 0)
        common = sum(share for name, share in shares.items() if name not in rare)
        more = {name for name, share in shares.items() if name not in rare and left * share / common < least}
        if not more:
            break
        rare |= more
    found = dict.fromkeys(shares, least)
    exact = {name: left * share / common for name, share in shares.items() if name not in rare}
    found |= {name: math.floor(points) for name, points in exact.items()}
    order = sorted(exact, key=lambda name: found[name] - exact[name])
    for name in order[: left - sum(found[name] for name in exact)]:
        found[name] += 1
    return found


def expected_error(points: Mapping[str, int], shares: Mapping[str, float], users: Mapping[str, float]) -> float:
    """Standard error of overall accuracy that ``points`` would bring, were the user's accuracies as expected."""
    parts = [
        shares[name] ** 2 * users[name] * (1.0 - users[name]) / max(count - 1, 1) for name, count in points.items()
    ]
    return float(np.sqrt(sum(parts)))
