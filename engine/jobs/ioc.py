"""Publishing to the operations centre."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...ioc import decisions, looks, proving, sync
from ...ioc import profile as profiles
from ...ioc import state as states
from ...ioc.outgoing import Outgoing
from ...ioc.plan import LayerPlan
from ...ioc.plan import plan as planned
from ...ioc.preview import examples
from ...ioc.profile import Profile
from ...ioc.publication import known_mappings, layers_to_publish
from ...ioc.targets.manifest import as_json
from ...ioc.targets.opening import FILE, Reach, reached
from ...ioc.targets.target import UnansweredError
from ...layers.errors import EnvironmentTroubleError, InputError, UsageError
from ...layers.report import Report
from . import ioc_behind, ioc_folder
from .ioc_source import NO_PROVINCE, read_publication, seven, state_path, system_of, tell_ahead, words
from .ioc_targets import add_target, remove_target, targets
from .ioc_watch import watch

__all__ = ["add_target", "decide", "plan", "publish", "remove_target", "repair", "status", "targets", "verify"]

DIFFERENCES = 1_000  # records named by a proof; the counts are always whole


def publish(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Layers and alerts to a target: a folder, or a service that answers; once, or again and again."""
    data = Path(parameters["data"])
    profile = _profile(data, parameters)
    if parameters.get("watch"):
        return watch(publish, data, profile, {**parameters, "watch": None}, report)
    if profile.scheme == FILE:
        return ioc_folder.publish(data, profile, parameters, report)
    with (
        _sides(data, profile, parameters, report) as (reach, source, state),
        _looked_at(data, source, state, report, vanish=bool(parameters["allow_vanish"])),
    ):
        result = sync.publish(
            source,
            reach.target,
            state,
            tuple(parameters["layers"] or ()),
            vanish=bool(parameters["allow_vanish"]),
            over=bool(parameters["write_over"]),
            report=report,
        )
        return _told(result, reach, report)


def plan(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What publishing would do, with examples before and after, and what leaves the house; nothing is sent."""
    data = Path(parameters["data"])
    profile = _profile(data, parameters)
    if profile.scheme == FILE:
        return ioc_folder.plan(data, profile, parameters, report)
    with _sides(data, profile, parameters, report) as (reach, source, state):
        plans = planned(source, state, tuple(parameters["layers"] or ()))
        counts = Counter[str]()
        for one in plans:
            counts.update(created=len(one.created), updated=len(one.updated), deleted=len(one.deleted))
            counts.update(unproved=len(one.unsure), unchanged=one.unchanged)
        return {
            **seven(counts),
            "layers": {
                one.layer: {"created": len(one.created), "updated": len(one.updated), "deleted": len(one.deleted)}
                for one in plans
            },
            "examples": _examples(plans, source, state, reach),
            "leaving": {of.layer.id: list(reach.leaving(of)) for of in reach.chosen},
        }


def _examples(plans: Sequence[LayerPlan], source: Outgoing, state: states.State, reach: Reach) -> list[dict[str, Any]]:
    try:
        return list(examples(plans, source, state, reach.target.read, reach.shown))
    except UnansweredError as error:
        raise EnvironmentTroubleError("ioc.no_answer", target=reach.target.identity) from error


def verify(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Read everything back and compare; nothing is changed."""
    data = Path(parameters["data"])
    profile = _profile(data, parameters)
    if profile.scheme == FILE:
        return ioc_folder.verify(data, profile, parameters, report)
    with _sides(data, profile, parameters, report) as (reach, source, state):
        proof = proving.verify(source, reach.target, tuple(parameters["layers"] or ()), report, state.standing())
    different = sum(proof.counts[name] for name in ("created", "updated", "deleted"))
    report.message(
        "ioc.proved" if not different else "ioc.differs",
        level="info" if not different else "warning",
        target=reach.target.identity,
        same=proof.counts["unchanged"],
        count=different,
    )
    return {**seven(proof.counts), "differences": proof.differences[:DIFFERENCES], "signature": None}


def repair(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Make the state again from the target and bring both sides together."""
    data = Path(parameters["data"])
    profile = _profile(data, parameters)
    states.set_aside(state_path(data, profile))
    if profile.scheme == FILE:
        return ioc_folder.publish(data, profile, parameters, report, anew=True)
    with (
        _sides(data, profile, parameters, report) as (reach, source, state),
        _looked_at(data, source, state, report, vanish=bool(parameters["allow_vanish"])),
    ):
        result = proving.repair(
            source,
            reach.target,
            state,
            tuple(parameters["layers"] or ()),
            over=bool(parameters["write_over"]),
            vanish=bool(parameters["allow_vanish"]),
            report=report,
        )
        return _told(result, reach, report)


def decide(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Which version of some features in conflict stays; nothing else is sent."""
    data = Path(parameters["data"])
    profile = _profile(data, parameters)
    if profile.scheme == FILE:
        raise InputError("ioc.folder_undisputed", target=profile.address)
    with _sides(data, profile, parameters, report) as (reach, source, state):
        result = decisions.decide(
            source,
            reach.target,
            state,
            parameters["uids"],
            parameters["keep"],
            getpass.getuser(),
            tuple(parameters["layers"] or ()),
            report=report,
        )
        if parameters["keep"] == decisions.THEIRS:
            report.message("ioc.decided_theirs", count=len(parameters["uids"]), target=reach.target.identity)
            return _as_json(result)
        return _told(result, reach, report)


def status(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What is known of one target or of all, without asking them: counts, last proof, what the centre said.

    ``behind`` also compares the data as they are now with what is known of each.
    """
    data = Path(parameters["data"])
    known = profiles.profiles(data)
    wanted = [_profile(data, parameters)] if parameters["target"] else list(known.values())
    found, total = [], Counter[str]()
    for profile in wanted:
        path = state_path(data, profile)
        if not path.is_file():
            found.append({"name": profile.name, "address": profile.address, "counts": seven({}), "published": False})
            continue
        told = states.summary(path)
        total.update(told["counts"])
        late = ioc_behind.behind(data, profile, told["counts"]) if parameters.get("behind") else {}
        found.append({"name": profile.name, "address": profile.address, "published": True, **told, **late})
    return {**seven(total), "targets": found}


def board(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """A page on this machine of what a target holds, until it is ended."""
    from . import ioc_board

    if (parameters["data"] is None) is not (parameters["target"] is None):
        raise UsageError("ioc.board.folder_or_target")
    profile = _profile(Path(parameters["data"]), parameters) if parameters["data"] else None
    return ioc_board.show(profile, parameters, report)


def _profile(data: Path, parameters: Mapping[str, Any]) -> Profile:
    found = profiles.find(data, parameters["target"])
    given = {name: parameters.get(name) for name in ("context", "authority", "contract", "sign")}
    given["secret"] = parameters.get("secret_file")
    return replace(found, **{name: value for name, value in given.items() if value})


@contextmanager
def _sides(
    data: Path, profile: Profile, parameters: Mapping[str, Any], report: Report
) -> Iterator[tuple[Reach, Outgoing, states.State]]:
    """Both sides and the memory between them."""
    publication = read_publication(data, parameters["runs"], ("ngsi",))
    if publication.province == NO_PROVINCE:
        report.message("ioc.province_missing", level="warning")
    wanted = parameters["layers"] or profile.layers
    chosen = [profile.scoped(of) for of in layers_to_publish(publication, wanted)]
    systems = {of.layer.id: system_of(data, publication, of.layer.id) for of in chosen}
    held = set(states.held_layers(state_path(data, profile))) - set(systems)
    of_old = [profile.scoped(of) for of in known_mappings(publication, sorted(held))]
    formerly = looks.formerly(state_path(data, profile), chosen)
    secret = parameters.get("secret")
    with reached(profile, publication, chosen, systems, secret, of_old=of_old, formerly=formerly) as reach:
        source = Outgoing(data, publication, reach.chosen, reach.form, profile.wards)
        with states.opened(state_path(data, profile), reach.target.identity) as state:
            yield reach, source, state


@contextmanager
def _looked_at(data: Path, source: Outgoing, state: states.State, report: Report, *, vanish: bool) -> Iterator[None]:
    """Refuse layers that have lost a published column, say which changed their system, remember both at the end."""
    now = looks.looks(data, source.chosen)
    if not vanish:
        looks.require_columns(now, source.chosen, state)
    looks.tell_systems(data, now, state, report)
    tell_ahead(source.issued, report)
    yield
    looks.remember(now, state)


def _told(result: sync.Result, reach: Reach, report: Report) -> dict[str, Any]:
    left = [as_json(one) for one in result.left_out]
    for one in left:
        report.message(f"ioc.left_out.{one['reason']}", level="warning", **words(one))
    counts = result.counts
    bad = counts["unproved"] + counts["failed"] + counts["conflicts"]
    report.message(
        "ioc.sent" if not bad else "ioc.sent_in_part",
        level="info" if not bad else "warning",
        target=reach.target.identity,
        sent=counts["created"] + counts["updated"] + counts["deleted"],
        **counts,
    )
    return _as_json(result)


def _as_json(result: sync.Result) -> dict[str, Any]:
    counts = result.counts
    return {
        "folder": None,
        "manifest": None,
        "counts": {**counts, "layers": {layer: dict(of) for layer, of in result.layers.items()}},
        "left_out": [as_json(one) for one in result.left_out],
        "same": not any(counts[name] for name in sync.OUTCOMES if name != "unchanged"),
        **seven(counts),
    }
