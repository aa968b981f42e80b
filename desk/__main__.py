"""``python -m dothi.desk [SAMPLE] [--data FILE] [--labeller NAME]``: opens the desk. Exit codes are the engine's."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..engine.cli import language
from ..layers.errors import DothiError
from ..layers.messages import sentence

EXIT_NO_LIBRARY = 4
# Seconds that a thread may keep the interpreter while the window waits for it; Python's own 0.005 adds up in a turn.
_SWITCH = 0.001


def parser(lang: str) -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m dothi.desk", description=sentence("desk.about", lang))
    made.add_argument("sample", nargs="?", type=Path, help=sentence("desk.option_sample", lang))
    made.add_argument("--data", type=Path, help=sentence("desk.option_data", lang))
    made.add_argument("--labeller", default="", help=sentence("desk.option_labeller", lang))
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point: asks for what the command line leaves open, then shows the window until it is closed."""
    lang = language()
    given = parser(lang).parse_args(arguments)
    try:
        from PySide6.QtWidgets import QApplication, QMessageBox
    except ImportError as error:
        print(sentence("desk.no_qt", lang, reason=str(error)), file=sys.stderr)
        return EXIT_NO_LIBRARY
    from .session import open_session
    from .start import StartDialog, samples_beside
    from .window import DeskWindow

    sys.setswitchinterval(_SWITCH)
    application = QApplication.instance() or QApplication(sys.argv[:1])
    sample, labeller = given.sample, given.labeller
    if sample is None or not labeller.strip():
        known = [sample] if sample else samples_beside(given.data) if given.data else []
        dialog = StartDialog(known, labeller, lang)
        if not dialog.exec():
            return 0
        sample, labeller = dialog.sample, dialog.labeller
    try:
        window = DeskWindow(open_session(sample, labeller), lang)
    except DothiError as error:
        print(error.sentence(lang), file=sys.stderr)
        QMessageBox.warning(None, sentence("desk.start", lang), error.sentence(lang))
        return error.exit_code
    window.show()
    return int(application.exec())


if __name__ == "__main__":
    sys.exit(main())
