#!/usr/bin/env bash
# Packages the crates that other projects depend on, as for publishing, and uses the packages in a folder
# without a checkout: builds and tests a program, and compiles a crate with the pallet in both forms and the
# manager. Nothing is published. Requires `make build` for the node, which runs the program's tests. Heavy:
# Substrate is compiled once more.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$project"
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export VIRT_NODE=${VIRT_NODE:-$target/release/virt-node}
[ -x "$VIRT_NODE" ] || { echo "error: no node at $VIRT_NODE: run \`make build\`, or set VIRT_NODE to one" >&2; exit 1; }
crates="virt-guest virt-primitives virt-manager pallet-virt virt-testing virt-builder"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export CARGO_TARGET_DIR=$target/packaged
cargo=$project/scripts/cargo
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)

# A copy with publishing allowed: cargo does not package crates that depend on unpublishable ones.
mkdir "$scratch/sources"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$scratch/sources"
sed -i 's/^publish = false$/publish = true/' "$scratch/sources/Cargo.toml"
flags=()
for crate in $crates; do flags+=(-p "$crate"); done
rm -rf "$CARGO_TARGET_DIR/package"
# The packages are compiled below; `cargo package` would compile them again.
(cd "$scratch/sources" && "$cargo" package --locked --no-verify "${flags[@]}")

mkdir -p "$scratch/.cargo" "$scratch/packages/primitives"
# Replaces crates.io for these packages.
echo "[patch.crates-io]" > "$scratch/.cargo/config.toml"
for crate in $crates; do
	package=$CARGO_TARGET_DIR/package/$crate-$version.crate
	# The folders that `program new` expects in a checkout.
	case $crate in
		virt-guest) folder=packages/primitives/guest ;;
		virt-testing) folder=packages/primitives/testing ;;
		*) folder=packages/$crate ;;
	esac
	tar -xzf "$package" -C "$scratch"
	mv "$scratch/$crate-$version" "$scratch/$folder"
	for file in Cargo.toml README.md; do
		[ -f "$scratch/$folder/$file" ] || { echo "error: $package has no $file" >&2; exit 1; }
	done
	echo "$crate = { path = \"$scratch/$folder\" }" >> "$scratch/.cargo/config.toml"
done
cd "$scratch"

# A program and its tests, from the node's template.
"$VIRT_NODE" program new sample --guest packages > /dev/null
"$cargo" run --release --manifest-path packages/virt-builder/Cargo.toml -- sample
[ -s sample/sample.polkavm ]
(cd sample && "$VIRT_NODE" program test)
echo "A program was built and tested from packages alone."

# The pallet and the manager.
mkdir -p chain/src
cat > chain/Cargo.toml <<TOML
[package]
name = "chain"
version = "0.1.0"
edition = "2021"
publish = false

[workspace]

[dependencies]
pallet-virt = { version = "$version" }
virt-manager = { version = "$version" }
virt-primitives = { version = "$version" }

[features]
embedded = ["pallet-virt/embedded"]
TOML
cat > chain/src/lib.rs <<'RUST'
pub use pallet_virt::pallet::Config;
pub fn extension() -> virt_primitives::VirtExt {
	let engine = virt_manager::Engine::new(virt_manager::BackendChoice::Auto, None);
	engine.expect("the interpreter works everywhere").extension()
}
RUST
cp "$project/Cargo.lock" chain/Cargo.lock
"$cargo" check --release --manifest-path chain/Cargo.toml
"$cargo" check --release --manifest-path chain/Cargo.toml --features embedded
echo "A crate with the pallet and the manager was checked from packages alone."
ls -l "$CARGO_TARGET_DIR/package/"*.crate
