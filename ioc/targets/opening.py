"""From a profile to an open target and the form its records have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...layers import catalogue
from ...layers.errors import InputError
from ...layers.model import Layer
from ..looks import NOTHING, Formerly
from ..mapping import LayerMapping, mapping
from ..outgoing import Form
from ..profile import Profile
from ..publication import Publication
from ..web import Credentials, credentials_in
from . import broker, database, gateway
from .gateway_bodies import GatewayForm
from .gateway_mapping import GatewayMapping, read_mapping
from .target import Target

FILE = "file"


@dataclass(frozen=True)
class Reach:
    """An open target, the form of its records, and the layers it can take.

    ``leaving`` names the fields of a layer that this target gets, ``shown`` makes a body readable for people;
    ``contract`` is that of a gateway.
    """

    target: Target
    form: Form
    chosen: tuple[LayerMapping, ...]
    leaving: Callable[[LayerMapping], Sequence[str]] = lambda of: of.fields
    shown: Callable[[str], Any] = json.loads
    contract: GatewayMapping | None = None


@contextmanager
def reached(
    profile: Profile,
    publication: Publication,
    chosen: Sequence[LayerMapping],
    systems: Mapping[str, str],
    secret: Mapping[str, Any] | None,
    *,
    reading: bool = False,
    of_old: Sequence[LayerMapping] = (),
    formerly: Formerly = NOTHING,
) -> Iterator[Reach]:
    """The target of a profile, closed at the end. ``systems``: layer → ``EPSG:n`` of its data.

    ``of_old`` are layers that the target holds and the data do not have any more: they can be read and taken away, and
    so can the attributes and columns of ``formerly``.

    ``reading``: for somebody who only looks, for as long as he likes. ``secret`` comes from QGIS; else the profile's
    file is read.

    Raises :class:`InputError` for a kind of target that there is not.
    """
    credentials = Credentials(**secret) if secret else credentials_in(Path(profile.secret)) if profile.secret else None
    reach = _reach(profile, publication, chosen, of_old, formerly, systems, credentials, reading)
    try:
        yield reach
    finally:
        reach.target.close()


def _reach(
    profile: Profile,
    publication: Publication,
    chosen: Sequence[LayerMapping],
    of_old: Sequence[LayerMapping],
    formerly: Formerly,
    systems: Mapping[str, str],
    credentials: Credentials | None,
    reading: bool,
) -> Reach:
    if profile.scheme in ("ngsi-ld+https", "ngsi-ld+http"):
        taken = tuple(of for of in chosen if of.entities)
        return Reach(
            broker.Broker(
                profile.address,
                publication.province,
                (*taken, *of_old),
                context=profile.context,
                credentials=credentials,
                authority=profile.authority,
                formerly=formerly.attributes,
            ),
            broker.form(publication, taken),
            taken,
            broker.leaving,
        )
    if profile.scheme in ("postgresql", "postgres"):
        made = database.Database(
            profile.address,
            (*chosen, *of_old),
            systems,
            credentials=credentials,
            authority=profile.authority,
            reading=reading,
            formerly=formerly.columns,
        )
        return Reach(made, database.form(chosen), tuple(chosen), shown=database.shown)
    if profile.scheme in ("rest+https", "rest+http"):
        return _gateway(profile, publication, chosen, credentials)
    raise InputError("ioc.target_unknown", target=profile.address[:200])


def _gateway(
    profile: Profile, publication: Publication, chosen: Sequence[LayerMapping], credentials: Credentials | None
) -> Reach:
    """A gateway takes the layers that its mapping names; what a mapping may name is decided without the scope."""
    if not profile.contract:
        raise InputError("ioc.contract_missing", target=profile.address[:200])

    def layer_of(layer_id: str) -> tuple[Layer, Sequence[str]]:
        of = mapping(catalogue.layer(layer_id, publication.extra), publication.own)
        return of.layer, of.fields

    contract = read_mapping(Path(profile.contract), layer_of)
    taken = tuple(of for of in chosen if of.layer.id in contract.layers)
    if not taken:
        raise InputError("ioc.nothing_to_publish")
    made = gateway.Gateway(profile.address, contract, credentials=credentials, authority=profile.authority)
    return Reach(made, GatewayForm(contract), taken, contract.leaving, contract=contract)
