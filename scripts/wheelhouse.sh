#!/bin/sh
# The wheels of the engine's lock in one folder, for a machine without network: copy the folder, then
# "DOTHI_WHEELHOUSE=folder make engine" there. The machine must have the same system and Python version as this one.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh engine
sh scripts/engine.sh
mkdir -p dist/wheelhouse
.venv/bin/python -I -m pip download --quiet --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
    --only-binary :all: --dest dist/wheelhouse -r requirements/engine.lock
say "Thư viện ở dist/wheelhouse; trên máy kia: DOTHI_WHEELHOUSE=thư-mục make engine" \
    "The libraries are in dist/wheelhouse; on the other machine: DOTHI_WHEELHOUSE=folder make engine"
