// Generated RPC requests get an answer, and the node continues. `make fuzz-rpc` sends more.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { accounts, run, upload } from '../../clients/src/chain.mjs';
import { blob } from '../../clients/src/paths.mjs';
import { scenario } from '../src/scenario.mjs';
import { fuzz, targets } from '../src/rpc-fuzz.mjs';

const SEED = 1;
const REQUESTS = 3_000;

describe('rpc', () => {
	const s = scenario('rpc', { timeout: 240_000 });

	s.it(`${REQUESTS} generated requests are answered, and the node continues`, async () => {
		const { alice } = await accounts();
		const node = await s.start('node', { args: ['--dev'] });
		const api = await s.connect(node);
		const total = await fuzz(node.url, SEED, await targets(api), (answers) => answers >= REQUESTS);
		console.log(`# ${total.answers} answers, ${total.results} of them results, the slowest after ${total.longest} ms`);
		assert.ok(total.results > REQUESTS / 10, 'many requests are valid');

		assert.ok(node.alive());
		// A generated request may have reverted the chain, so this starts with a new program.
		const echo = await upload(api, alice, blob('echo'));
		const { output } = await run(api, alice, echo.codeHash, 'echo', Uint8Array.of(1, 2, 3));
		assert.deepEqual([...output], [1, 2, 3]);
	});
});
