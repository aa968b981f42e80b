"""A report that keeps what is said."""

from __future__ import annotations

from typing import Any

from dothi.layers.report import Silent


class Heard(Silent):
    """Keeps every message: its code and its arguments."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []

    def message(self, code: str, level: str = "info", **arguments: Any) -> None:
        """Keep it."""
        self.said.append((code, arguments))

    @property
    def codes(self) -> list[str]:
        """The codes of what was said."""
        return [code for code, _ in self.said]
