#!/usr/bin/env bash
# Installs a tool from its published crate into <target directory>/tools, and prints its path.
# Usage: scripts/tools.sh polkadot-omni-node|frame-omni-bencher|cargo-mutants
# Those of the Polkadot SDK are heavy: they compile a node, with less optimization than a release. The relay
# chains' runtimes are omitted.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$project"
tools=$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools
case $1 in
	polkadot-omni-node) version=0.24.0 ;;
	frame-omni-bencher) version=0.28.0 ;;
	cargo-mutants) version=27.1.0 ;;
	*) echo "error: unknown tool $1" >&2; exit 1 ;;
esac
export SKIP_WASM_BUILD=1 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off
export CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0
if [ ! -x "$tools/bin/$1" ]; then
	(cd / && "$project/scripts/cargo" install --locked "$1@$version" --root "$tools" --target-dir "$tools/build" >&2)
fi
echo "$tools/bin/$1"
