// When a development chain makes blocks: instantly, manually, or at intervals.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import {
	accounts, asU32, call, disconnect, dryRun, finalized, hashAt, head, instantiate, tx, u32, upload,
} from '../../clients/src/chain.mjs';
import { rpc } from '../../clients/src/node.mjs';
import { blob, nodeBinary } from '../../clients/src/paths.mjs';
import { until } from '../../clients/src/until.mjs';
import { scenario } from '../src/scenario.mjs';

/** The number of calls of each of the six accounts in a burst. */
const CALLS = 50;

/** No block is made unasked within this many milliseconds. */
const QUIET = 400;

const run = promisify(execFile);

/** The node's error response to a request. */
const refusal = async (port, method, ...params) => {
	const error = await rpc(port, method, params).then(
		(result) => assert.fail(`${method} gave ${JSON.stringify(result)}`),
		(error) => error,
	);
	return error.rpc.code;
};

describe('sealing', () => {
	const s = scenario('sealing');
	const geneses = new Set();
	let all;

	/** Starts a node and connects to it. */
	const start = async (title, ...args) => {
		const node = await s.start(title, { args: ['--dev', ...args] });
		const api = await s.connect(node);
		geneses.add(api.genesisHash.toHex());
		return { node, api };
	};

	/** Stops both. */
	const stop = async ({ node, api }) => {
		await disconnect(api);
		assert.equal((await node.stop()).code, 0);
	};

	const nonceOf = async (api, { address }) =>
		(await api.query.system.account(address)).nonce.toNumber();

	s.before(async () => {
		all = await accounts();
	});

	s.it('instant: bursts and nonce gaps are all included and final', async () => {
		const { node, api } = await start('instant');
		const { codeHash } = await upload(api, all.alice, blob('counter'));
		const { address } = await instantiate(api, all.alice, codeHash, 'storm', u32(0));

		// A burst: nobody waits for a block. Immortal: a slow machine makes more blocks than a
		// mortal transaction lives.
		const before = await head(api);
		const signers = Object.values(all);
		const firsts = await Promise.all(signers.map((signer) => nonceOf(api, signer)));
		await Promise.all(signers.flatMap((signer, index) =>
			Array.from({ length: CALLS }, (_, step) =>
				tx.call(api, address, 'increment').signAndSend(signer, { nonce: firsts[index] + step, era: 0 }))));
		await until('the storm', async () => {
			const nonces = await Promise.all(signers.map((signer) => nonceOf(api, signer)));
			return nonces.every((nonce, index) => nonce === firsts[index] + CALLS);
		});
		const { output, error } = await dryRun.call(api, all.alice.address, address, 'get');
		assert.equal(error, null);
		assert.equal(asU32(output), CALLS * signers.length);
		const blocks = (await head(api)).number - before.number;
		console.log(`# ${CALLS * signers.length} calls in ${blocks} blocks`);

		// The later nonce first: it waits for the earlier one, and blocks no other account.
		const nonce = await nonceOf(api, all.bob);
		await api.tx.system.remark('0x02').signAndSend(all.bob, { nonce: nonce + 1 });
		assert.equal(asU32((await call(api, all.alice, address, 'get')).output), CALLS * signers.length);
		assert.equal(await nonceOf(api, all.bob), nonce);
		await api.tx.system.remark('0x01').signAndSend(all.bob, { nonce });
		await until('both', async () => await nonceOf(api, all.bob) === nonce + 2);

		const [best, last] = [await head(api), await finalized(api)];
		assert.equal(last.hash, best.hash);
		await sleep(QUIET);
		assert.equal((await head(api)).hash, best.hash, 'an idle chain rests');

		// Its log about itself and about programs.
		const log = readFileSync(node.log, 'utf8');
		const banners = log.split('a development chain is ready').length - 1;
		assert.equal(banners, 1, log);
		assert.ok(log.includes(`ws://127.0.0.1:${node.rpcPort}`));
		assert.ok(log.includes(`  genesis   ${api.genesisHash.toHex()}\n`));
		assert.ok(log.includes(`  //Alice   ${all.alice.address}\n`));
		assert.ok(log.includes('  sealing   instant: '));
		assert.doesNotMatch(log, /Idle|\x1b/, 'quiet, and plain');
		const lines = log.split('\n').filter((line) => line.trimEnd().endsWith(': the counter is 1 now'));
		assert.equal(lines.length, 1, 'each line once');
		const hex = (value) => Buffer.from(value).toString('hex');
		const short = `${codeHash.slice(0, 6)}…${codeHash.slice(-4)}`;
		const place = hex(api.createType('AccountId', address).toU8a());
		const caller = signers.find((signer) => lines[0].includes(hex(signer.publicKey)));
		assert.ok(caller, `a caller in ${lines[0]}`);
		assert.match(lines[0], new RegExp(`program ${short} at ${place} .*, called by ${hex(caller.publicKey)}`));

		// Without --base-path all is removed, and the node logs it.
		const [, folder] = log.match(/ {2}data {6}(\S+) is removed when the node stops/);
		assert.ok(existsSync(folder), folder);
		await stop({ node, api });
		assert.ok(!existsSync(folder), `${folder} is left`);
	});

	s.it('manual: only engine_createBlock and engine_finalizeBlock make and finalize blocks', async () => {
		const { node, api } = await start('manual', '--sealing', 'manual');
		const create = (...params) => rpc(node.rpcPort, 'engine_createBlock', params);
		const finalize = (hash) => rpc(node.rpcPort, 'engine_finalizeBlock', [hash]);

		// The first block exists: this client would not have started without it.
		assert.deepEqual([(await head(api)).number, (await finalized(api)).number], [1, 1]);
		await api.tx.system.remark('0x01').signAndSend(all.alice);
		await sleep(QUIET);
		assert.equal((await head(api)).number, 1);

		const { hash: second } = await create(false, false);
		assert.equal((await head(api)).hash, second);
		assert.equal(await nonceOf(api, all.alice), 1);
		assert.equal((await finalized(api)).number, 1);
		assert.equal(await finalize(second), true);
		assert.equal((await finalized(api)).hash, second);

		assert.equal(await refusal(node.rpcPort, 'engine_createBlock', false, true), 12_000, 'empty');
		const nowhere = `0x${'12'.repeat(32)}`;
		assert.equal(await refusal(node.rpcPort, 'engine_createBlock', true, true, nowhere), 13_000);
		assert.equal(await refusal(node.rpcPort, 'engine_finalizeBlock', nowhere), 16_000);

		// A fork, which a revert also removes.
		const { hash: third } = await create(true, false);
		await create(true, false, second);
		const { hash: fourth } = await create(true, true);
		assert.deepEqual([await hashAt(api, 3), (await head(api)).hash], [third, fourth]);
		assert.equal(await rpc(node.rpcPort, 'dev_revert', [third]), 1);
		assert.equal((await head(api)).hash, third);
		const { hash: again } = await create(true, true);
		assert.deepEqual([(await head(api)).hash, (await finalized(api)).hash], [again, again]);
		assert.equal((await head(api)).number, 4);
		await stop({ node, api });
	});

	s.it('interval: blocks at intervals, also empty ones, final at once', async () => {
		const every = 200;
		const { node, api } = await start(
			'interval', '--sealing', `interval=${every}`, '--tmp', '--rpc-methods', 'safe',
		);
		const first = await head(api);
		const since = Date.now();
		await until('five blocks', async () => (await head(api)).number >= first.number + 5);
		// The machine may be busy, so blocks may be late, but not early.
		const took = Date.now() - since;
		assert.ok(took >= 4 * every, `five blocks in ${took} ms`);
		await api.tx.system.remark('0x01').signAndSend(all.alice);
		await until('the transaction', async () => await nonceOf(api, all.alice) === 1);
		assert.ok((await finalized(api)).number > first.number);

		// A caller without access to unsafe methods cannot change the chain.
		const { hash } = await head(api);
		for (const [method, ...params] of [
			['dev_snapshot'], ['dev_revert', hash], ['dev_setTime', 9_999_999_999_999],
			['engine_createBlock', true, true], ['engine_finalizeBlock', hash],
		]) {
			assert.equal(await refusal(node.rpcPort, method, ...params), -32_601, method);
		}
		assert.match(readFileSync(node.log, 'utf8'), / is removed when the node stops/);
		await stop({ node, api });
	});

	s.it('the genesis is the same at each start', () => {
		assert.equal(geneses.size, 1, [...geneses].join(', '));
	});

	const refused = (...args) => run(nodeBinary(), args).then(
		() => assert.fail('it ran'),
		({ stderr }) => stderr,
	);

	s.it('a sync mode that would never end is rejected', async () => {
		for (const mode of ['fast', 'fast-unsafe']) {
			assert.match(await refused('--chain', 'local', '--tmp', '--sync', mode), /^Error: .*use --sync warp/);
		}
	});

	s.it('--sealing is rejected for slot-based authoring, and without a value', async () => {
		assert.match(
			await refused('--chain', 'local', '--alice', '--tmp', '--sealing', 'manual'),
			/^Error: .*--sealing manual is for a development chain/,
		);
		assert.match(await refused('--dev', '--sealing', 'soon'), /interval=<milliseconds>/);
		assert.match(await refused('--dev', '--state-pruning', '10'), /remove --state-pruning/);
	});
});
