#!/usr/bin/env bash
# Fuzzes each target for some seconds: scripts/fuzz.sh SECONDS [TARGET..]
#
# Starts with the committed corpus and the inputs found by earlier runs; loading them is not part of the
# time. New and failing inputs are kept in the target directory. The flags are those of cargo-fuzz without
# a sanitizer, which every compiler supports. A sanitizer does not cover the sandbox, where the unsafe
# code is.
set -euo pipefail
. "$(dirname "$0")/env.sh"
seconds=${1:?how many seconds for each target}
shift
cd "$project/node/manager/fuzz"

kept=${CARGO_TARGET_DIR:-$project/target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')
flags=(--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module)
for option in sanitizer-coverage-level=4 sanitizer-coverage-inline-8bit-counters \
	sanitizer-coverage-pc-table sanitizer-coverage-trace-compares \
	simplifycfg-branch-fold-threshold=0; do
	flags+=("-Cllvm-args=-$option")
done
# With `--target`, build scripts and macros are compiled without the flags.
CARGO_TARGET_DIR=$kept RUSTFLAGS="${flags[*]}" SKIP_WASM_BUILD=1 \
	"$project/scripts/cargo" build --release --locked --bins --target "$host"

[ $# -gt 0 ] || set -- fuzz_targets/*.rs
for target; do
	name=$(basename "$target" .rs)
	echo "== $name, $seconds s"
	mkdir -p "$kept/corpus/$name" "$kept/artifacts/$name"
	"$kept/$host/release/$name" -max_total_time="$seconds" -max_len=4096 -timeout=120 \
		-rss_limit_mb=4096 -print_final_stats=1 -artifact_prefix="$kept/artifacts/$name/" \
		"$kept/corpus/$name" "corpus/$name"
done
