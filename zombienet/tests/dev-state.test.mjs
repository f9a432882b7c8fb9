// Time travel on a development chain: snapshots, reverts, time, and what a base path keeps.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe } from 'node:test';
import { join } from 'node:path';
import { promisify } from 'node:util';

import {
	accounts, asU32, call, disconnect, dryRun, finalized, head, instantiate, run, submit, u32, upload,
} from '../../clients/src/chain.mjs';
import { rpc } from '../../clients/src/node.mjs';
import { blob, nodeBinary } from '../../clients/src/paths.mjs';
import { until } from '../../clients/src/until.mjs';
import { scenario } from '../src/scenario.mjs';

const DAY = 24 * 60 * 60 * 1_000;

/** How far the test may fall behind on a busy machine, in milliseconds. */
const SLACK = 120_000;

describe('dev-state', () => {
	const s = scenario('dev-state');
	const folder = join(s.dir, 'db');
	const args = ['--dev', '--base-path', folder];
	let api, node, alice, address;

	const dev = (method, ...params) => rpc(node.rpcPort, `dev_${method}`, params);

	/** The error that the node responds with. */
	const refusal = (method, ...params) => dev(method, ...params).then(
		(result) => assert.fail(`dev_${method} gave ${JSON.stringify(result)}`),
		({ rpc: error }) => error,
	);

	const increment = async () => asU32((await call(api, alice, address, 'increment')).output);
	const count = async () => {
		const { output, error } = await dryRun.call(api, alice.address, address, 'get');
		assert.equal(error, null);
		return asU32(output);
	};
	const nonce = async () => (await api.rpc.system.accountNextIndex(alice.address)).toNumber();
	const now = async () => (await api.query.timestamp.now()).toNumber();

	s.before(async () => {
		({ alice } = await accounts());
		node = await s.start('node', { args });
		api = await s.connect(node);
		const { codeHash } = await upload(api, alice, blob('counter'));
		({ address } = await instantiate(api, alice, codeHash, 'dev', u32(7)));
	});

	s.it('a revert restores state, head, finality and nonces, repeatedly', async () => {
		const seen = { best: [], final: [] };
		const stops = await Promise.all([
			api.rpc.chain.subscribeNewHeads(({ hash }) => seen.best.push(hash.toHex())),
			api.rpc.chain.subscribeFinalizedHeads(({ hash }) => seen.final.push(hash.toHex())),
		]);
		const before = await head(api);
		const first = await nonce();
		const id = await dev('snapshot');
		assert.equal(id, before.hash);

		const gone = [];
		for (let round = 1; round <= 3; round += 1) {
			for (let step = 0; step < round; step += 1) assert.equal(await increment(), 8 + step);
			const top = await head(api);
			assert.equal(top.number, before.number + round);
			await until('subscribers', () => seen.best.includes(top.hash) && seen.final.includes(top.hash));
			gone.push(top.hash);

			assert.equal(await dev('revert', id), round);
			assert.equal((await head(api)).hash, before.hash);
			assert.equal((await finalized(api)).hash, before.hash);
			assert.equal((await api.rpc.chain.getBlockHash(top.number)).isEmpty, true);
			assert.equal(await nonce(), first);
			assert.equal(await count(), 7);
		}
		assert.equal(new Set(gone).size, 3);
		assert.equal(await dev('revert', id), 0, 'there already');
		stops.forEach((stop) => stop());
	});

	s.it('after a revert the same transaction is accepted again, and nonce gaps wait', async () => {
		const id = await dev('snapshot');
		const first = await nonce();
		const signed = await api.tx.system.remark('0x01').signAsync(alice, { nonce: first, era: 0 });
		const later = await api.tx.system.remark('0x02').signAsync(alice, { nonce: first + 1, era: 0 });
		const send = (extrinsic) => rpc(node.rpcPort, 'author_submitExtrinsic', [extrinsic.toHex()]);
		const reaches = (wanted) => until(`nonce ${wanted}`, async () =>
			(await api.query.system.account(alice.address)).nonce.toNumber() === wanted);
		for (const order of [[signed, later], [later, signed]]) {
			for (const extrinsic of order) await send(extrinsic);
			await reaches(first + 2);
			assert.ok(await dev('revert', id) > 0);
		}

		// The waiting transactions are removed from the pool.
		await send(later);
		assert.equal(await dev('revert', id), 0);
		await send(signed);
		await reaches(first + 1);
		// The pool is updated after the block is imported.
		await until('an empty pool', async () => (await api.rpc.author.pendingExtrinsics()).length === 0);
		assert.equal(await nonce(), first + 1);
	});

	s.it('an invalid snapshot is rejected, and nothing changes', async () => {
		const { number, hash } = await head(api);
		const nowhere = `0x${'12'.repeat(32)}`;
		for (const id of [nowhere, api.genesisHash.toHex()]) {
			const { code, data } = await refusal('revert', id);
			assert.deepEqual([code, data], [6_101, { id, best: number }]);
		}
		assert.equal((await head(api)).hash, hash);
	});

	s.it('the set time applies to the next block, is visible to programs, and continues from there', async () => {
		const { codeHash } = await upload(api, alice, blob('chain'));
		const id = await dev('snapshot');
		const future = await now() + 30 * DAY;
		await dev('setTime', future);
		// The slot that a program sees is derived from the time: 3 seconds each.
		const { output } = await run(api, alice, codeHash, 'slot');
		assert.equal(await now(), future);
		assert.equal(Buffer.from(output).readBigUInt64LE(0), BigInt(Math.floor(future / 3_000)));
		await increment();
		const next = await now();
		assert.ok(next > future && next < future + SLACK, `${next - future} ms later`);

		for (const time of [0, next, 8_640_000_000_000_001]) {
			const { code, data } = await refusal('setTime', time);
			assert.deepEqual([code, data], [6_102, { earliest: next + 1, latest: 8_640_000_000_000_000 }]);
		}

		// The time is reverted with the state.
		await dev('revert', id);
		await increment();
		assert.ok(Math.abs(await now() - Date.now()) < SLACK);
	});

	s.it('a base path keeps the chain, and the revert command removes final blocks', async () => {
		await dev('setTime', await now() + DAY);
		const kept = await head(api);
		const value = await count();
		for (let step = 1; step <= 4; step += 1) assert.equal(await increment(), value + step);
		const top = await head(api);
		assert.equal((await finalized(api)).hash, top.hash);
		const time = await now();
		const restart = async () => {
			await disconnect(api);
			assert.equal((await node.stop()).code, 0);
		};

		await restart();
		node = await s.start('kept', { args });
		api = await s.connect(node);
		assert.equal((await head(api)).hash, top.hash);
		assert.equal(await count(), value + 4);
		assert.ok(readFileSync(node.log, 'utf8').includes(`  data      ${folder} is kept\n`));
		// A day ahead, as before.
		await submit(api, api.tx.system.remark('0x01'), alice);
		assert.ok(await now() > time + 100 && await now() < time + SLACK, `${await now() - time} ms later`);

		await restart();
		const { stderr } = await promisify(execFile)(nodeBinary(), ['revert', '5', ...args]);
		assert.match(stderr, new RegExp(`Took back 5 blocks. Best: #${kept.number}, ${kept.hash}`));
		node = await s.start('reverted', { args });
		api = await s.connect(node);
		assert.equal((await head(api)).hash, kept.hash);
		assert.equal(await count(), value);
		assert.equal(await increment(), value + 1);
		assert.equal((await finalized(api)).number, kept.number + 1);
	});
});
