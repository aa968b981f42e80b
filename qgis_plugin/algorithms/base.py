"""The one algorithm that every job is: asks, checks, lets the engine compute, hands over.

What only a run needs (the client, the layers' files, the coordinates) is imported by the run, not at QGIS's start-up.
"""

from __future__ import annotations

from typing import Any, ClassVar

from qgis.core import QgsProcessingAlgorithm, QgsProcessingContext, QgsProcessingException, QgsProcessingFeedback
from qgis.PyQt.QtGui import QIcon

from ...engine.contract import Job
from ...layers.errors import DothiError
from ..language import tr
from . import parameters as asked
from . import results


class EngineAlgorithm(QgsProcessingAlgorithm):
    """A job of the engine in Processing. A subclass names its ``job``; everything else comes from the contract."""

    job: ClassVar[Job]

    def __init__(self) -> None:
        super().__init__()
        self._values: dict[str, Any] = {}

    def createInstance(self) -> EngineAlgorithm:
        """A fresh one, as Processing wants for each run."""
        return type(self)()

    def name(self) -> str:
        """The id, which is never translated."""
        return self.job.algorithm

    def displayName(self) -> str:
        """What it is called in the toolbox."""
        return tr(f"job.{self.job.id}.title")

    def groupId(self) -> str:
        """The area of the contract."""
        return self.job.command[0]

    def group(self) -> str:
        """What the area is called."""
        return tr(f"job.{self.groupId()}.title")

    def icon(self) -> QIcon:
        """The area's icon."""
        return QIcon(f"dothi:{self.groupId()}.svg")

    def shortDescription(self) -> str:
        """One sentence: the tip in the toolbox."""
        return tr(f"job.{self.job.id}.help")

    def shortHelpString(self) -> str:
        """The help beside the dialog: what the job does and what each parameter means."""
        from html import escape

        rows = "".join(
            f"<p><b>{escape(asked.name_of(self.job, p))}</b><br>{escape(asked.help_of(self.job, p))}</p>"
            for p in asked.asked_here(self.job)
        )
        return f"<p>{escape(self.shortDescription())}</p>{rows}"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs from the contract."""
        for parameter in asked.asked_here(self.job):
            self.addParameter(asked.definition(self.job, parameter))
        results.declare(self, self.job)

    def canExecute(self) -> tuple[bool, str]:
        """Whether there is an engine; else a sentence that says what is missing and how to get it."""
        from .. import engine_client

        sentence = engine_client.missing()
        return not sentence, sentence

    def checkParameterValues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> tuple[bool, str]:
        """A sentence for what is missing or of the wrong kind, then Processing's own checks."""
        from . import values

        for p in asked.asked_here(self.job):
            given = parameters.get(p.id)
            if given is None:
                given = self.parameterDefinition(p.id).defaultValue()
            if p.required and (given is None or given == ""):
                return False, tr("plugin.parameter_missing", name=asked.name_of(self.job, p))
        return super().checkParameterValues(values.acceptable(self.job, parameters), context)

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        """In the thread of the layers: turn them into files, note the rest."""
        from ..coordinates import pin
        from ..project_data import unsaved_layers
        from . import values

        context.setTransformContext(pin(context.transformContext()))
        try:
            self._values = values.Values(self, parameters, context, feedback).of(self.job)
        except DothiError as error:
            raise QgsProcessingException(tr(error.code, **error.arguments)) from error
        unsaved = unsaved_layers(str(self._values.get("data", "")))
        if unsaved:
            feedback.pushWarning(tr("plugin.unsaved_edits", layers=unsaved))
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """In a thread of Processing's choice: let the engine compute."""
        from .. import engine_client

        try:
            value = engine_client.run_job(self.job, self._values, feedback)
        except DothiError as error:
            raise QgsProcessingException(tr(error.code, **error.arguments)) from error
        return results.hand_over(self.job, value, context)
