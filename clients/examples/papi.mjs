import { readFileSync } from 'node:fs';

import { Keyring } from '@polkadot/api';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { createClient } from 'polkadot-api';
import { getPolkadotSigner } from 'polkadot-api/signer';
import { getWsProvider } from 'polkadot-api/ws';
import { WebSocket } from 'ws';

const url = process.env.VIRT_URL ?? 'ws://127.0.0.1:9944';
const client = createClient(getWsProvider(url, { websocketClass: WebSocket }));
const api = client.getUnsafeApi();

await cryptoWaitReady();
const alice = new Keyring({ type: 'sr25519' }).addFromUri('//Alice');
const signer = getPolkadotSigner(alice.publicKey, 'Sr25519', async (bytes) => alice.sign(bytes));

/** Signs, submits and waits for finality. Returns the data of the event `wanted`. */
const submit = async (tx, wanted) => {
	const { events, dispatchError } = await tx.signAndSubmit(signer);
	if (dispatchError) throw new Error(JSON.stringify(dispatchError));
	return events.find(({ type, value }) => type === 'Virt' && value.type === wanted).value.value;
};

const u32 = (value) => new Uint8Array(Uint32Array.of(value).buffer);
const bytes = (text) => new TextEncoder().encode(text);
const storage_deposit_limit = undefined;
const weight_limit = { ref_time: 70_000_000_000n, proof_size: 4_000_000n };

const code = new Uint8Array(readFileSync(process.argv[2]));
const { code_hash } = await submit(api.tx.Virt.upload({ code, storage_deposit_limit }), 'ProgramStored');

const { address } = await submit(api.tx.Virt.instantiate({
	code_hash, salt: bytes('salt'), input: u32(40), value: 0n, weight_limit, storage_deposit_limit,
}), 'Instantiated');

const entry = bytes('increment');
const input = u32(2);
const tried = await api.apis.VirtApi.dry_run_call(alice.address, address, entry, input, 0n, undefined, undefined);
const { ref_time, proof_size } = tried.weight_required;
console.log(`${tried.logs.map((line) => new TextDecoder().decode(line))}, with a limit of ${ref_time} ps and ${proof_size} bytes`);

const { output } = await submit(api.tx.Virt.call({
	address, entry, input, value: 0n, weight_limit: tried.weight_required, storage_deposit_limit,
}), 'Called');
console.log(new DataView(output.buffer, output.byteOffset).getUint32(0, true));
client.destroy();
