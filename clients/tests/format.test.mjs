// Amounts and values as text, without a node.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { count, flat, fromUnits, printable, units } from '../src/format.mjs';

const api = { registry: { chainDecimals: [12], chainTokens: ['UNIT'] } };

describe('format', () => {
	it('amounts are parsed as they are printed', () => {
		for (const [text, amount] of [
			['1.5 UNIT', 1_500_000_000_000n], ['0.000000000001 UNIT', 1n], ['1,234 UNIT', 1_234n * 10n ** 12n],
		]) {
			assert.equal(units(api, amount), text);
			assert.equal(fromUnits(api, text.replace(' UNIT', '')), amount);
		}
		assert.equal(fromUnits(api, ''), 0n);
		for (const text of ['1.', '-1', 'ten', '0.0000000000001']) {
			assert.throws(() => fromUnits(api, text), /is not an amount of UNIT/, text);
		}
	});

	it("others' text starts no line, and leaves the terminal alone", () => {
		assert.equal(printable('é\n\x1b[31m\x9b\x7f'), 'é\\n\\u{1b}[31m\\u{9b}\\u{7f}');
		assert.equal(flat({ a: ['X\nfailed'] }), '{ a: [X\\nfailed] }');
	});

	it('values are printed on one line', () => {
		assert.equal(flat({ a: [1n, { B: null }], c: new Map([['d', '0x05']]) }), '{ a: [1, { B: null }], c: { d: 0x05 } }');
		assert.equal(count(1234567n), '1,234,567');
	});
});
