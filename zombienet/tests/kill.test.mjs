// Killed nodes come back, and the others continue without them. `make zombienet` does it with
// Zombienet.

import { describe } from 'node:test';

import { kill } from '../src/behaviours/kill.mjs';
import { scenario } from '../src/scenario.mjs';

describe('kill', () => {
	const s = scenario('kill', { timeout: 420_000 });
	let network;

	s.before(async () => {
		// Three of four still finalize.
		network = await s.network(4);
	});

	s.it('a validator is killed while it authors, and a worker while it computes', async () => {
		console.log(`# ${await kill(network)}`);
	});
});
