#!/bin/sh
# Ten thousand spoiled rule files (DOTHI_SOAK: another number): each is refused clearly, or holds what it promises.
# Then a simulated year under watch, killed a hundred times (DOTHI_KILLS: another number): it ends as one left in peace.
# Then publishing under siege: 20,000 edits, every fault of a server, 500 kills, to a broker; and a quarter of that to a
# gateway, which takes its records one by one. The reports are docs/ioc/soak.md and docs/ioc/soak-gateway.md.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh engine
sh scripts/engine.sh dev
DOTHI_SOAK=${DOTHI_SOAK:-10000}
export DOTHI_SOAK
root=$(pwd)
python="$root/.venv/bin/python"
cd "${TMPDIR:-/tmp}"
"$python" -P -X utf8 -m pytest -c "$root/pyproject.toml" --rootdir "$root" --timeout 7200 -q \
    --pyargs dothi.tests.unit.zoning.test_mutated_rules
"$python" -P -X utf8 "$root/scripts/soak_watch.py" --kills "${DOTHI_KILLS:-100}"
"$python" -P -X utf8 -m dothi.scripts.soak_ioc --report "$root/docs/ioc/soak.md"
exec "$python" -P -X utf8 -m dothi.scripts.soak_ioc --kind gateway --edits 5000 --kills 125 \
    --folder "$root/build/soak-gateway" --report "$root/docs/ioc/soak-gateway.md"
