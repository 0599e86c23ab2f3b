#!/bin/bash
# Runs the tests of traced programs with an agent that checks itself, on one Python: undefined behaviour ends the
# program that is traced; then AddressSanitizer, whose library stands in front of the agent.
# usage: check-agent.sh BUILD-FOLDER PYTHON
set -euo pipefail
build=$1 python=$2
traced=${WHYMEM_ONLY_PYTHON:-$python}
cd "$(dirname "$0")/.."
export WHYMEM=$PWD/$build/whymem WHYMEM_BUILD=$PWD/$build

tests() {
	ninja -C "$build" whymem whymem-agent.so
	"$python" -m pytest -q -p no:cacheprovider "$@"
}

echo "== undefined behaviour in the agent"
meson configure "$build" -Dagent_sanitize=undefined
WHYMEM_ONLY_PYTHON=$traced tests tests/e2e/test_run*.py

echo "== memory errors in the agent"
meson configure "$build" -Dagent_sanitize=address
cc -static -O2 -D_GNU_SOURCE -DLIBRARY="\"$(cc -print-file-name=libasan.so)\"" -DPYTHON="\"$traced\"" \
	tests/e2e/reference_start.c -o "$build/python-with-asan"
# Not those of limits, crashes and malloc() itself, which the sanitizer takes.
ASAN_OPTIONS=detect_leaks=0 WHYMEM_ONLY_PYTHON=$PWD/$build/python-with-asan tests tests/e2e/test_run.py \
	tests/e2e/test_run_hostile.py \
	-k "known_sizes or peak or dies or threads or guests or subinterpreters or destructors"
