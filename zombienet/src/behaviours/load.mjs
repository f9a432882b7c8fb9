// Submits program calls, and then plain transfers, as fast as the network accepts them, and
// measures how many per second are finalized. The rate is not asserted; no transaction may be lost.

import assert from 'node:assert/strict';

import { accounts, dryRun, finalized, hashAt, head, instantiate, tx, u32, upload } from '../../../clients/src/chain.mjs';
import { blob } from '../../../clients/src/paths.mjs';
import { until } from '../../../clients/src/until.mjs';
import { assertAgreed } from '../agreement.mjs';

/** The number of transactions of each kind: more than `SUSTAINED` blocks of calls. */
const CALLS = 8_000;
const TRANSFERS = 12_000;

/** The rate is measured over this many consecutive blocks: those with the most transactions. */
const SUSTAINED = 5;

/** After this many consecutive blocks without any, the remaining transactions are lost. */
const PATIENCE = 20;

/** The number of pending transactions of an account. */
const AT_ONCE = 100;

/** The initial balance of the program's account, above the existential deposit. */
const VALUE = 10n ** 12n;

/** A limit with a margin over the dry-run's weight. */
const withMargin = ({ refTime, proofSize }) =>
	({ refTime: refTime + refTime / 10n, proofSize: proofSize + proofSize / 10n });

export async function load(network, { calls = CALLS, transfers = TRANSFERS } = {}) {
	const [api] = network.validatorApis;
	const all = Object.values(await accounts());
	const [alice, bob] = all;
	const { codeHash } = await upload(api, alice, blob('counter'));
	const { address } = await instantiate(api, alice, codeHash, 'load', u32(0), VALUE);
	const { weightRequired } = await dryRun.call(api, bob.address, address, 'increment');
	await assertAgreed(network);

	const rates = {
		calls: await rate(network, all, calls, 'virt.Called', (api) =>
			tx.call(api, address, 'increment', undefined, 0n, withMargin(weightRequired))),
		transfers: await rate(network, all, transfers, 'balances.Transfer', (api) =>
			api.tx.balances.transferKeepAlive(address, 1n)),
	};
	await assertAgreed(network, { since: rates.calls.first });
	const ratio = rates.transfers.perSecond / rates.calls.perSecond;
	return `${describe('program calls', rates.calls)}; ${describe('transfers', rates.transfers)}; `
		+ `one call for ${ratio.toFixed(1)} transfers; all finalized, with the same roots`;
}

const describe = (what, { perSecond, count, blocks, full }) =>
	`${count} ${what} in ${blocks} blocks: ${perSecond.toFixed(1)} a second in the best ${SUSTAINED} of them, the fullest ${full} of its weight`;

/**
 * Submits `count` transactions made by `make` from all accounts at once. Returns the rate of
 * finalized ones.
 */
async function rate(network, signers, count, event, make) {
	const apis = network.validatorApis;
	const [api] = apis;
	const all = await Promise.all(signers.map((signer, index) =>
		sign(apis[index % apis.length], signer, Math.ceil((count - index) / signers.length), make)));
	const start = await head(api);
	await Promise.all(all.map(submitAll));

	// The blocks of the finalized chain, until they contain all transactions.
	const blocks = [];
	let [found, number, idle] = [0, start.number, 0];
	while (found < count) {
		const hash = await until(`${count - found} of ${event} in block ${number + 1}`, async () =>
			(await finalized(api)).number > number && hashAt(api, number + 1), { within: 180_000 });
		number += 1;
		const at = await api.at(hash);
		const [events, weight] = await Promise.all([at.query.system.events(), at.query.system.blockWeight()]);
		const here = events.filter(({ event: { section, method }, phase }) =>
			phase.isApplyExtrinsic && `${section}.${method}` === event).length;
		blocks.push({ number, here, weight: weight.normal.refTime.toBigInt() });
		found += here;
		const failed = events.filter(({ event }) => api.events.system.ExtrinsicFailed.is(event));
		assert.equal(failed.length, 0, `${event}: ${failed} in block ${number}`);
		idle = here > 0 ? 0 : idle + 1;
		assert.ok(idle < PATIENCE, `${event}: ${found} of ${count} in ${blocks.length} blocks, and no more`);
	}
	assert.equal(found, count, `${event}: as many as were submitted`);

	const slot = api.consts.aura.slotDuration.toNumber() / 1_000;
	const inWindow = blocks.map((_, from) =>
		blocks.slice(from, from + SUSTAINED).reduce((sum, { here }) => sum + here, 0));
	const limit = api.consts.system.blockWeights.perClass.normal.maxTotal.unwrap().refTime.toBigInt();
	const most = blocks.reduce((max, { weight }) => (weight > max ? weight : max), 0n);
	return {
		count,
		first: start.number,
		blocks: blocks.filter(({ here }) => here > 0).length,
		perSecond: Math.max(...inWindow) / (SUSTAINED * slot),
		full: `${Number((100n * most) / limit)} %`,
	};
}

/** Signs `count` transactions made by `make`, with nonces from `first` on. */
async function sign(api, signer, count, make) {
	const first = (await api.rpc.system.accountNextIndex(signer.address)).toNumber();
	// Immortal, so that none expires.
	const { genesisHash, runtimeVersion } = api;
	const options = { era: 0, blockHash: genesisHash, genesisHash, runtimeVersion };
	const list = [];
	for (let nonce = first; nonce < first + count; nonce += 1) {
		list.push(make(api).sign(signer, { ...options, nonce }).toHex());
		// Signing takes milliseconds: let the connections proceed.
		if (nonce % 50 === 0) await new Promise(setImmediate);
	}
	return { api, list };
}

/** Submits several at once, so that blocks and not responses are the limit. */
async function submitAll({ api, list }) {
	for (let from = 0; from < list.length; from += AT_ONCE) {
		await Promise.all(list.slice(from, from + AT_ONCE).map((bytes) => api.rpc.author.submitExtrinsic(bytes)));
	}
}
