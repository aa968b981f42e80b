#!/bin/sh
# Judges of tests that want older libraries than the engine (FiLiP, xdem) in .venv-judges, from their own lock with
# hashes. 1.1 GB, two minutes: so "make test" asks them only where they are.

. "$(dirname -- "$0")/ground.sh"

venv=.venv-judges
lock=requirements/judges.lock
name=$(tr -d '\r' <"$lock" | sha256sum | cut -c1-12)

sh scripts/system.sh engine
sh scripts/engine.sh
if [ "$(cat $venv/lock 2>/dev/null)" = "$name" ]; then
    say "Trọng tài độc lập: dùng lại $venv." "Judges: $venv is used again."
    exit 0
fi
say "Đang lập môi trường của các trọng tài độc lập trong $venv (FiLiP, xdem; 1,1 GB, khoảng hai phút, chỉ một lần) …" \
    "Making the judges' environment in $venv (FiLiP, xdem; 1.1 GB, about two minutes, only once) …"
rm -rf $venv
.venv/bin/python -I -m venv $venv
# stringcase and wget exist as source alone; they are one file each.
$venv/bin/python -I -m pip install --quiet --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
    --only-binary :all: --no-binary stringcase,wget -r "$lock" || stop \
    "Chưa lập được môi trường từ $lock (xem lý do ở trên)." "The environment could not be made from $lock (see above)."
printf '%s' "$name" >$venv/lock
