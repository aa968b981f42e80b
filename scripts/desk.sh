#!/bin/sh
# The inspector's desk: label the points of a sample on the images of both dates. Waits until it is closed.
#
#   sh scripts/desk.sh [SAMPLE] [--data FILE] [--labeller NAME]
#
# Without a word it offers the samples beside the demo, or (DOTHI_DATA) beside the one data set in that folder.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh engine desk
sh scripts/engine.sh desk
if [ $# = 0 ]; then
    set -- --data build/demo/dothi.gpkg
    for found in ${DOTHI_DATA:+"$DOTHI_DATA"/*.gpkg}; do set -- --data "$found"; done
fi
exec .venv/bin/python -I -X utf8 -m dothi.desk "$@"
