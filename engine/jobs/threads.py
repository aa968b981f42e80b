"""How many threads the numeric libraries may start. Imports none of them: it must be settled before numpy is loaded."""

from __future__ import annotations

import os


def one_thread_for_blas() -> None:
    """Small matrices: two levels of threads only wait for each other. Does nothing once numpy is loaded."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
