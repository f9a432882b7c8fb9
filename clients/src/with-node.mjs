// Starts a development node, runs a command, and stops the node.
//
//   node src/with-node.mjs COMMAND [ARGUMENT...]     the node's address is VIRT_URL

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { logTail, startNode } from './node.mjs';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
	console.error('error: no command: node src/with-node.mjs COMMAND [ARGUMENT...]');
	process.exit(2);
}
const dir = mkdtempSync(join(tmpdir(), 'virt-with-node-'));
const log = join(dir, 'node.log');
let node;
try {
	node = await startNode({ args: ['--dev'], log });
	const env = { ...process.env, VIRT_URL: node.url };
	const status = await new Promise((done, fail) => {
		spawn(command, args, { stdio: 'inherit', env }).once('error', fail).once('exit', done);
	});
	if (status !== 0) console.error(`The node's log ends with:\n${logTail(log)}`);
	process.exitCode = status ?? 1;
} catch (error) {
	console.error(error.message);
	process.exitCode = 1;
} finally {
	await node?.stop();
	rmSync(dir, { recursive: true, force: true });
}
