"""What belongs to a target on this machine alone, in QGIS's settings: which account, how often, when last tried.

The account is the id of a configuration in QGIS's authentication database; no secret is here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from qgis.core import QgsSettings

_ROOT = "dothi/ioc"
HOUR = 3600.0  # seconds


@dataclass(frozen=True)
class Kept:
    """``authcfg``: id of an account, empty for none. ``every_h``: hours between two publications, 0 for by hand.

    ``tried_at``: when the schedule last started one, seconds since 1970.
    """

    authcfg: str = ""
    every_h: int = 0
    tried_at: float = 0.0

    def is_due(self, now: float | None = None) -> bool:
        """Whether the schedule should publish now; a last time that is still to come was written by a wrong clock."""
        waited = (now or time.time()) - self.tried_at
        return self.every_h > 0 and not 0 <= waited < self.every_h * HOUR


def _group(data: str) -> str:
    """Data sets are told apart by their place; the settings' keys allow no slashes."""
    return f"{_ROOT}/{blake2b(str(Path(data).resolve()).encode(), digest_size=6).hexdigest()}"


def kept(data: str, target: str) -> Kept:
    """What is kept for a target of the data set ``data``."""
    settings, at = QgsSettings(), f"{_group(data)}/{target}"
    return Kept(
        str(settings.value(f"{at}/authcfg", "") or ""),
        int(settings.value(f"{at}/every_h", 0) or 0),
        float(settings.value(f"{at}/tried_at", 0.0) or 0.0),
    )


def keep(data: str, target: str, value: Kept) -> None:
    """Keep ``value`` for a target."""
    settings, at = QgsSettings(), f"{_group(data)}/{target}"
    for name in Kept.__dataclass_fields__:
        settings.setValue(f"{at}/{name}", getattr(value, name))


def forget(data: str, target: str) -> None:
    """Keep nothing for a target any more."""
    QgsSettings().remove(f"{_group(data)}/{target}")


def scheduled(data: str) -> dict[str, Kept]:
    """The targets of a data set that have a schedule."""
    settings = QgsSettings()
    settings.beginGroup(_group(data))
    names = settings.childGroups()
    settings.endGroup()
    found = {name: kept(data, name) for name in names}
    return {name: one for name, one in found.items() if one.every_h > 0}
