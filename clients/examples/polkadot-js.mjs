import { readFileSync } from 'node:fs';

import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { stringToHex, u8aToHex } from '@polkadot/util';

const provider = new WsProvider(process.env.VIRT_URL ?? 'ws://127.0.0.1:9944');
const api = await ApiPromise.create({ provider, noInitWarn: true });
const alice = new Keyring({ type: 'sr25519' }).addFromUri('//Alice');

/** Signs, submits and waits for finality. Returns the data of the event `wanted`. */
const submit = (tx, wanted) => new Promise((done, fail) => {
	tx.signAndSend(alice, ({ status, events, dispatchError }) => {
		if (!status.isFinalized) return;
		if (dispatchError) fail(new Error(api.registry.findMetaError(dispatchError.asModule).name));
		else done(events.map(({ event }) => event).find((event) => wanted.is(event)).data);
	}).catch(fail);
});

// Pass bytes as hex: polkadot-js treats a `Uint8Array` as already encoded.
const code = u8aToHex(readFileSync(process.argv[2]));
const { codeHash } = await submit(api.tx.virt.upload(code, null), api.events.virt.ProgramStored);

const start = api.createType('u32', 40).toHex(true);
const weightLimit = { refTime: 70_000_000_000n, proofSize: 4_000_000n };
const { address } = await submit(
	api.tx.virt.instantiate(codeHash, stringToHex('salt'), start, 0, weightLimit, null),
	api.events.virt.Instantiated,
);

const entry = stringToHex('increment');
const step = api.createType('u32', 2).toHex(true);
const tried = await api.call.virtApi.dryRunCall(alice.address, address, entry, step, 0, null, null);
const { refTime, proofSize } = tried.weightRequired;
console.log(`${tried.logs.map((line) => line.toUtf8())}, with a limit of ${refTime} ps and ${proofSize} bytes`);

const { output } = await submit(
	api.tx.virt.call(address, entry, step, 0, tried.weightRequired, null),
	api.events.virt.Called,
);
console.log(api.createType('u32', output.toU8a(true)).toNumber());
await api.disconnect();
