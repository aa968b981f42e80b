#!/bin/sh
# The budgets, measured: whole processes, start-up included, beside QGIS and the Orfeo ToolBox on the same files.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh qgis engine bench
sh scripts/engine.sh
sh scripts/qgis_tests.sh
exec .venv/bin/python -I -X utf8 -m dothi.scripts.bench "$@"
