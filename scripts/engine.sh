#!/bin/sh
# The engine's own environment in .venv, from the lock with hashes; with "dev" also the tools of tests and checks, with
# "desk" also the windows of the labelling desk.
#
# DOTHI_PYTHON names another Python (3.11 to 3.13). DOTHI_WHEELHOUSE names a folder of wheels for a machine without
# network (made by "make wheelhouse"). The stamp is written last, so an interrupted set-up is done anew.

. "$(dirname -- "$0")/ground.sh"

mkdir -p build
exec 9>build/engine.busy
flock 9 # two makes at once: the second waits and then finds the work done

venv=.venv
python=$venv/bin/python
lock=requirements/engine.lock

# The name that engine/contract/environment.py gives a lock.
name_of() { tr -d '\r' <"$1" | sha256sum | cut -c1-12; }

fits() { "$1" -I -c 'import sys, venv, ensurepip; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    for candidate in ${DOTHI_PYTHON:+"$DOTHI_PYTHON"} /usr/bin/python3 python3.13 python3.12 python3.11; do
        if fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    stop "Không tìm thấy Python 3.11 – 3.13; hãy cài hoặc đặt DOTHI_PYTHON." \
        "No Python 3.11 to 3.13 was found; install one or set DOTHI_PYTHON."
}

install_from() {
    # shellcheck disable=SC2086
    "$python" -I -m pip install --quiet --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
        --only-binary :all: ${DOTHI_WHEELHOUSE:+--no-index --find-links "$DOTHI_WHEELHOUSE"} -r "$1" || stop \
        "Chưa lập được môi trường từ $1 (xem lý do ở trên). Máy không có mạng: đặt DOTHI_WHEELHOUSE; chạy lại sẽ làm tiếp." \
        "The environment could not be made from $1 (the reason is above). Without network set DOTHI_WHEELHOUSE; running again carries on."
}

if [ "$(cat $venv/dothi-engine.lock 2>/dev/null)" = "$(name_of $lock)" ] && "$python" -I -c 'import pyproj' 2>/dev/null; then
    [ -n "${QUIET:-}" ] || say "Môi trường tính toán: dùng lại $venv." "Engine's environment: $venv is used again."
else
    found=$(find_python)
    say "Đang lập môi trường tính toán trong $venv bằng $found (khoảng một phút, chỉ một lần) …" \
        "Making the engine's environment in $venv with $found (about a minute, only once) …"
    rm -rf $venv
    "$found" -I -m venv $venv
    install_from $lock
    name_of $lock >$venv/dothi-engine.lock
fi

# Relative, so that the folder may be moved: site-packages → the repository root, which is the package.
for site in $venv/lib/python3.*/site-packages; do ln -sfn ../../../.. "$site/dothi"; done

cat >$venv/bin/dothi <<'END'
#!/bin/sh
# Written by scripts/engine.sh. Finds itself when it runs: the folder may be moved and may have any name.
here=$(dirname -- "$(readlink -f -- "$0")")
exec "$here/python" -I -X utf8 "$here/../../engine/launch.py" "$@"
END
chmod +x $venv/bin/dothi

if [ "${1:-}" = desk ] && [ "$(cat $venv/dothi-desk.lock 2>/dev/null)" != "$(name_of requirements/desk.lock)" ]; then
    say "Đang cài PySide6 cho bàn làm việc (khoảng 100 MB, chỉ một lần) …" "Installing PySide6 for the desk (about 100 MB, only once) …"
    install_from requirements/desk.lock
    name_of requirements/desk.lock >$venv/dothi-desk.lock
fi

if [ "${1:-}" = dev ] && [ "$(cat $venv/dothi-dev.lock 2>/dev/null)" != "$(name_of requirements/dev.lock)" ]; then
    say "Đang cài công cụ kiểm thử và kiểm tra mã …" "Installing the tools of tests and checks …"
    install_from requirements/dev.lock
    name_of requirements/dev.lock >$venv/dothi-dev.lock
fi
