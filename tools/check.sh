#!/bin/bash
# Runs all tests on a built tree.
# usage: check.sh BUILD-FOLDER PYTHON
# Tests meet every CPython that WHYMEM_PYTHONS (separated by colons), PATH and pyenv give; WHYMEM_FETCH_PYTHONS=yes
# brings more from Debian's archive.
set -euo pipefail
build=$1 python=$2
cd "$(dirname "$0")/.."

echo "== rooms and arrows"
"$python" tools/check-rooms.py src

echo "== unit tests"
meson test -C "$build" --suite unit --print-errorlogs

if [ "${WHYMEM_FETCH_PYTHONS:-no}" = yes ]; then
	echo "== more CPythons from Debian's archive"
	if found=$(tools/get-pythons.sh "$build/pythons" bullseye trixie sid); then
		more=$(awk '{print $NF}' <<<"$found" | paste -sd:)
		export WHYMEM_PYTHONS=${WHYMEM_PYTHONS:+$WHYMEM_PYTHONS:}$more
	else
		echo "not reachable: the tests run with the Pythons at hand"
	fi
fi

echo "== end to end"
WHYMEM=$PWD/$build/whymem WHYMEM_BUILD=$PWD/$build "$python" -m pytest -q -p no:cacheprovider -n 2 --dist loadgroup tests/e2e
