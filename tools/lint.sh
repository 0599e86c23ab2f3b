#!/bin/bash
# clang-tidy on all sources (.clang-tidy tells the checks), and clang-format: both without a word.
# usage: lint.sh
set -euo pipefail
cd "$(dirname "$0")/.."
build=build-lint
[ -f $build/build.ninja ] || meson setup $build -Db_ndebug=false -Dbuildtype=debugoptimized >/dev/null
ninja -C $build src/cli/version.h >/dev/null 2>&1 || ninja -C $build >/dev/null
echo "== clang-format"
git ls-files 'agent/*.[ch]' 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.c' | grep -v '^src/cpython/layout' | xargs clang-format --dry-run --Werror
echo "== clang-tidy"
run-clang-tidy -p $build -quiet "$PWD/(agent|src)/.*\.c$" 2>/dev/null
