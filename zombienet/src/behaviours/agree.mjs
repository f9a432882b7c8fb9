// Validators on both backends author in turn and agree on every state root. Each imports the blocks
// of the others, so every program call runs on both backends: if gas or a result differed, the
// importers would reject the state root.

import assert from 'node:assert/strict';

import { rpc } from '../../../clients/src/node.mjs';
import { assertAgreed, assertNeverRestarted, programCalls, readLog } from '../agreement.mjs';
import { Workload, makeCalls, possibleCalls } from '../workload.mjs';

/** The maximal number of additional rounds. */
const MORE = 20;

export async function agree(network, { rounds = 5, atOnce = 10 } = {}) {
	const pids = Object.entries(network.nodes).map(([name, { pid }]) => [name, pid]);
	const backends = await Promise.all(Object.values(network.nodes).map(async ({ rpcPort }) =>
		(await rpc(rpcPort, 'virt_health')).backend));
	assert.ok(backends.includes('interpreter') && new Set(backends).size > 1, `backends: ${backends}`);

	const workload = await Workload.on(network);
	const possible = await possibleCalls(workload);
	const [first, ...others] = Object.values(network.apis);
	let made = await makeCalls(workload, possible, { rounds, atOnce });
	let calls, height, by;
	for (let more = 0; ; more += 1) {
		height = await assertAgreed(network);
		calls = await programCalls(first, height);
		by = network.validators.map((_, author) => calls.filter((call) => call.author === author).length);
		// It is random whose slot has calls: repeat until each validator authored a block with
		// some.
		if (by.every((count) => count > 0)) break;
		assert.ok(more < MORE, `program calls by author: ${by}`);
		made += await makeCalls(workload, possible, { rounds: 1, atOnce });
	}
	for (const [name, pid] of pids) assertNeverRestarted(network, name, pid);
	for (const other of others) assert.deepEqual(await programCalls(other, height), calls);
	for (const name of network.validators) {
		const { hostFaults } = await rpc(network.nodes[name].rpcPort, 'virt_health');
		assert.equal(hostFaults, 0, `host faults of ${name}`);
		assert.match(readLog(network, name), /Starting consensus session/, `${name} makes blocks`);
	}
	return `${made} calls ended as they must; ${calls.length} of them ran programs (${by.join(' + ')} by author); `
		+ `${height} blocks with the same roots on ${backends.join(', ')}`;
}
