// Runs programs on `polkadot-omni-node` with the parachain runtime, and compares the results with those of
// virt-node: `make omni-node`.
//
//   node src/omni-node.mjs OMNI_NODE RUNTIME

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { accounts, connect, disconnect } from '../../clients/src/chain.mjs';
import { freePort, launch, startNode } from '../../clients/src/node.mjs';
import { walk, withoutWeights } from './walkthrough.mjs';

/** The id of the parachain: `PARA_ID` of the runtime's presets. */
const PARA_ID = 2_000;

const [omniNode, runtime] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), 'virt-omni-node-'));
const spec = join(dir, 'spec.json');
const nodes = [];

try {
	execFileSync(omniNode, [
		'chain-spec-builder', '--chain-spec-path', spec, 'create', '-t', 'development', '--relay-chain', 'rococo-local',
		'--para-id', String(PARA_ID), '--runtime', runtime, 'named-preset', 'development',
	], { stdio: ['ignore', 'ignore', 'inherit'] });

	const rpcPort = await freePort();
	const command = [
		omniNode, '--chain', spec, '--instant-seal', '--tmp', '--rpc-port', String(rpcPort),
		'--listen-addr', `/ip4/127.0.0.1/tcp/${await freePort()}`, '--no-mdns', '--no-prometheus',
		'--no-telemetry',
	];
	nodes.push(
		await launch({ command, rpcPort, log: join(dir, 'omni-node.log') }),
		await startNode({ args: ['--dev', '--chain', 'dev-embedded'], log: join(dir, 'virt-node.log') }),
	);
	const { alice } = await accounts();
	const seen = [];
	for (const { url } of nodes) {
		const api = await connect(url);
		const name = `${await api.rpc.system.name()} ${await api.rpc.system.version()}`;
		const { specName } = api.runtimeVersion;
		seen.push({ name: `${name}, runtime ${specName}`, ...await walk(api, alice) });
		await disconnect(api);
	}
	const [theirs, ours] = seen;
	for (const { name, error, events, weight } of theirs.seen) {
		const what = error ?? events?.map((event) => event.name).join(', ') ?? '';
		console.log(`  ${name.padEnd(18)} ${what}${weight ? `, ${weight.refTime} ps` : ''}`);
	}
	assert.deepEqual(withoutWeights(theirs.seen), withoutWeights(ours.seen));
	assert.equal(theirs.address, ours.address);
	console.log(`${ours.seen.length} calls with the same results on ${theirs.name} and ${ours.name}.`);
} finally {
	for (const node of nodes) await node.stop();
	rmSync(dir, { recursive: true, force: true });
}
process.exit();
