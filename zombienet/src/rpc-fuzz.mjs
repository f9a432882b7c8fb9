// Sends generated JSON-RPC requests to a node: dry-runs, queries, traces and `dev_*` with valid,
// mutated and random arguments. A seed determines the requests.
//
//   VIRT_URL=ws://.. node src/rpc-fuzz.mjs SECONDS [SEED]

import { randomInt } from 'node:crypto';

import { accounts, connect, disconnect, hashAt, head, instantiate, u32, upload } from '../../clients/src/chain.mjs';
import { blob } from '../../clients/src/paths.mjs';
import { u8aToHex } from '../../clients/src/polkadot-js.mjs';

/** The requests that are sent before their answers are awaited. */
const AT_ONCE = 4;

/** The longest time for an answer, in milliseconds: a dry-run may take 5 s, and a trace 10 s, of one core each. */
const PATIENCE = 60_000;

/** JSON-RPC's code for an internal error, which a node reports when a method panics. */
const INTERNAL_ERROR = -32603;

/** Numbers from a seed: xorshift32. */
class Random {
	constructor(seed) {
		this.state = (seed >>> 0) || 1;
	}

	next() {
		this.state ^= this.state << 13;
		this.state ^= this.state >>> 17;
		this.state ^= this.state << 5;
		return this.state >>> 0;
	}

	/** A number below `end`. */
	below(end) {
		return this.next() % end;
	}

	chance(percent) {
		return this.below(100) < percent;
	}

	pick(items) {
		return items[this.below(items.length)];
	}

	bytes(most) {
		return Uint8Array.from({ length: this.below(most + 1) }, () => this.next());
	}
}

/** A value that no method expects. */
const oddities = [
	null, true, -1, 0, 2 ** 53, 1e308, '', '0x', '0x0', '0xzz', 'a'.repeat(10_000), [], [[]], {}, { a: null },
	`0x${'ff'.repeat(32)}`, `0x${'00'.repeat(1_000)}`,
];

/** Encoded arguments with a few changed, added or removed bytes. */
function mutate(random, bytes) {
	const changed = [...bytes];
	for (let count = 1 + random.below(4); count > 0; count -= 1) {
		const at = random.below(changed.length + 1);
		switch (random.below(4)) {
			case 0: changed[at] = random.next() & 0xff; break;
			case 1: changed.splice(at, random.below(8)); break;
			case 2: changed.splice(at, 0, ...random.bytes(8)); break;
			default: changed[at] = random.pick([0, 1, 0x7f, 0x80, 0xfe, 0xff]);
		}
	}
	return Uint8Array.from(changed, (byte) => byte ?? 0);
}

/**
 * Generates requests.
 *
 * `calls` are the runtime calls of `virtApi` with functions that encode valid arguments from a `Random`, and
 * `blocks` are hashes of blocks.
 */
function* requests(seed, { calls, blocks }) {
	const random = new Random(seed);
	const block = () => (random.chance(80) ? random.pick(blocks) : u8aToHex(random.bytes(40)));
	const runtimeCall = () => {
		const [name, encode] = random.pick(calls);
		const valid = encode(random);
		const bytes = random.chance(40) ? valid : random.chance(80) ? mutate(random, valid) : random.bytes(200);
		return [random.chance(98) ? name : `VirtApi_${random.next()}`, u8aToHex(bytes)];
	};
	const methods = [
		[60, 'state_call', () => [...runtimeCall(), ...(random.chance(30) ? [block()] : [])]],
		[15, 'virt_traceCall', () => runtimeCall()],
		[5, 'virt_traceTransaction', () => [block(), random.pick([0, 1, 2, 2 ** 31, 2 ** 32, -1])]],
		[3, 'virt_health', () => []],
		[2, 'dev_snapshot', () => []],
		[2, 'dev_revert', () => [block()]],
		[2, 'dev_setTime', () => [random.pick([0, 1, 2 ** 31, 2 ** 53, -1, Date.now()])]],
		[4, 'engine_createBlock', () => [true, random.chance(50), random.chance(20) ? block() : null]],
		[2, 'engine_finalizeBlock', () => [block()]],
		[5, 'author_submitExtrinsic', () => [u8aToHex(random.bytes(300))]],
	];
	const all = methods.reduce((sum, [share]) => sum + share, 0);
	for (let id = 1; ; id += 1) {
		let at = random.below(all);
		const [, method, params] = methods.find(([share]) => (at -= share) < 0);
		const list = params();
		if (random.chance(10)) list[random.below(list.length + 1)] = random.pick(oddities);
		yield { jsonrpc: '2.0', id, method, params: list };
	}
}

/** The runtime calls of `virtApi`, each with a function that encodes mostly valid arguments. */
async function runtimeCalls(api, { codeHashes, addresses }) {
	const { alice } = await accounts();
	const limit = (random) => ({ refTime: random.pick([0, 10 ** 8, 10 ** 9, 10 ** 10]), proofSize: 10 ** 6 });
	const byName = {
		origin: () => alice.address,
		deployer: () => alice.address,
		address: (random) => random.pick([...addresses, alice.address]),
		code_hash: (random) => random.pick(codeHashes),
		entry: (random) => random.pick(['get', 'increment', 'spin', 'recurse', 'exhaust', 'map', 'step', '']),
		id: (random) => random.below(4),
		weight_limit: (random) => (random.chance(95) ? limit(random) : null),
		budget: limit,
	};
	const byType = {
		Bytes: (random) => u8aToHex(random.bytes(64)),
		u128: (random) => random.pick([0n, 1n, 10n ** 12n, 2n ** 128n - 1n]),
		u32: (random) => random.next(),
		u64: (random) => random.next(),
		bool: (random) => random.chance(50),
	};
	return Object.values(api.call.virtApi).map(({ meta }) => {
		const encoders = meta.params.map(({ name, type }) => {
			const value = byName[name] ?? byType[api.createType(type).toRawType()] ?? (() => undefined);
			return (random) => [...api.createType(type, value(random)).toU8a()];
		});
		return [`VirtApi_${meta.method}`, (random) => Uint8Array.from(encoders.flatMap((encode) => encode(random)))];
	});
}

/** Sends one request. Fails if there is no valid answer in time, or if the node reports an internal error. */
async function send(url, request) {
	const started = Date.now();
	const response = await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(request),
		signal: AbortSignal.timeout(PATIENCE),
	});
	const answer = await response.json();
	const valid = answer.id === request.id && (answer.result !== undefined) !== (answer.error !== undefined);
	if (!valid || answer.error?.code === INTERNAL_ERROR) {
		throw new Error(`${JSON.stringify(request)} was answered by ${JSON.stringify(answer)}`);
	}
	return { ok: answer.error === undefined, took: Date.now() - started };
}

/** Sends generated requests until `enough(count)`. Returns the number of answers, results, and the longest time. */
export async function fuzz(url, seed, targets, enough) {
	const http = url.replace(/^ws/, 'http');
	const all = requests(seed, targets);
	const total = { answers: 0, results: 0, longest: 0 };
	const worker = async () => {
		while (!enough(total.answers)) {
			const { value: request } = all.next();
			const { ok, took } = await send(http, request);
			total.answers += 1;
			total.results += ok ? 1 : 0;
			total.longest = Math.max(total.longest, took);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	return total;
}

/** Stores programs for the requests. Returns what they refer to. */
export async function targets(api) {
	const { alice } = await accounts();
	const codeHashes = [];
	for (const name of ['counter', 'spin', 'heap', 'recurse']) {
		codeHashes.push((await upload(api, alice, blob(name))).codeHash);
	}
	const { address } = await instantiate(api, alice, codeHashes[0], 'rpc', u32(0));
	const { number } = await head(api);
	const blocks = await Promise.all(Array.from({ length: number + 1 }, (_, at) => hashAt(api, at)));
	return { calls: await runtimeCalls(api, { codeHashes, addresses: [address] }), blocks };
}

if (process.argv[1] === import.meta.filename) {
	const [seconds, seed = String(randomInt(2 ** 32))] = process.argv.slice(2);
	const url = process.env.VIRT_URL;
	const api = await connect(url);
	const end = Date.now() + Number(seconds) * 1_000;
	console.log(`seed ${seed}`);
	const { answers, results, longest } = await fuzz(url, Number(seed), await targets(api), () => Date.now() > end);
	console.log(`${answers} answers, ${results} of them results, the slowest after ${longest} ms`);
	await disconnect(api);
}
