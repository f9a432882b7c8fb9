// Chopsticks: a node with its own executor for runtimes, for forks of a chain.

import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

import { freePort } from '../../clients/src/node.mjs';

const FOLDER = fileURLToPath(new URL('../chopsticks', import.meta.url));

/** Installs Chopsticks if it is not installed. */
function install() {
	const installed = join(FOLDER, 'node_modules', '.package-lock.json');
	const lock = join(FOLDER, 'package-lock.json');
	if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
	const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
	execFileSync('npm', args, { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
}

/**
 * The options with which `launch` starts Chopsticks with a block per transaction. `args` select the
 * chain: `--endpoint` and the address of a node, or `--chain-spec` and a file.
 */
export async function chopsticks(args) {
	const rpcPort = await freePort();
	const [program, options] = chopsticksCommand([
		...args, '--host', '127.0.0.1', '--port', String(rpcPort), '--build-block-mode', 'Instant',
	]);
	return { command: [program, ...options], rpcPort };
}

/** The command of Chopsticks with `args`: program and arguments, as for `execFile`. */
export function chopsticksCommand(args) {
	install();
	return [process.execPath, [join(FOLDER, 'node_modules', '.bin', 'chopsticks'), ...args]];
}
