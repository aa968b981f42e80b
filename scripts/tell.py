"""What the jobs of the demo found, in sentences with figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..layers.catalogue import domains
from ..layers.messages import number, sentence
from .files import shown

_HECTARE = 10_000.0  # m²


def say(code: str, language: str, **arguments: Any) -> None:
    """Print the sentence of ``doors.CODE``, indented."""
    print(f"   {sentence(f'doors.{code}', language, **arguments)}")


def counted(counts: Mapping[str, float], domain: str, language: str) -> str:
    """``Đạt 12 · Không đạt 3``: the codes of ``domain`` that occur, in its order, by their names."""
    values = domains()[domain].values
    known = [code for code in values if counts.get(code)]
    return " · ".join(f"{values[code][language]} {number(counts[code], language)}" for code in known)


def zoning(results: Mapping[str, Any], language: str) -> None:
    """Outcomes, and the rules that were broken most."""
    say("zoning", language, checked=results["checked"], outcomes=counted(results["outcomes"], "outcome", language))
    for rule in sorted(results["by_rule"], key=lambda one: -one["fail"]):
        if rule["fail"] or rule["not_checkable"]:
            counts = {code: rule[code] for code in ("fail", "not_checkable")}
            words = {"rule": rule["title"][language], "source": rule["source"]}
            say("zoning_rule", language, outcomes=counted(counts, "outcome", language), **words)
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
    features, entities = results["counts"]["features"], results["counts"]["entities"]
    files = results["counts"]["files"]
    say("ioc", language, features=sum(features.values()), layers=len(features), files=files)
    say("ioc_entities", language, count=sum(entities.values()), types=sorted(entities))
    for left in results["left_out"]:
        where = ".".join(left[name] for name in ("type", "attribute") if name in left)
        words = {"layer": left["layer"], "where": where, "count": left["count"], "uids": left["uids"][:3]}
        say("ioc_left", language, why=sentence(f"ioc.left_out.{left['reason']}", language, **words))
    say("written", language, path=shown(results["folder"]))


def score(told: Mapping[str, Any], language: str) -> None:
    """Found and missed of what the demo has planted, kind by kind."""
    zoning_score, change_score = told["zoning"], told["change"]
    if zoning_score:
        say("score_zoning", language, **{key: zoning_score[key] for key in ("planted", "found", "extra")})
        for kind, counts in zoning_score["by_kind"].items():
            say("score_kind", language, kind=sentence(f"demo.kind.{kind}", language), **counts)
        missed = [fault["code"] for fault in zoning_score["missed"]]
        if missed:
            say("score_missed", language, names=missed[:20])
    if change_score:
        say("score_change", language, **{key: change_score[key] for key in ("planted", "found", "extra")})
        quiet = Counter(
            event["kind"] for event in change_score["events"] if not event["expected"] and not event["found"]
        )
        for kind, count in quiet.items():
            say("score_event_quiet", language, kind=sentence(f"demo.kind.{kind}", language), count=count)
        for event in change_score["events"]:
            if not (event["expected"] or event["found"]):
                continue
            words = {"kind": sentence(f"demo.kind.{event['kind']}", language), "covered": event["covered_pct"]}
            code = {(True, True): "hit", (True, False): "missed", (False, True): "false"}
            which = code[event["expected"], event["found"]]
            relation = domains()["alert_relation"].values.get(event["relation"])
            say(f"score_event_{which}", language, relation=relation[language] if relation else "–", **words)
