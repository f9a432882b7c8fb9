#!/usr/bin/env bash
# Builds the release artifacts in <target directory>/dist: the node, the runtimes, related files, and
# checksums. The runtimes' bytes depend on the sources and the compiler only: scripts/reproduce.sh
# checks it.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$project"
target=${CARGO_TARGET_DIR:-$project/target}
dist=$target/dist
# The node runs without libssl.
OPENSSL_NO_VENDOR=0 scripts/cargo build --release --locked --workspace

rm -rf "$dist"
mkdir -p "$dist"
strip -o "$dist/virt-node" "$target/release/virt-node"
cp "$target/release/wbuild/virt-runtime/"virt_runtime{,_embedded}.compact.compressed.wasm "$dist/"
cp LICENSE CHANGELOG.md docs/run-a-node.md docs/grafana.json scripts/virt-node.service "$dist/"
cd "$dist"
{
	echo "node      $(./virt-node --version)"
	echo "compiler  $(rustc --version)"
	for runtime in *.wasm; do
		echo "runtime   $runtime"
		echo "sha256    $(sha256sum < "$runtime" | cut -d' ' -f1)"
		# The argument of `system.authorizeUpgrade`.
		echo "blake2    0x$(b2sum -l 256 < "$runtime" | cut -d' ' -f1)"
	done
} > runtime.txt
sha256sum -- * > SHA256SUMS
ls -l
cat runtime.txt
