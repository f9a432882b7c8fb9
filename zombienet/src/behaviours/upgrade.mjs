// A runtime upgrade while programs are stored and called: no call is lost. Old programs continue or
// are rejected by the policy of pallet/src/migrations/mod.rs, according to the ABI version in their
// record.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { accounts, asU32, call, head, instantiate, run, submit, tx, u32, upload } from '../../../clients/src/chain.mjs';
import { blob, nextRuntime } from '../../../clients/src/paths.mjs';
import { u8aToHex } from '../../../clients/src/polkadot-js.mjs';
import { assertAgreed, untilFinal } from '../agreement.mjs';
import { keepCounting, nonces, setRuntime } from '../runtime-upgrade.mjs';

/** `ABI` and `OLDEST_ABI` of pallet/src/limits.rs, and an unknown version. */
const ABI = 4;
const OLDEST_ABI = 0;
const UNKNOWN_ABI = 9;

/** The minimal number of calls of each account before and after the upgrade. */
const CALLS = 3;

export async function upgrade(network) {
	const code = readFileSync(nextRuntime());
	let api = network.apis[network.validators[0]];
	const { alice, bob, charlie, dave } = await accounts();
	const counters = [bob, charlie, dave];
	const before = api.runtimeVersion.specVersion.toNumber();

	// Programs of every age: each record is set to what an older runtime would have written.
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
	const set = await setRuntime(network, code, alice);
	api = network.apis[network.validators[0]];
	await counting.untilEach(counting.least() + CALLS);
	await counting.stop();

	// No call was lost, failed or ran twice.
	const calls = (await nonces(api, counters)) - from;
	assert.equal(asU32((await call(api, alice, address, 'get')).output), calls);
	// The records and results are unchanged; the storage version is the pallet's.
	assert.deepEqual(await survey(api, alice, stored), reference);
	// A rejected program works again after it is uploaded again.
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

/** The state of the programs on the chain: records, results, and the storage version. */
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

/** Writes another ABI version into a program's record, where it is the last field. */
async function setAbi(api, sudo, codeHash, abi) {
	const bytes = (await record(api, codeHash)).toU8a();
	bytes.set([abi, 0], bytes.length - 2);
	const set = api.tx.system.setStorage([[api.query.virt.programs.key(codeHash), u8aToHex(bytes)]]);
	assert.equal((await submit(api, api.tx.sudo.sudo(set), sudo)).error, null);
	assert.equal((await record(api, codeHash)).abi.toNumber(), abi);
}
