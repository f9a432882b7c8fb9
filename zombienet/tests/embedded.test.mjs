// A chain whose runtime runs programs itself, without the node's host functions: what programs do is the
// same, and on a node that somebody else wrote, too.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { accounts } from '../src/chain.mjs';
import { walk, withoutWeights } from '../src/walkthrough.mjs';
import { scenario } from '../src/scenario.mjs';

describe('embedded', () => {
	const s = scenario('embedded');
	let alice, here, embedded;

	s.before(async () => {
		({ alice } = await accounts());
	});

	s.it('programs do the same, and pay more for gas', async () => {
		const start = async (chain) => {
			const node = await s.start(chain, { args: ['--dev', '--chain', chain] });
			const api = await s.connect(node);
			return { api, seen: await walk(api, alice) };
		};
		here = await start('dev');
		embedded = await start('dev-embedded');
		assert.deepEqual(withoutWeights(embedded.seen), withoutWeights(here.seen));
		const perGas = ({ api }) => api.consts.virt.refTimePerGas.toNumber();
		assert.ok(perGas(embedded) > perGas(here));
		for (const [index, { name, weight }] of embedded.seen.entries()) {
			const other = here.seen[index].weight;
			if (weight) assert.ok(weight.refTime > other.refTime, `${name}: ${weight.refTime} and ${other.refTime}`);
		}
	});
});
