// Replaces the runtime of a network while programs are called. Of which form a runtime is does not matter here.

import { connect, disconnect, eventOf, finalized, hashAt, head, submit, tx } from '../../clients/src/chain.mjs';
import { u8aToHex } from '../../clients/src/polkadot-js.mjs';
import { until } from '../../clients/src/until.mjs';
import { ANSWER_WITHIN } from './network.mjs';

/**
 * How long the new runtime may take to be in force and final, in milliseconds. Every node compiles it
 * first, and makes and imports no block meanwhile: seconds, and minutes where the machine is busy.
 */
const COMPILED_WITHIN = 400_000;

/**
 * Has the root account set a runtime whose spec version is one higher, and waits until it is in force and
 * final on all nodes. Gives the number of the first block that it made. Connections are made anew:
 * what was connected before reads with the types of both runtimes.
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

/** How many transactions the accounts have made, all together. */
export async function nonces(api, signers) {
	const all = await Promise.all(signers.map(({ address }) => api.query.system.account(address)));
	return all.reduce((sum, { nonce }) => sum + nonce.toNumber(), 0);
}

/** Keeps accounts incrementing a counter, each through another node. */
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
