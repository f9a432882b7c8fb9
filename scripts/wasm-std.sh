#!/usr/bin/env bash
# Builds `core`, `alloc` and `compiler_builtins` for wasm32v1-none from Debian's sources and installs
# them for its compiler: Debian has no package of them, and substrate-wasm-builder requires them. Takes
# about a minute, once per compiler version.
set -euo pipefail
rustc=${RUSTC:-/usr/bin/rustc}
cargo=${CARGO:-/usr/bin/cargo}
target=wasm32v1-none
lib=$("$rustc" --print sysroot)/lib/rustlib/$target/lib
stamp="$lib/built-by"
version=$("$rustc" --version)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$version" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
printf '#![no_std]\n' > "$work/src/lib.rs"
printf '[package]\nname = "wasm-std"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' > "$work/Cargo.toml"
# With bitcode, so that a runtime with LTO can use these libraries.
(cd "$work" && env -u CARGO_TARGET_DIR RUSTC="$rustc" RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes \
	"$cargo" build --quiet --release --target $target \
	-Z build-std=core,alloc -Z build-std-features=compiler-builtins-mem)
as_root=; [ "$(id -u)" = 0 ] || as_root=sudo
$as_root mkdir -p "$lib"
$as_root rm -f "$lib"/*.rlib
$as_root cp "$work"/target/$target/release/deps/lib{core,alloc,compiler_builtins}-*.rlib "$lib/"
printf '%s\n' "$version" | $as_root tee "$stamp" > /dev/null
