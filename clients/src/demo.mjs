// The demo: the lifecycle of a program on a development node, printed step by step and checked.
//
//   node src/demo.mjs             starts `virt-node --dev` itself, on RPC_PORT (default 9944)
//   node src/demo.mjs ws://...    uses a running node
//   EXIT=1 node src/demo.mjs      stops after the last step

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Advice } from './advice.mjs';
import {
	accounts, asU32, call, connect, disconnect, eventsAt, hashAt, head, instantiate, run, startJob, submit, tx,
	u32, upload, weight,
} from './chain.mjs';
import { isPortFree, logTail, startNode } from './node.mjs';
import { PROGRAMS, blob, nodeBinary } from './paths.mjs';
import * as show from './show.mjs';
import { until } from './until.mjs';

const stayOpen = !process.env.EXIT;
const STOPPED = 'Stopped before the last step.';

async function main() {
	const given = process.argv[2];
	if (given) {
		const api = await connect(given);
		await tell(api, given);
		return disconnect(api);
	}

	const rpcPort = Number(process.env.RPC_PORT || 9944);
	if (!(await isPortFree(rpcPort))) {
		let next = rpcPort + 1;
		while (!(await isPortFree(next))) next += 1;
		throw new Advice(`Port ${rpcPort} is taken: run \`RPC_PORT=${next} make demo\`.`);
	}
	nodeBinary();
	const dir = mkdtempSync(join(tmpdir(), 'virt-demo-'));
	const log = join(dir, 'node.log');
	let asked = false;
	const ended = new Promise((done) => {
		for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => done((asked = true)));
	});
	const node = await Promise.race([startNode({ args: ['--dev'], log, rpcPort }), ended]);
	if (asked) throw new Advice(STOPPED);
	// An unexpected end of the node fails the demo at any step.
	const died = node.exited.then(() => {
		if (asked) return;
		throw new Advice(`The node ended unexpectedly. Its log, ${log}, ends with:\n${logTail(log)}`);
	});
	died.catch(() => {});

	const api = await connect(node.url);
	try {
		await Promise.race([tell(api, node.url), died, ended]);
		if (asked) throw new Advice(STOPPED);
		if (stayOpen) {
			console.log(show.goOn({ url: node.url, programs: PROGRAMS, log, pid: node.pid }));
			await Promise.race([ended, died]);
		}
	} catch (error) {
		if (!(error instanceof Advice)) console.error(`\nThe node's log is kept: ${log}`);
		throw error;
	} finally {
		asked = true;
		await disconnect(api);
		await node.stop();
	}
	rmSync(dir, { recursive: true, force: true });
	console.log('The node is stopped.');
}

/** The steps. Every printed result is checked. */
async function tell(api, url) {
	const { alice, bob } = await accounts();
	console.log(await show.opening(api, url));
	const step = stepper(api, { [alice.address]: 'Alice', [bob.address]: 'Bob' });

	const counter = await ensure(api, alice, 'counter', step);

	const salt = `demo-${(await head(api)).number}`;
	const { address } = await step(
		'Instantiate it: an account with storage of its own, counting from 40',
		{ salt, input: 'SCALE u32 40', value: show.units(api, unit(api)) },
		() => instantiate(api, alice, counter, salt, u32(40), unit(api)),
	);
	step.introduce(address, 'the counter');

	const increment = async (who, name, by, wanted) => step(
		`${name} calls increment`,
		{ entry: 'increment', input: by === null ? 'none: a step of 1' : `SCALE u32 ${by}` },
		() => call(api, who, address, 'increment', by === null ? undefined : u32(by)),
		({ output }) => {
			assert.equal(asU32(output), wanted);
			return `${asU32(output)}  (u32)`;
		},
	);
	await increment(alice, 'Alice', null, 41);
	await increment(bob, 'Bob', null, 42);
	await increment(alice, 'Alice', 958, 1000);
	await step(
		'Read it back with get',
		{ entry: 'get', input: 'none' },
		() => call(api, bob, address, 'get'),
		({ output }) => {
			assert.equal(asU32(output), 1000);
			return `${asU32(output)}  (u32)`;
		},
	);

	const sha256 = await ensure(api, alice, 'sha256', step);
	const text = Buffer.from('a program written in Rust, run inside a block');
	await step(
		'Run sha256 once: no account, no state of its own',
		{ entry: 'sha256', input: `"${text}"` },
		() => run(api, alice, sha256, 'sha256', text),
		({ output }) => {
			const wanted = createHash('sha256').update(text).digest('hex');
			assert.equal(show.hex(output), `0x${wanted}`);
			return `${show.hex(output)}\n(SHA-256, equal to Node.js's own)`;
		},
	);

	const verify = await ensure(api, alice, 'verify', step);
	const message = Buffer.from('pay Bob 5 UNIT');
	const { publicKey, privateKey } = generateKeyPairSync('ed25519');
	const key = Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url');
	const signature = sign(null, message, privateKey);
	const check = (said, wanted, verdict) => step(
		`Run verify: an ed25519 signature made by Node.js, over "${said}"`,
		{ entry: 'verify', input: `public key ++ signature ++ "${said}"` },
		() => run(api, bob, verify, 'verify', Buffer.concat([key, signature, Buffer.from(said)])),
		({ output }) => {
			assert.deepEqual([...output], [wanted]);
			return `${wanted}  (${verdict})`;
		},
	);
	await check(message.toString(), 1, 'the signature is good');
	await check('pay Bob 500 UNIT', 0, 'the signature is not for this message');

	await factor(api, alice, step);

	const trap = await ensure(api, alice, 'trap', step);
	await step(
		'Run trap, which panics: a typed error, and the fee is paid all the same',
		{ entry: 'trap', input: 'none' },
		() => submit(api, tx.run(api, trap, 'trap'), bob),
		({ error, fee }) => {
			assert.equal(error, 'virt.Trapped');
			assert.ok(fee > 0n);
			return null;
		},
	);
	await step(
		'The node goes on, and the counter is as it was',
		{ entry: 'get', input: 'none' },
		() => call(api, alice, address, 'get'),
		({ output }) => {
			assert.equal(asU32(output), 1000);
			return `${asU32(output)}  (u32)`;
		},
	);

	console.log(await show.closing(api, step.all));
}

/** A job: a computation that takes longer than a block. */
async function factor(api, signer, step) {
	const [small, large] = [49_979_687n, 67_867_967n];
	const codeHash = await ensure(api, signer, 'factor', step);
	const salt = `demo-${(await head(api)).number}`;
	const { address } = await step(
		'Instantiate factor: jobs need an account',
		{ salt, input: 'none' },
		() => instantiate(api, signer, codeHash, salt, undefined, unit(api)),
	);
	step.introduce(address, 'factor');
	const input = Buffer.alloc(8);
	input.writeBigUInt64LE(small * large);
	const { job, block } = await step(
		'Start a job: factor a number, over as many blocks as it takes',
		{ entry: 'factor', input: `SCALE u64 ${small * large}`, budget: 'a minute of ref time, prepaid' },
		() => startJob(api, signer, address, 'factor', input, weight(60n * 10n ** 12n, 1n << 32n)),
	);
	for (let number = block.number; ; number += 1) {
		await until(`block ${number}`, async () => (await hashAt(api, number)) !== null);
		const events = (await eventsAt(api, number)).filter(({ data }) => data.job === job);
		const hash = await hashAt(api, number);
		console.log(show.block({ number, hash }, show.eventList(api, events, { names: {} })));
		const end = events.find(({ name }) => name === 'virt.JobFinished');
		if (!end) continue;
		const output = Buffer.from(end.data.output.slice(2), 'hex');
		assert.deepEqual([output.readBigUInt64LE(), output.readBigUInt64LE(8)], [small, large]);
		console.log(show.gave(`${small} * ${large}\n(computed over ${number - block.number + 1} blocks)`).join('\n'));
		return;
	}
}

/** Uploads a fixture, unless it is stored. Returns the code hash. */
async function ensure(api, signer, name, step) {
	const code = blob(name);
	const codeHash = api.registry.hash(code).toHex();
	if ((await api.query.virt.programs(codeHash)).isSome) return codeHash;
	const done = await step(
		`Upload ${name}: ${show.count(code.length)} bytes of PolkaVM code`,
		{ code: `${name}.polkavm` },
		() => upload(api, signer, code),
	);
	assert.equal(done.codeHash, codeHash, 'a program is named by the blake2-256 of its bytes');
	return codeHash;
}

/** Numbers the steps and prints each one's receipt. */
function stepper(api, names) {
	const all = [];
	const step = async (title, args, act, result = () => null) => {
		const receipt = await act();
		all.push(receipt);
		const returned = result(receipt);
		console.log(show.step(api, { number: all.length, title, args, receipt, returned, names }));
		return receipt;
	};
	step.all = all;
	step.introduce = (address, name) => (names[address] = name);
	return step;
}

const unit = (api) => 10n ** BigInt(api.registry.chainDecimals[0]);

try {
	await main();
	process.exit(0);
} catch (error) {
	console.error(error instanceof Advice ? error.message : error);
	process.exit(1);
}
