// Encodes arguments and decodes results with a program's ABI, `<name>.abi.json`.
//
//     const token = new Abi(JSON.parse(readFileSync('token.abi.json')));
//     const input = token.encode('transfer', bob.address, 5n);
//     token.result('balance_of', output);      // 995n
//     token.error('transfer', output);         // { TooLittle: { balance: 0n } }

import { Enum, Null, Option, Struct, TypeDefInfo, TypeRegistry, getTypeDef } from '@polkadot/types';
import { hexToU8a, u8aConcat, u8aEq, u8aToHex } from '@polkadot/util';

/** The supported version of the file. */
const VERSION = 1;

/** The maximal number of values of a decoded type, counting a list as one: types may be recursive. */
const MAX_VALUES = 2_000;

/** A program's ABI. */
export class Abi {
	constructor(json) {
		if (json.version !== VERSION) throw new Error(`expected an ABI of version ${VERSION}, got ${json.version}`);
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

	/** Encodes the arguments of a call. Optional ones can be omitted at the end. */
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
	 * Encodes the arguments of a call from text: numbers, addresses and text without quotes, bytes in hex,
	 * lists and structs as JSON, and `//Bob` for one of `accounts`.
	 */
	encodeTexts(name, texts, accounts) {
		const wanted = this.entry(name).arguments;
		return this.encode(name, ...texts.map((text, index) => parse(text, wanted[index]?.type, accounts)));
	}

	/**
	 * Decodes the output of a call: `result`, or the error `thrown` with its docs; neither if the call failed
	 * with another `failure`, such as `virt.OutOfGas`.
	 */
	outcome(name, failure, output) {
		if (!failure) return { result: this.result(name, output) };
		const error = failure === 'virt.Reverted' ? this.error(name, output) : null;
		return error === null ? {} : { thrown: { error, docs: this.explain(name, error) } };
	}

	/** Decodes the output of a successful call. */
	result(name, output) {
		return this.decode(this.entry(name).result, output);
	}

	/**
	 * Decodes the error of a reverted call. `null` if there is none, for example because the input did not
	 * decode.
	 */
	error(name, output) {
		const { error } = this.entry(name);
		return error === null || output.length === 0 ? null : this.decode(error, output);
	}

	/** The docs of an error that `error` returned. */
	explain(name, error) {
		const variant = typeof error === 'string' ? error : Object.keys(error ?? {})[0];
		return this.json.docs[`${this.entry(name).error}.${variant}`] ?? '';
	}

	/** Decodes the data of an event if it is of the program's type `Event`; otherwise `null`. */
	event(data) {
		if (!('Event' in this.json.types)) return null;
		try {
			return this.decode('Event', data);
		} catch {
			return null; // Another program's, or bytes that this one has no type for.
		}
	}

	/** Decodes a value of one of the program's types, such as the data of an event. */
	decode(type, bytes) {
		const codec = this.registry.createType(type, Uint8Array.from(bytes));
		// polkadot-js accepts too few bytes, and too many.
		if (!u8aEq(codec.toU8a(), bytes)) throw new Error(`${u8aToHex(bytes)} is not of type ${type}`);
		return plain(codec);
	}
}

/** Asserts that no type has too many values, or lists of elements without bytes. */
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
				if (all(inner).bytes === 0) throw new Error(`${type} may be a list of unlimited length without bytes`);
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

/** Adds `decoded` data to the events of programs, if the ABI has a type for it. */
export function withData(abi, events) {
	return events.map((event) => {
		if (!abi || event.name !== 'virt.ProgramEvent') return event;
		const decoded = abi.event(hexToU8a(event.data.data));
		return decoded === null ? event : { ...event, data: { ...event.data, decoded } };
	});
}

/** A value for `encode`. Integers remain text: JSON numbers have at most 53 bits. */
function parse(text, type, accounts) {
	if (type === 'Text') return text;
	if (type === 'AccountId' && text.startsWith('//')) {
		const found = accounts[text.slice(2).toLowerCase()];
		if (!found) throw new Error(`no development account ${text}`);
		return found.address;
	}
	return /^([[{]|(true|false|null)$)/.test(text) ? JSON.parse(text) : text;
}

/** Converts bytes to hex at any depth: polkadot-js treats a `Uint8Array` as an encoded value. */
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
