#!/usr/bin/env bash
# Builds the runtime with the next `spec_version`, and the embedded form with the one after it, so that tests
# can upgrade a chain of the built node. Requires `make build`: repeats its wasm build with copies of the
# sources and of its target directory, so that only the runtime is compiled. The outputs are
# next-runtime/runtime.wasm and next-runtime/embedded.wasm in the target directory.
# Usage: scripts/next-runtime.sh
#
# `scripts/next-runtime.sh try-runtime` builds the embedded form with the feature `try-runtime` and the
# next `spec_version` as next-runtime/try-runtime.wasm, and `benchmarks` with the feature
# `runtime-benchmarks` as next-runtime/benchmarks.wasm. Their dependencies are compiled, too.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
built=$target/release/wbuild/virt-runtime
next=$target/next-runtime

[ -d "$built" ] || { echo "error: no wasm build in $built: run \`make build\` first" >&2; exit 1; }
mkdir -p "$next"
[ -d "$next/build" ] || cp -a "$built" "$next/build"

# Builds the runtime with the spec version increased by <by>: next <by> <name> [<feature>..]
next() {
	local by=$1 name=$2
	shift 2
	local features
	features=$(printf ', "%s"' "$@")
	# Keeps the modification times, so that unchanged files are not compiled.
	rm -rf "$next/source"
	mkdir "$next/source"
	cp -a Cargo.toml Cargo.lock fixtures node pallet primitives runtime tools "$next/source"
	local version
	version=$(sed -n 's/^\tspec_version: \([0-9]*\),$/\1/p' runtime/src/lib.rs)
	sed -i "s/^\tspec_version: $version,$/\tspec_version: $((version + by)),/" "$next/source/runtime/src/lib.rs"
	touch -r runtime/src/lib.rs "$next/source/runtime/src/lib.rs"
	cp "$built/Cargo.toml" "$built/Cargo.lock" "$next/build"
	sed -i "s|^path = .*|path = \"$next/source/runtime\"|" "$next/build/Cargo.toml"
	if [ $# -gt 0 ]; then
		sed -i "s|^features = .*|features = [${features#, }]|" "$next/build/Cargo.toml"
		grep -qF "features = [${features#, }]" "$next/build/Cargo.toml"
	fi

	# Like the runtime's build script, with substrate-wasm-builder.
	RUSTFLAGS="-C link-arg=--export-table -C link-arg=--export=__heap_base -C link-arg=--import-memory --cfg=wrapped_lto --cfg substrate_runtime" \
		RUSTC_WRAPPER=$PWD/scripts/rustc-wasm WASM_SOURCES=$next/source \
		CARGO_TARGET_DIR=$next/build/target SKIP_WASM_BUILD= scripts/cargo rustc --release \
		--target wasm32v1-none --manifest-path "$next/build/Cargo.toml"
	cp "$next/build/target/wasm32v1-none/release/virt_runtime.wasm" "$next/$name.wasm"
	echo "the runtime of spec version $((version + by)) is $next/$name.wasm"
}

case ${1:-} in
	try-runtime) next 1 try-runtime embedded try-runtime ;;
	benchmarks) next 0 benchmarks embedded runtime-benchmarks ;;
	*)
		next 1 runtime
		next 2 embedded embedded
		;;
esac
