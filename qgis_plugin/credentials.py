"""Secrets of targets: read from QGIS's authentication database in the moment a job starts, and kept nowhere else."""

from __future__ import annotations

from qgis.core import QgsApplication, QgsAuthMethodConfig

from ..layers.errors import EnvironmentTroubleError

_BEARER = "bearer "
_KNOWN = ("Basic", "APIHeader")


def secret_of(authcfg: str) -> dict[str, str] | None:
    """What the engine takes as ``secret`` of the configuration ``authcfg``; None where none is chosen.

    May ask for the master password, so only in the thread of the window. Raises :class:`EnvironmentTroubleError` where
    the configuration cannot be read or is of a method that the targets do not know.
    """
    if not authcfg:
        return None
    found, config = QgsApplication.authManager().loadAuthenticationConfig(authcfg, QgsAuthMethodConfig(), True)
    if not found:
        raise EnvironmentTroubleError("plugin.ioc.secret_locked", authcfg=authcfg)
    values = config.configMap()
    if config.method() == "Basic":
        return {"user": values.get("username", ""), "password": values.get("password", "")}
    token = next((value for name, value in values.items() if name.lower() == "authorization"), "")
    if config.method() == "APIHeader" and token.lower().startswith(_BEARER):
        return {"token": token[len(_BEARER) :].strip()}
    raise EnvironmentTroubleError("plugin.ioc.secret_method", method=config.method(), known=list(_KNOWN))


def is_open() -> bool:
    """Whether the authentication database can be read without asking for the master password."""
    return bool(QgsApplication.authManager().masterPasswordIsSet())
