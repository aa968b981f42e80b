"""The board of a published folder, served as long as somebody looks at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..ioc.board.folder import Folder
from ..ioc.board.server import listening

# The page has shown all, proved it, and its map stands still (or cannot be drawn on this machine).
READY = "document.body?.dataset.state === 'proved' && ['still', 'none'].includes(document.body.dataset.map)"


@contextmanager
def board(folder: Path) -> Iterator[str]:
    """The address of the board of ``folder``."""
    with listening(Folder(folder), 0) as (server, address):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            yield address
        finally:
            server.shutdown()
            thread.join()
