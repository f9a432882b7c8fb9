// Program calls, and beside them plain transfers, as fast as the network takes them: how many a
// second it keeps finalising. Nothing is asserted of the rate; nothing may be lost.

import assert from 'node:assert/strict';

import { assertAgreed } from '../agreement.mjs';
import { accounts, hashAt, head, instantiate, dryRun, tx, u32, upload } from '../chain.mjs';
import { blob } from '../paths.mjs';
import { until } from '../until.mjs';

/** How much of each is submitted, all at once: several full blocks of calls. */
const CALLS = 1_000;
const TRANSFERS = 3_000;

/** Transactions that an account has under way to its node. */
const AT_ONCE = 100;

/** Spare gas over what a call needed when it was tried. */
const MARGIN = 2n;

export async function load(network, { calls = CALLS, transfers = TRANSFERS } = {}) {
	const [api] = network.validatorApis;
	const all = Object.values(await accounts());
	const [alice, bob] = all;
	const { codeHash } = await upload(api, alice, blob('counter'));
	const { address } = await instantiate(api, alice, codeHash, 'load', u32(0));
	const { gasRequired } = await dryRun.call(api, bob.address, address, 'increment');
	await assertAgreed(network);

	const rates = {
		calls: await rate(network, all, calls, 'virt.Called', (api) =>
			tx.call(api, address, 'increment', undefined, 0n, gasRequired * MARGIN)),
		transfers: await rate(network, all, transfers, 'balances.Transfer', (api) =>
			api.tx.balances.transferKeepAlive(address, 1n)),
	};
	await assertAgreed(network, { since: rates.calls.first });
	const ratio = rates.transfers.perSecond / rates.calls.perSecond;
	return `${describe('program calls', rates.calls)}; ${describe('transfers', rates.transfers)}; `
		+ `one call for ${ratio.toFixed(1)} transfers; all finalised, with the same roots`;
}

const describe = (what, { perSecond, count, blocks, seconds, full }) =>
	`${count} ${what} in ${blocks} blocks, ${seconds.toFixed(0)} s: ${perSecond.toFixed(1)} a second (the fullest block ${full})`;

/** Submits `count` of what `make` makes, from all accounts at once; gives how fast all was final. */
async function rate(network, signers, count, event, make) {
	const apis = network.validatorApis;
	const start = await head(apis[0]);
	const signed = await Promise.all(signers.map(async (signer, index) => {
		const api = apis[index % apis.length];
		const first = (await api.rpc.system.accountNextIndex(signer.address)).toNumber();
		const mine = Math.ceil((count - index) / signers.length);
		// Immortal: none may be lost for its age.
		const { genesisHash, runtimeVersion } = api;
		const options = { era: 0, blockHash: genesisHash, genesisHash, runtimeVersion };
		const list = [];
		for (let nonce = first; nonce < first + mine; nonce += 1) {
			list.push(make(api).sign(signer, { ...options, nonce }).toHex());
			// Signing takes milliseconds: the connections have their turn.
			if (nonce % 50 === 0) await new Promise(setImmediate);
		}
		return [api, list];
	}));
	await Promise.all(signed.map(async ([api, list]) => {
		// Some at once, so that blocks and not answers are waited for.
		for (let from = 0; from < list.length; from += AT_ONCE) {
			await Promise.all(list.slice(from, from + AT_ONCE).map((bytes) => api.rpc.author.submitExtrinsic(bytes)));
		}
	}));

	// Blocks of the finalised chain, until all of it is in them.
	const api = apis[0];
	const blocks = [];
	let [found, number] = [0, start.number];
	while (found < count) {
		const hash = await until(`${count - found} of ${event} in block ${number + 1}`, async () => {
			const last = (await head(api, await api.rpc.chain.getFinalizedHead())).number;
			return last > number && hashAt(api, number + 1);
		}, { within: 180_000 });
		number += 1;
		const at = await api.at(hash);
		const [events, time, weight] = await Promise.all([
			at.query.system.events(), at.query.timestamp.now(), at.query.system.blockWeight(),
		]);
		const here = events.filter(({ event: { section, method }, phase }) =>
			phase.isApplyExtrinsic && `${section}.${method}` === event).length;
		blocks.push({ number, here, time: time.toNumber(), weight: weight.normal.refTime.toBigInt() });
		found += here;
		assert.ok(blocks.length < 200, `${found} of ${count} in ${blocks.length} blocks`);
	}
	assert.equal(found, count, `${event}: as many as were submitted`);

	const slot = api.consts.aura.slotDuration.toNumber();
	const used = blocks.filter(({ here }) => here > 0);
	const [first, last] = [used[0], used.at(-1)];
	const seconds = (last.time - first.time + slot) / 1_000;
	const limit = api.consts.system.blockWeights.perClass.normal.maxTotal.unwrap().refTime.toBigInt();
	const most = used.reduce((max, { weight }) => (weight > max ? weight : max), 0n);
	return {
		count,
		first: first.number,
		blocks: used.length,
		seconds,
		perSecond: count / seconds,
		full: `${Number((100n * most) / limit)} % of its weight`,
	};
}
