// The charges of ordinary calls in addition to those of any extrinsic. Weights are consensus: these
// figures change only with the prices, or with the compiler of the programs.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { Abi } from '../../clients/src/abi.mjs';
import { accounts, instantiate, submit, tx, u32, upload, weight } from '../../clients/src/chain.mjs';
import { abi, blob } from '../../clients/src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

const KIB = 1_024n;

/** Enough for long computations. */
const MUCH = weight(500_000_000_000n);

describe('charges', () => {
	const s = scenario('charges');
	const token = new Abi(abi('token'));
	let api, alice, bob, remark;
	const address = {};
	const codeHash = {};

	s.before(async () => {
		({ alice, bob } = await accounts());
		const node = await s.start('node', { args: ['--dev'] });
		api = await s.connect(node);
		for (const name of ['counter', 'echo', 'sha256', 'token', 'verify']) {
			({ codeHash: codeHash[name] } = await upload(api, alice, blob(name)));
		}
		const made = async (name, input) =>
			({ address: address[name] } = await instantiate(api, alice, codeHash[name], name, input, 10n ** 12n));
		await made('counter', u32(1));
		await made('token', token.encode('init', 1_000));
		// The recipient has its own entry from here on.
		await submit(api, tx.call(api, address.token, 'transfer', token.encode('transfer', bob.address, 1)), alice);
		({ weight: remark } = await submit(api, api.tx.system.remark('0x'), alice));
	});

	/**
	 * A call may be charged this many microseconds of ref time, and this many KiB of proof size.
	 */
	const costs = (name, make, { us, kib }) => s.it(`${name}: at most ${us} us and ${kib} KiB`, async () => {
		const { error, weight: paid } = await submit(api, make(), alice);
		assert.equal(error, null);
		const refTime = paid.refTime - remark.refTime;
		const proofSize = paid.proofSize - remark.proofSize;
		const found = `${Number(refTime) / 1e6} us, ${Number(proofSize) / 1024} KiB`;
		console.log(`${name}: ${found}`);
		assert.ok(refTime <= BigInt(us) * 1_000_000n && proofSize <= BigInt(kib) * KIB, found);
	});

	costs('counter get', () => tx.call(api, address.counter, 'get'), { us: 250, kib: 24 });
	costs('counter increment', () => tx.call(api, address.counter, 'increment'), { us: 400, kib: 32 });
	costs('token transfer',
		() => tx.call(api, address.token, 'transfer', token.encode('transfer', bob.address, 1)),
		{ us: 550, kib: 40 });
	costs('echo of two bytes', () => tx.run(api, codeHash.echo, 'echo', new Uint8Array([1, 2])), { us: 150, kib: 16 });
	costs('SHA-256 of 1 KiB', () => tx.run(api, codeHash.sha256, 'sha256', new Uint8Array(1_024).fill(7), MUCH),
		{ us: 1_250, kib: 24 });
	costs('an entry of 46 KiB that refuses its input', () => tx.run(api, codeHash.verify, 'verify', new Uint8Array([0]), MUCH),
		{ us: 250, kib: 56 });
});
