// Programs through smoldot, a light client, directly and with polkadot-api: on a chain with host
// functions, and on one with the embedded runtime.

import assert from 'node:assert/strict';
import { after, describe } from 'node:test';

import { NOTHING, accounts, asU32, dryRun, head, instantiate, tx, u32, upload } from '../../clients/src/chain.mjs';
import { LightClient } from '../../clients/src/light-client.mjs';
import { rpc } from '../../clients/src/node.mjs';
import { createClient, getPolkadotSigner, getSmProvider } from '../../clients/src/papi.mjs';
import { blob } from '../../clients/src/paths.mjs';
import { u8aToHex } from '../../clients/src/polkadot-js.mjs';
import { until } from '../../clients/src/until.mjs';
import { scenario } from '../src/scenario.mjs';

/** Enough for each call here. */
const LIMIT = { ref_time: 70_000_000_000n, proof_size: 4_000_000n };

const bytes = (text) => new TextEncoder().encode(text);

const FORMS = [
	{ chain: 'local', dryRuns: false },
	{ chain: 'local-embedded', dryRuns: true },
];

describe('light client', { concurrency: FORMS.length }, () => {
	for (const { chain, dryRuns } of FORMS) {
		describe(chain, { concurrency: 1 }, () => {
			const s = scenario(`light-client-${chain}`);
			let alice, bob, network, node, api, light, client, papi, codeHash, address;
			after(() => {
				client?.destroy();
				return light?.stop();
			});

			s.before(async () => {
				({ alice, bob } = await accounts());
				network = await s.network(1, { chain });
				node = network.nodes.alice;
				api = network.apis.alice;
				({ codeHash } = await upload(api, alice, blob('counter')));
				({ address } = await instantiate(api, alice, codeHash, 'light', u32(40)));
				light = await LightClient.start(network);
			});

			s.it('syncs to the finalized block, and has the metadata and runtime API of the node', async () => {
				const { number } = await head(api);
				await until('a block that is final by its proofs', async () => {
					const hash = await light.request('chain_getFinalizedHead');
					const header = await rpc(node.rpcPort, 'chain_getHeader', [hash]);
					return Number(header.number) >= number
						&& hash === await rpc(node.rpcPort, 'chain_getBlockHash', [Number(header.number)]);
				});
				assert.equal(await light.request('state_getMetadata'), await rpc(node.rpcPort, 'state_getMetadata'));
				const known = await light.call('VirtApi_program', codeHash);
				assert.equal(known, await rpc(node.rpcPort, 'state_call', ['VirtApi_program', codeHash]));
				assert.notEqual(known, '0x00');
			});

			s.it('submits a call, and watches it until it is finalized', async () => {
				const signed = await tx.call(api, address, 'increment', u32(1)).signAsync(bob);
				const states = [];
				for await (const { event } of light.subscribe('transactionWatch_v1_submitAndWatch', [signed.toHex()])) {
					states.push(event);
					if (['finalized', 'error', 'invalid', 'dropped'].includes(event)) break;
				}
				assert.equal(states.at(-1), 'finalized', states.join());
				assert.equal(asU32((await dryRun.call(api, alice.address, address, 'get')).output), 41);
			});

			s.it('under polkadot-api: submits a call, and decodes its events', async () => {
				client = createClient(getSmProvider(() => light.chain()));
				papi = client.getUnsafeApi();
				const signer = getPolkadotSigner(alice.publicKey, 'Sr25519', async (message) => alice.sign(message));
				const done = await papi.tx.Virt.call({
					address, entry: bytes('increment'), input: u32(1), value: 0n, weight_limit: LIMIT,
					storage_deposit_limit: undefined,
				}).signAndSubmit(signer);
				const [called] = done.events.filter(({ type, value }) => type === 'Virt' && value.type === 'Called');
				assert.equal(asU32(called.value.value.output), 42);
				assert.equal((await papi.query.Virt.Programs.getValue(codeHash)).owners, 1);
			});

			const says = dryRuns ? 'runs the program in the client' : 'fails, and says which function it misses';
			s.it(`a dry-run ${says}`, async () => {
				const tried = papi.apis.VirtApi.dry_run_call(
					alice.address, address, bytes('get'), NOTHING, 0n, undefined, undefined,
				);
				if (dryRuns) {
					const { result, output, weight_consumed } = await tried;
					const { weightConsumed } = await dryRun.call(api, alice.address, address, 'get');
					assert.ok(result.success);
					assert.equal(asU32(output), 42);
					assert.equal(weight_consumed.ref_time, weightConsumed.refTime);
				} else {
					await assert.rejects(tried, /Called unresolved function `env`:`ext_virt_limit_time_version_1`/);
				}
			});
		});
	}
});
