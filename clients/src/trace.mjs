// Traces of dry-runs and transactions, from the node's `virt_trace*`.

import { isHex, u8aToHex } from '@polkadot/util';

import { Advice } from './advice.mjs';
import { hashAt, head } from './chain.mjs';

/** The dry-runs that can be traced: function of the runtime, and types of its arguments. */
const DRY_RUNS = {
	instantiate: [
		'VirtApi_dry_run_instantiate',
		'(AccountId, H256, Bytes, Bytes, u128, Option<WeightV2>, Option<u128>)',
	],
	call: [
		'VirtApi_dry_run_call',
		'(AccountId, AccountId, Bytes, Bytes, u128, Option<WeightV2>, Option<u128>)',
	],
	run: ['VirtApi_dry_run', '(AccountId, H256, Bytes, Bytes, Option<WeightV2>)'],
};

/** The number of blocks that are searched for a transaction hash. */
const SEARCHED = 256;

/** A request with a method that polkadot-js does not know. */
const ask = (api, method, params) => api._rpcCore.provider.send(method, params);

/** Traces a dry-run: `kind` and `values` are those of `dryRun`. */
export function traceCall(api, kind, values) {
	const [name, types] = DRY_RUNS[kind];
	// Pass bytes as hex: polkadot-js treats a `Uint8Array` as already length-prefixed.
	const plain = values.map((value) => (value instanceof Uint8Array ? u8aToHex(value) : value));
	return ask(api, 'virt_traceCall', [name, api.createType(types, plain).toHex()]);
}

/** Traces transaction `index` of the block with this hash. */
export const traceIn = (api, hash, index) => ask(api, 'virt_traceTransaction', [hash, index]);

/** Traces a transaction of a block: `<block's number or hash>-<index>`, or the transaction's hash. */
export async function traceTransaction(api, text) {
	const [, block, index] = text.match(/^(\d+|0x[0-9a-f]{64})-(\d+)$/) ?? [];
	if (block !== undefined) {
		const hash = isHex(block) ? block : await hashAt(api, Number(block));
		if (!hash) throw new Advice(`there is no block ${block}`);
		return traceIn(api, hash, Number(index));
	}
	if (!isHex(text, 256)) {
		throw new Advice(`${text} is not a transaction: use BLOCK-INDEX, such as 12-1, or the transaction's hash`);
	}
	let { number, hash } = await head(api);
	for (let searched = 0; searched < SEARCHED && number > 0; searched += 1) {
		const { block: { extrinsics, header } } = await api.rpc.chain.getBlock(hash);
		const found = extrinsics.findIndex((extrinsic) => extrinsic.hash.toHex() === text);
		if (found >= 0) return traceIn(api, hash, found);
		hash = header.parentHash.toHex();
		number -= 1;
	}
	throw new Advice(`${text} is in none of the latest ${SEARCHED} blocks: use BLOCK-INDEX`);
}
