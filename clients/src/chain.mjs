// A chain with pallet `virt` through polkadot-js: connects, submits transactions, and reads events.

import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { cryptoWaitReady, mnemonicValidate } from '@polkadot/util-crypto';
import { hexToU8a, isHex, stringCamelCase, stringToU8a, u8aToHex } from '@polkadot/util';

/** A weight limit: `refTime` in picoseconds and `proofSize` in bytes. */
export const weight = (refTime, proofSize = 4n * 1024n ** 2n) => ({ refTime, proofSize });

/** Enough for a call that is expected to work. */
export const WEIGHT = weight(70_000_000_000n);

/** Picoseconds of ref time per unit of gas. */
export const REF_TIME_PER_GAS = 700n;

/** The timeout of a request, in milliseconds. */
const ANSWER_WITHIN = 30_000;

/** The timeout of a transaction from submission to its block, in milliseconds. */
const IN_BLOCK_WITHIN = 90_000;

/**
 * Connects, and waits for the metadata.
 *
 * With `aloud`, polkadot-js lists the RPC methods that it does not know. A request without a response within
 * `answerWithin` milliseconds fails.
 */
export async function connect(url, { aloud = false, answerWithin = ANSWER_WITHIN } = {}) {
	const provider = new WsProvider(url, 1_000, {}, answerWithin);
	return ApiPromise.create({ provider, noInitWarn: !aloud });
}

/** Connects without retries, and without reconnecting. */
export async function connectOnce(url) {
	const provider = new WsProvider(url, false, {}, ANSWER_WITHIN);
	let timer;
	const silence = new Promise((_, fail) => {
		timer = setTimeout(() => fail(new Error(`no response within ${ANSWER_WITHIN} ms`)), ANSWER_WITHIN);
	});
	const connected = async () => {
		await provider.connect();
		return ApiPromise.create({ provider, noInitWarn: true, throwOnConnect: true });
	};
	try {
		return await Promise.race([connected(), silence]);
	} catch (error) {
		// A half-open connection would keep the process alive.
		provider.disconnect().catch(() => {});
		throw new Error(`no node responds at ${url}: ${error.message}`);
	} finally {
		clearTimeout(timer);
	}
}

/** Closes a connection after the response to its last request. */
export async function disconnect(api) {
	// Otherwise, pending unsubscriptions would be reported as errors.
	if (api.isConnected) await api.rpc.system.health().catch(() => {});
	await api.disconnect();
}

/** The development accounts, by name: `alice` to `ferdie`. */
export async function accounts() {
	const names = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve', 'Ferdie'];
	const pairs = names.map(async (name) => [name.toLowerCase(), await account(`//${name}`, name)]);
	return Object.fromEntries(await Promise.all(pairs));
}

/** The account of a secret: `//Alice`, a seed phrase, or a seed in hex. */
export async function account(secret, name) {
	await cryptoWaitReady();
	// polkadot-js accepts any text, including a mistyped phrase.
	const [phrase] = secret.split('/');
	if (phrase !== '' && !isHex(phrase, 256) && !mnemonicValidate(phrase)) {
		throw new Error('neither a seed phrase, nor a seed in hex, nor an account such as //Alice');
	}
	return new Keyring({ type: 'sr25519' }).addFromUri(secret, { name });
}

/**
 * Signs `tx`, submits it and waits for its block, or with `{ finalized: true }` for the finality of that block.
 *
 * Returns a receipt. A failed dispatch is a receipt with an `error`. Throws if the transaction is not included in
 * a block.
 */
export function submit(api, tx, signer, { nonce = -1, finalized = false } = {}) {
	return new Promise((done, fail) => {
		let unsubscribe = () => {};
		let over = false;
		const finish = (settle, value) => {
			if (over) return;
			over = true;
			clearTimeout(timer);
			unsubscribe();
			settle(value);
		};
		const what = `${tx.method.section}.${tx.method.method}`;
		const timer = setTimeout(
			() => finish(fail, new Error(`${what}: not in a block after ${IN_BLOCK_WITHIN} ms`)),
			IN_BLOCK_WITHIN,
		);
		tx.signAndSend(signer, { nonce }, (result) => {
			const { status } = result;
			if (result.isError) {
				finish(fail, new Error(`${what}: ${status.type}`));
			} else if (result.internalError) {
				finish(fail, result.internalError);
			} else if (finalized ? status.isFinalized : status.isInBlock || status.isFinalized) {
				receipt(api, tx, result).then(
					(value) => finish(done, value),
					(error) => finish(fail, error),
				);
			}
		}).then(
			(stop) => (over ? stop() : (unsubscribe = stop)),
			(error) => finish(fail, error),
		);
	});
}

/**
 * Submits a call after a dry-run, which sets the weight limit if none is given. Returns both. If the dry-run fails,
 * nothing is submitted, and there is no receipt.
 */
export async function attempt(api, signer, call, limit = null, options = {}) {
	const tried = await call.dryRun(limit);
	if (tried.error) return { tried, receipt: null };
	return { tried, receipt: await submit(api, call.tx(limit ?? tried.weightRequired), signer, options) };
}

async function receipt(api, tx, result) {
	const { status } = result;
	const hash = (status.isFinalized ? status.asFinalized : status.asInBlock).toHex();
	const number = result.blockNumber?.toNumber()
		?? (await api.rpc.chain.getHeader(hash)).number.toNumber();
	const events = result.events.map(({ event }) => decodeEvent(event));
	const paid = events.find(({ name }) => name === 'transactionPayment.TransactionFeePaid');
	const { weight } = result.dispatchInfo;
	return {
		extrinsic: {
			name: `${tx.method.section}.${tx.method.method}`,
			signer: tx.signer.toString(),
			hash: result.txHash.toHex(),
			index: result.txIndex,
		},
		block: { number, hash },
		events,
		fee: paid ? paid.data.actualFee : 0n,
		weight: parts(weight),
		error: result.dispatchError ? errorName(api, result.dispatchError) : null,
	};
}

/** `module.Error` of a dispatch error, or its kind if it is not an error of a module. */
export function errorName(api, error) {
	if (error.isModule) {
		const { section, name } = api.registry.findMetaError(error.asModule);
		return `${section}.${name}`;
	}
	return typeof error.value?.type === 'string' ? `${error.type}.${error.value.type}` : error.type;
}

/** The docs of an error that `errorName` returned, from the metadata. */
export function errorDocs(api, name) {
	const [section, error] = name.split('.');
	return api.errors[section]?.[error]?.meta.docs.map((line) => line.toString().trim()).join(' ') ?? '';
}

/** An event as `{ name: 'pallet.Event', data: { field: plain value } }`. */
export function decodeEvent(event) {
	// From the metadata: `data.names` calls a field `size_`, because codecs have a `size`.
	const names = event.meta.fields.map(({ name }, index) =>
		(name.isSome ? stringCamelCase(name.unwrap()) : String(index)));
	const data = Object.fromEntries(names.map((name, index) => [name, plain(event.data[index])]));
	return { name: `${event.section}.${event.method}`, data };
}

/** The parts of a weight, as bigints. */
const parts = ({ refTime, proofSize }) =>
	({ refTime: refTime.toBigInt(), proofSize: proofSize.toBigInt() });

/** A codec's value: number, bigint, weight, address, `0x` bytes, `null`, list or object. */
function plain(codec) {
	if (typeof codec.isSome === 'boolean') return codec.isSome ? plain(codec.unwrap()) : null;
	if (typeof codec.toBigInt === 'function') {
		return codec.bitLength() <= 32 ? codec.toNumber() : codec.toBigInt();
	}
	if (codec.refTime && codec.proofSize) return parts(codec);
	switch (codec.toRawType()) {
		case 'AccountId': return codec.toString();
		case 'Bytes': return codec.toHex();
		case 'H256': return codec.toHex();
	}
	return codec.toJSON();
}

// Pass bytes as hex: polkadot-js treats a `Uint8Array` argument as already length-prefixed.
const bytes = (value) =>
	u8aToHex(typeof value === 'string' ? stringToU8a(value) : Uint8Array.from(value));

/** The calls of pallet `virt`, unsigned, with useful defaults. */
export const tx = {
	upload: (api, code, deposit = null) => api.tx.virt.upload(bytes(code), deposit),
	remove: (api, codeHash) => api.tx.virt.remove(codeHash),
	run: (api, codeHash, entry, input = NOTHING, limit = WEIGHT) =>
		api.tx.virt.run(codeHash, bytes(entry), bytes(input), limit),
	instantiate: (api, codeHash, salt, input = NOTHING, value = 0n, limit = WEIGHT, deposit = null) =>
		api.tx.virt.instantiate(codeHash, bytes(salt), bytes(input), value, limit, deposit),
	call: (api, address, entry, input = NOTHING, value = 0n, limit = WEIGHT, deposit = null) =>
		api.tx.virt.call(address, bytes(entry), bytes(input), value, limit, deposit),
	instantiateUpgradable: (
		api, codeHash, salt, authority, input = NOTHING, value = 0n, limit = WEIGHT, deposit = null,
	) => api.tx.virt.instantiateUpgradable(codeHash, bytes(salt), bytes(input), value, limit, deposit, authority),
	setCode: (api, address, codeHash, input = NOTHING, limit = WEIGHT, deposit = null) =>
		api.tx.virt.setCode(address, codeHash, bytes(input), limit, deposit),
	startJob: (api, address, entry, input = NOTHING, budget = WEIGHT, value = 0n, deposit = null) =>
		api.tx.virt.startJob(address, bytes(entry), bytes(input), value, budget, deposit),
	cancelJob: (api, job) => api.tx.virt.cancelJob(job),
	wake: (api, address, topic, data = NOTHING) => api.tx.virt.wake(address, bytes(topic), bytes(data)),
};

/** Dry-runs a call from `origin`, an address. See the runtime API `VirtApi`. */
export const dryRun = {
	upload: (api, origin, code, deposit = null) =>
		tried(api, api.call.virtApi.dryRunUpload(origin, bytes(code), deposit)),
	run: (api, origin, codeHash, entry, input = NOTHING, limit = null) =>
		tried(api, api.call.virtApi.dryRun(origin, codeHash, bytes(entry), bytes(input), limit)),
	instantiate: (api, origin, codeHash, salt, input = NOTHING, value = 0n, limit = null, deposit = null) =>
		tried(api, api.call.virtApi.dryRunInstantiate(
			origin, codeHash, bytes(salt), bytes(input), value, limit, deposit,
		)),
	call: (api, origin, address, entry, input = NOTHING, value = 0n, limit = null, deposit = null) =>
		tried(api, api.call.virtApi.dryRunCall(
			origin, address, bytes(entry), bytes(input), value, limit, deposit,
		)),
	setCode: (api, origin, address, codeHash, input = NOTHING, limit = null, deposit = null) =>
		tried(api, api.call.virtApi.dryRunSetCode(origin, address, codeHash, bytes(input), limit, deposit)),
	startJob: (api, origin, address, entry, input = NOTHING, budget = WEIGHT, value = 0n, deposit = null) =>
		tried(api, api.call.virtApi.dryRunStartJob(
			origin, address, bytes(entry), bytes(input), value, budget, deposit,
		)),
};

async function tried(api, answer) {
	const { result, output, weightConsumed, weightRequired, weight, deposit, events, logs, trap } = await answer;
	return {
		error: result.isErr ? errorName(api, result.asErr) : null,
		output: output.toU8a(true),
		weightConsumed: parts(weightConsumed),
		weightRequired: parts(weightRequired),
		weight: parts(weight),
		/** The change of the caller's deposits. */
		deposit: deposit.isCharge ? deposit.asCharge.toBigInt() : -deposit.asRefund.toBigInt(),
		events: events.map(decodeEvent),
		logs: logs.map((line) => line.toUtf8()),
		trap: trap.isSome
			? { codeHash: trap.unwrap().codeHash.toHex(), offset: trap.unwrap().offset.unwrapOr(null)?.toNumber() ?? null }
			: null,
	};
}

/** The names that a program exports, by its code hash or the address of its account. */
export async function exportsOf(api, program) {
	const { virtApi } = api.call;
	const codeHash = isHex(program) ? program : (await virtApi.codeHash(program)).unwrapOr(null);
	const found = codeHash && await virtApi.exports(codeHash);
	return found?.isSome ? found.unwrap().map((name) => name.toUtf8()) : [];
}

/** No input. */
export const NOTHING = new Uint8Array();

/** The fields of the only event of pallet `virt` with that name in a receipt. */
export function eventOf(receipt, name) {
	const found = receipt.events.filter((event) => event.name === `virt.${name}`);
	if (found.length !== 1) {
		const names = receipt.events.map((event) => event.name).join(', ');
		throw new Error(`expected one virt.${name}, got ${receipt.error ?? names}`);
	}
	return found[0].data;
}

/** Uploads a program. Returns the receipt with its `codeHash`. */
export async function upload(api, signer, code, options) {
	const done = await submit(api, tx.upload(api, code), signer, options);
	return { ...done, codeHash: eventOf(done, 'ProgramStored').codeHash };
}

/** Instantiates a program. Returns the receipt with its `address`, `weightUsed` and `output`. */
export async function instantiate(api, signer, codeHash, salt, input, value, options) {
	const call = tx.instantiate(api, codeHash, salt, input, value);
	const done = await submit(api, call, signer, options);
	return { ...done, ...outcome(eventOf(done, 'Instantiated')) };
}

/** Calls an account program. Returns the receipt with its `weightUsed` and `output`. */
export async function call(api, signer, address, entry, input, options) {
	const done = await submit(api, tx.call(api, address, entry, input), signer, options);
	return { ...done, ...outcome(eventOf(done, 'Called')) };
}

/** Starts a job. Returns the receipt with the id of the `job`. */
export async function startJob(api, signer, address, entry, input, budget, options) {
	const done = await submit(api, tx.startJob(api, address, entry, input, budget), signer, options);
	return { ...done, job: eventOf(done, 'JobStarted').job };
}

/** Runs a program once. Returns the receipt with its `weightUsed` and `output`. */
export async function run(api, signer, codeHash, entry, input, options) {
	const done = await submit(api, tx.run(api, codeHash, entry, input), signer, options);
	return { ...done, ...outcome(eventOf(done, 'Executed')) };
}

const outcome = ({ address, weightUsed, output }) =>
	({ address, weightUsed, output: hexToU8a(output) });

/** A SCALE `u32`. */
export function u32(value) {
	const out = new Uint8Array(4);
	new DataView(out.buffer).setUint32(0, value, true);
	return out;
}

/** Reads a SCALE `u32`, and nothing after it. */
export function asU32(value) {
	if (value.length !== 4) throw new Error(`expected 4 bytes, got ${u8aToHex(value)}`);
	return new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true);
}

/** The header at `hash`, or of the best block. */
export async function head(api, hash) {
	// polkadot-js treats an argument of `undefined` as the hash of nothing, and returns the genesis. To decode a
	// header, it would request the runtime's version, which not every node has for each block.
	const { raw } = api.rpc.chain.getHeader;
	const header = api.createType('Header', await (hash ? raw(hash) : raw()));
	return {
		number: header.number.toNumber(),
		hash: header.hash.toHex(),
		stateRoot: header.stateRoot.toHex(),
		header,
	};
}

/** The hash at a height of the best chain, or `null` above it. */
export async function hashAt(api, number) {
	const hash = await api.rpc.chain.getBlockHash(number);
	return hash.isEmpty ? null : hash.toHex();
}

/** The last finalized header. */
export async function finalized(api) {
	return head(api, await api.rpc.chain.getFinalizedHead());
}

/**
 * Calls `each` with new finalized blocks, or with new best blocks if `{ finalized: false }`: number, hash, and
 * events with their extrinsics. Returns a function that stops it.
 */
export async function follow(api, each, { finalized = true } = {}) {
	const heads = finalized ? api.rpc.chain.subscribeFinalizedHeads : api.rpc.chain.subscribeNewHeads;
	let last = Promise.resolve();
	return heads((header) => {
		// In order: a block with many events takes longer to read than the next one.
		last = last.catch(() => {}).then(async () => each(await blockAt(api, header)));
	});
}

async function blockAt(api, header) {
	const events = await eventsOf(api, header.hash);
	return { number: header.number.toNumber(), hash: header.hash.toHex(), events };
}

/** The events of the block at a height of the best chain, with their extrinsics. */
export async function eventsAt(api, number) {
	return eventsOf(api, await hashAt(api, number));
}

async function eventsOf(api, hash) {
	const at = await api.at(hash);
	return (await at.query.system.events()).map(({ phase, event }) => ({
		extrinsic: phase.isApplyExtrinsic ? phase.asApplyExtrinsic.toNumber() : null,
		...decodeEvent(event),
	}));
}

/** The index of the Aura authority that made the block. */
export function authorIndex(header, authorities) {
	const digest = header.digest.logs.find(
		(log) => log.isPreRuntime && log.asPreRuntime[0].toString() === 'aura',
	);
	const slot = Buffer.from(digest.asPreRuntime[1].toU8a(true)).readBigUInt64LE(0);
	return Number(slot % BigInt(authorities));
}

/** The free balance of an account. */
export async function balance(api, address) {
	return (await api.query.system.account(address)).data.free.toBigInt();
}
