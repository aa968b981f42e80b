#!/bin/sh
# Make the locks anew from requirements/*.in: one universal lock each (Python 3.11 to 3.13, Linux and Windows), with the
# hash of every file and no address of any index in it.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh engine
sh scripts/engine.sh
[ -x build/lock/bin/uv ] || {
    .venv/bin/python -I -m venv build/lock
    build/lock/bin/python -I -m pip install --quiet --quiet --disable-pip-version-check uv
}
# engine first: desk, cluster and dev are made to agree with it.
for name in engine desk cluster dev qgis-tests; do
    build/lock/bin/python -I -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links --only-binary :all: --upgrade \
        --output-file "requirements/$name.lock" "requirements/$name.in"
done
# The judges agree with nobody; two of their libraries exist as source alone.
build/lock/bin/python -I -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --no-emit-index-url --no-emit-find-links --only-binary :all: --no-binary stringcase --no-binary wget --upgrade \
    --output-file requirements/judges.lock requirements/judges.in
say "Đã làm lại các tệp khóa; hãy chạy make test." "The locks are made anew; now run make test."
