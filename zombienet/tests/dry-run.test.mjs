// Dry-runs: a call has the effects that the runtime API predicted. Rows 31 and 32 of the fault
// list.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import {
	REF_TIME_PER_GAS, accounts, call, dryRun, eventOf, instantiate, submit, tx, u32, upload,
} from '../../clients/src/chain.mjs';
import { rpc } from '../../clients/src/node.mjs';
import { blob } from '../../clients/src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

describe('dry-run', () => {
	const s = scenario('dry-run');
	let api, node, alice, bob, codeHash, address;

	s.before(async () => {
		({ alice, bob } = await accounts());
		node = await s.start('node', { args: ['--dev'] });
		api = await s.connect(node);
		({ codeHash } = await upload(api, alice, blob('counter')));
		({ address } = await instantiate(api, alice, codeHash, 'dry-run', u32(40)));
	});

	s.it('a call does what its dry-run predicted, at the fee of the predicted weight', async () => {
		const tried = await dryRun.call(api, bob.address, address, 'increment');
		assert.equal(tried.error, null);
		assert.deepEqual(tried.output, u32(41));
		assert.deepEqual(tried.logs, ['the counter is 41 now']);
		const extrinsic = tx.call(api, address, 'increment', undefined, 0n, tried.weightRequired);
		const { partialFee } = await extrinsic.paymentInfo(bob);
		const done = await submit(api, extrinsic, bob);
		const { weightUsed, output } = eventOf(done, 'Called');
		assert.deepEqual([weightUsed, output], [tried.weightConsumed, '0x29000000']);
		const names = tried.events.map(({ name }) => name);
		assert.deepEqual(names, done.events.map(({ name }) => name).filter((name) => names.includes(name)));
		assert.equal(done.fee, partialFee.toBigInt());
	});

	s.it('slightly less ref time or proof size is too little', async () => {
		const { weightRequired } = await dryRun.call(api, bob.address, address, 'get');
		const enough = tx.call(api, address, 'get', undefined, 0n, weightRequired);
		assert.equal((await submit(api, enough, bob)).error, null);
		const { refTime, proofSize } = weightRequired;
		for (const [limit, error] of [
			[{ refTime: refTime - REF_TIME_PER_GAS, proofSize }, 'virt.OutOfGas'],
			[{ refTime, proofSize: proofSize - 1n }, 'virt.OutOfProofSize'],
		]) {
			const short = tx.call(api, address, 'get', undefined, 0n, limit);
			assert.equal((await submit(api, short, bob)).error, error);
		}
	});

	s.it('the predicted deposit is held', async () => {
		const code = blob('echo');
		const tried = await dryRun.upload(api, bob.address, code);
		const done = await submit(api, tx.upload(api, code), bob);
		const held = done.events.find(({ name }) => name === 'balances.Held');
		assert.equal(tried.deposit, BigInt(held.data.amount));
		assert.ok(tried.deposit > 0n);
	});

	s.it('failures are typed, and a trap has its position', async () => {
		const { codeHash: trap } = await upload(api, alice, blob('trap'));
		const tried = await dryRun.run(api, bob.address, trap, 'trap');
		assert.equal(tried.error, 'virt.Trapped');
		assert.equal(tried.trap.codeHash, trap);
		assert.ok(tried.trap.offset > 0);
		assert.equal((await dryRun.run(api, bob.address, trap, 'none')).error, 'virt.EntryNotFound');
		const refused = await dryRun.upload(api, bob.address, Buffer.from('no program'));
		assert.equal(refused.error, 'virt.InvalidProgram');
	});

	s.it('programs, exports and storage can be read', async () => {
		const { virtApi } = api.call;
		const exports = (await virtApi.exports(codeHash)).unwrap().map((name) => name.toUtf8());
		for (const name of ['init', 'increment', 'get']) assert.ok(exports.includes(name), name);
		assert.equal((await virtApi.program(codeHash)).unwrap().owners.toNumber(), 1);
		const [[owner]] = [...await virtApi.owners(codeHash)];
		assert.equal(owner.toString(), alice.address);
		assert.equal((await virtApi.codeHash(address)).unwrap().toHex(), codeHash);
		const salt = '0x' + Buffer.from('dry-run').toString('hex');
		assert.equal((await virtApi.addressOf(alice.address, codeHash, salt)).toString(), address);
		const key = '0x' + Buffer.from('count').toString('hex');
		assert.ok((await virtApi.storage(address, key)).isSome);
	});

	s.it('a dry-run is the same after a restart of the node', async () => {
		const fresh = await s.start('fresh', { args: ['--dev'] });
		const cold = await s.connect(fresh);
		await upload(cold, alice, blob('counter'));
		const made = await instantiate(cold, alice, codeHash, 'dry-run', u32(40));
		assert.equal(made.address, address);
		const estimate = async (from) => {
			const { weightConsumed, weightRequired, weight } = await dryRun.call(from, bob.address, address, 'get');
			return { weightConsumed, weightRequired, weight };
		};
		assert.deepEqual(await estimate(cold), await estimate(api));
	});

	s.it('blocks continue during 64 endless dry-runs', async () => {
		const { codeHash: spin } = await upload(api, alice, blob('spin'));
		const many = Array.from({ length: 64 }, () =>
			dryRun.run(api, bob.address, spin, 'spin').catch((error) => ({ error: String(error) })));
		const before = Date.now();
		await call(api, alice, address, 'increment');
		assert.ok(Date.now() - before < 60_000, 'a block was made meanwhile');
		for (const { error } of await Promise.all(many)) {
			// Out of gas, or out of time on a slow machine: a response in any case.
			assert.match(error, /virt.OutOfGas|longer than this call may|Execution|timeout/i);
		}
		const health = await rpc(node.rpcPort, 'virt_health');
		assert.ok(health, 'the node is well');
	});
});
