"""One family of named errors: a code, arguments and a way out; the sentence lives in ``resources/messages``."""

from __future__ import annotations

from typing import Any, ClassVar

from .messages import sentence


class DothiError(Exception):
    """Base of all errors that a user may read.

    ``code`` is the dotted key of the sentence in ``resources/messages/{vi,en}.toml``; ``arguments`` fill its braces.
    ``exit_code`` is what the command line ends with.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, **arguments: Any) -> None:
        self.code = code
        self.arguments = arguments
        super().__init__(code)

    def sentence(self, language: str = "vi") -> str:
        """What went wrong, where, and what to do, in ``language`` (``vi`` or ``en``)."""
        return sentence(self.code, language, **self.arguments)

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence('en')}"


class UsageError(DothiError):
    """A parameter is missing, unknown or not of its kind."""

    exit_code = 2


class InputError(DothiError):
    """The data given cannot be used as it is."""

    exit_code = 3


class EnvironmentTroubleError(DothiError):
    """The machine stands in the way: disk full, file locked, no permission, engine missing."""

    exit_code = 4


class CancelledError(DothiError):
    """The user ended the job."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("engine.cancelled")

    def __reduce__(self) -> tuple[Any, ...]:
        """Between processes errors are told by what makes them."""
        return CancelledError, ()
