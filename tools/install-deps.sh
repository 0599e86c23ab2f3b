#!/bin/bash
# Installs the distribution's packages that whymem is built (and tested) with; asks for nothing that is there.
# usage: install-deps.sh build|test ...
set -euo pipefail

packages=()
for part; do
	case $part in
	build) packages+=(gcc meson ninja-build pkg-config libelf-dev libzstd-dev libxxhash-dev libjansson-dev zlib1g-dev python3) ;;
	test) packages+=(libcmocka-dev python3-pytest python3-pytest-xdist python3-jsonschema python3-venv scdoc man-db git libcairo2 fonts-dejavu-core libjemalloc2 libtcmalloc-minimal4) ;;
	*) echo "usage: $0 build|test ..." >&2; exit 2 ;;
	esac
done

missing=()
for package in "${packages[@]}"; do
	dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "whymem: please install these (names as on Debian): ${missing[*]}" >&2
	exit 1
fi
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
