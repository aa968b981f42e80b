#!/bin/sh
# The main job: from a fresh machine to a province in QGIS. DOTHI_DATA names a folder with data of one's own.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh qgis engine
sh scripts/engine.sh
exec .venv/bin/python -I -X utf8 -m dothi.scripts.demo
