// Renders receipts and dry-runs for a terminal.

import { u8aToHex } from '@polkadot/util';

import { errorDocs } from './chain.mjs';
import { count, flat, printable, units } from './format.mjs';

export { count, flat, printable, units };

// The width of labels. A line has the step at the left edge, then the label, then the value.
const LABEL = 12;
const WIDTH = 100;

const colour = process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
const paint = (code) => (text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
const bold = paint(1);
const dim = paint(2);
const red = paint(31);
const green = paint(32);
const cyan = paint(36);

export const hex = u8aToHex;

/** The node and the chain of the demo. */
export async function opening(api, url) {
	const [chain, name, version] = await Promise.all([
		api.rpc.system.chain(), api.rpc.system.name(), api.rpc.system.version(),
	]);
	const { specName, specVersion } = api.runtimeVersion;
	return [
		'',
		`${bold('Programs in a block')}  ${dim('a tour of pallet-virt')}`,
		field('node', `${name} ${version}`),
		field('chain', `${chain}, runtime ${specName}-${specVersion}, genesis ${api.genesisHash}`),
		field('endpoint', url),
		'',
	].join('\n');
}

/** One step of the demo. */
export function step(api, { number, title, ...rest }) {
	return `${rule(`${number}  ${title}`)}\n${receipt(api, rest)}`;
}

/** A receipt with the arguments and the result. */
export function receipt(api, { args = {}, receipt, returned, names }) {
	const { extrinsic, block, events, weight, fee, error } = receipt;
	const who = names[extrinsic.signer] ?? extrinsic.signer;
	const lines = [
		field('extrinsic', `${bold(extrinsic.name)} by ${who}  ${dim(extrinsic.hash)}`),
		...Object.entries(args).map(([key, value]) => field('', `${dim(key.padEnd(9))} ${value}`)),
		field('block', `${bold(`#${block.number}`)}  ${dim(block.hash)}`),
		...eventList(api, events, { error, names }),
		field('weight', weighed(weight)),
		field('fee', units(api, fee)),
		...failure(api, error),
		...gave(returned),
	];
	return `${lines.join('\n')}\n`;
}

/** A dry-run with the decoded result. */
export function tried(api, { tried, returned, thrown, names }) {
	const { error, weightConsumed, weightRequired, weight, deposit, events, logs, trap } = tried;
	const lines = [
		...eventList(api, events, { error, names }),
		...logs.map((line, index) => field(index === 0 ? 'logs' : '', printable(line))),
		field('used', weighed(weightConsumed)),
		field('limit', weighed(weightRequired)),
		field('weight', weighed(weight)),
		field('deposit', deposit < 0n ? `${units(api, -deposit)} given back` : units(api, deposit)),
		...(trap ? [field('trapped', `in ${trap.codeHash}, at code offset ${trap.offset ?? 'unknown'}`)] : []),
		...failure(api, error, thrown),
		...gave(returned),
	];
	return `${lines.join('\n')}\n`;
}

const weighed = ({ refTime, proofSize }) =>
	`refTime ${count(refTime)} ps, proofSize ${count(proofSize)} bytes`;

/** An error, and the program's own error. */
function failure(api, error, thrown) {
	if (!error) return [];
	const lines = [field('failed', red(bold(error)), errorDocs(api, error))];
	if (thrown) lines.push(field('error', red(bold(flat(thrown.error))), printable(thrown.docs)));
	return lines;
}

/** The result: a line, and details in a dimmed line. */
export function gave(returned) {
	if (!returned) return [];
	const [first, ...more] = returned.split('\n');
	return [field('returned', green(bold(first))), ...more.map((text) => field('', dim(text)))];
}

/** A block's line, before the lines of what happened in it. */
export const block = ({ number, hash }, lines) =>
	[field('block', `${bold(`#${number}`)}  ${dim(hash)}`), ...lines, ''].join('\n');

/** Events of pallet `virt` field by field, others in a line each. */
export function eventList(api, events, { error = null, names }) {
	const ours = events.filter(({ name }) => name.startsWith('virt.'));
	const rest = events.filter(({ name }) => !name.startsWith('virt.'));
	const lines = [];
	let label = 'events';
	for (const { name, data } of ours) {
		lines.push(field(label, cyan(name)));
		label = '';
		for (const [key, value] of Object.entries(data)) {
			lines.push(field('', `  ${dim(key.padEnd(9))} ${shown(value, names)}`));
		}
	}
	for (const { name, data: { dispatchError, ...fields } } of rest) {
		const data = dispatchError ? { error, ...fields } : fields;
		lines.push(field(label, `${name}  ${dim(inline(api, name, data, names))}`));
		label = '';
	}
	return lines;
}

/** The summary of the demo. */
export async function closing(api, receipts) {
	const fees = receipts.reduce((sum, { fee }) => sum + fee, 0n);
	const failed = receipts.filter(({ error }) => error).length;
	const last = receipts[receipts.length - 1].block;
	return [
		rule('Done'),
		field('extrinsics', `${receipts.length - failed} succeeded, ${failed} failed as it should`),
		field('blocks', `#${receipts[0].block.number} to #${last.number}`),
		field('fees', `${units(api, fees)} in all`),
		'',
	].join('\n');
}

/** How to use the node that is still running. */
export function goOn({ url, programs, log, pid }) {
	const apps = `https://polkadot.js.org/apps/?rpc=${encodeURIComponent(url)}#/extrinsics`;
	return [
		rule('The node is still running: go on from here'),
		field('browser', apps),
		field('', dim('Developer > Extrinsics > virt.upload takes a file; sign as Alice')),
		field('programs', programs),
		field('script', dim('await ApiPromise.create({ provider: new WsProvider(' + `'${url}'` + ') })')),
		field('node', `process ${pid}, log ${log}`),
		field('stop', bold('Ctrl-C')),
		'',
	].join('\n');
}

const rule = (text) => `${bold(text)} ${dim('─'.repeat(Math.max(3, WIDTH - text.length - 1)))}`;

function field(label, value, note) {
	const head = `  ${dim(label.padEnd(LABEL))}${value}`;
	return note ? `${head}\n  ${' '.repeat(LABEL)}${dim(note)}` : head;
}

const named = (address, names) =>
	(names[address] ? `${names[address]} ${dim(address)}` : address);

/** A field's value, long bytes cut. */
function shown(value, names) {
	if (value === null) return 'none';
	if (typeof value === 'bigint' || typeof value === 'number') return count(value);
	if (typeof value === 'string') {
		if (names[value]) return named(value, names);
		if (!value.startsWith('0x')) return printable(value);
		const size = (value.length - 2) / 2;
		if (size === 0) return 'empty';
		// Entry names are bytes on the chain: show the text, too.
		const text = Buffer.from(value.slice(2), 'hex').toString('latin1');
		if (/^[a-z_][a-z0-9_]*$/i.test(text)) return `${value}  "${text}"`;
		return size > 32 ? `${value.slice(0, 66)}...  (${count(size)} bytes)` : value;
	}
	if (value.refTime !== undefined) return weighed(value);
	return flat(value);
}

/** Fields on one line, for the events that are not the demo's subject. */
function inline(api, name, data, names) {
	return Object.entries(data)
		.map(([key, value]) => {
			if (typeof value === 'bigint') return `${key} ${units(api, value)}`;
			if (typeof value === 'string') return `${key} ${names[value] ?? printable(value)}`;
			return `${key} ${flat(value)}`;
		})
		.join(', ');
}
