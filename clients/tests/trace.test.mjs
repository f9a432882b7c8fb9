// Traces of transactions that call several programs: trees, backtraces, profiles.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe } from 'node:test';
import { join } from 'node:path';

import { Abi } from '../src/abi.mjs';
import { accounts, call, instantiate, submit, tx, upload, weight } from '../src/chain.mjs';
import { virt } from '../src/command-line.mjs';
import { abi, blob } from '../src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

const UNIT = 10n ** 12n;
const PRICE = UNIT;
/** Enough for any call here. */
const LIMIT = weight(100_000_000_000n);

describe('traces', () => {
	const s = scenario('trace');
	let api, url, alice, bob;
	const at = {};

	const input = (name, entry, ...values) => new Abi(abi(name)).encode(entry, ...values);
	const make = async (name, salt, value, ...values) => {
		const { codeHash } = await upload(api, alice, blob(name)).catch(() => ({
			codeHash: api.registry.hash(blob(name)).toHex(),
		}));
		const own = new Abi(abi(name));
		const init = own.entries.includes('init') ? own.encode('init', ...values) : new Uint8Array();
		return (await instantiate(api, alice, codeHash, salt, init, value)).address;
	};
	/** The output of `virt`. */
	const printed = async (...args) => {
		let text = '';
		const out = { log: (line) => (text += `${line}\n`), error: (line) => (text += `${line}\n`) };
		assert.equal(await virt(args, { VIRT_URL: url }, out), 0, text);
		return text;
	};
	/** Calls the relay in a transaction that may fail. Returns its position. */
	const relay = async (address, to, entry, inner, value = 0n) => {
		const given = input('relay', 'relay', to, entry, inner);
		const { block, extrinsic, error } = await submit(api, tx.call(api, address, 'relay', given, value, LIMIT), bob);
		return { place: `${block.number}-${extrinsic.index}`, error };
	};

	s.before(async () => {
		({ alice, bob } = await accounts());
		const node = await s.start('node', { args: ['--dev'] });
		({ url } = node);
		api = await s.connect(node);
		at.token = await make('token', 'a', 0n, 1000n);
		at.shop = await make('shop', 'a', UNIT, at.token, PRICE);
		at.relay = await make('relay', 'a', UNIT);
		at.other = await make('relay', 'b', UNIT);
		at.trap = await make('trap', 'a', UNIT);
		await call(api, alice, at.token, 'transfer', input('token', 'transfer', at.shop, 50n));
	});

	s.it('a purchase through three programs is one tree with names and values', async () => {
		const { place, error } = await relay(at.relay, at.shop, 'buy', new Uint8Array(), 7n * PRICE);
		assert.equal(error, null);
		const told = await printed('trace', place);
		const [first] = told.split('\n');
		assert.match(first, /^relay::relay\(to: "5\w+", entry: "buy", input: "0x"\) {2}gas [\d,]+, its own [\d,]+ \| ref time [\d.]+ us, its own [\d.]+$/);
		assert.match(told, /\n├─ call_program\(.*\n│ {2}└─ shop::buy\(\) {2}gas [\d,]+, its own [\d,]+ \| ref time [\d.]+ us, its own [\d.]+ \| account 0x[\da-f]{8}\n/);
		assert.match(told, /\n│ {5}│ {2}└─ token::transfer\(to: "5\w+", amount: "7"\) {2}gas [\d,]+ \| ref time [\d.]+ us \| account 0x[\da-f]{8}\n/);
		assert.match(told, /\n│ {5}│ {5}├─ event\(data: {"Transferred":.*"amount":"7".*}\) = 0, gas [\d,]+\n/);
		assert.match(told, /\n│ {5}└─ returned "7"\n/);
		const svg = join(s.dir, 'purchase.svg');
		const profile = await printed('profile', place, '--svg', svg);
		assert.match(profile, /\n *gas +with callees +share +function\n/);
		for (const name of ['relay::relay', 'shop::buy', 'token::transfer']) {
			assert.ok(readFileSync(svg, 'utf8').includes(name), name);
		}
	});

	s.it('a trap in a third nested program has a backtrace in each of them', async () => {
		const inner = input('relay', 'relay', at.trap, 'trap', new Uint8Array());
		const { place, error } = await relay(at.relay, at.other, 'relay', inner);
		assert.equal(error, 'virt.Trapped');
		const told = await printed('trace', place);
		assert.match(told, /\n│ {5}│ {2}└─ trap::trap\(\) {2}gas [\d,]+ \| ref time [\d.]+ us \| account 0x[\da-f]{8}\n/);
		const lines = told.split('\n');
		for (const [indent, name] of [['│     │     ', 'trap'], ['│     ', 'relay'], ['', 'relay']]) {
			const end = lines.indexOf(`${indent}└─ trapped`);
			assert.ok(end > 0, `${indent}└─ trapped`);
			assert.match(lines[end - 1], new RegExp(`log\\(text: "panic at ${name}/src/main\\.rs:\\d+: `));
			// From the panic handler to the entry point.
			const backtrace = lines.slice(end + 1, end + 1 + lines.slice(end + 1).findIndex((line) => !line.startsWith(`${indent}      `)));
			assert.ok(backtrace[0].includes('/primitives/guest/src/trap.rs:'), backtrace[0]);
			assert.ok(backtrace.at(-1).includes(` ${name}::${name}::`), backtrace.at(-1));
		}
	});
});
