#!/usr/bin/env bash
# Installs missing tools of the build, and prints their names. Does nothing if none is missing.
# Usage: scripts/setup.sh [aarch64|js|page|browser]
#   aarch64   also a C compiler for aarch64, and QEMU
#   js        also Node.js and the npm packages of clients/
#   page      only Node.js and the npm packages of clients/ and clients/page/: the page needs no build
#   browser   the same, and Chromium
set -euo pipefail
. "$(dirname "$0")/env.sh"

say() { echo "setup: $*" >&2; }
fail() { echo "error: $*" >&2; exit 1; }

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo > /dev/null; then sudo "$@"
	else fail "installing packages needs root: run '$*' as root, then this again"; fi
}

# Installs Debian packages.
install() {
	command -v apt-get > /dev/null ||
		fail "missing here: $*. Install them (these are Debian's names), then run this again"
	say "installing Debian packages: $*"
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" > /dev/null
}

system_packages() {
	local missing=()
	command -v g++ > /dev/null || missing+=(g++)
	command -v make > /dev/null || missing+=(make)
	command -v git > /dev/null || missing+=(git)
	command -v curl > /dev/null || missing+=(curl)
	perl -MFindBin -e 1 2> /dev/null || missing+=(perl)
	# Without it, OpenSSL is built.
	pkg-config --exists openssl 2> /dev/null || ! command -v apt-get > /dev/null || missing+=(pkg-config libssl-dev)
	command -v protoc > /dev/null || missing+=(protobuf-compiler)
	command -v clang > /dev/null || missing+=(clang libclang-dev)
	[ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
	[ ${#missing[@]} = 0 ] || install "${missing[@]}"
}

cross_tools() {
	command -v aarch64-linux-gnu-g++ > /dev/null && command -v qemu-aarch64 > /dev/null ||
		install g++-aarch64-linux-gnu qemu-user
}

rust_toolchain() {
	[ -z "$toolchain" ] || return 0
	# RUSTUP_AUTO_INSTALL=0 means that rustup must not download anything.
	if command -v rustup > /dev/null && [ "${RUSTUP_AUTO_INSTALL:-1}" != 0 ]; then
		say "installing Rust $channel with rustup"
		if rustup toolchain install "$channel" --profile minimal --no-self-update \
			--component clippy,rust-src,rustfmt --target "$wasm_target"; then return 0; fi
		say "rustup could not fetch it"
	fi
	command -v apt-get > /dev/null ||
		fail "no Rust $channel: install rustup (https://rustup.rs), then run this again"
	install rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web lld-22
	local found
	found=$(/usr/bin/rustc --version | cut -d' ' -f2)
	[ "$found" = "$channel" ] ||
		fail "Debian has Rust $found here, not $channel: install rustup (https://rustup.rs), then run this again"
	say "building the wasm standard library (about a minute)"
	"$project/scripts/wasm-std.sh"
}

javascript() {
	local major=0
	! command -v node > /dev/null || major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
	[ "$major" -ge 18 ] && command -v npm > /dev/null || install nodejs npm
	npm_packages clients
}

# Installs the npm packages of a folder if its lock file is newer.
npm_packages() {
	local installed=$project/$1/node_modules/.package-lock.json
	if [ ! -e "$installed" ] || [ "$project/$1/package-lock.json" -nt "$installed" ]; then
		say "installing npm packages in $1/"
		(cd "$project/$1" && npm ci --no-audit --no-fund --loglevel=error)
	fi
}

case ${1:-} in
	page | browser)
		javascript
		npm_packages clients/page
		[ "$1" = page ] || [ -n "${CHROMIUM:-}" ] || command -v chromium > /dev/null || install chromium
		exit
		;;
esac
system_packages
rust_toolchain
[ "${1:-}" != js ] || javascript
[ "${1:-}" != aarch64 ] || cross_tools
. "$project/scripts/env.sh"
[ -n "$toolchain" ] || fail "the Rust $channel toolchain is still not complete; see what was said above"
