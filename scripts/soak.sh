#!/bin/sh
# Ten thousand spoiled rule files (DOTHI_SOAK: another number): each is refused clearly, or holds what it promises.
# Then a simulated year under watch, killed a hundred times (DOTHI_KILLS: another number): it ends as one left in peace.
# Then publishing under siege, to a broker and to a gateway: 20,000 edits, every fault of a server, 500 kills; the
# reports are docs/ioc/soak.md and docs/ioc/soak-gateway.md.

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
exec "$python" -P -X utf8 -m dothi.scripts.soak_ioc --kind gateway \
    --folder "$root/build/soak-gateway" --report "$root/docs/ioc/soak-gateway.md"
