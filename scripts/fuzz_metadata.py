"""Spoiled metadata for the readers of scenes, many of it: MTD and MTL, STAC, tags, GeoTIFF and zip headers.

    .venv/bin/python -P -X utf8 scripts/fuzz_metadata.py [COUNT] [SEED]

Ends with 1 at the first input that is neither read nor refused with a code, or that takes longer than ten seconds, and
keeps it in build/fuzz/. The same COUNT and SEED give the same inputs.
"""

from __future__ import annotations

import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from random import Random

from dothi.layers.errors import DothiError
from dothi.tests.unit.surveillance.metadata_fuzz import Target, random_spoilings, spoiled, targets

COUNT, SEED, LONGEST_S = 100_000, 1, 10
KEPT = Path(__file__).resolve().parents[1] / "build" / "fuzz"


def main(count: int = COUNT, seed: int = SEED) -> int:
    """Run all targets; 0 when every input was read or refused."""
    warnings.simplefilter("ignore")
    started, slowest = time.process_time(), 0.0
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "catalog.json").write_text('{"type": "Catalog", "links": []}')
        for name, target in targets().items():
            seen: Counter[str] = Counter()
            random = Random(f"{seed}/{name}")  # noqa: S311 - no secret hangs on it
            for _ in range(round(count * target.share)):
                data = spoiled(target.seed, random_spoilings(random))
                began = time.process_time()
                fault = _tried(target, data, Path(folder), seen)
                slowest = max(slowest, time.process_time() - began)
                if fault is not None:
                    KEPT.mkdir(parents=True, exist_ok=True)
                    (KEPT / f"{name}.bin").write_bytes(data)
                    print(f"{name}: {fault!r}; the input is kept in {KEPT / name}.bin", file=sys.stderr)
                    return 1
            print(f"{name:10} {sum(seen.values()):7,} inputs:", ", ".join(f"{c} {n:,}" for c, n in seen.most_common(8)))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.process_time() - started:.0f} s CPU, slowest input {slowest:.2f} s, peak memory {memory:.0f} MB")
    return 0


def _tried(target: Target, data: bytes, folder: Path, seen: Counter[str]) -> BaseException | None:
    """What went wrong with one input; None where it was read or refused as it should be."""
    signal.alarm(LONGEST_S)
    try:
        target.run(data, folder)
        seen["read"] += 1
    except DothiError as error:
        if "{" in error.sentence("vi").replace(str(error.arguments), "") and error.code == error.sentence("vi"):
            return error
        seen[error.code] += 1
    except Exception as error:  # whatever else it is, it is the fault that is looked for
        return error
    finally:
        signal.alarm(0)
    return None


def _late(*_: object) -> None:
    raise TimeoutError(LONGEST_S)


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, _late)
    sys.exit(main(*(int(value) for value in sys.argv[1:3])))
