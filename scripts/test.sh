#!/bin/sh
# All tests, with all their set-up. PYTEST_ADDOPTS narrows them ("-k setback"); DOTHI_TEST_DATA names the real data.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh qgis engine desk
sh scripts/engine.sh dev
sh scripts/qgis_tests.sh
exec .venv/bin/python -I -X utf8 -m dothi.scripts.run_tests "$@"
