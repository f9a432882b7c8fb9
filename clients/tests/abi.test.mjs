// The types of an ABI and their encoding, without a node. The programs' ABIs come from the build.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Abi, withData } from '../src/abi.mjs';
import { abi, blobNames } from '../src/paths.mjs';

const ALICE = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
const BOB = '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const bytes = (text) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** An ABI with one entry, `entry`, that has the named arguments, result and error. */
const of = (types, args, result = 'Null', error = null) => new Abi({
	version: 1,
	name: 'test',
	entries: [{
		name: 'entry',
		docs: '',
		reentrant: false,
		arguments: args.map((type, index) => ({
			name: `arg${index}`, type: type.replace('?', ''), optional: type.endsWith('?'),
		})),
		result,
		error,
	}],
	types,
	docs: { 'Error.Plain': 'It is plain.' },
});

const ERROR = { Error: { _enum: { Plain: 'Null', Pair: '(u8, u16)', Named: { has_it: 'u128' } } } };

describe('abi', () => {
	it('arguments are encoded one after another', () => {
		const input = of({}, ['u8', 'u16', 'Bytes', 'AccountId']).encode('entry', 1, 2, 'ab', ALICE);
		assert.equal(hex(input).slice(0, 12), '010200086162');
		assert.equal(input.length, 1 + 2 + 3 + 32);
	});

	it('byte strings can be given as bytes at any depth', () => {
		const abi = of({}, ['Bytes', 'Vec<Bytes>', '[u8; 2]', 'Raw']);
		const input = abi.encode('entry', bytes('0405'), [bytes('04'), '0x01'], bytes('0102'), bytes('0809'));
		assert.equal(hex(input), '080405' + '0804040401' + '0102' + '0809');
	});

	it('optional arguments can be omitted, others cannot', () => {
		const abi = of({}, ['u8', 'u16?']);
		assert.equal(hex(abi.encode('entry', 1)), '01');
		assert.equal(hex(abi.encode('entry', 1, 2)), '010200');
		assert.throws(() => abi.encode('entry'), /entry\(arg0: u8, arg1\?: u16\) was given 0 arguments/);
		assert.throws(() => abi.encode('entry', 1, 2, 3), /was given 3 arguments/);
	});

	it('results are plain values', () => {
		const types = { Own: { count: 'u32', items: 'Vec<u64>' }, Alias: 'Own' };
		const cases = [
			['Null', '', null],
			['u32', '05000000', 5],
			['u128', 'ff'.repeat(16), 2n ** 128n - 1n],
			['bool', '01', true],
			['Text', '0c616263', 'abc'],
			['Bytes', '080102', '0x0102'],
			['[u8; 2]', '0102', '0x0102'],
			['Option<u8>', '00', null],
			['Option<u8>', '0107', 7],
			['(u8, bool)', '0100', [1, false]],
			['Vec<(u8, u8)>', '080102 0304', [[1, 2], [3, 4]]],
			['BTreeMap<u8, u64>', '04 01 0200000000000000', new Map([[1, 2n]])],
			['Own', '01000000 04 0900000000000000', { count: 1, items: [9n] }],
			['Alias', '01000000 00', { count: 1, items: [] }],
			['Raw', '0102', '0x0102'],
		];
		for (const [type, output, wanted] of cases) {
			assert.deepEqual(of(types, [], type).result('entry', bytes(output)), wanted, type);
		}
	});

	it('errors are variants with their values', () => {
		const abi = of(ERROR, [], 'u8', 'Error');
		assert.equal(abi.error('entry', bytes('00')), 'Plain');
		assert.deepEqual(abi.error('entry', bytes('01 07 0800')), { Pair: [7, 8] });
		assert.deepEqual(abi.error('entry', bytes(`02 05${'00'.repeat(15)}`)), { Named: { has_it: 5n } });
		assert.equal(abi.explain('entry', 'Plain'), 'It is plain.');
		assert.equal(abi.error('entry', bytes('')), null);
		assert.equal(of({}, [], 'u8').error('entry', bytes('')), null);
	});

	it('bytes of another type are rejected', () => {
		const abi = of(ERROR, [], 'u32', 'Error');
		for (const output of ['', '010203', '0102030405']) {
			assert.throws(() => abi.result('entry', bytes(output)), /is not of type u32/, output);
		}
		assert.throws(() => abi.error('entry', bytes('09')));
		assert.throws(() => abi.error('entry', bytes('0001')), /is not of type Error/);
	});

	it('arguments can be given as text', () => {
		const abi = of({ Own: { count: 'u32', items: 'Vec<u64>' } }, ['u128', 'bool', 'Text', 'AccountId', 'Own', 'Raw']);
		const texts = [`${2n ** 127n}`, 'true', '[1', '//Bob', '{ "count": 1, "items": [9] }', '0x0809'];
		const input = abi.encodeTexts('entry', texts, { bob: { address: BOB } });
		const wanted = abi.encode('entry', 2n ** 127n, true, '[1', BOB, { count: 1, items: [9] }, bytes('0809'));
		assert.deepEqual(input, wanted);
		assert.throws(() => abi.encodeTexts('entry', ['1', 'true', '', '//Zoe', '{}', '0x'], {}), /no development account \/\/Zoe/);
	});

	it('the outcome of a call is a result, an error of the program, or neither', () => {
		const abi = of(ERROR, [], 'u8', 'Error');
		assert.deepEqual(abi.outcome('entry', null, bytes('05')), { result: 5 });
		const thrown = { error: 'Plain', docs: 'It is plain.' };
		assert.deepEqual(abi.outcome('entry', 'virt.Reverted', bytes('00')), { thrown });
		assert.deepEqual(abi.outcome('entry', 'virt.Reverted', bytes('')), {});
		assert.deepEqual(abi.outcome('entry', 'virt.OutOfGas', bytes('')), {});
	});

	it('events have decoded data if the program declares their type', () => {
		const said = (data) => ({ name: 'virt.ProgramEvent', data: { data } });
		const called = { name: 'virt.Called', data: { output: '0x05' } };
		const abi = of({ Event: 'u8' }, []);
		const [known, strange, other] = withData(abi, [said('0x05'), said('0x0506'), called]);
		assert.deepEqual(known.data, { data: '0x05', decoded: 5 });
		assert.deepEqual([strange, other], [said('0x0506'), called]);
		assert.deepEqual(withData(of({}, []), [said('0x05')]), [said('0x05')]);
		assert.deepEqual(withData(null, [said('0x05')]), [said('0x05')]);
	});

	it('an invalid ABI is rejected with a reason', () => {
		assert.throws(() => of({}, []).encode('other'), /test has no entry other: entry/);
		assert.throws(() => new Abi({ version: 2 }), /expected an ABI of version 1, got 2/);
	});

	it('types that never end are rejected', () => {
		const types = { A0: 'Null' };
		for (let depth = 1; depth < 20; depth += 1) types[`A${depth}`] = { a: `A${depth - 1}`, b: `A${depth - 1}` };
		assert.throws(() => of(types, [], 'A19'), /^Error: A\d+ has more than 2000 values/);
		assert.throws(() => of({}, ['[u32; 2000]']), /has more than 2000 values/);
		assert.throws(() => of({ Nothing: { a: 'Null' } }, [], 'Vec<Nothing>'), /list of unlimited length without bytes/);
		// A recursive type ends with its bytes.
		const list = of({ List: { head: 'u8', tail: 'Option<List>' } }, [], 'List');
		assert.deepEqual(list.result('entry', bytes('01 01 02 00')), { head: 1, tail: { head: 2, tail: null } });
	});

	it('every program has an ABI, and every type in it is known', () => {
		for (const name of blobNames()) {
			const { json, registry } = new Abi(abi(name));
			assert.equal(json.name, name);
			for (const entry of json.entries) {
				for (const { type } of entry.arguments) registry.createType(type);
				registry.createType(entry.result);
				if (entry.error) registry.createType(entry.error);
			}
		}
	});

	it('the token\'s ABI matches its program and polkadot-js', () => {
		const token = new Abi(abi('token'));
		const transfer = token.entry('transfer');
		assert.equal(transfer.docs, 'Transfers tokens of the caller.');
		assert.deepEqual(transfer.arguments.map(({ name, type }) => [name, type]), [
			['to', 'AccountId'], ['amount', 'u128'],
		]);
		assert.deepEqual([transfer.result, transfer.error], ['Null', 'Error']);
		assert.equal(token.encode('transfer', BOB, 5n).length, 32 + 16);
		const data = token.registry.createType('Event', { Transferred: { from: ALICE, to: BOB, amount: 5 } });
		assert.deepEqual(token.decode('Event', data.toU8a()), {
			Transferred: { from: ALICE, to: BOB, amount: 5n },
		});
		const error = token.error('transfer', bytes(`00 05${'00'.repeat(15)}`));
		assert.deepEqual(error, { TooLittle: { balance: 5n } });
		assert.equal(token.explain('transfer', error), 'The balance is less than the amount.');
	});
});
