// A recompiling and an interpreting validator agree. `make zombienet` has the longer form, with
// four.

import { describe } from 'node:test';

import { agree } from '../src/behaviours/agree.mjs';
import { Network } from '../src/network.mjs';
import { scenario } from '../src/scenario.mjs';

describe('agree', () => {
	const s = scenario('agree', { timeout: 240_000 });
	let network;

	s.before(async () => {
		network = await s.network(2);
	});

	s.it('both validators author and agree on every state root, with calls of every fixture', async () => {
		console.log(`# ${await agree(network, { rounds: 2, atOnce: 8 })}`);
	});
});
