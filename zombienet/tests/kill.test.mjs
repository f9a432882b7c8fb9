// What is killed comes back, and the others go on without it. `make zombienet` does it by Zombienet.

import { describe } from 'node:test';

import { kill } from '../src/behaviours/kill.mjs';
import { scenario } from '../src/scenario.mjs';

describe('kill', () => {
	const s = scenario('kill', { timeout: 240_000 });
	let network;

	s.before(async () => {
		// With one of four gone, the others still finalise.
		network = await s.network(4);
	});

	s.it('a validator mid-block, and a worker at work', async () => {
		console.log(`# ${await kill(network)}`);
	});
});
