#!/bin/sh
# The simulated coast: 200 pairs with known truth through change detect; the table goes into docs/surveillance.
# What was done before a stop is kept (build/bench_coast.jsonl); "--again" forgets it.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh engine
sh scripts/engine.sh
OPENBLAS_NUM_THREADS=1
export OPENBLAS_NUM_THREADS
exec nice -n 15 .venv/bin/python -I -X utf8 -m dothi.scripts.bench_coast --write "$@"
