// A node that is started again on its database continues.

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { describe } from 'node:test';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import {
	accounts, asU32, balance, call, connect, disconnect, hashAt, head, instantiate, u32, upload,
} from '../../clients/src/chain.mjs';
import { children, stillRunning } from '../../clients/src/node.mjs';
import { blob } from '../../clients/src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

describe('restart', () => {
	const s = scenario('restart');
	const args = ['--dev', '--base-path', join(s.dir, 'db')];
	let alice, address, seen;

	/** Starts the node, runs `body` on a connection, and leaves the node running. */
	const session = async (body) => {
		const node = await s.start('node', { args });
		const api = await connect(node.url);
		try {
			await body(api);
		} finally {
			await disconnect(api);
		}
		return node;
	};

	/** All that must persist: the head, and the state of programs and accounts. */
	const survey = async (api) => {
		const { number, hash, stateRoot } = await head(api);
		const state = (await api.query.virt.state.entries())
			.map(([key, value]) => [key.toHex(), value.toHex()])
			.sort();
		const programs = (await api.query.virt.programs.keys()).length;
		const free = await balance(api, alice.address);
		return { number, hash, stateRoot, state, programs, free };
	};

	s.before(async () => {
		({ alice } = await accounts());
	});

	s.it('keeps the state root, head, balances and programs', async () => {
		const first = await session(async (api) => {
			const { codeHash } = await upload(api, alice, blob('counter'));
			({ address } = await instantiate(api, alice, codeHash, 'restart', u32(7)));
			for (const wanted of [8, 9, 10]) {
				assert.equal(asU32((await call(api, alice, address, 'increment')).output), wanted);
			}
			seen = await survey(api);
		});
		const { code, signal } = await first.stop();
		assert.deepEqual({ code, signal }, { code: 0, signal: null }, 'the node stops in order');

		const second = await session(async (api) => {
			assert.equal(await hashAt(api, seen.number), seen.hash);
			assert.deepEqual(await survey(api), seen);
			assert.equal(asU32((await call(api, alice, address, 'get')).output), 10);
			assert.equal(asU32((await call(api, alice, address, 'increment')).output), 11);
			const { number } = await head(api);
			assert.equal(number, seen.number + 2);
		});
		await second.stop();
	});

	s.it('a development node stores its compiled runtime for the next start', async () => {
		const cache = join(s.dir, 'cache');
		const folder = join(cache, 'virt-node/runtimes');
		const isLarge = (name) => statSync(join(folder, name)).size > 1_000_000;
		const files = () => readdirSync(folder, { recursive: true }).filter(isLarge);
		const start = () => s.start('cached', { args: ['--dev'], env: { XDG_CACHE_HOME: cache } });
		await (await start()).stop();
		const stored = files();
		assert.equal(stored.length, 1);
		await (await start()).stop();
		assert.deepEqual(files(), stored, 'it is not compiled again');
	});

	s.it('after kill -9 no worker is left, and it continues from a known block', async () => {
		const chain = [];
		const first = await session(async (api) => {
			for (let round = 0; round < 5; round += 1) await call(api, alice, address, 'increment');
			const { number } = await head(api);
			for (let height = 0; height <= number; height += 1) {
				chain.push(await hashAt(api, height));
			}
			seen = await survey(api);
		});
		const workers = children(first.pid);
		assert.ok(workers.length > 0 || process.platform !== 'linux', 'programs ran in workers');
		await first.kill();
		for (let wait = 0; stillRunning(workers).length > 0; wait += 1) {
			assert.ok(wait < 50, `orphans: ${stillRunning(workers)}`);
			await sleep(100);
		}

		await session(async (api) => {
			// The database may have lost the last blocks, but not changed them.
			const { number, hash } = await head(api);
			assert.ok(number < chain.length);
			assert.equal(hash, chain[number]);
			const before = asU32((await call(api, alice, address, 'get')).output);
			assert.equal(before, 16 - (seen.number - number));
			assert.equal(asU32((await call(api, alice, address, 'increment')).output), before + 1);
		});
	});
});
