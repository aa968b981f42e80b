"""Who gets what: the named targets of a data set, in ``NAME.dothi/ioc/targets.toml``, without any secret.

Several centres may receive different scopes::

    [thu-dau-mot]
    address = "ngsi-ld+https://ioc.example/?tenant=tdm"
    context = "https://ioc.example/context/dothi-v1.jsonld"
    layers = ["luminaire", "alert"]      # empty: all that may leave
    wards = ["25747"]                    # only what lies in these units of layer admin_unit
    without = ["luminaire.power_w"]      # fields that this centre does not get
    states = { alert = ["new", "confirmed"] }
    secret = "/etc/dothi/tdm.json"       # a file that its owner alone can read; QGIS gives its own instead
    authority = "/etc/dothi/ca.pem"      # the province's certificate authority, where it is not the system's
    sign = "/etc/dothi/province.p12"     # of a folder: certificate and key that sign it, readable by its owner alone
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ..layers import catalogue
from ..layers.errors import InputError
from ..store import dataset
from ..store.troubles import told
from ..store.whole import made_whole
from .alone import alone
from .mapping import LayerMapping

FILE = "targets.toml"
_TEXTS = {"address", "context", "contract", "secret", "authority", "sign"}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):")


@dataclass(frozen=True)
class Profile:
    """A target and its scope. Empty tuples and texts: no limit, nothing given."""

    name: str
    address: str
    layers: tuple[str, ...] = ()
    wards: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    states: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    context: str = ""
    contract: str = ""
    secret: str = ""
    authority: str = ""
    sign: str = ""

    @property
    def scheme(self) -> str:
        """``file``, ``ngsi-ld+https``, ``postgresql``, ``rest+https``, …"""
        found = _SCHEME.match(self.address)
        return found[1] if found else "file"

    def scoped(self, of: LayerMapping) -> LayerMapping:
        """What this target gets of a layer: without the fields it does not get, in the states it gets."""
        hidden = {name.partition(".")[2] for name in self.without if name.partition(".")[0] == of.layer.id}
        kept = tuple(name for name in of.fields if name not in hidden)
        made = replace(
            of,
            fields=kept,
            entities=tuple(
                replace(entity, attributes=tuple(a for a in entity.attributes if a.field not in hidden))
                for entity in of.entities
            ),
        )
        if of.layer.id not in self.states:
            return made
        known = catalogue.domain(of.layer.find("status")).values
        others = tuple(code for code in known if code not in self.states[of.layer.id])
        kept_back = dict(made.withhold)
        kept_back["status"] = tuple(dict.fromkeys((*kept_back.get("status", ()), *others)))
        return replace(made, withhold=tuple(kept_back.items()))


def profiles(data: Path) -> dict[str, Profile]:
    """The named targets of a data set. Raises :class:`InputError` for a file that does not say what it should."""
    path = dataset.beside(data) / "ioc" / FILE
    if not path.is_file():
        return {}
    with told(path, writing=False):
        text = path.read_text(encoding="utf-8")
    try:
        return {name: _profile(name, raw) for name, raw in tomllib.loads(text).items()}
    except (tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise InputError("ioc.profile_wrong", path=str(path), reason=str(error)) from error


def _profile(name: str, raw: Any) -> Profile:
    if not _NAME.fullmatch(name):
        raise ValueError(name)
    known = {item.name for item in fields(Profile)} - {"name"}
    if not isinstance(raw, dict) or not set(raw) <= known:
        raise ValueError(f"{name}: {sorted(set(raw) - known) if isinstance(raw, dict) else raw}")
    made: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    made["states"] = {layer: tuple(codes) for layer, codes in raw.get("states", {}).items()}
    if not isinstance(made.get("address"), str):
        raise ValueError(f"{name}: address")
    for key, value in made.items():
        if key != "states" and isinstance(value, str) is not (key in _TEXTS):
            raise ValueError(f"{name}: {key}")
    return Profile(name, **made)


def find(data: Path, target: str) -> Profile:
    """The profile that ``target`` names, or one made of an address or a folder."""
    named = profiles(data).get(target)
    if named is not None:
        return named
    return Profile(name_of(target), target)


def name_of(address: str) -> str:
    """A name for the state of a target that has none: readable, and the same for the same address."""
    words = re.sub(r"[^a-z0-9]+", "-", address.lower()).strip("-")[:24].strip("-")
    return f"{words or 'target'}-{blake2b(address.encode(), digest_size=4).hexdigest()}"


def save(data: Path, profile: Profile) -> None:
    """Add a named target or replace it. Raises :class:`InputError` for a name that is none."""
    _change(data, profile.name, profile)


def remove(data: Path, name: str) -> None:
    """Forget a named target; its state stays. Raises :class:`InputError` if there is none."""
    if name not in profiles(data):
        raise InputError("ioc.profile_unknown", name=name, known=sorted(profiles(data)))
    _change(data, name, None)


def _change(data: Path, name: str, profile: Profile | None) -> None:
    if not _NAME.fullmatch(name):
        raise InputError("ioc.profile_name", name=name[:60])
    path = dataset.beside(data) / "ioc" / FILE
    with told(path, writing=True):
        path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path.with_suffix(".lock"), str(path)):
        kept = {key: one for key, one in profiles(data).items() if key != name}
        if profile is not None:
            kept[name] = profile
        with made_whole(path) as temporary:
            temporary.write_text("\n".join(_section(one) for _, one in sorted(kept.items())), encoding="utf-8")


def _section(profile: Profile) -> str:
    """One target as TOML: texts and lists of texts, for which JSON's strings are TOML's."""
    lines = [f"[{profile.name}]"]
    for key, value in asdict(profile).items():
        if key == "name" or not value:
            continue
        if key == "states":
            inner = ", ".join(f"{layer} = {json.dumps(list(codes))}" for layer, codes in value.items())
            lines.append(f"states = {{ {inner} }}")
        else:
            lines.append(
                f"{key} = {json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)}"
            )
    return "\n".join(lines) + "\n"
