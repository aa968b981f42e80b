"""The alerts of the newest detection on the project's data set."""

from __future__ import annotations

from ..map.alerts_dock import AlertsPanel


class AlertsTab(AlertsPanel):
    """The list of alerts as a tab."""

    def rest(self) -> None:
        """Nothing is under way."""

    def shut(self) -> None:
        """Nothing is left behind."""
