// The programs of a call: a tree of program calls and syscalls, and a flame graph of their gas.

import { count } from '../src/format.mjs';
import { element, short } from './dom.mjs';

/** The maximal number of syscalls shown for a program. */
const SHOWN = 200;

/**
 * The maximal depth of the flame graph. Boxes with less than a thousandth of the gas are omitted.
 */
const DEEPEST = 60;

/**
 * The part of a card that requests the trace when it is opened. `trace` returns the response of
 * `virt_trace*`; `known` returns `name` and `abi` of a program by its code hash, or nothing.
 */
export function traceOf(trace, known) {
	const body = element('div', { class: 'trace' });
	const details = element('details', {}, element('summary', {}, 'trace and gas'), body);
	details.addEventListener('toggle', async () => {
		body.replaceChildren('tracing');
		try {
			const { programs } = await trace();
			body.replaceChildren(...(programs.length === 0
				? ['no program was called']
				: programs.flatMap((program) => [flames(program, known), tree(program, known)])));
		} catch (error) {
			body.replaceChildren(error.message);
		}
	}, { once: true });
	return details;
}

const nameOf = ({ code_hash: hash, entry }, known) => `${known(hash)?.name ?? short(hash)}::${entry}`;

/** A program call: its syscalls with the programs that they called, and how it ended. */
function tree(program, known) {
	const shown = program.syscalls.slice(0, SHOWN);
	const hidden = program.syscalls.length - shown.length + program.left_out;
	return element(
		'details', { open: true, class: 'call' },
		element('summary', {}, element('b', {}, nameOf(program, known)), ` ${figure(program.gas)}`),
		element(
			'ul', {},
			shown.map((syscall) => element(
				'li', {},
				element('code', {}, `${syscall.name}(${syscall.arguments.map(argument).join(', ')})`),
				syscall.result === null ? ', and did not return' : ` = ${syscall.result}, ${figure(syscall.gas)}`,
				syscall.programs.map((called) => tree(called, known)),
			)),
			hidden > 0 ? element('li', {}, `${count(hidden)} more syscalls`) : null,
			element('li', { class: FAILED.includes(program.end) ? 'bad' : null }, ended(program, known)),
		),
	);
}

/** The ends of a program that roll back its changes. */
const FAILED = ['reverted', 'trapped', 'stack_overflow', 'out_of_gas', 'faulted'];

function ended({ code_hash: hash, end, entry, output, backtrace }, known) {
	const at = FAILED.includes(end) && backtrace.length > 0 ? ` at code offset ${backtrace[0][0]}` : '';
	return `${end.replaceAll('_', ' ')}${at}${output ? ` ${read(known(hash)?.abi, entry, end, output)}` : ''}`;
}

/** An output decoded by the ABI; without one, its bytes. */
function read(abi, entry, end, output) {
	if (!abi) return output;
	try {
		const bytes = Uint8Array.from(output.slice(2).match(/../g) ?? [], (pair) => parseInt(pair, 16));
		const value = end === 'reverted' ? abi.error(entry, bytes) : abi.result(entry, bytes);
		return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? inner.toString() : inner));
	} catch {
		return output;
	}
}

const argument = ([name, value]) => `${name}: ${typeof value === 'string' && value.length > 80
	? `${value.slice(0, 66)}… ${count((value.length - 2) / 2)} bytes` : value}`;

const figure = (gas) => `${count(gas)} gas`;

/**
 * The boxes of the flame graph: a program call, a function of it, or its syscalls of one name. The
 * page has no source code: a function is named by its code offset.
 */
function frames(program, known) {
	const functions = program.functions.map(({ entry, count: times, blocks }) => ({
		name: `@${entry}, ${count(times)} times`,
		gas: blocks.reduce((sum, [, , gas]) => sum + gas, 0),
		inner: [],
	}));
	const root = { name: nameOf(program, known), gas: program.gas, inner: [] };
	// Callers come first, so iterating from the end adds complete callees.
	for (let nth = functions.length - 1; nth >= 0; nth -= 1) {
		const { caller } = program.functions[nth];
		const own = functions[nth];
		if (caller) {
			functions[caller[0]].gas += own.gas;
			functions[caller[0]].inner.push(own);
		} else {
			root.inner.push(own);
		}
	}
	const syscalls = new Map();
	for (const { name, gas, programs } of program.syscalls) {
		if (!syscalls.has(name)) syscalls.set(name, { name, gas: 0, inner: [], kind: 'syscall' });
		const box = syscalls.get(name);
		box.gas += gas ?? programs.reduce((sum, called) => sum + called.gas, 0);
		box.inner.push(...programs.map((called) => frames(called, known)));
	}
	root.inner.push(...syscalls.values());
	return root;
}

function flames(program, known) {
	const root = frames(program, known);
	return element('div', { class: 'flames', role: 'img', 'aria-label': 'gas by function and syscall' }, box(root, root.gas));
}

function box({ name, gas, inner, kind }, all, depth = 0) {
	const title = `${name}: ${figure(gas)}, ${((100 * gas) / Math.max(all, 1)).toFixed(1)} %`;
	const shown = depth < DEEPEST ? inner.filter((it) => it.gas * 1000 >= all) : [];
	const made = element(
		'div', { class: 'box' },
		element('span', { title, class: kind ?? null }, name),
		shown.length === 0 ? null : element(
			'div', { class: 'row' },
			shown.sort((a, b) => b.gas - a.gas).map((it) => box(it, all, depth + 1)),
			rest(gas - shown.reduce((sum, it) => sum + it.gas, 0)),
		),
	);
	made.style.flex = `${gas} 1 0`;
	return made;
}

/** A box's own gas is empty space at its right. */
function rest(gas) {
	const made = element('div', {});
	made.style.flex = `${Math.max(gas, 0)} 1 0`;
	return made;
}
