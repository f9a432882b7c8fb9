// Two validators, one on the recompiler and one on the interpreter, author in turn and agree.
//
// Each imports what the other authored, so every program call runs on both backends; a gas figure
// or a result that differs would end in a state root that the importer refuses.

import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe } from 'node:test';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import {
	accounts, authorIndex, errorName, finalized, hashAt, head, instantiate, submit, tx, u32, upload,
} from '../src/chain.mjs';
import { rpc } from '../src/node.mjs';
import { blob } from '../src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

/** Rounds of calls; each account makes one call in each. */
const ROUNDS = 10;
/** Program calls that the finalised chain must have. */
const WANTED = 50;
/** Gas of each call: a round of them fits into one block. */
const GAS = 20_000_000n;

describe('agree', () => {
	const s = scenario('agree', { timeout: 240_000 });
	const nodes = {};
	const apis = {};
	let all;

	/** Blocks until `test` gives something. */
	const until = async (what, test, within = 90_000) => {
		const deadline = Date.now() + within;
		for (;;) {
			const found = await test();
			if (found) return found;
			assert.ok(Date.now() < deadline, `${what}: not within ${within} ms`);
			await sleep(250);
		}
	};

	/** Every virt call of the canonical chain up to `height`, as `{ author, name, error }`. */
	const programCalls = async (api, height) => {
		const authorities = (await api.query.aura.authorities()).length;
		const calls = [];
		for (let number = 1; number <= height; number += 1) {
			const hash = await api.rpc.chain.getBlockHash(number);
			const [{ block }, events] = await Promise.all([
				api.rpc.chain.getBlock(hash), (await api.at(hash)).query.system.events(),
			]);
			const author = authorIndex(block.header, authorities);
			block.extrinsics.forEach(({ method }, index) => {
				if (method.section !== 'virt' || method.method === 'upload') return;
				const failure = events.find(({ event, phase }) =>
					phase.isApplyExtrinsic && phase.asApplyExtrinsic.eqn(index)
					&& api.events.system.ExtrinsicFailed.is(event));
				calls.push({
					author,
					name: method.method,
					error: failure ? errorName(api, failure.event.data[0]) : null,
				});
			});
		}
		return calls;
	};

	s.before(async () => {
		all = await accounts();
		const start = async (name, index, backend, more = []) => {
			nodes[name] = await s.start(name, {
				args: [
					'--chain', 'local', `--${name}`, '--base-path', join(s.dir, name),
					'--node-key', String(index).padStart(64, '0'), '--vm-backend', backend, ...more,
				],
			});
			apis[name] = await s.connect(nodes[name]);
		};
		await start('alice', 1, 'recompiler');
		const peer = await rpc(nodes.alice.rpcPort, 'system_localPeerId');
		const at = `/ip4/127.0.0.1/tcp/${nodes.alice.p2pPort}/p2p/${peer}`;
		await start('bob', 2, 'interpreter', ['--bootnodes', at]);
		assert.equal(apis.bob.genesisHash.toHex(), apis.alice.genesisHash.toHex(), 'genesis');
		for (const api of Object.values(apis)) {
			await until('a peer', async () => (await api.rpc.system.health()).peers.toNumber() > 0);
		}
	});

	s.it('each node runs the backend that it was given', () => {
		for (const [name, backend] of [['alice', 'recompiler'], ['bob', 'interpreter']]) {
			assert.match(readFileSync(nodes[name].log, 'utf8'), new RegExp(`run on the ${backend}`));
		}
	});

	s.it('both author, and agree on every root, after at least 50 program calls', async () => {
		const { alice, bob } = apis;
		const signers = Object.values(all);
		const nonces = new Map(signers.map(({ address }) => [address, 0]));
		// Nonces are ours: several transactions of one account are under way at once.
		const nonce = ({ address }) => {
			nonces.set(address, nonces.get(address) + 1);
			return { nonce: nonces.get(address) - 1 };
		};

		const names = ['counter', 'echo', 'sha256', 'verify', 'spin', 'recurse', 'oob', 'trap'];
		const stored = await Promise.all(names.map((name, index) => {
			const signer = signers[index % signers.length];
			return upload(alice, signer, blob(name), nonce(signer));
		}));
		const code = Object.fromEntries(stored.map(({ codeHash }, index) => [names[index], codeHash]));
		// Bob's node knows of them once it has their block.
		const height = Math.max(...stored.map(({ block }) => block.number));
		await until('the uploads on bob', async () => (await head(bob)).number >= height);

		const counters = await Promise.all([all.alice, all.bob].map(async (signer, index) => {
			const api = [alice, bob][index];
			const options = nonce(signer);
			return instantiate(api, signer, code.counter, 'agree', u32(index), 10n ** 12n, options);
		}));
		const [one, two] = counters.map(({ address }) => address);
		const both = Math.max(...counters.map(({ block }) => block.number));
		for (const api of [alice, bob]) {
			await until('the counters', async () => (await head(api)).number >= both);
		}

		const { publicKey, privateKey } = generateKeyPairSync('ed25519');
		const key = Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url');
		const signed = (message) =>
			Buffer.concat([key, sign(null, Buffer.from(message), privateKey), Buffer.from(message)]);
		const run = (name, entry, input) => (api) => tx.run(api, code[name], entry, input, GAS);
		const call = (address, entry, input, value = 0n) =>
			(api) => tx.call(api, address, entry, input, value, GAS);
		// What is called, and how it must end.
		const menu = [
			[call(one, 'increment'), null],
			[call(two, 'increment', u32(1_000)), null],
			[run('sha256', 'sha256', Buffer.alloc(4_096, 7)), null],
			[run('verify', 'verify', signed('agree')), null],
			[run('trap', 'trap'), 'virt.Trapped'],
			[run('spin', 'spin'), 'virt.OutOfGas'],
			[run('echo', 'echo', Buffer.alloc(8_192, 1)), null],
			[call(one, 'increment', [1, 2]), 'virt.Reverted'],
			[run('recurse', 'recurse'), 'virt.Trapped'],
			[run('oob', 'pointer'), 'virt.OutOfBounds'],
			[call(two, 'get', undefined, 5n), null],
			[run('oob', 'read'), 'virt.Trapped'],
			[run('oob', 'write'), 'virt.Trapped'],
		];
		let turn = 0;
		for (let round = 0; round < ROUNDS; round += 1) {
			const sent = signers.map(async (signer) => {
				const [make, wanted] = menu[turn % menu.length];
				// An account stays with one node: the other would see its nonces out of order.
				const api = [alice, bob][signers.indexOf(signer) % 2];
				turn += 1;
				const { error } = await submit(api, make(api), signer, nonce(signer));
				assert.equal(error, wanted);
			});
			await Promise.all(sent);
		}

		const top = (await head(alice)).number;
		const final = {};
		for (const [name, api] of Object.entries(apis)) {
			final[name] = await until(`finality on ${name}`, async () => {
				const last = await finalized(api);
				return last.number >= top && last;
			});
		}
		const compared = Math.min(final.alice.number, final.bob.number);
		for (let number = 0; number <= compared; number += 1) {
			const [a, b] = await Promise.all([hashAt(alice, number), hashAt(bob, number)]);
			assert.equal(a, b, `block ${number}`);
			const [here, there] = await Promise.all([head(alice, a), head(bob, b)]);
			assert.equal(here.stateRoot, there.stateRoot, `state root of block ${number}`);
		}

		const calls = await programCalls(bob, compared);
		assert.deepEqual(calls, await programCalls(alice, compared));
		assert.ok(calls.length >= WANTED, `${calls.length} program calls`);
		for (const author of [0, 1]) {
			const mine = calls.filter((call) => call.author === author).length;
			assert.ok(mine > 0, `authority ${author} authored none of the ${calls.length} calls`);
		}
		for (const [name, node] of Object.entries(nodes)) {
			assert.ok(node.alive(), `${name} ran through`);
			assert.doesNotMatch(readFileSync(node.log, 'utf8'), /panicked|Essential task/);
		}
		const by = [0, 1].map((author) => calls.filter((call) => call.author === author).length);
		console.log(`# ${calls.length} program calls (${by.join(' + ')} by author) in ${compared} blocks`);
	});
});
