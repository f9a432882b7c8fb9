// A receipt or a dry-run as a card.

import { errorDocs } from '../src/chain.mjs';
import { count, flat, units } from '../src/format.mjs';
import { $, element, short } from './dom.mjs';

/**
 * `receipt` is that of a submitted call, `tried` its dry-run; `result` and `thrown` are those of
 * `Abi.outcome`, `output` is hex; `trace` is an element, or null.
 */
export function showOutcome(api, { title, who, receipt, tried, events, output, result, thrown, type, trace }) {
	const { error } = receipt ?? tried;
	const where = receipt ? `in block #${receipt.block.number}, by ${who}` : 'dry-run, not sent';
	let returned = null;
	if (!error && result !== undefined && result !== null) returned = [flat(result), type];
	else if (!error && output && output !== '0x' && result === undefined) returned = [output, type ?? 'bytes'];
	const figures = [];
	const used = tried.weightConsumed.refTime;
	if (used > 0n) figures.push(['program', `${count(used)} ps`]);
	if (receipt) figures.push(['fee', units(api, receipt.fee)]);
	if (tried.deposit) {
		figures.push(['deposit', `${units(api, abs(tried.deposit))}${tried.deposit < 0n ? ' back' : ''}`]);
	}
	const { refTime, proofSize } = (receipt ?? tried).weight;
	figures.push(['weight', `${count(refTime)} ps, ${count(proofSize)} bytes`]);
	add(element(
		'article', { class: `outcome ${error ? 'failed' : 'done'}` },
		element(
			'header', {},
			element('span', { class: 'mark' }, error ? '✗' : '✓'),
			element('h3', {}, title),
			element('span', {}, where),
		),
		returned && element(
			'p', { class: 'returned' }, element('code', {}, returned[0]), ' ', element('span', {}, returned[1]),
		),
		error && failure(error, errorDocs(api, error)),
		thrown ? failure(flat(thrown.error), thrown.docs) : null,
		tried.trap && element(
			'p', { class: 'note' }, `trapped in ${short(tried.trap.codeHash)}, at code offset ${tried.trap.offset ?? 'unknown'}`,
		),
		element('dl', { class: 'figures' }, figures.map(([name, text]) =>
			element('div', {}, element('dt', {}, name), element('dd', {}, text)))),
		tried.logs.length ? element('pre', { class: 'logs', title: 'log lines' }, tried.logs.join('\n')) : null,
		eventList(api, events),
		trace,
	));
}

/** A failure before the dry-run. */
export function showFailure(title, error) {
	add(element(
		'article', { class: 'outcome failed' },
		element('header', {}, element('span', { class: 'mark' }, '✗'), element('h3', {}, title)),
		failure(error.message, ''),
	));
}

const failure = (name, docs) =>
	element('p', { class: 'error' }, element('b', {}, name), ' ', element('span', {}, docs));

function eventList(api, events) {
	if (events.length === 0) return null;
	const ours = events.filter(({ name }) => name.startsWith('virt.'));
	const rest = events.filter(({ name }) => !name.startsWith('virt.'));
	return element(
		'details', { open: ours.some(({ name }) => name === 'virt.ProgramEvent') },
		element('summary', {}, `${events.length} ${events.length === 1 ? 'event' : 'events'}`),
		ours.map(({ name, data }) => element(
			'div', { class: 'event ours' },
			element('b', {}, name),
			element('dl', {}, Object.entries(data).flatMap(([field, value]) =>
				[element('dt', {}, field), element('dd', {}, shown(field, value))])),
		)),
		rest.map(({ name, data }) => element(
			'div', { class: 'event cut' },
			element('b', {}, name), ' ', flat(Object.fromEntries(Object.entries(data).map(
				([field, value]) => [field, typeof value === 'bigint' ? units(api, value) : value],
			))),
		)),
	);
}

/** The value of an event's field. Entry names are bytes on the chain: show the text. */
function shown(field, value) {
	if (field === 'entry') return new TextDecoder().decode(bytesOf(value));
	if (value === '0x') return 'empty';
	if (typeof value === 'bigint' || typeof value === 'number') return count(value);
	return flat(value);
}

const bytesOf = (hex) => Uint8Array.from(hex.slice(2).match(/../g) ?? [], (pair) => parseInt(pair, 16));

const abs = (value) => (value < 0n ? -value : value);

function add(card) {
	$('results').querySelector('.nothing')?.remove();
	$('results').prepend(card);
}
