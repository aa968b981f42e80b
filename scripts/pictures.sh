#!/bin/sh
# The pictures of the docs, taken from the real QGIS window on a virtual screen.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh qgis engine screen
DOTHI_NO_WINDOW=1 sh scripts/demo.sh
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_scenarios
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_after
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_seeing
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_rules
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_surveillance
exec .venv/bin/python -I -X utf8 -m dothi.scripts.pictures "$@"
