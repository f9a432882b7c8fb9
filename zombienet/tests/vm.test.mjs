// The VM of a running node: its state, and the effect of a stopped worker.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { join } from 'node:path';

import { accounts, disconnect, run, tx, upload } from '../../clients/src/chain.mjs';
import { children, rpc } from '../../clients/src/node.mjs';
import { blob } from '../../clients/src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

/** `DEAD_WORKER_STATUS` of node/manager/src/engine.rs. */
const DEAD_WORKER_STATUS = 71;

/** An input whose hash is a long computation. */
const LONG_INPUT = new Uint8Array(60 * 1024).fill(7);

describe('vm', () => {
	const s = scenario('vm');
	const args = ['--dev', '--base-path', join(s.dir, 'db'), '--vm-backend', 'tiered'];
	let alice, codeHash;

	s.before(async () => {
		({ alice } = await accounts());
	});

	/** Hashes on the chain. Returns the program's result. */
	const hash = async (api) => {
		const { output } = await run(api, alice, codeHash, 'sha256', LONG_INPUT);
		return Buffer.from(output).toString('hex');
	};

	s.it('virt_health reports how programs ran', async () => {
		const node = await s.start('node', { args });
		const health = () => rpc(node.rpcPort, 'virt_health');
		const before = await health();
		assert.equal(before.backend, 'tiered');
		assert.deepEqual([before.tierUps, before.hostFaults, before.lastFault], [0, 0, null]);

		const api = await s.connect(node);
		({ codeHash } = await upload(api, alice, blob('sha256')));
		await hash(api);
		await disconnect(api);
		const after = await health();
		assert.ok(after.tierUps >= 1, JSON.stringify(after));
		assert.ok(after.syscalls >= 3 && after.cache.modules === 1 && after.cache.native === 1);
		assert.equal(after.workers.atWork, 0);
		assert.ok(after.workers.idle >= 1 && after.workers.limit >= after.workers.idle);
		assert.equal(after.instances, 0);
		await node.stop();
	});

	s.it('a stopped worker ends the node with an error, and the node can be started again', async () => {
		const first = await s.start('node', { args });
		const api = await s.connect(first);
		const reference = await hash(api);
		for (const worker of children(first.pid)) process.kill(worker, 'SIGSTOP');
		// There will be no block to wait for.
		await tx.run(api, codeHash, 'sha256', LONG_INPUT).signAndSend(alice);
		const { code } = await first.exited;
		assert.equal(code, DEAD_WORKER_STATUS);

		// On the same port, so that the first node's client reconnects.
		const second = await s.start('node', { args, rpcPort: first.rpcPort });
		const again = await s.connect(second);
		assert.equal(await hash(again), reference);
		await disconnect(again);
		await disconnect(api);
		await second.stop();
	});
});
