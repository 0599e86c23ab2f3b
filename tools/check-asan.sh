#!/bin/bash
# Runs a tree built with AddressSanitizer and UndefinedBehaviorSanitizer: the unit tests, then every command and
# damaged memory on one Python.
# usage: check-asan.sh BUILD-FOLDER PYTHON
set -euo pipefail
build=$1 python=$2
cd "$(dirname "$0")/.."
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:exitcode=99
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:exitcode=99

echo "== unit tests, sanitized"
meson test -C "$build" --suite unit --print-errorlogs

echo "== every command and damaged memory, sanitized"
WHYMEM=$PWD/$build/whymem WHYMEM_BUILD=$PWD/$build WHYMEM_ONLY_PYTHON=${WHYMEM_ONLY_PYTHON:-$python} \
	"$python" -m pytest -q -p no:cacheprovider tests/e2e/test_every_command.py tests/e2e/test_damage.py
