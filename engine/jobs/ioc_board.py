"""The board: shows what a target holds until it is ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...ioc import sync
from ...ioc.board.broker import Held
from ...ioc.board.folder import NAMED, Folder
from ...ioc.board.received import Proof, Received
from ...ioc.board.server import listening
from ...ioc.outgoing import Outgoing
from ...ioc.profile import Profile
from ...ioc.publication import layers_to_publish
from ...ioc.targets.drop import folder_target
from ...ioc.targets.opening import FILE, reached
from ...layers.errors import InputError, UsageError
from ...layers.report import SILENT, Report
from .ioc_source import read_publication, system_of

_BROKERS = ("ngsi-ld+https", "ngsi-ld+http")


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
    """What the board looks at. Raises :class:`InputError` for a kind of target that it cannot show."""
    if profile is None:
        yield Folder(folder_target(parameters["folder"]).folder)
    elif profile.scheme == FILE:
        yield Folder(folder_target(profile.address).folder)
    elif profile.scheme in _BROKERS:
        with _broker(profile, parameters) as held:
            yield held
    else:
        raise InputError("ioc.board.kind", target=profile.address.partition(":")[0])


@contextmanager
def _broker(profile: Profile, parameters: Mapping[str, Any]) -> Iterator[Held]:
    data = Path(parameters["data"])
    publication = read_publication(data, parameters["runs"], ("ngsi",))
    wanted = parameters["layers"] or profile.layers
    chosen = [profile.scoped(of) for of in layers_to_publish(publication, wanted)]
    systems = {of.layer.id: system_of(data, publication, of.layer.id) for of in chosen}
    with reached(profile, publication, chosen, systems, parameters.get("secret")) as reach:

        def prove() -> Proof:
            source = Outgoing(data, publication, reach.chosen, reach.form, profile.wards)
            proof = sync.verify(source, reach.target, tuple(of.layer.id for of in reach.chosen), SILENT)
            wrong = sum(proof.counts[name] for name in ("created", "updated", "deleted"))
            named = [f"{one['layer']} {one['uid']}" for one in proof.differences[:NAMED]]
            return Proof("compared", wrong + proof.counts["unchanged"], wrong, named)

        yield Held(reach.target, publication, reach.chosen, prove)
