// A runtime upgrade while programs are stored and called: no call is lost, and old programs go on or
// are refused by the policy of pallet/src/migrations/mod.rs, which goes by the ABI on their record.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { u8aToHex } from '@polkadot/util';

import { assertAgreed, untilFinal } from '../agreement.mjs';
import {
	accounts, asU32, call, connect, disconnect, eventOf, finalized, hashAt, head, instantiate, run, submit,
	tx, u32, upload,
} from '../chain.mjs';
import { ANSWER_WITHIN } from '../network.mjs';
import { blob, nextRuntime } from '../paths.mjs';
import { until } from '../until.mjs';

/** `ABI` and `OLDEST_ABI` in pallet/src/limits.rs, and one that no runtime has heard of. */
const ABI = 4;
const OLDEST_ABI = 0;
const UNKNOWN_ABI = 9;

/** Calls that each account makes on either side of the upgrade, at least. */
const CALLS = 3;

/**
 * How long the new runtime may take to be in force and final, in milliseconds. Every node compiles it
 * first, and makes and imports no block meanwhile: seconds, and minutes where the machine is busy.
 */
const COMPILED_WITHIN = 400_000;

export async function upgrade(network) {
	const code = readFileSync(nextRuntime());
	let api = network.apis[network.validators[0]];
	const { alice, bob, charlie, dave } = await accounts();
	const counters = [bob, charlie, dave];
	const before = api.runtimeVersion.specVersion.toNumber();

	// Programs of every age: what is on record is what an older runtime would have written.
	const stored = {};
	for (const name of ['counter', 'sha256', 'echo']) {
		stored[name] = (await upload(api, alice, blob(name))).codeHash;
	}
	const { address } = await instantiate(api, alice, stored.counter, 'upgrade', u32(0));
	await setAbi(api, alice, stored.sha256, OLDEST_ABI);
	await setAbi(api, alice, stored.echo, UNKNOWN_ABI);
	const reference = await survey(api, alice, stored);

	const from = await nonces(api, counters);
	const counting = keepCounting(network, address, counters);
	await counting.untilEach(CALLS);
	const start = await head(api);
	const setCode = api.tx.system.setCode(u8aToHex(code));
	const sudo = api.tx.sudo.sudoUncheckedWeight(setCode, { refTime: 0, proofSize: 0 });
	await api.rpc.author.submitExtrinsic(await sudo.signAsync(alice));
	const version = async (api, hash) => (await api.rpc.state.getRuntimeVersion(hash)).specVersion.toNumber();
	for (const name of network.validators) {
		await until(`the new runtime final on ${name}`, async () => {
			const { hash } = await finalized(network.apis[name]);
			return await version(network.apis[name], hash) === before + 1;
		}, { within: COMPILED_WITHIN });
	}
	// What was connected before reads with the types of both runtimes.
	await network.reconnect();
	api = network.apis[network.validators[0]];
	let set = start.number;
	while (await version(api, await hashAt(api, set)) === before) set += 1;
	await counting.untilEach(counting.least() + CALLS);
	await counting.stop();

	// Nothing was lost, nothing failed, and nothing was done twice.
	const calls = (await nonces(api, counters)) - from;
	assert.equal(asU32((await call(api, alice, address, 'get')).output), calls);
	// The records and the answers are those from before; the storage version is the pallet's.
	assert.deepEqual(await survey(api, alice, stored), reference);
	// What was refused is answered again once it is uploaded again.
	assert.equal((await upload(api, alice, blob('echo'))).codeHash, stored.echo);
	assert.equal((await record(api, stored.echo)).abi.toNumber(), ABI);
	assert.deepEqual([...(await run(api, alice, stored.echo, 'echo', [1, 2, 3])).output], [1, 2, 3]);

	const { number } = await head(api);
	await network.add('late', 'interpreter', ['--sync', 'full']);
	await untilFinal(network, 'late', number);
	const height = await assertAgreed(network);
	return `spec version ${before} to ${before + 1} in block ${set}; ${calls} calls around it, none lost; `
		+ `programs of ABI ${OLDEST_ABI} and ${ABI} answer as before, one of ABI ${UNKNOWN_ABI} is refused until it is uploaded again; `
		+ `a node that came later executed both runtimes; the same roots in ${height} blocks`;
}

/** What the chain says of the programs: their records, how they answer, and the storage version. */
async function survey(api, signer, stored) {
	const { output, weightUsed } = await run(api, signer, stored.sha256, 'sha256', new Uint8Array(4_096));
	const { error } = await submit(api, tx.run(api, stored.echo, 'echo', [1]), signer);
	assert.equal(error, 'virt.UnsupportedAbi');
	const records = await Promise.all(Object.values(stored).map(async (hash) => (await record(api, hash)).toJSON()));
	return { records, output, weightUsed, version: (await api.query.virt.palletVersion()).toJSON() };
}

async function record(api, codeHash) {
	return (await api.query.virt.programs(codeHash)).unwrap();
}

/** Writes another ABI into a program's record, where it is the last field. */
async function setAbi(api, sudo, codeHash, abi) {
	const bytes = (await record(api, codeHash)).toU8a();
	bytes.set([abi, 0], bytes.length - 2);
	const set = api.tx.system.setStorage([[api.query.virt.programs.key(codeHash), u8aToHex(bytes)]]);
	assert.equal((await submit(api, api.tx.sudo.sudo(set), sudo)).error, null);
	assert.equal((await record(api, codeHash)).abi.toNumber(), abi);
}

/** How many transactions the accounts have made, all together. */
async function nonces(api, signers) {
	const all = await Promise.all(signers.map(({ address }) => api.query.system.account(address)));
	return all.reduce((sum, { nonce }) => sum + nonce.toNumber(), 0);
}

/** Keeps accounts incrementing a counter, each through another node. */
function keepCounting(network, address, signers) {
	const counts = signers.map(() => 0);
	let going = true;
	let failure = null;
	const countOn = async (signer, index) => {
		const { url } = network.nodes[network.validators[index % network.validators.length]];
		while (going) {
			const api = await connect(url, { answerWithin: ANSWER_WITHIN });
			try {
				await countWith(api, signer, index);
			} finally {
				await disconnect(api);
			}
		}
	};
	const countWith = async (api, signer, index) => {
		while (going) {
			// A call may be refused as one for the old runtime, be on a fork, or be read with the types of
			// both: then it is made anew, on another connection. What came of each, the chain says.
			const made = await submit(api, tx.call(api, address, 'increment'), signer, { finalized: true })
				.catch(() => null);
			if (made === null) return;
			eventOf(made, 'Called');
			counts[index] += 1;
		}
	};
	const done = Promise.all(signers.map(countOn)).catch((error) => (failure = error));
	const least = () => Math.min(...counts);
	return {
		least,
		untilEach: (count) => until(`${count} calls of each account`, () => {
			if (failure) throw failure;
			return least() >= count;
		}, { within: COMPILED_WITHIN }),
		async stop() {
			going = false;
			await done;
			if (failure) throw failure;
		},
	};
}
