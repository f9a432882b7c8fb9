// `virt-node program bindings`: the generated code is compiled, and used on a running node.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { decodeAddress, encodeAddress } from '@polkadot/util-crypto';

import { Abi } from '../src/abi.mjs';
import { accounts, instantiate, upload } from '../src/chain.mjs';
import { PROGRAMS, abi, blob, nodeBinary } from '../src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const MODULES = join(HERE, '../node_modules');

/** A program with an entry for each kind of type. */
const KINDS = {
	version: 1,
	name: 'all-kinds',
	entries: [
		['integers', ['u8', 'u16', 'u32', 'u64', 'u128', 'i8', 'i16', 'i32', 'i64', 'i128'], 'u8'],
		['others', ['bool', 'Text', 'Bytes', '[u8; 4]', '[u16; 3]', 'AccountId'], 'Null'],
		['lists', ['Vec<u32>', 'Vec<(u8, Text)>', 'BTreeSet<u16>', 'BTreeMap<u8, Text>'], 'Vec<u32>'],
		['maybe', ['Option<u32>', 'Option<Text>', 'Result<u8, Text>', 'Result<Null, bool>'], 'Option<u32>'],
		['compacts', ['Compact<u32>', 'Compact<u64>', 'Compact<u128>'], 'Compact<u128>'],
		['own', ['Shape', 'Shape', 'Shape', 'Point', 'Tree', 'Number'], 'Tree'],
		['event', ['u8'], 'Null'],
	].map(([name, types, result]) => ({
		name, docs: 'Ends a comment? */', reentrant: false, result, error: null,
		arguments: types.map((type, nth) => ({ name: nth === 0 ? 'new' : `a${nth}`, type, optional: false })),
	})),
	types: {
		Shape: { _enum: { Dot: 'Null', Circle: 'u32', Line: '(Point, Point)', Box: { from: 'Point', size: 'u128' } } },
		Point: { x: 'i32', y: 'i32' },
		Tree: { value: 'u8', inner: 'Vec<Tree>' },
		Number: 'u64',
	},
	docs: { Shape: 'Two\nlines.', 'Shape.Dot': 'A dot.', 'Point.x': 'To the right.' },
};

/** Arguments for each entry, as the bindings take them. */
const VALUES = {
	integers: [
		[255, 65_535, 2 ** 32 - 1, 2n ** 64n - 1n, 2n ** 128n - 1n, -128, -32_768, -(2 ** 31), -(2n ** 63n), -(2n ** 127n)],
		[0, 1, 2, 3n, 4n, -1, -2, -3, -4n, 5n],
	],
	others: [
		[true, 'grüße', Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6, 7), [1, 2, 65_535], encodeAddress(new Uint8Array(32).fill(7), 42)],
		[false, '', new Uint8Array(300), new Uint8Array(4), [0, 0, 0], encodeAddress(new Uint8Array(32).fill(255), 42)],
	],
	lists: [[[1, 2, 3], [[1, 'a'], [2, 'b']], [5, 6], new Map([[1, 'x'], [2, '']])], [[], [], [], new Map()]],
	maybe: [[5, null, { Ok: 1 }, { Err: true }], [null, 'some', { Err: 'text' }, { Ok: null }]],
	compacts: [[63n, 64n, 16_384n], [2n ** 30n - 1n, 2n ** 30n, 2n ** 128n - 1n], [0n, 2n ** 64n - 1n, 1n]],
	own: [[
		'Dot', { Circle: 7 }, { Line: [{ x: -1, y: 1 }, { x: 2, y: -2 }] }, { x: 5, y: 6 },
		{ value: 1, inner: [{ value: 2, inner: [] }, { value: 3, inner: [{ value: 4, inner: [] }] }] }, 9n,
	], ['Dot', { Box: { from: { x: 0, y: 0 }, size: 10n ** 20n } }, 'Dot', { x: 0, y: 0 }, { value: 0, inner: [] }, 0n]],
	event: [[1]],
};

/** A client with accounts and without a chain. */
const OFFLINE = {
	toBytes: (address) => decodeAddress(address),
	toAddress: (bytes) => encodeAddress(bytes, 42),
};

const run = promisify(execFile);

describe('bindings', () => {
	const s = scenario('bindings', { timeout: 300_000 });
	const folder = join(s.dir, 'typed');
	let kinds, usage;

	/** The TypeScript module of an ABI. */
	const module = async (file) => (await run(nodeBinary(), ['program', 'bindings', '--ts', file])).stdout;

	s.before(async () => {
		mkdirSync(folder);
		symlinkSync(MODULES, join(folder, 'node_modules'));
		writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
		const file = join(s.dir, 'kinds.abi.json');
		writeFileSync(file, JSON.stringify(KINDS));
		writeFileSync(join(folder, 'kinds.ts'), await module(file));
		for (const name of readdirSync(PROGRAMS).filter((it) => it.endsWith('.abi.json'))) {
			writeFileSync(join(folder, `${name.replace('.abi.json', '')}.ts`), await module(join(PROGRAMS, name)));
		}
		// The package has no types.
		writeFileSync(join(folder, 'ws.d.ts'), "declare module 'ws';");
		copyFileSync(join(HERE, 'bindings/usage.ts'), join(folder, 'usage.ts'));
	});

	s.it('the TypeScript of every program compiles in the strictest mode', async () => {
		const files = readdirSync(folder).filter((it) => it.endsWith('.ts'));
		assert.ok(files.length > 15, files.join());
		const checks = ['strict', 'noUncheckedIndexedAccess', 'noImplicitReturns', 'noUnusedParameters',
			'noPropertyAccessFromIndexSignature', 'skipLibCheck'];
		const compilerOptions = {
			module: 'nodenext', target: 'es2022', types: [], ...Object.fromEntries(checks.map((check) => [check, true])),
		};
		writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
		await run(process.execPath, [join(MODULES, 'typescript/bin/tsc')], { cwd: folder })
			.catch(({ stdout, stderr }) => assert.fail(stdout + stderr));
		const load = (name) => import(pathToFileURL(join(folder, name)));
		[kinds, usage] = [await load('kinds.js'), await load('usage.js')];
	});

	s.it('values of every kind are encoded and decoded as by polkadot-js', () => {
		const program = new kinds.AllKinds(OFFLINE, encodeAddress(new Uint8Array(32), 42));
		const reference = new Abi(KINDS);
		for (const [entry, cases] of Object.entries(VALUES)) {
			for (const values of cases) {
				const call = program[entry === 'event' ? 'event_' : entry](...values);
				const wanted = reference.encode(entry, ...values);
				assert.deepEqual(call.input, wanted, entry);
			}
		}
		const tree = VALUES.own[0][4];
		const encoded = reference.registry.createType('Tree', tree).toU8a();
		assert.deepEqual(program.own(...VALUES.own[0]).decode(encoded), tree);
		assert.deepEqual(program.lists(...VALUES.lists[0]).decode(Uint8Array.of(8, 1, 0, 0, 0, 2, 0, 0, 0)), [1, 2]);
		assert.equal(program.maybe(...VALUES.maybe[0]).decode(Uint8Array.of(0)), null);
		for (const value of VALUES.compacts.flat()) {
			const bytes = reference.registry.createType('Compact<u128>', value).toU8a();
			assert.equal(program.compacts(...VALUES.compacts[0]).decode(bytes), value);
		}
	});

	s.it('values out of range are rejected', () => {
		const program = new kinds.AllKinds(OFFLINE, encodeAddress(new Uint8Array(32), 42));
		const [values] = VALUES.integers;
		values.forEach((value, nth) => {
			// Twice the minimum or maximum, and one more.
			const wrong = typeof value === 'bigint' ? value * 2n + 1n : value * 2 + 1;
			const list = values.map((it, index) => (index === nth ? wrong : it));
			assert.throws(() => program.integers(...list), RangeError, `${nth}`);
		});
		assert.throws(() => program.own('Square', ...VALUES.own[0].slice(1)), /Square is none of Dot, Circle/);
		const decode = (bytes) => program.lists(...VALUES.lists[0]).decode(bytes);
		assert.throws(() => decode(Uint8Array.of(8, 1, 0)), RangeError);
		assert.throws(() => decode(Uint8Array.of(0, 0)), /1 bytes are left over/);
		assert.throws(() => decode(Uint8Array.of(254, 255, 255, 255)), RangeError);
	});

	s.it('both clients call a program on a node with the bindings', async () => {
		const { alice, bob } = await accounts();
		const node = await s.start('node', { args: ['--dev'] });
		const api = await s.connect(node);
		const { codeHash } = await upload(api, alice, blob('token'));
		const input = new Abi(abi('token')).encode('init', 1000n);
		const { address } = await instantiate(api, alice, codeHash, 'typed', input);
		const event = { Transferred: { from: alice.address, to: bob.address, amount: 5n } };
		const said = await usage.overPolkadotJs(node.url, address);
		assert.deepEqual(said, { before: 0n, error: { TooLittle: { balance: 1000n } }, event, after: 5n });
		const again = await usage.overPapi(node.url, address);
		assert.deepEqual(again, { before: 5n, error: { TooLittle: { balance: 995n } }, event, after: 10n });
	});

	s.it('an invalid name or type is rejected', async () => {
		const broken = async (change) => {
			const file = join(s.dir, 'broken.abi.json');
			writeFileSync(file, JSON.stringify({ ...KINDS, ...change }));
			return run(nodeBinary(), ['program', 'bindings', '--ts', file]).then(
				() => assert.fail('it is refused'), ({ code, stderr }) => `${code}: ${stderr}`);
		};
		assert.match(await broken({ name: 'a;b' }), /2: .*"A;b" is not a valid name/);
		assert.match(await broken({ types: { 'X = any; type Y': 'u8' } }), /is not a valid name/);
		assert.match(await broken({ types: {} }), /2: .*the type Shape is not known/);
	});
});
