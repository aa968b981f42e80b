"""What the jobs of the demo found, in sentences with figures."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..layers.catalogue import domains
from ..layers.messages import has, number, sentence
from .files import ROOT, shown

_HECTARE = 10_000.0  # m²


def say(code: str, language: str, **arguments: Any) -> None:
    """Print the sentence of ``doors.CODE``, indented."""
    print(f"   {sentence(f'doors.{code}', language, **arguments)}")


def counted(counts: Mapping[str, float], domain: str, language: str) -> str:
    """``Đạt 12 · Không đạt 3``: the codes of ``domain`` that occur, in its order, by their names."""
    values = domains()[domain].values
    known = [code for code in values if counts.get(code)]
    return " · ".join(f"{values[code][language]} {number(counts[code], language)}" for code in known)


def built(results: Mapping[str, Any], seconds: float, language: str) -> None:
    """The demo province."""
    say("built", language, seconds=seconds, features=sum(results["counts"].values()), layers=len(results["counts"]))


def zoning(results: Mapping[str, Any], language: str) -> None:
    """Outcomes, and the rules that were broken most."""
    say("zoning", language, checked=results["checked"], outcomes=counted(results["outcomes"], "outcome", language))
    for rule, counts in sorted(results["by_rule"].items(), key=lambda item: -item[1].get("fail", 0)):
        if counts.get("fail"):
            title = sentence(f"zoning.rule.{rule}", language) if has(f"zoning.rule.{rule}") else rule
            say("zoning_rule", language, rule=title, outcomes=counted(counts, "outcome", language))
    say("written", language, path=shown(results["run"]))


def change(results: Mapping[str, Any], language: str) -> None:
    """Alerts, their area and their relation to the concessions."""
    say(
        "change",
        language,
        count=results["count"],
        area=results["area_m2"] / _HECTARE,
        relations=counted(results["relations"], "alert_relation", language),
    )
    say("written", language, path=shown(results["run"]))


def ioc(results: Mapping[str, Any], language: str) -> None:
    """What the package for the operations centre holds."""
    counts = results["counts"]
    say("ioc", language, entities=sum(counts.values()), layers=len(counts))
    say("written", language, path=shown(results["folder"]))


def score(data: Path, language: str) -> int:
    """Found and missed, by the truth the demo keeps beside it. Returns 1 where that could not be told."""
    words = [sys.executable, "-I", "-X", "utf8", str(ROOT / "engine" / "launch.py"), "demo", "score"]
    done = subprocess.run([*words, "--data", str(data), "--json"], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout) if done.stdout else {"error": done.stderr[-500:]}
    print()
    if "error" in told:
        say("score_failed", language, reason=str(told["error"]))
        return 1
    print(told)
    return 0
