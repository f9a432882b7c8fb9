#!/usr/bin/env bash
# Compares programs on aarch64, in QEMU, with this machine: results, gas, traps and snapshots of the
# conformance suite, the fixtures and a thousand generated programs, with three sets of rules. The standard
# library is built from its sources, so no toolchain is installed. Requires `make build`.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$project"
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
triple=aarch64-unknown-linux-gnu
# The suite's wasm is not needed here.
export SKIP_WASM_BUILD=1

RUSTC_BOOTSTRAP=1 CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc \
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
	scripts/cargo build --release --locked -p virt-record --target-dir "$target/machines" \
	--target $triple -Z build-std=std,panic_unwind

cd "$target/machines"
"$target/release/virt-record" > native.txt
qemu-aarch64 -L /usr/aarch64-linux-gnu $triple/release/virt-record > qemu.txt
diff native.txt qemu.txt
echo "The same on aarch64 and $(uname -m): $(wc -l < qemu.txt) records."
