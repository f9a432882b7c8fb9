// The workload of networks: all fixture programs, including the hostile ones, called from all
// accounts.

import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';

import { Abi } from '../../clients/src/abi.mjs';
import { accounts, head, instantiate, submit, tx, u32, upload, weight } from '../../clients/src/chain.mjs';
import { abi, blob, blobNames } from '../../clients/src/paths.mjs';
import { until } from '../../clients/src/until.mjs';

/** The weight limit of a call: a block has room for several, also on an interpreting node. */
const LIMIT = weight(28_000_000_000n);

/** Enough for nested calls. */
const NESTED_LIMIT = weight(84_000_000_000n);

/** Programs with imports that the chain does not have: those of other hosts. None is stored. */
const FOREIGN = ['bench', 'conformance', 'peer', 'unknown_import'];

/** The initial balance of an account, above the existential deposit. */
const VALUE = 10n ** 12n;

/** The accounts of a network, and the node that each of them uses. */
export class Workload {
	static async on(network) {
		const workload = new Workload();
		const apis = network.validatorApis;
		const all = Object.values(await accounts());
		workload.apis = apis;
		// Each account uses one node: another would see its nonces out of order.
		workload.signers = await Promise.all(all.map(async (pair, index) => {
			const api = apis[index % apis.length];
			const nonce = (await api.rpc.system.accountNextIndex(pair.address)).toNumber();
			return { pair, api, nonce };
		}));
		return workload;
	}

	/** Submits the transaction that `make` returns for a connection, in order per account. */
	submit(index, make, options) {
		const signer = this.signers[index % this.signers.length];
		signer.nonce += 1;
		return submit(signer.api, make(signer.api), signer.pair, { nonce: signer.nonce - 1, ...options });
	}

	/** Waits until all nodes have the block of each receipt. */
	async everywhere(receipts) {
		const height = Math.max(...receipts.map(({ block }) => block.number));
		for (const api of this.apis) {
			await until(`block ${height}`, async () => (await head(api)).number >= height);
		}
	}

	/** Stores programs. Returns the code hashes by name. */
	async store(names) {
		const stored = await Promise.all(names.map((name, index) => {
			const { pair, api, nonce } = this.next(index);
			return upload(api, pair, blob(name), { nonce });
		}));
		await this.everywhere(stored);
		return Object.fromEntries(stored.map(({ codeHash }, index) => [names[index], codeHash]));
	}

	/** Instantiates programs, each `[name, codeHash, input]`. Returns the addresses by name. */
	async instantiate(wanted) {
		const done = await Promise.all(wanted.map(([name, codeHash, input], index) => {
			const { pair, api, nonce } = this.next(index);
			return instantiate(api, pair, codeHash, name, input, VALUE, { nonce });
		}));
		await this.everywhere(done);
		return Object.fromEntries(done.map(({ address }, index) => [wanted[index][0], address]));
	}

	next(index) {
		const signer = this.signers[index % this.signers.length];
		signer.nonce += 1;
		return { ...signer, nonce: signer.nonce - 1 };
	}
}

/**
 * Stores all fixtures, and instantiates those that need an account. Returns the possible calls as a
 * list of `[make, error]`: the function that makes the call, and the expected error.
 */
export async function possibleCalls(workload) {
	const code = await workload.store(blobNames().filter((name) => !FOREIGN.includes(name)));
	const programs = Object.fromEntries(Object.keys(code).map((name) => [name, new Abi(abi(name))]));
	const input = (name, entry, ...values) => programs[name].encode(entry, ...values);
	const everyone = workload.signers.map(({ pair }) => pair.address);
	const [alice] = everyone;
	const at = await workload.instantiate([
		['token', code.token, input('token', 'init', 1_000_000n)],
		['counter', code.counter, u32(0)],
		['other', code.counter, u32(1)],
		['life', code.life, input('life', 'init', [[1, 0], [2, 1], [0, 2], [1, 2], [2, 2]])],
		['multisig', code.multisig, input('multisig', 'init', everyone, 1)],
		['reentrant', code.reentrant],
		// Only the buyer can be refunded, and not before a million blocks.
		['escrow', code.escrow, input('escrow', 'init', `0x${'11'.repeat(32)}`, `0x${'22'.repeat(32)}`, 1_000_000)],
	]);
	Object.assign(at, await workload.instantiate([
		['shop', code.shop, input('shop', 'init', at.token, 10n)],
	]));
	const stocked = await workload.submit(0, (api) =>
		tx.call(api, at.token, 'transfer', input('token', 'transfer', at.shop, 500_000n), 0n, LIMIT));
	assert.equal(stocked.error, null, `${alice} stocks the shop`);
	await workload.everywhere([stocked]);

	const { publicKey, privateKey } = generateKeyPairSync('ed25519');
	const key = Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url');
	const signed = (message) =>
		Buffer.concat([key, sign(null, Buffer.from(message), privateKey), Buffer.from(message)]);
	const run = (name, entry, bytes, limit = LIMIT) => (api) => tx.run(api, code[name], entry, bytes, limit);
	const call = (name, entry, bytes, value = 0n, limit = LIMIT) =>
		(api) => tx.call(api, at[name], entry, bytes, value, limit);
	const remark = workload.apis[0].tx.system.remark('0x01').method.toHex();
	return [
		[call('counter', 'increment'), null],
		[call('other', 'increment', u32(1_000)), null],
		[run('sha256', 'sha256', Buffer.alloc(4_096, 7)), null],
		[run('verify', 'verify', signed('agree')), null],
		[run('trap', 'trap'), 'virt.Trapped'],
		[run('spin', 'spin'), 'virt.OutOfGas'],
		[run('echo', 'echo', Buffer.alloc(8_192, 1)), null],
		[call('counter', 'increment', [1, 2]), 'virt.Reverted'],
		[run('recurse', 'recurse'), 'virt.Trapped'],
		[run('oob', 'pointer'), 'virt.OutOfBounds'],
		[call('other', 'get', undefined, 5n), null],
		[run('oob', 'read'), 'virt.Trapped'],
		[run('oob', 'write'), 'virt.Trapped'],
		[run('oob', 'pointer_out'), 'virt.OutOfBounds'],
		[run('trap', 'unimp'), 'virt.Trapped'],
		[run('echo', 'echo', undefined, 0n), 'virt.OutOfGas'],
		[run('echo', 'no_such_entry'), 'virt.EntryNotFound'],
		[call('token', 'approve', input('token', 'approve', alice, 5n)), null],
		[call('token', 'transfer', input('token', 'transfer', alice, 2n ** 100n)), 'virt.Reverted'],
		[call('token', 'supply'), null],
		[call('shop', 'buy', undefined, 20n, NESTED_LIMIT), null],
		[call('shop', 'buy', undefined, 9n, NESTED_LIMIT), 'virt.Reverted'],
		[call('shop', 'left', undefined, 0n, NESTED_LIMIT), null],
		[call('life', 'step', u32(20)), null],
		[call('multisig', 'propose', input('multisig', 'propose', remark)), null],
		[call('multisig', 'agree', u32(1_000_000)), 'virt.Reverted'],
		[call('escrow', 'refund'), 'virt.Reverted'],
		[call('escrow', 'deal'), null],
		[call('reentrant', 'start', undefined, 0n, NESTED_LIMIT), null],
		[call('reentrant', 'depth', undefined, 0n, NESTED_LIMIT), null],
		[run('merkle', 'root', input('merkle', 'root', ['0x01', '0x02', '0x03'])), null],
		[run('chain', 'issuance'), null],
		[run('chain', 'slot'), null],
		...FOREIGN.map((name) => [(api) => tx.upload(api, blob(name)), 'virt.UnknownImport']),
		[(api) => tx.upload(api, blob('counter')), null],
		[(api) => tx.upload(api, blob('counter').slice(0, 100)), 'virt.InvalidProgram'],
	];
}

/**
 * Makes all possible calls from all accounts at once, `atOnce` pending calls per account.
 * Asserts that each ends as expected. Returns their number.
 */
export async function makeCalls(workload, calls, { rounds, atOnce }) {
	let turn = 0;
	for (let round = 0; round < rounds; round += 1) {
		const sent = [];
		for (let nth = 0; nth < atOnce * workload.signers.length; nth += 1) {
			const [make, wanted] = calls[turn % calls.length];
			const described = `call ${turn % calls.length} of the list`;
			sent.push(workload.submit(turn, make).then(({ error }) => assert.equal(error, wanted, described)));
			turn += 1;
		}
		await Promise.all(sent);
	}
	return turn;
}
