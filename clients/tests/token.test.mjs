// The lifecycle of a program with its ABI: the example `token` on a running node.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { hexToU8a } from '@polkadot/util';

import { Abi } from '../src/abi.mjs';
import { accounts, call, instantiate, submit, tx, upload } from '../src/chain.mjs';
import { abi, blob } from '../src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

describe('token', () => {
	const s = scenario('token');
	const token = new Abi(abi('token'));
	let api, alice, bob, address;

	/** Calls an entry with plain values. Returns its plain result, and the program's events. */
	const ask = async (signer, entry, ...values) => {
		const { output, events } = await call(api, signer, address, entry, token.encode(entry, ...values));
		return {
			result: token.result(entry, output),
			events: events
				.filter(({ name }) => name === 'virt.ProgramEvent')
				.map(({ data }) => token.decode('Event', hexToU8a(data.data))),
		};
	};
	const balanceOf = async ({ address: account }) => (await ask(alice, 'balance_of', account)).result;

	s.before(async () => {
		({ alice, bob } = await accounts());
		const node = await s.start('node', { args: ['--dev'] });
		api = await s.connect(node);
		const { codeHash } = await upload(api, alice, blob('token'));
		const input = token.encode('init', 1000);
		({ address } = await instantiate(api, alice, codeHash, 'token', input, 10n ** 12n));
	});

	s.it('amounts are bigints, and accounts are addresses', async () => {
		assert.equal(await balanceOf(alice), 1000n);
		const { result, events } = await ask(alice, 'transfer', bob.address, 300);
		assert.equal(result, null);
		assert.deepEqual(events, [
			{ Transferred: { from: alice.address, to: bob.address, amount: 300n } },
		]);
		assert.deepEqual([await balanceOf(alice), await balanceOf(bob)], [700n, 300n]);
	});

	s.it('an error reverts, and changes nothing', async () => {
		const input = token.encode('transfer', alice.address, 301);
		const { error } = await submit(api, tx.call(api, address, 'transfer', input), bob);
		assert.equal(error, 'virt.Reverted');
		assert.deepEqual([await balanceOf(alice), await balanceOf(bob)], [700n, 300n]);
	});
});
