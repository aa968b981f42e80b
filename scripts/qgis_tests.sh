#!/bin/sh
# The environment of the tests that run inside QGIS: QGIS's own Python and packages, plus pytest from its lock.

. "$(dirname -- "$0")/ground.sh"

mkdir -p build
exec 9>build/qgis-tests.busy
flock 9

venv=.venv-qgis
lock=requirements/qgis-tests.lock
stamp=$(sha256sum <$lock | cut -c1-12)-$("$QGIS_PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

if [ "$(cat $venv/dothi-tests.lock 2>/dev/null)" != "$stamp" ]; then
    say "Đang lập môi trường kiểm thử trong QGIS ($venv) …" "Making the environment of the tests inside QGIS ($venv) …"
    rm -rf $venv
    "$QGIS_PYTHON" -m venv --system-site-packages $venv
    $venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
        --only-binary :all: -r $lock
    printf '%s\n' "$stamp" >$venv/dothi-tests.lock
fi
for site in $venv/lib/python3.*/site-packages; do ln -sfn ../../../.. "$site/dothi"; done
