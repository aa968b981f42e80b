"""Start the engine from wherever the package lies, under whatever name its folder has.

``python -I -X utf8 engine/launch.py zoning check …``: registers the folder above this file as the package ``dothi``, so
neither a link in site-packages nor a change of ``sys.path`` is needed (QGIS's own ``processing`` stays importable).
"""

import atexit
import ctypes
import os
import sys
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def load() -> None:
    """Make ``import dothi`` find this very folder."""
    spec = spec_from_file_location("dothi", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
    if spec is None or spec.loader is None:
        raise ImportError(f"no package at {ROOT}")
    module = module_from_spec(spec)
    sys.modules["dothi"] = module
    spec.loader.exec_module(module)


# Of glibc's malloc.h: free memory beyond the first goes back to the system, blocks beyond the second are its own, and
# so many heaps are there for threads to take turns at: what one thread freed in its own no other could use.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def _hold_memory() -> None:
    """Keep freed memory for the next array instead of handing it back: the system would clear each page again."""
    with suppress(AttributeError, OSError, TypeError):  # another C library
        library = ctypes.CDLL(None)
        library.mallopt(_M_TRIM_THRESHOLD, 512 << 20)
        library.mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        library.mallopt(_M_ARENA_MAX, 2)


_code: int | None = None  # what ``main`` returned; none where it ended in another way


def _leave() -> None:
    """End the process without freeing a million objects one by one for nobody.

    Called when threads have been joined, and after all that asked later to be done at the end. What a job wrote is
    closed and has its name before it returns. Streams that refuse their last words are left to the
    interpreter.
    """
    if _code is None:
        return
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_code)


if __name__ == "__main__":
    if sys.argv[1:2] != ["serve"]:
        atexit.register(_leave)  # before any other: those are called first
        _hold_memory()
    load()
    from dothi.engine.cli import main

    _code = main()
    sys.exit(_code)
