"""The board: shows what a target holds until it is ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...ioc import proving
from ...ioc import state as states
from ...ioc.board import readings
from ...ioc.board.folder import NAMED, Folder
from ...ioc.board.received import Proof, Received
from ...ioc.board.server import listening
from ...ioc.board.service import Held
from ...ioc.outgoing import Outgoing
from ...ioc.profile import Profile
from ...ioc.publication import layers_to_publish
from ...ioc.targets.drop import folder_target
from ...ioc.targets.opening import FILE, Reach, reached
from ...layers.errors import UsageError
from ...layers.report import SILENT, Report
from .ioc_source import read_publication, state_path, system_of
from .ioc_targets import KINDS

_SHOWN = {"ngsi-ld": "broker", "postgresql": "database", "rest": "gateway"}  # what the page calls each kind


def show(profile: Profile | None, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Serve the page until Ctrl-C or the end of the process; returns where it was. ``profile``: of the target named.

    Raises :class:`UsageError` unless exactly one of a folder, and a data set with a target, was given.
    """
    if (parameters["folder"] is None) is (profile is None):
        raise UsageError("ioc.board.folder_or_target")
    with received_from(profile, parameters) as received:
        received.summary()  # what cannot be shown is said now, not on the page
        with listening(received, parameters["port"]) as (server, address):
            report.message("ioc.board.open", address=address)
            try:
                server.serve_forever(poll_interval=0.2)
            except KeyboardInterrupt:  # how a board ends
                report.message("ioc.board.closed", address=address)
    return {"address": address}


@contextmanager
def received_from(profile: Profile | None, parameters: Mapping[str, Any]) -> Iterator[Received]:
    """What the board looks at."""
    if profile is None:
        yield Folder(folder_target(parameters["folder"]).folder)
    elif profile.scheme == FILE:
        yield Folder(folder_target(profile.address).folder)
    else:
        with _service(profile, parameters) as held:
            yield held


@contextmanager
def _service(profile: Profile, parameters: Mapping[str, Any]) -> Iterator[Held]:
    data, kind = Path(parameters["data"]), KINDS.get(profile.scheme, "")
    publication = read_publication(data, parameters["runs"], ("ngsi",))
    wanted = parameters["layers"] or profile.layers
    chosen = [profile.scoped(of) for of in layers_to_publish(publication, wanted)]
    systems = {of.layer.id: system_of(data, publication, of.layer.id) for of in chosen}
    with reached(profile, publication, chosen, systems, parameters.get("secret"), reading=True) as reach:

        def prove() -> Proof:
            source = Outgoing(data, publication, reach.chosen, reach.form, profile.wards)
            chosen = tuple(of.layer.id for of in reach.chosen)
            proof = proving.verify(source, reach.target, chosen, SILENT, states.standing_in(state_path(data, profile)))
            wrong = sum(proof.counts[name] for name in ("created", "updated", "deleted"))
            different = [one for one in proof.differences if one["what"] != "theirs"]
            named = [f"{one['layer']} {one['uid']}" for one in different[:NAMED]]
            return Proof("compared", wrong + proof.counts["unchanged"], wrong, named)

        yield Held(_SHOWN[kind], reach.target, _reading(reach, kind), publication, reach.chosen, prove)


def _reading(reach: Reach, kind: str) -> readings.Reading:
    if reach.contract is not None:
        return readings.of_gateway(reach.contract)
    return readings.of_database() if kind == "postgresql" else readings.of_broker()
