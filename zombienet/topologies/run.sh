#!/usr/bin/env bash
# Runs behaviours on a new network each, with Zombienet's native provider; by default, all of them.
# Usage: run.sh [<name of a .zndsl file>...]
set -euo pipefail
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-$(realpath ../..)/target}
export VIRT_NODE=${VIRT_NODE:-$target/release/virt-node}
[ -x "$VIRT_NODE" ] || { echo "error: no node at $VIRT_NODE: run \`make build\`, or set VIRT_NODE to one" >&2; exit 1; }
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
	npm ci --no-audit --no-fund --loglevel=error
fi
# Zombienet and the clients each have a copy of polkadot-js.
export POLKADOTJS_DISABLE_ESM_CJS_WARNING=1
[ $# -gt 0 ] || set -- agree join kill upgrade switch jobs load

log=$(mktemp)
for name; do
	start=$SECONDS
	case $name in switch) export VIRT_CHAIN=local-embedded ;; *) export VIRT_CHAIN=local ;; esac
	if node_modules/.bin/zombienet --provider native --spawn-concurrency 4 test "$name.zndsl" > "$log" 2>&1; then
		grep "^$name: " "$log"
		echo "$name: done in $((SECONDS - start)) s"
	else
		grep -A 20 "^$name: " "$log" || tail -n 40 "$log"
		echo "$name: FAILED after $((SECONDS - start)) s; all that was said is in $log"
		exit 1
	fi
done
rm "$log"
