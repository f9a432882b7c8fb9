// The engine is configured in code: no POLKAVM_* variable changes a result, gas or a fee.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe } from 'node:test';

import {
	accounts, disconnect, eventOf, instantiate, submit, tx, u32, upload,
} from '../../clients/src/chain.mjs';
import { blob } from '../../clients/src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

// All variables that polkavm 0.37 can read, with values other than the defaults.
const VARIABLES = {
	POLKAVM_BACKEND: 'interpreter',
	POLKAVM_SANDBOX: 'generic',
	POLKAVM_CROSSCHECK: '1',
	POLKAVM_ALLOW_EXPERIMENTAL: '1',
	POLKAVM_WORKER_COUNT: '0',
	POLKAVM_CACHE_ENABLED: '0',
	POLKAVM_LRU_CACHE_SIZE: '1',
	POLKAVM_SANDBOXING_ENABLED: '0',
	POLKAVM_DEFAULT_COST_MODEL: 'naive',
	POLKAVM_CORE_PINNING: 'nonsense',
};

/** The same calls on any node. Returns all that must be equal. */
async function observe(api, { alice }) {
	const told = [];
	const tell = (receipt, name) => {
		const { error, fee, weight } = receipt;
		const { weightUsed, output } = error ? {} : eventOf(receipt, name);
		told.push({ error, fee, weight, weightUsed, output });
		return receipt;
	};
	const code = {};
	for (const name of ['counter', 'echo', 'sha256', 'verify', 'spin', 'recurse', 'oob', 'trap']) {
		code[name] = (await upload(api, alice, blob(name))).codeHash;
	}
	const counter = await instantiate(api, alice, code.counter, 'environment', u32(3));
	tell(counter, 'Instantiated');
	const go = async (call, name) => tell(await submit(api, call, alice), name);
	for (const input of [[], u32(4), [1]]) {
		await go(tx.call(api, counter.address, 'increment', input), 'Called');
	}
	for (const [name, entry, input] of [
		['echo', 'echo', Buffer.alloc(1_000, 3)],
		['sha256', 'sha256', Buffer.alloc(5_000, 5)],
		['verify', 'verify', Buffer.alloc(200, 9)],
		['spin', 'spin'], ['recurse', 'recurse'], ['oob', 'read'], ['oob', 'pointer'],
		['trap', 'trap'],
		// Again, from the module cache.
		['sha256', 'sha256', Buffer.alloc(5_000, 5)],
	]) {
		await go(tx.run(api, code[name], entry, input), 'Executed');
	}
	return told;
}

describe('environment', () => {
	const s = scenario('environment');

	s.it('POLKAVM_* variables change nothing', async () => {
		const all = await accounts();
		const on = async (title, options) => {
			const node = await s.start(title, options);
			const api = await s.connect(node);
			const told = await observe(api, all);
			await disconnect(api);
			await node.stop();
			const [, backend] = readFileSync(node.log, 'utf8').match(/run on the (\w+)/);
			return { backend, told };
		};
		const args = ['--dev', '--vm-backend', 'recompiler'];
		const plain = await on('plain', { args });
		assert.equal(plain.backend, 'recompiler');
		assert.ok(plain.told.some(({ weightUsed }) => weightUsed?.refTime > 0n));
		assert.ok(plain.told.some(({ error }) => error === 'virt.OutOfGas'));
		assert.deepEqual(await on('odd', { args, env: VARIABLES }), plain);
		// Nor does the backend.
		const other = await on('interpreter', { args: ['--dev', '--vm-backend', 'interpreter'] });
		assert.equal(other.backend, 'interpreter');
		assert.deepEqual(other.told, plain.told);
	});
});
