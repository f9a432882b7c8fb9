// Chopsticks: a node that executes runtimes by an executor of its own, for forks of a chain.

import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

import { freePort } from '../../clients/src/node.mjs';

const FOLDER = fileURLToPath(new URL('../chopsticks', import.meta.url));

/** Installs Chopsticks where it is not there. */
function install() {
	const installed = join(FOLDER, 'node_modules', '.package-lock.json');
	const lock = join(FOLDER, 'package-lock.json');
	if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
	const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
	execFileSync('npm', args, { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
}

/**
 * What `launch` needs to start Chopsticks, which makes a block of each transaction at once. `args` say what
 * chain it has: `--endpoint` and a node's address, or `--chain-spec` and a file.
 */
export async function chopsticks(args) {
	const rpcPort = await freePort();
	const [program, options] = chopsticksCommand([
		...args, '--host', '127.0.0.1', '--port', String(rpcPort), '--build-block-mode', 'Instant',
	]);
	return { command: [program, ...options], rpcPort };
}

/** Chopsticks with `args`: the program and its arguments, as `execFile` takes them. */
export function chopsticksCommand(args) {
	install();
	return [process.execPath, [join(FOLDER, 'node_modules', '.bin', 'chopsticks'), ...args]];
}
