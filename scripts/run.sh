#!/bin/sh
# QGIS with the plugin, in a profile of its own, on the demo or (DOTHI_DATA) on data of one's own; waits until it closes.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh qgis engine
sh scripts/engine.sh
exec .venv/bin/python -I -X utf8 -m dothi.scripts.window
