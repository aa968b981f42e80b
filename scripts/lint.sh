#!/bin/sh
# Every check of the code; all of them run even when one fails, and the list of those that failed comes last.

. "$(dirname -- "$0")/ground.sh"

sh scripts/system.sh engine
QUIET=1 sh scripts/engine.sh dev
bin=.venv/bin
failed=

check() {
    name=$1
    shift
    if "$@"; then echo "✓ $name"; else
        echo "✗ $name"
        failed="$failed $name"
    fi
}

check ruff $bin/ruff check --quiet .
check format $bin/ruff format --check --quiet .
check mypy $bin/python -P -m mypy --no-error-summary -p dothi
check import-linter $bin/python -P -c 'from importlinter.cli import lint_imports_command as c; c(["--no-logo", "--no-cache"])'
check bandit $bin/python -I -m dothi.scripts.check_bandit .
check detect-secrets $bin/python -I -m dothi.scripts.check_secrets

[ -z "$failed" ] || stop "Chưa đạt:$failed" "Failed:$failed"
