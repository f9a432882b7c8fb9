#!/usr/bin/env bash
# Type-checks the manager for macOS. Nothing is linked, so no SDK is needed: a stub takes the place of the
# C compiler. The standard library is built from its sources, so no toolchain is installed.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$project"
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/macos
triple=aarch64-apple-darwin

# Creates the output file, and nothing else.
mkdir -p "$target"
cat > "$target/stub" <<'STUB'
#!/usr/bin/env bash
while [ $# -gt 0 ]; do
	case "$1" in
		-o) : > "$2"; shift ;;
		*.a) : > "$1" ;;
		-E | --version) echo clang ;;
	esac
	shift
done
STUB
chmod +x "$target/stub"

RUSTC_BOOTSTRAP=1 SKIP_WASM_BUILD=1 CC_aarch64_apple_darwin=$target/stub CXX_aarch64_apple_darwin=$target/stub \
	AR_aarch64_apple_darwin=$target/stub \
	scripts/cargo check --release --locked -p virt-manager --features node --target-dir "$target" \
	--target $triple -Z build-std=std,panic_unwind
echo "The manager type-checks for $triple."
