"""A PostgreSQL cluster of its own with PostGIS, in a temporary folder, on a local socket: a peer of the benchmarks.

Needs Debian's ``postgresql-15-postgis-3``. PostgreSQL does not run as root: as root the user ``postgres`` runs it.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
# Memory enough to hold the data, and two workers from the first row on; nothing needs to outlive a crash.
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "1GB",
    "work_mem": "256MB",
    "maintenance_work_mem": "512MB",
    "fsync": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "2",
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "0",
}


class Cluster:
    """A running cluster whose socket lies in ``folder``."""

    def __init__(self, folder: Path, user: Sequence[str]) -> None:
        self.folder = folder
        self._ask = [
            *user,
            str(PROGRAMS / "psql"),
            "-h",
            str(folder),
            "-d",
            "postgres",
            "-v",
            "ON_ERROR_STOP=1",
            "-qAt",
        ]

    def ask(self, sql: str, given: str | None = None, of: str = "postgres") -> str:
        """What ``sql`` answers in the database ``of``; ``given`` is what a COPY reads."""
        done = subprocess.run(
            [*self._ask, "-d", of, "-c", sql], input=given, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def database(self, name: str, *, postgis: bool = True) -> str:
        """Make an empty database that belongs to whoever runs this, and tell its address."""
        me = "root" if os.geteuid() == 0 else os.environ["USER"]
        if not self.ask(f"SELECT 1 FROM pg_roles WHERE rolname = '{me}'"):  # noqa: S608  # nosec B608 - a name of the system
            self.ask(f'CREATE ROLE "{me}" LOGIN')
        self.ask(f'CREATE DATABASE "{name}" OWNER "{me}"')
        if postgis:
            self.ask("CREATE EXTENSION postgis", of=name)
        return f"postgresql:///{name}?host={self.folder}"

    def load(self, table: str, shapes: NDArray[np.object_]) -> None:
        """A table of ``shapes`` with their number and a spatial index, ready to be asked."""
        self.ask(f"CREATE UNLOGGED TABLE {table} (i integer PRIMARY KEY, g geometry)")
        text = io.StringIO()
        text.writelines(f"{i}\t{wkb}\n" for i, wkb in enumerate(shapely.to_wkb(shapes, hex=True)))
        self.ask(f"COPY {table} FROM STDIN", text.getvalue())
        self.ask(f"CREATE INDEX ON {table} USING gist (g)")
        self.ask(f"VACUUM ANALYZE {table}")


def is_there() -> bool:
    """Whether the machine has the server and PostGIS."""
    return (PROGRAMS / "initdb").exists() and Path("/usr/share/postgresql/15/extension/postgis.control").exists()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster that lives as long as the block."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="dothi-postgis-"))
    try:
        if user:
            shutil.chown(folder, "postgres")
        data = folder / "data"
        _run([*user, str(PROGRAMS / "initdb"), "-D", str(data), "-A", "peer", "-E", "UTF8"], folder)
        options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items()) + f" -k {folder}"
        control = [*user, str(PROGRAMS / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
        _run([*control, "-o", options, "start"], folder)
        try:
            made = Cluster(folder, user)
            made.ask("CREATE EXTENSION postgis")
            yield made
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: Sequence[str], folder: Path) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
