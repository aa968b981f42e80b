# What every door stands on: the root as working folder, UTF-8, the reader's language, how to speak and how to stop.
# Sourced by the scripts beside it, each of which is started as "sh scripts/NAME.sh".
# shellcheck shell=sh

set -eu
cd -- "$(dirname -- "$0")/.."

# Vietnamese unless the locale says English: the same rule as the engine's.
case ${DOTHI_LANGUAGE:-${LC_ALL:-${LANG:-vi}}} in
    [eE][nN]*) DOTHI_LANGUAGE=en ;;
    *) DOTHI_LANGUAGE=vi ;;
esac
export DOTHI_LANGUAGE

# In a locale without UTF-8 Qt cannot open a path with diacritics.
if [ "$(locale charmap 2>/dev/null || true)" != UTF-8 ]; then
    export LC_ALL=C.UTF-8
fi

# QGIS's own Python, which is not always the first on the PATH (pyenv, conda).
QGIS_PYTHON=${DOTHI_QGIS_PYTHON:-/usr/bin/python3}
export QGIS_PYTHON

# say VIETNAMESE ENGLISH
say() {
    if [ "$DOTHI_LANGUAGE" = en ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi
}

# stop VIETNAMESE ENGLISH
stop() {
    say "$1" "$2" >&2
    exit 1
}
