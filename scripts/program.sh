#!/usr/bin/env bash
# Builds the program in a folder (a crate that depends on virt-guest) into <folder>/<name>.polkavm.
# Usage: scripts/program.sh <folder>, or `make program DIR=<folder>`.
set -euo pipefail
folder=${1:?"usage: make program DIR=<folder of the program's crate>"}
[ -d "$folder" ] || { echo "error: there is no folder $folder" >&2; exit 2; }
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")/.."
exec scripts/cargo run --release -p virt-builder -- "$folder"
