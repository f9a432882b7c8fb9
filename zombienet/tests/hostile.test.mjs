// Hostile programs and callers get a typed error and pay a fee; the node continues.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import {
	accounts, asU32, balance, call, errorName, head, instantiate, run, submit, tx, u32, upload, weight,
} from '../../clients/src/chain.mjs';
import { rpc } from '../../clients/src/node.mjs';
import { blob } from '../../clients/src/paths.mjs';
import { compactAddLength, u8aToHex } from '../../clients/src/polkadot-js.mjs';
import { scenario } from '../src/scenario.mjs';

/** The errors of `upload` for a bad blob. */
const REFUSALS = [
	'InvalidProgram', 'UnsupportedInstructionSet', 'UnknownImport', 'TooManyImports',
	'TooManyExports', 'DuplicateExport', 'ExportTooLong', 'MemoryTooLarge', 'BasicBlockTooLong',
	'ForbiddenInstruction',
].map((name) => `virt.${name}`);

/** A failed call has no other events than these. */
const BILLING = [
	'balances.Withdraw', 'balances.Deposit', 'balances.Issued', 'balances.Rescinded',
	'balances.BurnedDebt', 'transactionPayment.TransactionFeePaid', 'system.ExtrinsicFailed',
];

describe('hostile', () => {
	const s = scenario('hostile');
	const codes = {};
	let api, node, alice, mallory, counter;

	/** Mallory submits `call`: it must fail with `wanted`, pay a fee and change nothing else. */
	const fails = async (call, ...wanted) => {
		const before = await balance(api, mallory.address);
		const { number } = await head(api);
		const receipt = await submit(api, call, mallory);
		assert.ok(wanted.includes(receipt.error), `${receipt.error} is none of ${wanted.join(', ')}`);
		assert.equal(receipt.block.number, number + 1, 'the failed call has its block');
		assert.ok(receipt.fee > 0n, 'it pays a fee');
		assert.equal(await balance(api, mallory.address), before - receipt.fee, 'and only that');
		for (const { name } of receipt.events) assert.ok(BILLING.includes(name), name);
		return receipt;
	};

	/** The node is still the same process, responds, seals, and runs a good program. */
	const worksStill = async () => {
		assert.ok(node.alive());
		const { number } = await head(api);
		const before = asU32((await call(api, alice, counter, 'get')).output);
		assert.equal(asU32((await call(api, alice, counter, 'increment')).output), before + 1);
		assert.equal((await head(api)).number, number + 2);
	};

	s.before(async () => {
		const all = await accounts();
		({ alice } = all);
		mallory = all.bob;
		node = await s.start('node', { args: ['--dev'] });
		api = await s.connect(node);
		for (const name of ['counter', 'echo', 'spin', 'recurse', 'oob', 'trap']) {
			codes[name] = (await upload(api, alice, blob(name))).codeHash;
		}
		counter = (await instantiate(api, alice, codes.counter, 'hostile', u32(0))).address;
	});

	s.it('spin runs out of gas, and pays for it', async () => {
		const cheap = await fails(tx.run(api, codes.spin, 'spin', [], weight(1_400_000_000n)), 'virt.OutOfGas');
		const dear = await fails(tx.run(api, codes.spin, 'spin', [], weight(140_000_000_000n)), 'virt.OutOfGas');
		assert.ok(dear.weight.refTime > 50n * cheap.weight.refTime);
		assert.ok(dear.fee > cheap.fee);
		await worksStill();
	});

	s.it('recursion past the stack traps', async () => {
		await fails(tx.run(api, codes.recurse, 'recurse'), 'virt.Trapped');
		await worksStill();
	});

	s.it('access out of bounds traps; a bad pointer to a syscall is OutOfBounds', async () => {
		await fails(tx.run(api, codes.oob, 'read'), 'virt.Trapped');
		await fails(tx.run(api, codes.oob, 'write'), 'virt.Trapped');
		await fails(tx.run(api, codes.oob, 'pointer'), 'virt.OutOfBounds');
		await fails(tx.run(api, codes.oob, 'pointer_out'), 'virt.OutOfBounds');
		// Addresses and lengths at the limits of 32 and 64 bits.
		const u64 = (value) => [...new Uint8Array(new BigUint64Array([value]).buffer)];
		for (const address of [0xffffn, 0xffff_ffffn, 0x1_0000_0000n, 0xffff_ffff_ffff_ffffn]) {
			await fails(tx.run(api, codes.oob, 'read', u64(address)), 'virt.Trapped');
			for (const length of [1n, 0xffff_ffffn, 0xffff_ffff_ffff_ffffn]) {
				await fails(
					tx.run(api, codes.oob, 'pointer', [...u64(address), ...u64(length)]),
					'virt.OutOfBounds', 'virt.LimitExceeded', 'virt.OutOfGas',
				);
			}
		}
		await worksStill();
	});

	s.it('a panic traps', async () => {
		await fails(tx.run(api, codes.trap, 'trap'), 'virt.Trapped');
		await fails(tx.run(api, codes.trap, 'unimp'), 'virt.Trapped');
		await worksStill();
	});

	s.it('an unknown import is refused at upload', async () => {
		await fails(tx.upload(api, blob('unknown_import')), 'virt.UnknownImport');
		await worksStill();
	});

	s.it('garbage is refused at upload', async () => {
		const garbage = Uint8Array.from({ length: 1_000 }, (_, index) => (index * 167) % 251);
		await fails(tx.upload(api, []), 'virt.InvalidProgram');
		await fails(tx.upload(api, [0]), 'virt.InvalidProgram');
		await fails(tx.upload(api, garbage), 'virt.InvalidProgram');
		await fails(tx.upload(api, [...blob('echo').slice(0, 8), ...garbage]), ...REFUSALS);
		await fails(tx.upload(api, new Uint8Array(512 * 1024 + 1)), 'virt.ProgramTooLarge');
		await worksStill();
	});

	s.it('a truncated blob is refused at upload', async () => {
		const code = blob('counter');
		const cuts = [1, 4, 5, 12, 13, 14, 32, code.length >> 2, code.length >> 1, code.length - 1];
		for (const cut of cuts) {
			await fails(tx.upload(api, code.slice(0, cut)), 'virt.InvalidProgram');
		}
		await worksStill();
	});

	s.it('a blob with flipped bits is refused, or has a typed result', async () => {
		const code = blob('echo');
		for (let round = 0; round < 24; round += 1) {
			const flipped = code.slice();
			flipped[Math.floor((code.length * round) / 24)] ^= 1 << (round % 8);
			const stored = await submit(api, tx.upload(api, flipped), mallory);
			assert.ok(stored.fee > 0n);
			if (stored.error) {
				assert.ok(REFUSALS.includes(stored.error), stored.error);
				continue;
			}
			const codeHash = api.registry.hash(flipped).toHex();
			const ran = await submit(api, tx.run(api, codeHash, 'echo', u32(round)), mallory);
			assert.ok(ran.fee > 0n);
			assert.ok(ran.error === null || ran.error.startsWith('virt.'), ran.error);
		}
		await worksStill();
	});

	s.it('malformed input reverts the call', async () => {
		for (const input of [[1], [1, 2, 3], [1, 2, 3, 4, 5], new Uint8Array(1_000).fill(0xff)]) {
			await fails(tx.call(api, counter, 'increment', input), 'virt.Reverted');
			await fails(tx.instantiate(api, codes.counter, 'bad', input), 'virt.Reverted');
		}
		await worksStill();
	});

	s.it('a malformed extrinsic is rejected before it is in a block', async () => {
		const { number } = await head(api);
		const good = (await tx.run(api, codes.echo, 'echo', [1, 2, 3]).signAsync(mallory)).toU8a(true);
		// Truncated, with trailing bytes, and with an `input` whose length claims 1 GiB. The outer
		// length of each is correct.
		const claim = [0x03, 0x00, 0x00, 0x00, 0x40];
		const bad = [
			good.slice(0, -1), good.slice(0, -9), good.slice(0, 40), [...good, 0],
			[...good.slice(0, -12), ...claim, ...good.slice(-8)],
		];
		for (const bytes of bad) {
			const framed = u8aToHex(compactAddLength(Uint8Array.from(bytes)));
			await assert.rejects(
				rpc(node.rpcPort, 'author_submitExtrinsic', [framed]),
				({ rpc: error }) => typeof error?.code === 'number',
			);
		}
		assert.equal((await head(api)).number, number);
		await worksStill();
	});

	s.it('callers that name unknown objects get typed errors', async () => {
		const nowhere = `0x${'11'.repeat(32)}`;
		await fails(tx.remove(api, codes.counter), 'virt.NotOwner');
		await fails(tx.remove(api, nowhere), 'virt.ProgramNotFound');
		await fails(tx.run(api, nowhere, 'echo'), 'virt.ProgramNotFound');
		await fails(tx.run(api, codes.echo, 'ech'), 'virt.EntryNotFound');
		await fails(tx.run(api, codes.echo, ''), 'virt.EntryNotFound');
		await fails(tx.run(api, codes.echo, 'x'.repeat(5_000)), 'virt.EntryNotFound');
		await fails(tx.run(api, codes.echo, 'echo', new Uint8Array(64 * 1024 + 1)), 'virt.InputTooLarge');
		await fails(tx.run(api, codes.counter, 'increment'), 'virt.NoAccount');
		await fails(tx.call(api, mallory.address, 'get'), 'virt.AccountNotFound');
		await fails(tx.instantiate(api, nowhere, 'x'), 'virt.ProgramNotFound');
		await fails(tx.instantiate(api, codes.counter, 'x'.repeat(33)), 'virt.SaltTooLong');
		await worksStill();
	});

	s.it('a transfer of more than the caller\'s balance fails', async () => {
		const all = await balance(api, mallory.address);
		await fails(
			tx.call(api, counter, 'get', [], all + 1n), 'Token.FundsUnavailable', 'Arithmetic.Underflow',
		);
		await worksStill();
	});

	s.it('a weight limit of zero, or above a block\'s, runs nothing', async () => {
		await fails(tx.run(api, codes.echo, 'echo', [], weight(0n)), 'virt.OutOfGas');
		await fails(tx.run(api, codes.echo, 'echo', [], weight(1n)), 'virt.OutOfGas');
		await fails(tx.call(api, counter, 'get', [], 0n, weight(1_000_000n)), 'virt.OutOfGas');
		await fails(tx.run(api, codes.echo, 'echo', [], weight(10n ** 10n, 0n)), 'virt.OutOfProofSize');
		for (const refTime of [2n * 10n ** 12n, 2n ** 63n, 2n ** 64n - 1n]) {
			const signed = await tx.run(api, codes.echo, 'echo', [], weight(refTime)).signAsync(mallory);
			await assert.rejects(
				rpc(node.rpcPort, 'author_submitExtrinsic', [signed.toHex()]),
				// "Invalid Transaction"
				({ rpc: error }) => error?.code === 1010,
			);
		}
		await worksStill();
	});

	s.it('a hundred hostile calls at once do not block others', async () => {
		const calls = Array.from({ length: 100 }, (_, index) => [
			tx.run(api, codes.spin, 'spin', [], weight(7_000_000_000n)),
			tx.run(api, codes.recurse, 'recurse', [], weight(7_000_000_000n)),
			tx.run(api, codes.oob, 'pointer', [], weight(7_000_000_000n)),
			tx.run(api, codes.trap, 'trap', [], weight(7_000_000_000n)),
		][index % 4]);
		const nonce = (await api.rpc.system.accountNextIndex(mallory.address)).toNumber();
		const sent = calls.map((call, index) => submit(api, call, mallory, { nonce: nonce + index }));
		const good = run(api, alice, codes.echo, 'echo', [1, 2, 3]);
		const wanted = ['virt.OutOfGas', 'virt.Trapped', 'virt.OutOfBounds', 'virt.Trapped'];
		(await Promise.all(sent)).forEach(({ error, fee }, index) => {
			assert.equal(error, wanted[index % 4]);
			assert.ok(fee > 0n);
		});
		assert.deepEqual([...(await good).output], [1, 2, 3]);
		await worksStill();
	});

	s.it('every failure on the chain is typed', async () => {
		const { number } = await head(api);
		let failures = 0;
		for (let height = 1; height <= number; height += 1) {
			const at = await api.at(await api.rpc.chain.getBlockHash(height));
			for (const { event } of await at.query.system.events()) {
				if (!api.events.system.ExtrinsicFailed.is(event)) continue;
				assert.match(errorName(api, event.data[0]), /^(virt|Token|Arithmetic)\.[A-Z]/);
				failures += 1;
			}
		}
		assert.ok(failures > 50, `${failures} failures`);
	});
});
