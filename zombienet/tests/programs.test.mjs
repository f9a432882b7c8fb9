// Programs that call each other, and the deposits for their storage, on a running node: in wasm,
// where a runtime's stack is smaller than a test's.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { accounts, asU32, call, instantiate, submit, tx, u32, upload } from '../../clients/src/chain.mjs';
import { blob } from '../../clients/src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

/** `MAX_DEPTH` in pallet/src/limits.rs. */
const MAX_DEPTH = 16;

describe('programs', () => {
	const s = scenario('programs');
	let api, alice;

	/** Alice's held balance, with all reasons. */
	const held = async () => (await api.query.system.account(alice.address)).data.reserved.toBigInt();

	s.before(async () => {
		({ alice } = await accounts());
		api = await s.connect(await s.start('node', { args: ['--dev'] }));
	});

	s.it('programs nest up to the limit', async () => {
		const { codeHash } = await upload(api, alice, blob('reentrant'));
		const { address } = await instantiate(api, alice, codeHash, 'depth');
		assert.equal(asU32((await call(api, alice, address, 'depth')).output), MAX_DEPTH);
	});

	s.it('deposits are held up to the limit, and released', async () => {
		const before = await held();
		const code = blob('counter');
		const refused = await submit(api, tx.upload(api, code, 1n), alice);
		assert.equal(refused.error, 'virt.DepositLimitExceeded');
		const { codeHash } = await upload(api, alice, code);
		const perByte = api.consts.virt.depositPerByte.toBigInt();
		const perItem = api.consts.virt.depositPerItem.toBigInt();
		assert.equal(await held() - before, perItem + perByte * BigInt(code.length));
		assert.equal((await submit(api, tx.remove(api, codeHash), alice)).error, null);
		assert.equal(await held(), before);

		const again = await upload(api, alice, code);
		const none = tx.instantiate(api, again.codeHash, 'none', u32(1), 0n, undefined, 0n);
		assert.equal((await submit(api, none, alice)).error, 'virt.DepositLimitExceeded');
	});
});
