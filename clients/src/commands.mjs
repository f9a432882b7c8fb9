// The commands of the command line `virt`, and their output. Calls are in chain.mjs, types in abi.mjs, rendering in
// show.mjs.

import { existsSync, readFileSync, statSync } from 'node:fs';

import { hexToU8a, isHex, u8aConcat } from '@polkadot/util';
import { decodeAddress, encodeAddress } from '@polkadot/util-crypto';

import { Abi, withData } from './abi.mjs';
import { Advice } from './advice.mjs';
import {
	NOTHING, attempt, dryRun, errorDocs, eventOf, exportsOf, follow, submit, tx,
} from './chain.mjs';
import { explain } from './explain.mjs';
import { PROGRAMS } from './paths.mjs';
import * as show from './show.mjs';
import { traceCall, traceTransaction } from './trace.mjs';

/** An invalid command line. */
export class Misused extends Advice {}

/**
 * The calls of the pallet by command: the dry-run and the call with a weight limit, the event with the result, and
 * the ABI and entry that decode the output.
 */
export const CALLS = {
	upload({ api, origin, deposit }, [file]) {
		const code = read(file);
		return {
			event: 'ProgramStored',
			dryRun: () => dryRun.upload(api, origin, code, deposit),
			tx: () => tx.upload(api, code, deposit),
		};
	},

	instantiate(context, [program, ...values]) {
		const { api, origin, deposit, options: { salt }, value } = context;
		const hash = codeHash(api, program);
		const abi = findAbi(context, program);
		const entry = !abi || abi.entries.includes('init') ? 'init' : null;
		const input = entry ? encode(context, abi, entry, values) : NOTHING;
		const tried = (limit) => [origin, hash, salt, input, value, limit, deposit];
		return {
			event: 'Instantiated', abi, entry, tried,
			dryRun: (limit) => dryRun.instantiate(api, ...tried(limit)),
			tx: (limit) => tx.instantiate(api, hash, salt, input, value, limit, deposit),
		};
	},

	call(context, [address, entry, ...values]) {
		const { api, origin, deposit, value } = context;
		known(() => decodeAddress(address));
		const abi = findAbi(context);
		const input = encode(context, abi, entry, values);
		const tried = (limit) => [origin, address, entry, input, value, limit, deposit];
		return {
			event: 'Called', abi, entry, program: address, tried,
			dryRun: (limit) => dryRun.call(api, ...tried(limit)),
			tx: (limit) => tx.call(api, address, entry, input, value, limit, deposit),
		};
	},

	run(context, [program, entry, ...values]) {
		const { api, origin } = context;
		const hash = codeHash(api, program);
		const abi = findAbi(context, program);
		const input = encode(context, abi, entry, values);
		const tried = (limit) => [origin, hash, entry, input, limit];
		return {
			event: 'Executed', abi, entry, program: hash, tried,
			dryRun: (limit) => dryRun.run(api, ...tried(limit)),
			tx: (limit) => tx.run(api, hash, entry, input, limit),
		};
	},

	remove({ api }, [program]) {
		return { event: 'ProgramRemoved', tx: () => tx.remove(api, codeHash(api, program)) };
	},
};

/** Signs and submits, after a dry-run unless a weight limit is given or the call has none. */
export async function send(context, call) {
	const { api, signer, limit, options } = context;
	const blind = limit !== null || !call.dryRun;
	const { tried, receipt } = blind
		? { receipt: await submit(api, call.tx(limit ?? undefined), signer, options) }
		: await attempt(api, signer, call, null, options);
	if (!receipt) {
		await print(context, call, { tried });
		throw new Advice('The dry-run failed, so nothing was sent.');
	}
	await print(context, call, { receipt, ...(receipt.error ? {} : eventOf(receipt, call.event)) });
	return receipt.error === null;
}

/** Dry-runs a call, and prints the result. */
export async function tryOut(context, call) {
	const tried = await call.dryRun(context.limit);
	await print(context, call, { tried });
	return tried.error === null;
}

/**
 * Traces a transaction, or a dry-run of a call: prints the tree of program calls, and writes a profile if
 * requested.
 */
export async function trace(context, [first, ...rest]) {
	const { api, limit, options, out } = context;
	const traced = TRACED.includes(first)
		? await traceCall(api, first, CALLS[first](context, rest).tried(limit))
		: await traceTransaction(api, first);
	if (options.json) {
		out.log(json(traced));
		return true;
	}
	const profile = options.profile === undefined ? [] : ['--profile', options.profile];
	out.log(await explain(traced, options.programs ?? PROGRAMS, profile));
	return true;
}

/** The commands that support tracing a dry-run. */
const TRACED = ['instantiate', 'call', 'run'];

/** Prints a receipt or a dry-run, with the output decoded by the ABI. */
async function print({ api, signer, options, out }, { abi, entry, program }, { receipt, tried, ...gave }) {
	const done = { ...(receipt ?? tried) };
	done.events = withData(abi, done.events);
	const output = tried?.output ?? (gave.output && hexToU8a(gave.output));
	const { result, thrown } = abi && entry && output ? abi.outcome(entry, done.error, output) : {};
	const entries = done.error === 'virt.EntryNotFound' ? await exportsOf(api, program) : undefined;

	if (options.json) {
		const docs = done.error ? errorDocs(api, done.error) : undefined;
		out.log(json({ ...done, docs, ...gave, output, result, thrown, entries }));
		return;
	}
	let returned = output?.length && !done.error ? show.hex(output) : null;
	if (result !== undefined) {
		const { result: type } = abi.entry(entry);
		returned = type === 'Null' ? null : `${show.flat(result)}  (${show.printable(type)})`;
	}
	const names = { [signer.address]: signer.meta.name };
	out.log(receipt
		? show.receipt(api, { receipt: done, returned, names })
		: show.tried(api, { tried: done, returned, thrown, names }));
	if (entries) out.log(`The program's entries: ${entries.map(show.printable).join(', ')}`);
}

/** Prints events of the pallet in new blocks, until the connection ends. */
export async function watch({ api, options, abi, out }, [address]) {
	const wanted = address === undefined ? null : namesOf(api, address);
	const ended = new Promise((_, fail) => {
		api.once('disconnected', () => fail(new Advice('The node closed the connection.')));
	});
	await follow(api, ({ number, hash, events }) => {
		const found = withData(abi, events.filter(({ name, data }) =>
			name.startsWith('virt.') && (wanted === null || Object.values(data).some((value) => wanted.includes(value)))));
		if (found.length === 0) return;
		if (!options.json) {
			out.log(show.block({ number, hash }, show.eventList(api, found, { names: {} })));
		} else {
			for (const event of found) out.log(json({ block: { number, hash }, ...event }));
		}
	}, { finalized: !options.best });
	out.error(`Watching ${options.best ? 'best' : 'finalized'} blocks; press Ctrl-C to stop.`);
	await ended;
}

/** The input of a call: typed values with an ABI, bytes without. */
function encode({ accounts }, abi, entry, values) {
	if (!abi) {
		const odd = values.find((value) => !isHex(value));
		if (odd !== undefined) {
			throw new Misused(`Without an ABI, input is hex, and ${odd} is not: add --abi.`);
		}
		return u8aConcat(...values.map((value) => hexToU8a(value)));
	}
	return known(() => abi.encodeTexts(entry, values, accounts));
}

/** Errors of the ABI are user errors: print one line without a stack. */
export function known(ask) {
	try {
		return ask();
	} catch (error) {
		throw new Misused(error.message);
	}
}

/** An account in the format of events, or a code hash: 32 bytes in hex may be either. */
function namesOf(api, text) {
	const bytes = known(() => decodeAddress(text));
	return [encodeAddress(bytes, api.registry.chainSS58), show.hex(bytes)];
}

const isCodeHash = (program) => isHex(program, 256);

function codeHash(api, program) {
	return isCodeHash(program) ? program : api.registry.hash(read(program)).toHex();
}

/** The given ABI, or the one beside the blob; null if there is none. */
function findAbi({ abi }, program = null) {
	if (abi || program === null || isCodeHash(program)) return abi;
	const beside = program.replace(/(\.debug)?\.polkavm$/, '.abi.json');
	return beside !== program && existsSync(beside) ? readAbi(beside) : null;
}

export const readAbi = (file) => known(() => new Abi(JSON.parse(read(file))));

function read(file) {
	return known(() => {
		// Some files never end.
		if (!statSync(file).isFile()) throw new Error(`${file} is not a file`);
		return readFileSync(file);
	});
}

/** One line of JSON, with unsupported values as text or lists. */
const json = (value) => JSON.stringify(value, (_, inner) => {
	if (typeof inner === 'bigint') return inner.toString();
	if (inner instanceof Map) return [...inner];
	return inner instanceof Uint8Array ? show.hex(inner) : inner;
});
