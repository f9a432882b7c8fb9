// Jobs through polkadot-js: the examples auction, factor and game, on a recompiling and an
// interpreting validator. A block is final only if both executed it with the same state root.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { Abi } from '../../clients/src/abi.mjs';
import {
	accounts, balance, dryRun, eventOf, follow, instantiate, startJob, submit, tx, upload, weight,
} from '../../clients/src/chain.mjs';
import { abi, blob } from '../../clients/src/paths.mjs';
import { blake2AsU8a, decodeAddress, hexToU8a } from '../../clients/src/polkadot-js.mjs';
import { until } from '../../clients/src/until.mjs';
import { scenario } from '../src/scenario.mjs';

const UNIT = 10n ** 12n;

/** A budget of this many seconds. */
const budget = (seconds) => weight(BigInt(seconds) * UNIT, 1n << 32n);

describe('jobs', () => {
	const s = scenario('jobs', { timeout: 300_000 });
	let api, alice, bob, unfollow;
	const ended = new Map();
	const address = {};

	/** A job's result, from final blocks. */
	const end = async (job) => {
		await until(`the end of job ${job}`, () => ended.has(job), { within: 240_000 });
		return ended.get(job);
	};

	s.before(async () => {
		({ alice, bob } = await accounts());
		const network = await s.network(2);
		api = network.apis.alice;
		for (const name of ['auction', 'factor', 'game']) {
			const { codeHash } = await upload(api, alice, blob(name));
			({ address: address[name] } = await instantiate(api, alice, codeHash, name, undefined, UNIT));
		}
		unfollow = await follow(api, ({ number, events }) => {
			for (const { name, data } of events) {
				const how = { 'virt.JobFinished': 'finished', 'virt.JobFailed': 'failed' }[name];
				if (how) ended.set(data.job, { how, number, ...data });
			}
		});
	});

	s.it('auction: the price falls with each block, and a bid wakes the job', async () => {
		const auction = new Abi(abi('auction'));
		const input = auction.encode('auction', 4n * UNIT, 2);
		const tried = await dryRun.startJob(api, alice.address, address.auction, 'auction', input, budget(2));
		assert.equal(tried.error, null);
		assert.ok(tried.events.some(({ name }) => name === 'virt.JobSuspended'));
		assert.ok(tried.deposit > 0n);
		const { job } = await startJob(api, alice, address.auction, 'auction', input, budget(2));
		// Bids the initial price, which is more than the current one.
		const price = async () => {
			const { output } = await dryRun.call(api, bob.address, address.auction, 'price');
			return auction.result('price', output);
		};
		await until('a lower price', async () => {
			const now = await price();
			return now !== null && now < 4n * UNIT;
		}, { within: 60_000 });
		const bid = await submit(api, tx.call(api, address.auction, 'bid', undefined, 4n * UNIT), bob);
		assert.equal(bid.error, null);
		const { how, output } = await end(job);
		assert.equal(how, 'finished');
		const { Sold } = auction.result('auction', hexToU8a(output));
		assert.equal(Sold.to, bob.address);
		assert.ok(Sold.price < 4n * UNIT, `${Sold.price}`);
		assert.equal((await api.query.virt.jobs(job)).isNone, true);
	});

	s.it('factor: a computation of many slices returns the factors', async () => {
		const factor = new Abi(abi('factor'));
		// Two primes.
		const [small, large] = [49_979_687n, 67_867_967n];
		const before = await balance(api, alice.address);
		const input = factor.encode('factor', small * large);
		const { job, block: { number: from } } = await startJob(api, alice, address.factor, 'factor', input, budget(60));
		const { how, output, number } = await end(job);
		assert.equal(how, 'finished');
		assert.deepEqual(factor.result('factor', hexToU8a(output)), [small, large]);
		console.log(`# factored over ${number - from + 1} blocks`);
		assert.ok(number > from, 'it outlived its block');
		assert.ok(await balance(api, alice.address) < before, 'it was paid for');
		assert.equal((await api.query.virt.jobsOf(alice.address)).toNumber(), 0);
	});

	s.it('game: two accounts play by messages', async () => {
		const game = new Abi(abi('game'));
		const players = [alice.address, bob.address];
		const { job } = await startJob(api, alice, address.game, 'play', game.encode('play', ...players), budget(2));
		const shown = [[1, 7], [0, 8]].map(([move, secret]) => new Uint8Array([move, ...new Array(32).fill(secret)]));
		for (const [topic, data] of [['choose', shown.map((it) => blake2AsU8a(it))], ['show', shown]]) {
			for (const [index, signer] of [alice, bob].entries()) {
				const sent = await submit(api, tx.wake(api, address.game, topic, data[index]), signer);
				assert.equal(sent.error, null);
				assert.deepEqual(decodeAddress(eventOf(sent, 'MessageSent').sender), decodeAddress(signer.address));
			}
		}
		const { how, output } = await end(job);
		assert.equal(how, 'finished');
		assert.deepEqual(game.result('play', hexToU8a(output)), { Won: { by: alice.address } });
		unfollow();
	});
});
