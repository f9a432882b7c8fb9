#!/usr/bin/env bash
# Checks that docs/panics.md has a reason for each place where the pallet, its primitives and the manager
# can panic or truncate an integer. See scripts/panics.mjs.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$project"
crates=(pallet primitives node/manager)
lints=(cast_possible_truncation indexing_slicing panic undocumented_unsafe_blocks unreachable unwrap_used)
lints=("${lints[@]/#/clippy::}")
log=$(mktemp)
trap 'status=$?; [ $status = 0 ] || grep -A 20 "^error" "$log" >&2; rm -f "$log"' EXIT
mapfile -t sources < <(git ls-files -- "${crates[@]/%//src/*.rs}" | grep -v '^pallet/src/\(benchmarking\|tests\)')
SKIP_WASM_BUILD=1 scripts/cargo clippy --release --workspace --lib --message-format=json -- "${lints[@]/#/-W}" 2> "$log" |
	LINTS="${lints[*]}" node scripts/panics.mjs "${sources[@]}"
