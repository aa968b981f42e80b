#!/bin/sh
# Spoiled metadata for the readers of scenes (DOTHI_FUZZ: how many, else 100000): each is read or refused with a code.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh engine
sh scripts/engine.sh dev
root=$(pwd)
cd "${TMPDIR:-/tmp}"
exec "$root/.venv/bin/python" -P -X utf8 "$root/scripts/fuzz_metadata.py" "${DOTHI_FUZZ:-100000}"
