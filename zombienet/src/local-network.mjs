// `make network`: several validators on loopback, until Ctrl-C. With DIR, the chain is kept there.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { Advice } from '../../clients/src/advice.mjs';
import { NAMES, Network } from './network.mjs';

/** The RPC port of the first node; the others follow. A dev node uses the same. */
const RPC_PORT = 9944;

const count = Number(process.argv[2] ?? 4);
const kept = process.env.DIR ? resolve(process.env.DIR) : null;
const dir = kept ?? mkdtempSync(join(tmpdir(), 'virt-network-'));

const interrupted = new Promise((done) => {
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, done);
});

let network;
try {
	if (!(Number.isInteger(count) && count >= 1 && count <= NAMES.length)) {
		throw new Advice(`A network has 1 to ${NAMES.length} validators: make network N=4`);
	}
	console.log(`Starting ${count} validators in ${dir} ...`);
	network = await Network.start({ dir, count, rpcPort: RPC_PORT });
	await network.disconnect();
	for (const [name, { url, command, log }] of Object.entries(network.nodes)) {
		const backend = command[command.indexOf('--vm-backend') + 1];
		console.log(`${name.padEnd(8)} ${url}  ${backend.padEnd(11)}  ${log}`);
	}
	console.log(`The chain's specification is ${network.spec}. Ctrl-C stops all.`);
	let stopping = false;
	const ended = Object.entries(network.nodes).map(async ([name, node]) => {
		await node.exited;
		if (!stopping) console.log(`${name} ended unexpectedly: see the end of ${node.log}`);
	});
	await Promise.race([interrupted, Promise.all(ended)]);
	stopping = true;
	console.log('\nStopping ...');
	await network.stop();
} catch (error) {
	console.error(error instanceof Advice ? error.message : error);
	process.exitCode = 1;
} finally {
	if (kept === null && process.exitCode === undefined) rmSync(dir, { recursive: true, force: true });
}
process.exit();
