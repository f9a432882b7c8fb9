// Talks to a program by its ABI: `<name>.abi.json`, which the build leaves beside the blob.
// Knows entries, their types and events; knows nothing of connections.
//
//     const token = new Abi(JSON.parse(readFileSync('token.abi.json')));
//     const input = token.encode('transfer', bob.address, 5n);
//     token.result('balance_of', output);      // 995n
//     token.error('transfer', output);         // { TooLittle: { balance: 0n } }

import { Enum, Null, Option, Struct, TypeDefInfo, TypeRegistry, getTypeDef } from '@polkadot/types';
import { hexToU8a, u8aConcat, u8aEq, u8aToHex } from '@polkadot/util';

/** What this file can read. */
const VERSION = 1;

/** How many values a type may have that is decoded, its lists counted as one: else it never ends. */
const MAX_VALUES = 2_000;

/** A program's description. */
export class Abi {
	constructor(json) {
		if (json.version !== VERSION) throw new Error(`wanted an ABI of version ${VERSION}, got ${json.version}`);
		assertDecodable(json);
		this.json = json;
		this.registry = new TypeRegistry();
		this.registry.register(json.types);
	}

	/** The names of the entries. */
	get entries() {
		return this.json.entries.map(({ name }) => name);
	}

	/** An entry's arguments, result, error and docs. */
	entry(name) {
		const entry = this.json.entries.find((known) => known.name === name);
		if (!entry) throw new Error(`${this.json.name} has no entry ${name}: ${this.entries.join(', ')}`);
		return entry;
	}

	/** The input of a call: its arguments, encoded. Optional ones may be left out, from the end. */
	encode(name, ...values) {
		const wanted = this.entry(name).arguments;
		const least = wanted.filter(({ optional }) => !optional).length;
		if (values.length < least || values.length > wanted.length) {
			const list = wanted.map((one) => `${one.name}${one.optional ? '?' : ''}: ${one.type}`);
			throw new Error(`${name}(${list.join(', ')}) was given ${values.length} arguments`);
		}
		return u8aConcat(
			...values.map((value, index) => this.registry.createType(wanted[index].type, asHex(value)).toU8a()),
		);
	}

	/**
	 * The input of a call from its arguments as people write them: numbers, addresses and text as
	 * they are, bytes in hex, lists and structs as JSON, and `//Bob` for one of `accounts`.
	 */
	encodeTexts(name, texts, accounts) {
		const wanted = this.entry(name).arguments;
		return this.encode(name, ...texts.map((text, index) => parse(text, wanted[index]?.type, accounts)));
	}

	/**
	 * What came of a call: its `result`, or what it reverted with as `thrown`, with its docs; nothing
	 * where the chain's own `failure`, as `virt.OutOfGas`, has no output to read.
	 */
	outcome(name, failure, output) {
		if (!failure) return { result: this.result(name, output) };
		const error = failure === 'virt.Reverted' ? this.error(name, output) : null;
		return error === null ? {} : { thrown: { error, docs: this.explain(name, error) } };
	}

	/** The output of a call that succeeded, as a plain value. */
	result(name, output) {
		return this.decode(this.entry(name).result, output);
	}

	/**
	 * The output of a call that reverted, as a plain value: the entry's error. `null` is a call that
	 * gave none, as one with input that its entry does not take.
	 */
	error(name, output) {
		const { error } = this.entry(name);
		return error === null || output.length === 0 ? null : this.decode(error, output);
	}

	/** What the docs say of an error that `error` gave. */
	explain(name, error) {
		const variant = typeof error === 'string' ? error : Object.keys(error ?? {})[0];
		return this.json.docs[`${this.entry(name).error}.${variant}`] ?? '';
	}

	/** The data of an event, as a plain value, where it is of the program's type `Event`; else `null`. */
	event(data) {
		if (!('Event' in this.json.types)) return null;
		try {
			return this.decode('Event', data);
		} catch {
			return null; // Another program's, or bytes that this one has no type for.
		}
	}

	/** Bytes of one of the program's types, such as the data of an event, as a plain value. */
	decode(type, bytes) {
		const codec = this.registry.createType(type, Uint8Array.from(bytes));
		// polkadot-js is content with too few bytes, and with too many.
		if (!u8aEq(codec.toU8a(), bytes)) throw new Error(`${u8aToHex(bytes)} is no ${type}`);
		return plain(codec);
	}
}

/** Asserts that no type has more values than are worth reading, nor lists of what takes no bytes. */
function assertDecodable({ entries, types }) {
	// By declared name: how many values, and how many bytes at least. One that contains itself is counted
	// as one byte: it ends with the bytes, or polkadot-js ends it.
	const known = new Map();
	const all = (sizes) => sizes.reduce(
		(sum, { values, bytes }) => ({ values: sum.values + values, bytes: sum.bytes + bytes }), { values: 1, bytes: 0 });
	const declared = (definition) => {
		if (typeof definition === 'string') return size(getTypeDef(definition));
		if (definition._enum === undefined) return all(Object.values(definition).map(declared));
		const values = Object.values(definition._enum).map((variant) => declared(variant).values);
		return { values: 1 + Math.max(0, ...values), bytes: 1 };
	};
	const named = (name) => {
		if (!Object.hasOwn(types, name)) return { values: 1, bytes: ['Null', 'Raw'].includes(name) ? 0 : 1 };
		if (!known.has(name)) {
			known.set(name, { values: 1, bytes: 1 });
			known.set(name, declared(types[name]));
		}
		return known.get(name);
	};
	const size = ({ info, type, sub, length = 1 }) => {
		const inner = sub === undefined ? [] : [sub].flat().map(size);
		switch (info) {
			case TypeDefInfo.Plain: case TypeDefInfo.Null: return named(type);
			case TypeDefInfo.Tuple: return all(inner);
			case TypeDefInfo.VecFixed:
				// Bytes are one value.
				if (sub.type === 'u8') return { values: 1, bytes: length };
				return { values: 1 + length * inner[0].values, bytes: length * inner[0].bytes };
			case TypeDefInfo.Vec: case TypeDefInfo.BTreeSet: case TypeDefInfo.BTreeMap:
				if (all(inner).bytes === 0) throw new Error(`${type} may be a list of any length, in no bytes`);
				return { values: all(inner).values, bytes: 1 };
			default: return { values: all(inner).values, bytes: 1 };
		}
	};
	const used = entries.flatMap(({ arguments: wanted, result, error }) =>
		[...wanted.map(({ type }) => type), result, error ?? 'Null']);
	for (const type of [...Object.keys(types), ...used]) {
		if (size(getTypeDef(type)).values > MAX_VALUES) throw new Error(`${type} has more than ${MAX_VALUES} values`);
	}
}

/** Adds to the events of programs what their data is, `decoded`, where the ABI has a type for it. */
export function withData(abi, events) {
	return events.map((event) => {
		if (!abi || event.name !== 'virt.ProgramEvent') return event;
		const decoded = abi.event(hexToU8a(event.data.data));
		return decoded === null ? event : { ...event, data: { ...event.data, decoded } };
	});
}

/** A value as `encode` takes it. Integers stay text: JSON's have no more than 53 bits. */
function parse(text, type, accounts) {
	if (type === 'Text') return text;
	if (type === 'AccountId' && text.startsWith('//')) {
		const found = accounts[text.slice(2).toLowerCase()];
		if (!found) throw new Error(`no development account ${text}`);
		return found.address;
	}
	return /^([[{]|(true|false|null)$)/.test(text) ? JSON.parse(text) : text;
}

/** Bytes as hex, however deep: polkadot-js reads a `Uint8Array` as a value that is encoded already. */
function asHex(value) {
	if (value instanceof Uint8Array) return u8aToHex(value);
	if (Array.isArray(value)) return value.map(asHex);
	if (value instanceof Map) return new Map([...value].map((pair) => pair.map(asHex)));
	if (value?.constructor !== Object) return value;
	return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asHex(inner)]));
}

/**
 * A codec's value: integers of up to 32 bits are numbers, longer ones bigints; bytes are `0x` hex;
 * a variant is its name, or `{ name: value }` where it has a value.
 */
function plain(codec) {
	if (codec instanceof Null) return null;
	if (codec instanceof Option) return codec.isSome ? plain(codec.unwrap()) : null;
	if (codec instanceof Enum) {
		return codec.value instanceof Null ? codec.type : { [codec.type]: plain(codec.value) };
	}
	if (codec instanceof Map) {
		const entries = [...codec].map(([key, value]) => [key?.toRawType ? plain(key) : key, plain(value)]);
		return codec instanceof Struct ? Object.fromEntries(entries) : new Map(entries);
	}
	if (codec instanceof Set) return [...codec].map(plain);
	if (Array.isArray(codec)) return codec.map(plain);
	if (typeof codec.toBigInt === 'function') {
		return codec.bitLength() <= 32 ? codec.toNumber() : codec.toBigInt();
	}
	return codec.toJSON();
}
