#!/bin/sh
# Install what the machine lacks; nothing is asked, nothing is installed twice.
#
#   sh scripts/system.sh [qgis] [engine] [desk] [screen] [browser] [bench]
#
# qgis: QGIS 3.40 or newer with its Python; engine: Python's venv module; desk: what Qt 6 opens windows with; screen: a
# virtual screen for pictures; browser: Chromium, for pictures of the board; bench: the Orfeo ToolBox and PostGIS, which
# the benchmarks are compared with.

. "$(dirname -- "$0")/ground.sh"

QGIS_OLDEST=34000
missing=

qgis_fits() {
    command -v qgis_process >/dev/null 2>&1 &&
        "$QGIS_PYTHON" -c "from qgis.core import Qgis; raise SystemExit(Qgis.QGIS_VERSION_INT < $QGIS_OLDEST)" 2>/dev/null
}

for need in "$@"; do
    case $need in
        qgis) qgis_fits || missing="$missing qgis python3-qgis qgis-providers fonts-dejavu-core" ;;
        # On Debian the venv module comes apart from Python; elsewhere with it.
        engine) "${DOTHI_PYTHON:-/usr/bin/python3}" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3 python3-venv" ;;
        # PySide6 brings Qt itself, not the system's side of it (https://doc.qt.io/qt-6/linux-requirements.html).
        desk)
            known=$(/sbin/ldconfig -p 2>/dev/null || true)
            for library in libEGL.so.1 libxcb-cursor.so.0 libxkbcommon-x11.so.0 libxcb-icccm.so.4 libxcb-keysyms.so.1; do
                case $known in
                    *"$library"*) ;;
                    *) qt="libegl1 libgl1 libfontconfig1 libdbus-1-3 libglib2.0-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-shape0 libxkbcommon-x11-0 fonts-dejavu-core" ;;
                esac
            done
            missing="$missing${qt:+ $qt}"
            ;;
        screen) command -v xvfb-run >/dev/null 2>&1 || missing="$missing xvfb xauth" ;;
        browser) command -v chromium >/dev/null 2>&1 || missing="$missing chromium" ;;
        bench)
            command -v otbcli_MultivariateAlterationDetector >/dev/null 2>&1 || missing="$missing otb-bin"
            [ -e /usr/share/postgresql/15/extension/postgis.control ] || missing="$missing postgresql-15-postgis-3"
            ;;
        *) stop "system.sh: không biết “$need”" "system.sh: what is “$need”?" ;;
    esac
done
[ -n "$missing" ] || exit 0

id=other codename=
if [ -r /etc/os-release ]; then
    . /etc/os-release
    id=$ID codename=${VERSION_CODENAME:-}
fi
case $id-$codename in
    debian-bookworm | debian-trixie) ;;
    *)
        case $missing in
            *qgis*) stop \
                "Cần QGIS 3.40 trở lên kèm Python 3.11 trở lên: hãy cài từ https://qgis.org/download rồi chạy lại (nếu Python của QGIS không phải /usr/bin/python3 thì đặt DOTHI_QGIS_PYTHON)." \
                "QGIS 3.40 or newer with Python 3.11 or newer is needed: get it from https://qgis.org/download and run again (where QGIS's Python is not /usr/bin/python3, set DOTHI_QGIS_PYTHON)." ;;
            *) stop \
                "Hãy cài các gói sau bằng trình quản lý gói của hệ thống rồi chạy lại:$missing" \
                "Install these packages with the system's package manager and run again:$missing" ;;
        esac
        ;;
esac

# QGIS 3.40 is in Debian 13 itself and in the backports of Debian 12.
release=
if [ "$codename" = bookworm ]; then
    case $missing in *qgis*) release=bookworm-backports ;; esac
fi

if [ "$(id -u)" = 0 ]; then
    as_root() { env "$@"; }
elif sudo -n true 2>/dev/null; then
    as_root() { sudo -n env "$@"; }
else
    stop "Cần quyền quản trị: hãy nhờ quản trị viên chạy “apt-get install${release:+ -t $release}$missing”${release:+ (nguồn $release phải được bật)} rồi chạy lại lệnh này." \
        "This needs the administrator: ask for “apt-get install${release:+ -t $release}$missing”${release:+ (with the source $release enabled)}, then run this again."
fi

if [ -n "$release" ] && ! apt-get indextargets --format '$(RELEASE) $(CODENAME) $(SUITE)' | grep -qw "$release"; then
    # The mirror the administrator chose for Debian itself also carries the backports.
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $codename" | head -n 1)
    say "Thêm nguồn $release của Debian." "Adding Debian's source $release."
    printf 'deb %s %s main\n' "${mirror:-http://deb.debian.org/debian}" "$release" |
        as_root tee "/etc/apt/sources.list.d/$release.list" >/dev/null
fi

say "Đang cài:$missing (vài phút, chỉ một lần) …" "Installing:$missing (some minutes, only once) …"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! {
    as_root DEBIAN_FRONTEND=noninteractive apt-get -q update &&
        # $missing and $release are lists of words on purpose.
        # shellcheck disable=SC2086
        as_root DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install ${release:+-t $release} $missing
} >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    stop "Không cài được:$missing. Các dòng trên cho biết lý do." "Could not install:$missing. The lines above say why."
fi

case $missing in
    *qgis*) qgis_fits || stop \
        "Đã cài QGIS nhưng $QGIS_PYTHON không dùng được nó (cần 3.40 trở lên)." \
        "QGIS was installed, but $QGIS_PYTHON cannot use it (3.40 or newer is needed)." ;;
esac
