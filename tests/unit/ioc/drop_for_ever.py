"""Write versions 1, 2, 3 … of a drop into a folder until someone ends it: ``drop_for_ever TARGET``."""

from __future__ import annotations

import json
import sys
from itertools import count
from pathlib import Path

from dothi.ioc.targets.drop import FORMAT, Drop, fingerprint


def write(folder: Path, version: int) -> None:
    """Twenty files that all say the same version, and their manifest."""
    files = []
    for number in range(20):
        path = folder / f"{number % 3}" / f"tệp {number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{version}\n" * 2000)
        size, digest = fingerprint(path)
        files.append({"path": path.relative_to(folder).as_posix(), "bytes": size, "sha256": digest})
    (folder / "manifest.json").write_text(json.dumps({"format": FORMAT, "version": version, "files": files}))


def main() -> None:
    drop = Drop(Path(sys.argv[1]))
    for version in count(1):
        with drop.writing() as folder:
            write(folder, version)
        print(version, flush=True)


if __name__ == "__main__":
    main()
