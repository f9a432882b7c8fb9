// A validator is killed while it authors a block: the others continue, it comes back and catches up.
// Another one's VM worker is killed while it computes: the validator executes the block again.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { Abi } from '../../../clients/src/abi.mjs';
import { accounts, authorIndex, finalized, hashAt, head, submit, tx, u32, weight } from '../../../clients/src/chain.mjs';
import { busy, children } from '../../../clients/src/node.mjs';
import { abi } from '../../../clients/src/paths.mjs';
import { u8aToHex } from '../../../clients/src/polkadot-js.mjs';
import { until } from '../../../clients/src/until.mjs';
import { assertAgreed, readLog, untilFinal } from '../agreement.mjs';
import { Workload } from '../workload.mjs';

/**
 * The weight limit of one computation: a fifteenth of a block's. Native code takes a quarter of
 * that time or less, and the interpreter up to seven times as long: with a much higher limit, an
 * interpreting validator would not keep up.
 */
const LONG = weight(100_000_000_000n);

/** More generations of the game of life than this limit allows. */
const GENERATIONS = u32(1_000_000);

/** The initial cells. */
const GLIDER = [[1, 0], [2, 1], [0, 2], [1, 2], [2, 2]];

/** A validator authors each fourth slot at best. On a busy machine, interpreting ones miss most. In milliseconds. */
const AUTHORED_WITHIN = 180_000;

/** The number of blocks that the others finalize before a node is restarted. */
const BLOCKS_WHILE_STOPPED = 2;

/**
 * The errors of a transaction whose nonce is used already, on the chain or in the pool. They occur after a
 * reorganization; the transaction is submitted again.
 */
const ALREADY_USED = /^101[04]:/;

/** The log line of node/manager/src/executor.rs. */
const EXECUTED_AGAIN = /again after a host fault, attempt 2 of 3/;

export async function kill(network) {
	const workload = await Workload.on(network);
	const { life } = await workload.store(['life']);
	const game = await workload.instantiate([['life', life, new Abi(abi('life')).encode('init', GLIDER)]]);
	const runs = (backend) => network.validators.filter((name) =>
		backend.test(network.nodes[name].command.join()));
	// One that runs programs in workers, and one whose blocks take longest.
	const [first] = runs(/recompiler|tiered/);
	const [second, witness] = runs(/interpreter/);
	const computing = keepComputing(network.apis[witness], game.life);

	let without, author, lost;
	const kills = async () => {
		await killMidBlock(network, second, witness);
		without = await goOn(network, witness);
		await comeBack(network, second, witness);
		author = await authorsAgain(network, second, witness);

		lost = await killWorker(network, first);
		await goOn(network, witness);
		await untilFinal(network, first, (await finalized(network.apis[witness])).number);
	};
	try {
		await Promise.race([kills(), computing.failed]);
	} finally {
		computing.stop();
	}
	const calls = await computing.done;
	const height = await assertAgreed(network);
	return `${second} was killed mid-block, the others finalized ${without} blocks more, it came back and made block ${author}; `
		+ `${first} lost a worker, and executed the block again ${lost} ms later; `
		+ `${calls} calls meanwhile; the same roots in ${height} blocks`;
}

/** Keeps submitting long computations, one per account, so that each block takes time. */
function keepComputing(api, life) {
	let going = true;
	let count = 0;
	const computeOn = async (signer) => {
		while (going) {
			const call = tx.call(api, life, 'step', GENERATIONS, 0n, LONG);
			const { error } = await submit(api, call, signer).catch((refusal) => {
				if (!ALREADY_USED.test(refusal.message)) throw refusal;
				return sleep(500, { error: refusal });
			});
			if (error instanceof Error) continue;
			assert.equal(error, 'virt.OutOfGas');
			count += 1;
		}
	};
	const done = accounts()
		.then((all) => Promise.all([all.dave, all.eve, all.ferdie].map(computeOn)))
		.then(() => count);
	const failed = new Promise((_, reject) => done.catch(reject));
	return { done, failed, stop: () => (going = false) };
}

/** Kills a validator that has begun a block and not finished it, according to its log. */
async function killMidBlock(network, name, witness) {
	for (let tries = 0; tries < 10; tries += 1) {
		const node = network.nodes[name];
		const past = readLog(network, name).length;
		const isMidBlock = () => {
			const [, ...begun] = readLog(network, name).slice(past).split('Starting consensus session');
			return begun.length > 0 && !begun.at(-1).includes('Prepared block');
		};
		await until(`a block of ${name}`, () => isMidBlock() && process.kill(node.pid, 'SIGKILL'), {
			within: AUTHORED_WITHIN, every: 5,
		});
		await node.exited;
		await network.disconnect(name);
		// It may have finished just before the kill.
		if (isMidBlock()) return;
		await comeBack(network, name, witness);
	}
	throw new Error(`${name} was never killed in the middle of its block`);
}

/** Kills a worker while it runs a program. Returns how long the node took to notice. */
async function killWorker(network, name) {
	const node = network.nodes[name];
	const past = readLog(network, name).length;
	const executesAgain = () => EXECUTED_AGAIN.test(readLog(network, name).slice(past));
	let at;
	await until(`a worker of ${name} that is lost`, async () => {
		const worker = atWork(children(node.pid));
		if (worker === undefined) return false;
		at = Date.now();
		process.kill(worker, 'SIGKILL');
		// A worker that had just finished is replaced.
		while (!executesAgain() && Date.now() - at < 5_000) await sleep(20);
		return executesAgain();
	}, { every: 5 });
	const after = Date.now() - at;
	assert.ok(node.alive(), `${name} continues`);
	return after;
}

/**
 * Returns a worker that is computing. It does so for milliseconds, so this polls without a pause.
 */
function atWork(workers) {
	const end = Date.now() + 150;
	let seen = [];
	while (Date.now() < end) {
		seen = busy(workers).map((pid) => seen.find((one) => one.pid === pid) ?? { pid, since: Date.now() });
		// Not one that is only starting.
		const found = seen.find(({ since }) => Date.now() - since >= 2);
		if (found) return found.pid;
	}
	return undefined;
}

/** Waits until some more blocks are final. */
async function goOn(network, witness) {
	const { number } = await finalized(network.apis[witness]);
	return (await untilFinal(network, witness, number + BLOCKS_WHILE_STOPPED)).number - number;
}

/** Starts a node again, and waits until it has finalized what the others had. */
async function comeBack(network, name, witness) {
	const { number } = await finalized(network.apis[witness]);
	await network.restart(name);
	await untilFinal(network, name, number);
}

/** Waits for the next block of a validator on the others' chain. */
async function authorsAgain(network, name, witness) {
	const api = network.apis[witness];
	const authority = await authorityOf(api, name);
	let { number } = await head(api);
	return until(`a block of ${name}`, async () => {
		const hash = await hashAt(api, number + 1);
		if (hash === null) return null;
		number += 1;
		const { header } = await head(api, hash);
		return authorIndex(header, network.validators.length) === authority && number;
	});
}

/** The index of a validator among the authorities. */
async function authorityOf(api, name) {
	const wanted = u8aToHex((await accounts())[name].publicKey);
	return (await api.query.aura.authorities()).findIndex((key) => key.toHex() === wanted);
}
