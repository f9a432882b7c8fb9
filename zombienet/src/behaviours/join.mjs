// Nodes that join later reach the validators' state: by full sync, on each backend, and by warp
// sync, which downloads the state of a finalized block.

import assert from 'node:assert/strict';

import { finalized, head } from '../../../clients/src/chain.mjs';
import { rpc } from '../../../clients/src/node.mjs';
import { assertAgreed, programCalls, untilFinal } from '../agreement.mjs';
import { Workload, makeCalls, possibleCalls } from '../workload.mjs';

/** The joining nodes by name: the backend and the sync mode. */
const JOINING = {
	'full-recompiler': ['recompiler', 'full'],
	'full-interpreter': ['interpreter', 'full'],
	'warp-tiered': ['tiered', 'warp'],
};

export async function join(network, { rounds = 2, atOnce = 8 } = {}) {
	const workload = await Workload.on(network);
	await makeCalls(workload, await possibleCalls(workload), { rounds, atOnce });
	const height = await assertAgreed(network);
	const [reference] = network.validatorApis;
	const calls = await programCalls(reference, height);

	for (const [name, [backend, sync]] of Object.entries(JOINING)) {
		// Full sync can keep the state of each block; the other modes reject the option.
		const keep = sync === 'full' ? ['--state-pruning', 'archive'] : [];
		await network.add(name, backend, ['--sync', sync, ...keep]);
		await untilFinal(network, name, height);
	}
	await assertAgreed(network);

	const syscalls = {};
	for (const [name, [, sync]] of Object.entries(JOINING)) {
		const api = network.apis[name];
		({ syscalls: syscalls[name] } = await rpc(network.nodes[name].rpcPort, 'virt_health'));
		if (sync === 'full') {
			assert.ok(syscalls[name] > calls.length, `${name} made ${syscalls[name]} syscalls itself`);
			// It has the state of every block, as only full sync can.
			assert.deepEqual(await programCalls(api, height), calls, `calls on ${name}`);
		} else {
			// It never had the state of the first blocks.
			const first = await api.rpc.chain.getBlockHash(1);
			await assert.rejects(api.rpc.state.getStorage.raw('0x3a636f6465', first), /State already discarded/,
				`${name} did not execute block 1`);
		}
		await assertSameState(reference, api, name);
	}
	const full = Object.keys(JOINING).filter((name) => JOINING[name][1] === 'full');
	return `${Object.keys(JOINING).join(', ')} reached the root of block ${height}, with ${calls.length} program calls; `
		+ `${full.map((name) => `${name} made ${syscalls[name]} syscalls`).join(', ')}`;
}

/** Asserts that a node has all storage of the pallet, in addition to the state root. */
async function assertSameState(reference, api, name) {
	const { hash } = await finalized(api);
	assert.equal((await head(api, hash)).stateRoot, (await head(reference, hash)).stateRoot);
	const [mine, theirs] = await Promise.all([api, reference].map(async (one) => {
		const at = await one.at(hash);
		const entries = [...await at.query.virt.programs.entries(), ...await at.query.virt.state.entries()];
		return entries.map(([key, value]) => [key.toHex(), value.toHex()]);
	}));
	assert.ok(mine.length > 10, `${mine.length} items on ${name}`);
	assert.deepEqual(mine, theirs, `programs' storage on ${name}`);
}
