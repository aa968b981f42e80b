"""How far a target is behind the data, from memory alone: the target is not asked, and no publisher has to wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...ioc import state as states
from ...ioc.forms import feature
from ...ioc.mapping import LayerMapping
from ...ioc.outgoing import Form, Outgoing
from ...ioc.plan import plan
from ...ioc.profile import Profile
from ...ioc.publication import Publication, layers_to_publish
from ...ioc.targets.opening import FILE, reached
from ...layers.errors import DothiError
from .ioc_source import read_publication, state_path, system_of


def behind(data: Path, profile: Profile, told: Mapping[str, int]) -> dict[str, Any]:
    """``behind``: features by what publishing would do, without those that ``told`` counts as in conflict or refused.

    Where that cannot be said it is None, and ``behind_error`` is the sentence.
    """
    try:
        counts = _compared(data, profile)
    except DothiError as error:
        return {"behind": None, "behind_error": {"code": error.code, "arguments": error.arguments}}
    waiting = counts["unproved"] - told.get("conflicts", 0) - told.get("failed", 0)
    return {"behind": {**counts, "unproved": max(0, waiting)}}


def _compared(data: Path, profile: Profile) -> dict[str, int]:
    publication = read_publication(data, None, ("ngsi",))
    chosen = [profile.scoped(of) for of in layers_to_publish(publication, profile.layers)]
    counts = Counter[str]()
    with (
        _form(data, profile, publication, chosen) as (form, taken),
        states.looked_at(state_path(data, profile)) as state,
    ):
        for one in plan(Outgoing(data, publication, taken, form, profile.wards), state):
            counts.update(created=len(one.created), updated=len(one.updated), deleted=len(one.deleted))
            counts.update(unproved=len(one.unsure))
    return {name: counts[name] for name in ("created", "updated", "deleted", "unproved")}


@contextmanager
def _form(
    data: Path, profile: Profile, publication: Publication, chosen: list[LayerMapping]
) -> Iterator[tuple[Form, tuple[LayerMapping, ...]]]:
    """The form of the records and the layers that the target takes; nothing is opened there, so no secret is needed."""
    if profile.scheme == FILE:
        yield feature.form, tuple(chosen)
        return
    systems = {of.layer.id: system_of(data, publication, of.layer.id) for of in chosen}
    without = replace(profile, secret="")  # nosec B106 - none is read
    with reached(without, publication, chosen, systems, None, reading=True) as reach:
        yield reach.form, reach.chosen
