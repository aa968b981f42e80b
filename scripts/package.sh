#!/bin/sh
# The zip for planners, the rules of the plugin site, and a try in empty QGIS profiles.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh qgis engine screen
QUIET=1 sh scripts/engine.sh dev
.venv/bin/python -I -X utf8 -m dothi.scripts.package
version=$(.venv/bin/python -I -m dothi.scripts.package --version)
.venv/bin/python -I -X utf8 -m dothi.scripts.check_package "dist/dothi-$version.zip"
.venv/bin/python -I -X utf8 -m dothi.scripts.try_package "dist/dothi-$version.zip"
