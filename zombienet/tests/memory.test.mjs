// A node in a container with too little memory for its programs: it continues, or it exits and a
// service manager restarts it; it does not hang, and final blocks stay.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';

import { accounts, asU32, call, connect, disconnect, instantiate, submit, tx, u32, upload } from '../../clients/src/chain.mjs';
import { freePort, launch } from '../../clients/src/node.mjs';
import { blob, nodeBinary } from '../../clients/src/paths.mjs';
import { until } from '../../clients/src/until.mjs';
import { memoryGroup } from '../src/memory-limit.mjs';
import { scenario } from '../src/scenario.mjs';

const MIB = 1 << 20;

/** The number of hostile calls at each limit. */
const CALLS = 12;

/** A node that is silent for longer hangs, in milliseconds. */
const PATIENCE = 60_000;

/** Programs that take memory or occupy a worker, each with its entry. */
const HOSTILE = [['heap', 'exhaust'], ['spin', 'spin'], ['recurse', 'recurse'], ['heap', 'map']];

const group = memoryGroup('virt-memory');

describe('memory', { skip: group.refused && `no memory group can be made here: ${group.refused}` }, () => {
	const s = scenario('memory', { timeout: 600_000 });
	let alice, bob, command, rpcPort, node, api, counter, starts = 0;
	const codes = {};

	/** Restarts the node, as a service manager does. */
	const start = async () => {
		starts += 1;
		node = await s.launch('node', { command, rpcPort });
		api = await connect(node.url);
	};

	/** Waits for `what`, or for the node's exit. */
	const orEnd = async (what) => {
		const late = sleep(PATIENCE, 'late', { ref: false });
		const done = await Promise.race([what.then(() => 'done', () => 'failed'), node.exited, late]);
		assert.notEqual(done, 'late', 'the node hangs');
		return node.alive();
	};

	const hostileCalls = async () => {
		for (let number = 0; number < CALLS; number++) {
			const [name, entry] = HOSTILE[number % HOSTILE.length];
			if (await orEnd(submit(api, tx.run(api, codes[name], entry), bob))) continue;
			await disconnect(api).catch(() => {});
			await start();
		}
	};

	s.before(async () => {
		({ alice, bob } = await accounts());
		rpcPort = await freePort();
		command = group.command([
			nodeBinary(), '--dev', '--base-path', join(s.dir, 'data'), '--rpc-port', String(rpcPort),
			'--listen-addr', `/ip4/127.0.0.1/tcp/${await freePort()}`,
			'--no-mdns', '--no-prometheus', '--no-telemetry',
		]);
		await start();
		for (const name of ['counter', 'heap', 'spin', 'recurse']) {
			({ codeHash: codes[name] } = await upload(api, alice, blob(name)));
		}
		({ address: counter } = await instantiate(api, alice, codes.counter, 'memory', u32(0)));
	});

	s.it('at 256 MiB and slightly above the node\'s own memory, it continues or restarts with the final blocks', async () => {
		const within = async (bytes) => {
			const before = starts;
			await hostileCalls();
			console.log(`# ${CALLS} calls within ${bytes / MIB} MiB: ${starts - before} new starts`);
		};
		assert.ok(group.limit(256 * MIB));
		await within(256 * MIB);
		let least = Math.ceil(group.usage() / MIB) * MIB;
		while (least > 16 * MIB && group.limit(least)) least -= 4 * MIB;
		await within(least + 4 * MIB);
		assert.ok(group.limit(1 << 30));
		if (!node.alive()) await start();
		const value = asU32((await call(api, alice, counter, 'increment')).output);
		assert.equal(value, 1);
	});

	s.it('no worker is left after it exits', async () => {
		await disconnect(api).catch(() => {});
		await node.stop();
		await until('an empty group', () => group.isEmpty(), { within: 20_000 });
		group.end();
	});
});

if (group.refused) it('says why it cannot be tried here', () => console.log(`# ${group.refused}`));
