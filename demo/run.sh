#!/bin/bash
# Starts the leaky service, explains it, stops it.
# usage: run.sh WHYMEM
set -euo pipefail
whymem=$(realpath "$1")
cd "$(dirname "$0")"
python=${WHYMEM_DEMO_PYTHON:-python3}

coproc service { exec "$python" -OO shop.py; }
trap 'kill "$service_PID" 2>/dev/null || true; wait 2>/dev/null || true' EXIT
echo "starting a web shop that leaks ($python demo/shop.py) ..."
read -r ready <&"${service[0]}" || { echo "the service did not start" >&2; exit 1; }
echo "$ready"
echo "\$ whymem $service_PID"
"$whymem" "$service_PID"
