#!/usr/bin/env bash
# Builds the runtime's wasm and the programs again and compares them with the first build: with a copy of
# the sources in another folder, another CARGO_HOME, and an empty target directory. The runtime's build
# script builds the wasm, as in cargo; native code is not built again.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$project"
runtimes="virt_runtime virt_runtime_embedded"
target=${CARGO_TARGET_DIR:-$project/target}

artifacts=$(scripts/cargo build --release --workspace --message-format=json-render-diagnostics |
	grep '"custom-build"' | grep '[/#]virt-runtime[#@]')
script=$(sed -n 's/.*"filenames":\["\([^"]*\)".*/\1/p' <<< "$artifacts")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/sources" "$scratch/cargo" "$scratch/target/release/build/virt-runtime/out"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$scratch/sources"
ln -s "${CARGO_HOME:-$HOME/.cargo}"/* "$scratch/cargo"
host=$(rustc -vV | sed -n 's/^host: //p')
(
	cd "$scratch/sources/runtime"
	unset CARGO_TARGET_DIR
	export CARGO_HOME=$scratch/cargo CARGO_MANIFEST_DIR=$scratch/sources/runtime \
		CARGO_PKG_NAME=virt-runtime CARGO_FEATURE_DEFAULT=1 CARGO_FEATURE_STD=1 CARGO=cargo RUSTC=rustc \
		HOST=$host TARGET=$host PROFILE=release OUT_DIR=$scratch/target/release/build/virt-runtime/out \
		WASM_BUILD_WORKSPACE_HINT=$scratch/sources
	"$script" > "$scratch/log" || { cat "$scratch/log" >&2; exit 1; }
)

for runtime in $runtimes; do
	wasm=wbuild/virt-runtime/$runtime.compact.compressed.wasm
	first=$(sha256sum < "$target/release/$wasm") second=$(sha256sum < "$scratch/target/release/$wasm")
	echo "$runtime in $target: ${first%% *}"
	echo "$runtime in $scratch/target: ${second%% *}"
	[ "$first" = "$second" ] || { echo "error: $runtime depends on where it is built" >&2; exit 1; }
done
echo "The runtimes' wasm is the same."

(
	cd "$scratch/sources/fixtures/programs"
	CARGO_HOME=$scratch/cargo "$target/release/build-program" . > "$scratch/log" 2>&1 ||
		{ cat "$scratch/log" >&2; exit 1; }
)
for program in "$target"/programs/*.polkavm; do
	cmp "$program" "$scratch/sources/fixtures/programs/${program##*/}" ||
		{ echo "error: a program depends on where it is built" >&2; exit 1; }
done
echo "The programs are the same."
