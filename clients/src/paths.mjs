// The paths of build outputs: the node and the programs.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Advice } from './advice.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR || 'target');

const NODE_BINARY = resolve(process.env.VIRT_NODE || join(TARGET, 'release', 'virt-node'));

/** The folder of `<name>.polkavm` files: `VIRT_PROGRAMS`, else the build's. */
export const PROGRAMS = resolve(process.env.VIRT_PROGRAMS || join(TARGET, 'programs'));

/** The virt-node binary: `VIRT_NODE`, else the release build. */
export function nodeBinary() {
	if (!existsSync(NODE_BINARY)) {
		throw new Advice(`No node at ${NODE_BINARY}: run \`make build\`, or set VIRT_NODE to one.`);
	}
	return NODE_BINARY;
}

/** The runtime to upgrade to: `VIRT_NEXT_RUNTIME`, or the output of `scripts/next-runtime.sh`. */
export function nextRuntime() {
	return made('VIRT_NEXT_RUNTIME', 'runtime.wasm');
}

/** The embedded runtime to upgrade to next: `VIRT_NEXT_EMBEDDED`, or the output of the script. */
export function nextEmbeddedRuntime() {
	return made('VIRT_NEXT_EMBEDDED', 'embedded.wasm');
}

function made(variable, name) {
	const path = resolve(process.env[variable] || join(TARGET, 'next-runtime', name));
	if (!existsSync(path)) {
		throw new Advice(`No runtime at ${path}: run scripts/next-runtime.sh, or set ${variable} to one.`);
	}
	return path;
}

const SUFFIX = '.polkavm';

/** The stripped blob of a fixture program, as it goes on chain. */
export function blob(name) {
	const path = join(PROGRAMS, name + SUFFIX);
	if (!existsSync(path)) {
		throw new Advice(`No program at ${path}: run \`make build\`, or set VIRT_PROGRAMS to a folder.`);
	}
	return new Uint8Array(readFileSync(path));
}

/** The ABI of a fixture program. */
export function abi(name) {
	const path = join(PROGRAMS, `${name}.abi.json`);
	if (!existsSync(path)) {
		throw new Advice(`No ABI at ${path}: run \`make build\`, or set VIRT_PROGRAMS to a folder.`);
	}
	return JSON.parse(readFileSync(path, 'utf8'));
}

/** The names of all stripped blobs. */
export function blobNames() {
	return readdirSync(PROGRAMS)
		.filter((file) => file.endsWith(SUFFIX) && !file.endsWith(`.debug${SUFFIX}`))
		.map((file) => file.slice(0, -SUFFIX.length))
		.sort();
}
