// Twenty jobs of five kinds wait, compute over blocks and message each other, while a validator is
// killed and restarted, a node joins by warp sync, and the runtime is upgraded. Each job ends as
// expected, and all nodes agree on every state root.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { Abi } from '../../../clients/src/abi.mjs';
import {
	accounts, eventOf, eventsAt, finalized, head, instantiate, startJob, submit, tx, upload, weight,
} from '../../../clients/src/chain.mjs';
import { abi, blob, nextRuntime } from '../../../clients/src/paths.mjs';
import { blake2AsU8a, hexToU8a, u8aToHex } from '../../../clients/src/polkadot-js.mjs';
import { until } from '../../../clients/src/until.mjs';
import { assertAgreed, untilFinal } from '../agreement.mjs';
import { setRuntime } from '../runtime-upgrade.mjs';

const UNIT = 10n ** 12n;

/** A budget of this many seconds. */
const budget = (seconds) => weight(BigInt(seconds) * UNIT, 1n << 33n);

/** The number of jobs of each kind. */
const EACH = 4;

/** Two primes. Factoring their product takes more than fifty slices, of which a block has five. */
const FACTORS = [300_000_007n, 310_000_037n];

/**
 * The minimal number of blocks of the computations, and the number of blocks that sleepers sleep.
 */
const BLOCKS = 10;

/** The number of blocks that the others finalize while a validator is stopped. */
const BLOCKS_WHILE_STOPPED = 2;

/** The timeout of the jobs, in milliseconds. */
const ENDED_WITHIN = 600_000;

const abis = Object.fromEntries(['sleeper', 'factor', 'auction', 'game'].map((name) => [name, new Abi(abi(name))]));

/** The choices of the two players of a game: paper and rock. */
const SHOWN = [[1, 7], [0, 8]].map(([move, secret]) => new Uint8Array([move, ...new Array(32).fill(secret)]));

export async function jobs(network) {
	const [first] = network.validators;
	let api = network.apis[first];
	const { alice, bob } = await accounts();
	const at = await deploy(api, alice);
	const start = async (kind, nth, program, address, entry, args, seconds) => {
		const input = abis[program].encode(entry, ...args);
		const { job, block } = await startJob(api, alice, address, entry, input, budget(seconds));
		return { kind, nth, job, address, from: block.number };
	};
	const all = [];
	for (let nth = 0; nth < EACH; nth += 1) {
		const { sleeper, factor, auction, game } = at[nth];
		all.push(
			await start('sleep', nth, 'sleeper', sleeper, 'blocks', [BLOCKS + nth], 2),
			await start('compute', nth, 'factor', factor, 'factor', [FACTORS[0] * FACTORS[1]], 200),
			// Those with an even number are sold. The others are too expensive until the price is
			// zero.
			await start('auction', nth, 'auction', auction, 'auction', nth % 2 ? [3n, 3] : [UNIT, 100], 4),
			await start('game', nth, 'game', game, 'play', [alice.address, bob.address], 4),
			await start('messages', nth, 'sleeper', sleeper, 'messages', [[...Buffer.from('topic')], 2], 2),
		);
	}
	// Each job had a slice.
	await until('a slice of every job', async () => {
		const records = await api.query.virt.jobs.multi(all.map(({ job }) => job));
		return records.every((record) => record.isNone || record.unwrap().slices.toNumber() > 0);
	}, { within: ENDED_WITHIN });

	// Jobs that message jobs, and players that choose.
	for (const { nth, kind, address } of all) {
		if (kind === 'messages') {
			const { sleeper } = at[(nth + 1) % EACH];
			const input = abis.sleeper.encode('send', address, [...Buffer.from('topic')], [nth]);
			await startJob(api, alice, sleeper, 'send', input, budget(1));
		}
		if (kind === 'game' && nth % 2 === 0) {
			for (const [index, signer] of [alice, bob].entries()) {
				await works(api, tx.wake(api, address, 'choose', blake2AsU8a(SHOWN[index])), signer);
			}
		}
	}

	const killed = network.validators.at(-1);
	await network.nodes[killed].kill();
	await network.disconnect(killed);
	const { number } = await finalized(api);
	await untilFinal(network, first, number + BLOCKS_WHILE_STOPPED);
	await network.restart(killed);
	await untilFinal(network, killed, number + BLOCKS_WHILE_STOPPED);

	const asleep = (await api.query.virt.jobTotals()).toNumber();
	await network.add('late', 'tiered', ['--sync', 'warp']);
	await untilFinal(network, 'late', (await head(api)).number);
	assert.ok(asleep > EACH, `${asleep} jobs live while a node joins`);

	const before = api.runtimeVersion.specVersion.toNumber();
	await setRuntime(network, readFileSync(nextRuntime()), alice);
	api = network.apis[first];
	const living = (await api.query.virt.jobTotals()).toNumber();
	assert.ok(living > EACH, `${living} jobs live after the upgrade`);

	// They continue under the new runtime.
	for (const { nth, kind, address } of all) {
		if (kind === 'auction' && nth % 2 === 0) await works(api, tx.call(api, address, 'bid', undefined, UNIT), bob);
		if (kind === 'messages') await works(api, tx.wake(api, address, 'topic', [100 + nth]), bob);
		if (kind === 'game' && nth % 2 === 0) {
			for (const [index, signer] of [alice, bob].entries()) {
				await works(api, tx.wake(api, address, 'show', SHOWN[index]), signer);
			}
		}
	}
	await until('the end of every job', async () => (await api.query.virt.jobTotals()).isZero(), { within: ENDED_WITHIN });
	const height = await assertAgreed(network);
	const { ended, slices } = await read(api, height);
	let longest = 0;
	for (const job of all) {
		const end = ended.get(job.job);
		assert.equal(end?.error, undefined, `${job.kind} ${job.nth}`);
		assertEnd(job, hexToU8a(end.output), alice.address, bob.address);
		if (job.kind === 'compute') {
			longest = Math.max(longest, end.number - job.from);
			assert.ok(end.number - job.from >= BLOCKS, `computed over ${end.number - job.from} blocks`);
		}
	}
	return `${all.length} jobs of five kinds ended as they must, in ${slices} slices; the longest computed over ${longest} blocks; `
		+ `${killed} was killed and came back, a node joined by warp sync with ${asleep} jobs alive, `
		+ `spec version ${before} to ${before + 1} with ${living} alive; the same roots in ${height} blocks`;
}

/** Instantiates the programs: one account for each job of a kind. */
async function deploy(api, signer) {
	const at = Array.from({ length: EACH }, () => ({}));
	for (const name of Object.keys(abis)) {
		const { codeHash } = await upload(api, signer, blob(name));
		for (const [nth, addresses] of at.entries()) {
			({ address: addresses[name] } = await instantiate(api, signer, codeHash, `${nth}`, undefined, UNIT));
		}
	}
	return at;
}

async function works(api, call, signer) {
	assert.equal((await submit(api, call, signer)).error, null);
}

/** Returns how every job of the chain ended, by id, and the number of slices. */
async function read(api, height) {
	const ended = new Map();
	let slices = 0;
	for (let number = 1; number <= height; number += 1) {
		for (const { name, data } of await eventsAt(api, number)) {
			if (name === 'virt.JobSuspended') slices += 1;
			if (name !== 'virt.JobFinished' && name !== 'virt.JobFailed') continue;
			slices += 1;
			ended.set(data.job, { number, ...data });
		}
	}
	return { ended, slices };
}

/** Asserts a job's output. */
function assertEnd({ kind, nth }, output, alice, bob) {
	const result = {
		sleep: () => abis.sleeper.result('blocks', output) >= BLOCKS + nth,
		compute: () => abis.factor.result('factor', output),
		auction: () => abis.auction.result('auction', output),
		game: () => abis.game.result('play', output),
		messages: () => abis.sleeper.result('messages', output),
	}[kind]();
	const wanted = {
		sleep: true,
		compute: FACTORS,
		auction: nth % 2 ? 'Unsold' : { Sold: { to: bob, price: result?.Sold?.price } },
		// The player who did not reveal in time; of two, the first.
		game: nth % 2 ? { Forfeit: { by: alice } } : { Won: { by: alice } },
		messages: u8aToHex(new Uint8Array([nth, 100 + nth])),
	}[kind];
	assert.deepEqual(result, wanted, `${kind} ${nth}`);
}
