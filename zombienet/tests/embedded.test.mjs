// A chain with the embedded runtime: programs do the same, also on other implementations of a node.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe } from 'node:test';

import { accounts, asU32, call, dryRun, head } from '../../clients/src/chain.mjs';
import { rpc } from '../../clients/src/node.mjs';
import { nodeBinary } from '../../clients/src/paths.mjs';
import { chopsticks } from '../src/chopsticks.mjs';
import { scenario } from '../src/scenario.mjs';
import { walk, withoutWeights } from '../src/walkthrough.mjs';

describe('embedded', () => {
	const s = scenario('embedded', { timeout: 600_000 });
	let alice, node, api, seen, address;

	s.before(async () => {
		({ alice } = await accounts());
		node = await s.start('dev-embedded', { args: ['--dev', '--chain', 'dev-embedded'] });
		api = await s.connect(node);
		({ seen, address } = await walk(api, alice));
	});

	s.it('programs do the same, and pay more for gas', async () => {
		const other = await s.connect(await s.start('dev', { args: ['--dev'] }));
		const here = await walk(other, alice);
		assert.deepEqual(withoutWeights(seen), withoutWeights(here.seen));
		assert.ok(api.consts.virt.refTimePerGas.gt(other.consts.virt.refTimePerGas));
		for (const [index, { name, weight }] of seen.entries()) {
			const { weight: less } = here.seen[index];
			if (weight) assert.ok(weight.refTime > less.refTime, `${name}: ${weight.refTime}, ${less.refTime}`);
		}
	});

	s.it('Chopsticks runs the chain from its specification: the same events at the same weight', async () => {
		const spec = join(s.dir, 'spec.json');
		const args = ['export-chain-spec', '--chain', 'dev-embedded', '--raw', '--output', spec];
		execFileSync(nodeBinary(), args, { stdio: 'ignore' });
		const fresh = await s.connect(await s.launch('chopsticks-spec', await chopsticks(['--chain-spec', spec])));
		assert.deepEqual(await walk(fresh, alice), { seen, address });
	});

	s.it('Chopsticks forks a node: it calls existing programs, makes blocks, and reverts', async () => {
		const copy = await s.launch('chopsticks-fork', await chopsticks(['--endpoint', node.url]));
		const fork = await s.connect(copy);
		const get = async (of) => asU32((await dryRun.call(of, alice.address, address, 'get')).output);
		const before = await get(api);
		assert.equal(await get(fork), before);
		const start = await head(fork);

		const done = await call(fork, alice, address, 'increment');
		assert.equal(asU32(done.output), before + 1);
		assert.deepEqual([await get(fork), await get(api)], [before + 1, before]);

		const now = (await fork.query.timestamp.now()).toNumber();
		const later = now + 3_600_000;
		await rpc(copy.rpcPort, 'dev_timeTravel', [later]);
		await rpc(copy.rpcPort, 'dev_newBlock', [{ count: 3 }]);
		assert.ok((await fork.query.timestamp.now()).toNumber() >= later);
		assert.equal(asU32((await call(fork, alice, address, 'increment')).output), before + 2);

		await rpc(copy.rpcPort, 'dev_setHead', [start.number]);
		assert.equal(await get(fork), before);
	});
});
