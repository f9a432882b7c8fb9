// Programs through polkadot-api (PAPI) without generated code. It knows the chain by the node's
// metadata only.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe } from 'node:test';

import { createClient } from 'polkadot-api';
import { getPolkadotSigner } from 'polkadot-api/signer';
import { getWsProvider } from 'polkadot-api/ws';
import { WebSocket } from 'ws';

import { NOTHING, accounts, asU32, u32 } from '../src/chain.mjs';
import { runExample } from '../src/document.mjs';
import { rpc } from '../src/node.mjs';
import { PROGRAMS, blob } from '../src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

/** Too little for any call. */
const LITTLE = { ref_time: 1n, proof_size: 4_000_000n };

const bytes = (text) => new TextEncoder().encode(text);

describe('papi', () => {
	const s = scenario('papi');
	let node, client, api, alice, signer, codeHash, address;
	after(() => client?.destroy());

	const connect = () => {
		client = createClient(getWsProvider(node.url, { websocketClass: WebSocket }));
		api = client.getUnsafeApi();
	};

	/** Signs as Alice, submits, and waits for finality. */
	const submit = (call) => call.signAndSubmit(signer);
	/** The fields of the only event of pallet `Virt` with that name. */
	const eventOf = ({ events }, name) => {
		const found = events.filter(({ type, value }) => type === 'Virt' && value.type === name);
		assert.equal(found.length, 1, name);
		return found[0].value.value;
	};

	s.before(async () => {
		({ alice } = await accounts());
		// polkadot-api has no keys; any sr25519 signature works.
		signer = getPolkadotSigner(alice.publicKey, 'Sr25519', async (message) => alice.sign(message));
		node = await s.start('node', { args: ['--dev'] });
		connect();
	});

	s.it('uploads a blob', async () => {
		const code = blob('counter');
		const done = await submit(api.tx.Virt.upload({ code, storage_deposit_limit: undefined }));
		assert.ok(done.ok);
		const stored = eventOf(done, 'ProgramStored');
		assert.deepEqual([stored.owner, stored.size], [alice.address, code.length]);
		codeHash = stored.code_hash;
		assert.equal((await api.query.Virt.Programs.getValue(codeHash)).owners, 1);
		assert.ok(await api.query.Virt.Owners.getValue(codeHash, alice.address));
	});

	s.it('dry-runs through the runtime API, and the call then does the same', async () => {
		const salt = bytes('papi');
		const tried = await api.apis.VirtApi.dry_run_instantiate(
			alice.address, codeHash, salt, u32(40), 0n, undefined, undefined,
		);
		assert.ok(tried.result.success);
		const done = await submit(api.tx.Virt.instantiate({
			code_hash: codeHash, salt, input: u32(40), value: 0n,
			weight_limit: tried.weight_required, storage_deposit_limit: undefined,
		}));
		const made = eventOf(done, 'Instantiated');
		assert.deepEqual(made.weight_used, tried.weight_consumed);
		address = made.address;
	});

	s.it('calls, and decodes the events', async () => {
		const tried = await api.apis.VirtApi.dry_run_call(
			alice.address, address, bytes('increment'), u32(2), 0n, undefined, undefined,
		);
		assert.deepEqual(tried.logs.map((line) => new TextDecoder().decode(line)), ['the counter is 42 now']);
		const done = await submit(api.tx.Virt.call({
			address, entry: bytes('increment'), input: u32(2), value: 0n,
			weight_limit: tried.weight_required, storage_deposit_limit: undefined,
		}));
		const called = eventOf(done, 'Called');
		assert.deepEqual([called.caller, called.address], [alice.address, address]);
		assert.equal(asU32(called.output), 42);
		const said = eventOf(done, 'ProgramEvent');
		assert.deepEqual([said.code_hash, asU32(said.data)], [codeHash, 42]);
	});

	s.it('a failure is a typed error, in the dry-run and on chain', async () => {
		const outOfGas = { type: 'Module', value: { type: 'Virt', value: { type: 'OutOfGas', value: undefined } } };
		const tried = await api.apis.VirtApi.dry_run_call(
			alice.address, address, bytes('get'), NOTHING, 0n, LITTLE, undefined,
		);
		assert.deepEqual(tried.result, { success: false, value: outOfGas });
		const done = await submit(api.tx.Virt.call({
			address, entry: bytes('get'), input: NOTHING, value: 0n,
			weight_limit: LITTLE, storage_deposit_limit: undefined,
		}));
		assert.ok(!done.ok);
		assert.deepEqual(done.dispatchError, outOfGas);
	});

	s.it('after a revert a new client works like the old one', async () => {
		const remark = () => submit(api.tx.System.remark({ remark: bytes('papi') }));
		const id = await rpc(node.rpcPort, 'dev_snapshot');
		assert.ok((await remark()).ok);
		assert.equal(await rpc(node.rpcPort, 'dev_revert', [id]), 1);
		client.destroy();
		connect();
		assert.ok((await remark()).ok);
	});

	s.it('the example in docs/clients.md is the one that runs', async () => {
		// Not a blob that is stored already.
		const program = join(PROGRAMS, 'counter.debug.polkavm');
		const printed = await runExample('polkadot-api', 'papi', program, node.url);
		assert.match(printed, /^the counter is 42 now, with a limit of \d+ ps and \d+ bytes\n42\n$/);
	});
});
