// Upgrades the runtime of a network while programs are called. Works with both forms of the
// runtime.

import { connect, disconnect, eventOf, finalized, hashAt, head, submit, tx } from '../../clients/src/chain.mjs';
import { u8aToHex } from '../../clients/src/polkadot-js.mjs';
import { until } from '../../clients/src/until.mjs';
import { ANSWER_WITHIN } from './network.mjs';

/**
 * The timeout from an upgrade to its finality, in milliseconds. Each node compiles the new runtime
 * first, and neither authors nor imports meanwhile: seconds, or minutes on a busy machine.
 */
const COMPILED_WITHIN = 400_000;

/**
 * Sets a runtime whose spec version is one higher, as the root account, and waits until all nodes
 * have finalized it. Returns the number of its first block. Reconnects: an open connection decodes
 * with the types of both runtimes.
 */
export async function setRuntime(network, code, root) {
	let api = network.apis[network.validators[0]];
	const before = api.runtimeVersion.specVersion.toNumber();
	const start = await head(api);
	const setCode = api.tx.system.setCode(u8aToHex(code));
	const sudo = api.tx.sudo.sudoUncheckedWeight(setCode, { refTime: 0, proofSize: 0 });
	await api.rpc.author.submitExtrinsic(await sudo.signAsync(root));
	const version = async (api, hash) => (await api.rpc.state.getRuntimeVersion(hash)).specVersion.toNumber();
	for (const name of Object.keys(network.nodes)) {
		await until(`the new runtime final on ${name}`, async () => {
			const { hash } = await finalized(network.apis[name]);
			return await version(network.apis[name], hash) === before + 1;
		}, { within: COMPILED_WITHIN });
	}
	await network.reconnect();
	api = network.apis[network.validators[0]];
	let set = start.number;
	while (await version(api, await hashAt(api, set)) === before) set += 1;
	return set;
}

/** The sum of the accounts' nonces. */
export async function nonces(api, signers) {
	const all = await Promise.all(signers.map(({ address }) => api.query.system.account(address)));
	return all.reduce((sum, { nonce }) => sum + nonce.toNumber(), 0);
}

/** Keeps calling `increment` of a counter from several accounts, each through another node. */
export function keepCounting(network, address, signers) {
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
			// A call may be rejected as one for the old runtime, be included in a fork, or be
			// decoded with the types of both runtimes: then it is submitted again on a new
			// connection. The chain has the results.
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
