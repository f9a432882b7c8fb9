# Source it: puts a complete Rust toolchain of the right version first on the PATH, if there is one, and
# sets `$toolchain` to `rustup`, `debian`, or nothing, and `$host_rustc` to the compiler of everything
# that is neither wasm nor a program, if that is another one.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
channel=$(sed -n 's/^channel = "\(.*\)"$/\1/p' "$project/rust-toolchain.toml")
wasm_target=wasm32v1-none
host_rustc=

rustup_complete() {
	command -v rustup > /dev/null || return 1
	local sysroot
	sysroot=$(RUSTUP_AUTO_INSTALL=0 rustup run "$channel" rustc --print sysroot 2> /dev/null) || return 1
	[ -d "$sysroot/lib/rustlib/$wasm_target/lib" ] && [ -d "$sysroot/lib/rustlib/src/rust/library" ] &&
		[ -x "$sysroot/bin/cargo-clippy" ] && [ -x "$sysroot/bin/cargo-fmt" ]
}

debian_complete() {
	[ "$(/usr/bin/rustc --version 2> /dev/null | cut -d' ' -f2)" = "$channel" ] || return 1
	[ -x /usr/bin/cargo ] && [ -x /usr/bin/cargo-clippy ] && [ -x /usr/bin/cargo-fmt ] &&
		[ -d /usr/lib/rustlib/src/rust/library ] &&
		[ "$(cat "/usr/lib/rustlib/$wasm_target/lib/built-by" 2> /dev/null)" = "$(/usr/bin/rustc --version)" ]
}

if rustup_complete; then
	toolchain=rustup
	export RUSTUP_TOOLCHAIN=$channel
elif debian_complete; then
	# Before rustup's shims, so that cargo and rustc are from the same toolchain.
	toolchain=debian
	# First the toolchain's LLD as `ld`, which links faster than GNU's. rustup's toolchains use it by default.
	# gcc's COMPILER_PATH would be more exact, but build scripts of C libraries run again when it changes.
	PATH=$(/usr/bin/rustc --print target-libdir)/../bin/gcc-ld:/usr/bin:$PATH
	export PATH
	# rustup's stable compiler takes two thirds of the time of Debian's. It may lack what wasm and programs need.
	if host_rustc=$(RUSTUP_AUTO_INSTALL=0 rustup which --toolchain stable rustc 2> /dev/null); then
		oldest=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$project/Cargo.toml")
		version=$("$host_rustc" --version | cut -d' ' -f2)
		[ "$(printf '%s\n' "$oldest" "$version" | sort -V | head -1)" = "$oldest" ] || host_rustc=
	fi
else
	toolchain=
fi

# The system's OpenSSL, if it is there: building one takes minutes. OPENSSL_NO_VENDOR=0 builds it, for a
# binary that runs without libssl.
if pkg-config --exists openssl 2> /dev/null; then
	export OPENSSL_NO_VENDOR=${OPENSSL_NO_VENDOR:-1}
fi

# Binaryen, which the wasm builds use, is compiled by clang in two thirds of the time of gcc.
if command -v clang++ > /dev/null; then
	export CXX=${CXX:-clang++}
fi
