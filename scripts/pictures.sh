#!/bin/sh
# The pictures of the docs, taken from the real QGIS window on a virtual screen.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh qgis engine desk screen browser
DOTHI_NO_WINDOW=1 sh scripts/demo.sh
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_scenarios
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_after
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_seeing
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_rules
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_ioc
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_surveillance
sh scripts/engine.sh desk
xvfb-run -a -s "-screen 0 1600x1000x24" .venv/bin/python -I -X utf8 -m dothi.scripts.pictures_desk
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_timeline
.venv/bin/python -I -X utf8 -m dothi.scripts.pictures_board
exec .venv/bin/python -I -X utf8 -m dothi.scripts.pictures "$@"
