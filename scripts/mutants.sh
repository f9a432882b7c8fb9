#!/usr/bin/env bash
# Mutation testing: changes one function or operator at a time, and checks that a test fails.
# Usage: scripts/mutants.sh pallet|manager|vm SHARD, where SHARD is K/N: every N-th mutant, from the K-th on
#
# Reasons for omitted mutants are in .cargo/mutants.toml. The report is in <target directory>/mutants/<what>.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$project"
what=${1:?pallet, manager or vm} shard=${2:?for example 0/20}
kept=$(realpath -m "${CARGO_TARGET_DIR:-target}")/mutants
mutants=$(scripts/tools.sh cargo-mutants)
case $what in
	pallet)
		packages=(-p pallet-virt)
		tests=(--lib)
		;;
	manager)
		packages=(-p virt-manager)
		tests=(--features node --lib --test cache --test executor --test tiers --test workers)
		;;
	vm)
		packages=(-p virt-primitives --file "primitives/src/vm/**" --test-package virt-manager,virt-primitives)
		tests=(--lib --test cache --test tiers --test workers)
		;;
	*) echo "error: unknown part $what" >&2; exit 1 ;;
esac
mkdir -p "$kept/$what"
# Compiling is most of the time, so little is optimized. Parts are run in turn in one build folder.
export CARGO_TARGET_DIR=$kept/build CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=0
export SKIP_WASM_BUILD=1
PATH=$(dirname "$mutants"):$PATH scripts/cargo mutants "${packages[@]}" --shard "$shard" --sharding round-robin \
	--output "$kept/$what" --minimum-test-timeout 120 --colors never -- "${tests[@]}"
