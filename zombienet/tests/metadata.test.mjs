// All that a user of polkadot-js sees of the chain is complete and documented.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { connect, disconnect } from '../../clients/src/chain.mjs';
import { rpc } from '../../clients/src/node.mjs';
import { Metadata, TypeRegistry, hexToU8a } from '../../clients/src/polkadot-js.mjs';
import { scenario } from '../src/scenario.mjs';

/** Methods for operators, not for applications. */
const FOR_OPERATORS = ['dev_revert', 'dev_setTime', 'dev_snapshot', 'virt_health', 'virt_traceCall', 'virt_traceTransaction'];

/** Methods of Substrate's service crate on every node, without a definition in polkadot-js. */
const SERVICE_RPC = new RegExp([
	'^(author_rotateKeysWithOwner|bitswap_v1_get|state_callRecorded)$',
	'^(archive|chainHead|chainSpec|transaction|transactionWatch)_',
].join('|'));

describe('metadata', () => {
	const s = scenario('metadata');
	const said = [];
	let node, api;

	s.before(async () => {
		node = await s.start('node', { args: ['--dev'] });
		// polkadot-js reports unknown names on the console only.
		const original = { warn: console.warn, error: console.error };
		for (const level of Object.keys(original)) {
			console[level] = (...words) => said.push(words.join(' '));
		}
		try {
			api = await s.connect(node, { aloud: true });
		} finally {
			Object.assign(console, original);
		}
	});

	s.it('metadata versions 14, 15 and 16 are available', async () => {
		for (const version of [14, 15, 16]) {
			const argument = new TypeRegistry().createType('u32', version).toHex(true);
			const answer = await rpc(node.rpcPort, 'state_call', [
				'Metadata_metadata_at_version', argument,
			]);
			const opaque = new TypeRegistry().createType('Option<Bytes>', hexToU8a(answer));
			assert.ok(opaque.isSome, `version ${version}`);
			const metadata = new Metadata(new TypeRegistry(), opaque.unwrap().toU8a(true));
			assert.equal(metadata.version, version);
			const pallets = metadata.asLatest.pallets.map(({ name }) => name.toString());
			assert.ok(pallets.includes('Virt'), `${pallets}`);
		}
	});

	s.it('polkadot-js knows all that applications use: signed extensions, runtime APIs, RPC', () => {
		const list = /RPC methods not decorated: (.*)$/;
		assert.deepEqual(said.filter((line) => !list.test(line)), []);
		const methods = said.flatMap((line) => line.match(list)?.[1].split(', ') ?? []);
		assert.deepEqual(methods.filter((name) => !SERVICE_RPC.test(name)), FOR_OPERATORS);
	});

	s.it('every call, event and error of the pallet is documented', () => {
		const variants = {
			call: Object.values(api.tx.virt),
			event: Object.values(api.events.virt),
			error: Object.values(api.errors.virt),
		};
		for (const [kind, list] of Object.entries(variants)) {
			assert.ok(list.length >= 5, `${list.length} of kind ${kind}`);
			for (const { meta } of list) {
				const docs = meta.docs.map((line) => line.toString().trim()).join(' ').trim();
				assert.ok(docs.length > 0, `${kind} ${meta.name} has no docs`);
			}
		}
	});

	s.it('every field of a call and of an event has a name', () => {
		for (const { meta } of [...Object.values(api.tx.virt), ...Object.values(api.events.virt)]) {
			for (const { name } of meta.fields) assert.ok(name.isSome, `a field of ${meta.name}`);
		}
	});

	s.it('calls have the indices that clients rely on', () => {
		assert.equal(api.tx.virt.upload.callIndex[0], 10);
		const calls = Object.values(api.tx.virt).map(({ meta }) => [
			meta.index.toNumber(), meta.name.toString(),
		]);
		assert.deepEqual(calls.sort(([a], [b]) => a - b).slice(0, 5), [
			[0, 'upload'], [1, 'remove'], [2, 'run'], [3, 'instantiate'], [4, 'call'],
		]);
	});

	s.it('blobs and inputs are byte strings, for which Apps offers a file upload', () => {
		const type = (call, field) =>
			call.meta.args.find(({ name }) => name.toString() === field).type.toString();
		assert.equal(type(api.tx.virt.upload, 'code'), 'Bytes');
		assert.equal(type(api.tx.virt.call, 'entry'), 'Bytes');
		assert.equal(type(api.tx.virt.call, 'input'), 'Bytes');
		assert.equal(type(api.tx.virt.run, 'input'), 'Bytes');
		assert.equal(type(api.tx.virt.instantiate, 'salt'), 'Bytes');
	});

	s.it('runtime APIs are available as api.call', () => {
		for (const name of ['accountNonceApi', 'transactionPaymentApi', 'core', 'metadata']) {
			assert.ok(api.call[name], name);
		}
	});

	s.it('an idle chain has a finalized block 1, so that no client waits for it', async () => {
		const other = await connect(node.url);
		try {
			const last = await other.rpc.chain.getFinalizedHead();
			assert.equal((await other.rpc.chain.getHeader(last)).number.toNumber(), 1);
		} finally {
			await disconnect(other);
		}
	});
});
