// Accounts with programs: batches, multisigs, proxies, upgrades, and a pause by governance.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { accounts, asU32, call, dryRun, eventOf, instantiate, submit, tx, u32, upload } from '../../clients/src/chain.mjs';
import { blob } from '../../clients/src/paths.mjs';
import { createKeyMulti, encodeAddress, sortAddresses } from '../../clients/src/polkadot-js.mjs';
import { scenario } from '../src/scenario.mjs';

const UNIT = 10n ** 12n;

describe('accounts', () => {
	const s = scenario('accounts');
	let api, alice, bob, charlie, codeHash, address;

	const works = async (extrinsic, signer) => {
		const done = await submit(api, extrinsic, signer);
		assert.equal(done.error, null);
		return done;
	};

	s.before(async () => {
		({ alice, bob, charlie } = await accounts());
		api = await s.connect(await s.start('node', { args: ['--dev'] }));
	});

	s.it('a batch uploads, instantiates and calls in one transaction', async () => {
		const code = blob('counter');
		codeHash = api.registry.hash(code).toHex();
		address = (await api.call.virtApi.addressOf(alice.address, codeHash, '0x01')).toString();
		const batch = api.tx.utility.batchAll([
			tx.upload(api, code),
			tx.instantiate(api, codeHash, [1], u32(40)),
			tx.call(api, address, 'increment'),
		]);
		const done = await works(batch, alice);
		assert.equal(asU32(Buffer.from(eventOf(done, 'Called').output.slice(2), 'hex')), 41);
		// One failure rolls back all of them.
		const failing = api.tx.utility.batchAll([
			tx.call(api, address, 'increment'), tx.call(api, address, 'no_such_entry'),
		]);
		assert.equal((await submit(api, failing, alice)).error, 'virt.EntryNotFound');
		assert.equal(asU32((await call(api, bob, address, 'get')).output), 41);
	});

	s.it('uploading twice in a script succeeds, and the program stays for its other owner', async () => {
		assert.equal((await upload(api, alice, blob('counter'))).codeHash, codeHash);
		assert.equal((await upload(api, bob, blob('counter'))).codeHash, codeHash);
		const owners = [...await api.call.virtApi.owners(codeHash)];
		assert.deepEqual(
			owners.map(([owner]) => owner.toString()).sort(),
			[alice.address, bob.address].sort(),
		);
		const left = await works(tx.remove(api, codeHash), alice);
		eventOf(left, 'OwnerRemoved');
		assert.equal(asU32((await call(api, charlie, address, 'get')).output), 41);
	});

	s.it('a multisig calls a program', async () => {
		const all = sortAddresses([alice.address, bob.address], 42);
		const multisig = encodeAddress(createKeyMulti(all, 2), 42);
		await works(api.tx.balances.transferKeepAlive(multisig, 5n * UNIT), alice);
		const inner = tx.call(api, address, 'increment', u32(9));
		const { weight } = await api.call.transactionPaymentCallApi.queryCallInfo(inner.method, inner.method.encodedLength);
		const others = (signer) => all.filter((one) => one !== signer.address);
		const first = await works(api.tx.multisig.asMulti(2, others(alice), null, inner.method, weight), alice);
		const at = { height: first.block.number, index: first.extrinsic.index };
		const second = await works(api.tx.multisig.asMulti(2, others(bob), at, inner.method, weight), bob);
		assert.equal(eventOf(second, 'Called').caller, multisig);
		assert.equal(asU32((await call(api, charlie, address, 'get')).output), 50);
	});

	s.it('a proxy for programs can only call programs', async () => {
		await works(api.tx.proxy.addProxy(bob.address, 'Programs', 0), alice);
		const done = await works(api.tx.proxy.proxy(alice.address, null, tx.call(api, address, 'increment')), bob);
		assert.equal(eventOf(done, 'Called').caller, alice.address);
		const transfer = api.tx.balances.transferKeepAlive(bob.address, UNIT);
		const refused = await works(api.tx.proxy.proxy(alice.address, null, transfer), bob);
		const { data } = refused.events.find(({ name }) => name === 'proxy.ProxyExecuted');
		assert.ok(JSON.stringify(data.result).includes('err'), JSON.stringify(data));
	});

	s.it('a deployer upgrades the account that it instantiated', async () => {
		const wide = (await upload(api, alice, blob('wide_counter'))).codeHash;
		const fixed = await instantiate(api, alice, codeHash, 'fixed', u32(1));
		const denied = await submit(api, tx.setCode(api, fixed.address, wide), alice);
		assert.equal(denied.error, 'virt.UpgradeDenied');

		const made = await works(tx.instantiateUpgradable(api, codeHash, 'upgradable', 'Deployer', u32(7)), alice);
		const { address } = eventOf(made, 'Instantiated');
		const tried = await dryRun.setCode(api, alice.address, address, wide);
		assert.equal(tried.error, null);
		const done = await works(tx.setCode(api, address, wide, undefined, tried.weightRequired), alice);
		assert.equal(eventOf(done, 'CodeUpdated').codeHash, wide);
		const { output } = await call(api, bob, address, 'get');
		assert.equal(Buffer.from(output).readBigUInt64LE(), 7n);
		await works(api.tx.virt.restrictUpgrades(address, 'Nobody'), alice);
		assert.equal((await api.query.virt.accounts(address)).unwrap().upgradeAuthority.type, 'Nobody');
		assert.equal((await submit(api, tx.setCode(api, address, wide), alice)).error, 'virt.UpgradeDenied');
	});

	s.it('governance pauses programs, and the chain continues', async () => {
		const pause = (paused) => api.tx.sudo.sudo(api.tx.virt.setPaused(paused));
		await works(pause(true), alice);
		assert.equal((await submit(api, tx.call(api, address, 'get'), bob)).error, 'virt.Paused');
		assert.equal((await dryRun.call(api, bob.address, address, 'get')).error, 'virt.Paused');
		await works(api.tx.balances.transferKeepAlive(bob.address, UNIT), alice);
		await works(pause(false), alice);
		await call(api, bob, address, 'get');
		assert.equal((await submit(api, api.tx.virt.setPaused(true), bob)).error, 'BadOrigin');
	});
});
