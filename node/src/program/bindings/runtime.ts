// SCALE, and what two clients have in common.

/** Converts accounts: a client writes them as addresses, a program as 32 bytes. */
export interface Accounts {
	toBytes(address: string): Uint8Array;
	toAddress(bytes: Uint8Array): string;
}

/** A client of a chain. `Tx` is its type of transaction. See `polkadotJs` and `papi`. */
export interface Client<Tx> extends Accounts {
	dryRun(caller: string, call: CallData): Promise<DryRun>;
	transaction(call: CallData, weightLimit: Weight, depositLimit: bigint | null): Tx;
}

/** A call of a program's account. Amounts are in the chain's smallest unit. */
export interface CallData {
	address: string;
	entry: Uint8Array;
	input: Uint8Array;
	value: bigint;
}

/** Picoseconds and bytes. */
export interface Weight {
	refTime: bigint;
	proofSize: bigint;
}

/** What a dry-run says. */
export interface DryRun {
	/** `Reverted` or another error; `null` where the call succeeded. */
	failure: string | null;
	output: Uint8Array;
	/** The least weight limit that is enough. */
	weightRequired: Weight;
	logs: string[];
}

/** What a call comes to: a value, the program's own error, or another failure, as `OutOfGas`. */
export type Outcome<R, E> =
	| { ok: true; value: R; weightRequired: Weight; logs: string[] }
	| { ok: false; error: E | null; failure: string; weightRequired: Weight; logs: string[] };

/** A call that a dry-run shows to fail. */
export class CallFailed<E> extends globalThis.Error {
	constructor(readonly entry: string, readonly failure: string, readonly error: E | null) {
		super(`${entry}: ${failure}`);
	}
}

/** How the arguments, the result and the error of an entry are encoded. */
export interface Entry<R, E> {
	arguments: Codec<any>[];
	result: Codec<R>;
	error: Codec<E>;
}

function entry<R, E>(args: Codec<any>[], result: Codec<R>, error: Codec<E>): Entry<R, E> {
	return { arguments: args, result, error };
}

/** Arguments one after the other. Those that are left out are nothing. */
function encodeAll(entry: Entry<any, any>, values: unknown[], accounts: Accounts): Uint8Array {
	const to: number[] = [];
	values.forEach((value, nth) => {
		if (value !== undefined) entry.arguments[nth]!.write(value, to, accounts);
	});
	return Uint8Array.from(to);
}

/** A call to be made. */
export class Call<R, E, Tx> {
	/** The encoded arguments. */
	readonly input: Uint8Array;

	constructor(
		private readonly client: Client<Tx>,
		private readonly address: string,
		readonly name: string,
		private readonly entry: Entry<R, E>,
		values: unknown[],
	) {
		this.input = encodeAll(entry, values, client);
	}

	/** What the call would come to, by this caller. Nothing is changed. */
	async dryRun(caller: string, value = 0n): Promise<Outcome<R, E>> {
		const { failure, output, weightRequired, logs } = await this.client.dryRun(caller, this.data(value));
		if (failure === null) return { ok: true, value: this.decode(output), weightRequired, logs };
		const error = failure === 'Reverted' && output.length > 0 ? this.decodeError(output) : null;
		return { ok: false, error, failure, weightRequired, logs };
	}

	/** The value that a dry-run by this caller returns: for entries that only read. Throws `CallFailed`. */
	async query(caller: string): Promise<R> {
		const outcome = await this.dryRun(caller);
		if (!outcome.ok) throw new CallFailed(this.name, outcome.failure, outcome.error);
		return outcome.value;
	}

	/** The transaction, with the weight limit that a dry-run by this caller needs. Throws `CallFailed`. */
	async transaction(caller: string, value = 0n, depositLimit: bigint | null = null): Promise<Tx> {
		const outcome = await this.dryRun(caller, value);
		if (!outcome.ok) throw new CallFailed(this.name, outcome.failure, outcome.error);
		return this.client.transaction(this.data(value), outcome.weightRequired, depositLimit);
	}

	/** The output of a call that succeeded. */
	decode(output: Uint8Array): R {
		return decode(this.entry.result, output, this.client);
	}

	/** The output of a call that reverted. */
	decodeError(output: Uint8Array): E {
		return decode(this.entry.error, output, this.client);
	}

	private data(value: bigint): CallData {
		return { address: this.address, entry: utf8(this.name), input: this.input, value };
	}
}

/** Programs over polkadot-js: `api` is an `ApiPromise`. */
export function polkadotJs<Api extends PolkadotJs>(api: Api): Client<ReturnType<Api['tx'][string][string]>> {
	type Tx = ReturnType<Api['tx'][string][string]>;
	return {
		toBytes: (address) => api.registry.createType('AccountId', address).toU8a(),
		toAddress: (bytes) => api.registry.createType('AccountId', bytes).toString(),
		dryRun: async (caller, { address, entry, input, value }) => {
			const dryRunCall = api.call['virtApi']!['dryRunCall']!;
			// Bytes go in as hex: a `Uint8Array` is taken for what is encoded already.
			const said = await dryRunCall(caller, address, hex(entry), hex(input), value, null, null);
			const { refTime, proofSize } = said.weightRequired;
			const error = said.result.isErr ? said.result.asErr : null;
			return {
				failure: error === null ? null
					: error.isModule ? api.registry.findMetaError(error.asModule).name : error.toString(),
				output: said.output.toU8a(true),
				weightRequired: { refTime: refTime.toBigInt(), proofSize: proofSize.toBigInt() },
				logs: said.logs.map((line: { toUtf8(): string }) => line.toUtf8()),
			};
		},
		transaction: ({ address, entry, input, value }, weightLimit, depositLimit) =>
			api.tx['virt']!['call']!(address, hex(entry), hex(input), value, weightLimit, depositLimit) as Tx,
	};
}

/** What is used of polkadot-js. */
export interface PolkadotJs {
	tx: { [pallet: string]: { [call: string]: (...args: any[]) => unknown } };
	call: { [api: string]: { [method: string]: (...args: any[]) => Promise<any> } };
	registry: {
		createType(type: string, value: unknown): any;
		findMetaError(index: any): { name: string };
	};
}

/** Programs over PAPI: `api` is typed or unsafe, `accounts` is `AccountId()` of `polkadot-api`. */
export function papi<Api extends Papi>(
	api: Api,
	accounts: { enc(address: string): Uint8Array; dec(bytes: Uint8Array): string },
): Client<ReturnType<Api['tx']['Virt']['call']>> {
	type Tx = ReturnType<Api['tx']['Virt']['call']>;
	return {
		toBytes: (address) => accounts.enc(address),
		toAddress: (bytes) => accounts.dec(bytes),
		dryRun: async (caller, { address, entry, input, value }) => {
			const said = await api.apis.VirtApi.dry_run_call(
				caller, address, entry, input, value, undefined, undefined,
			);
			const { ref_time: refTime, proof_size: proofSize } = said.weight_required;
			let failure = null;
			if (!said.result.success) {
				const { type, value: of } = said.result.value;
				failure = type === 'Module' ? String(of.value.type) : String(type);
			}
			const logs = said.logs.map((line: Uint8Array) => new TextDecoder().decode(line));
			return { failure, output: said.output, weightRequired: { refTime, proofSize }, logs };
		},
		transaction: ({ address, entry, input, value }, { refTime, proofSize }, depositLimit) =>
			api.tx.Virt.call({
				address, entry, input, value,
				weight_limit: { ref_time: refTime, proof_size: proofSize },
				storage_deposit_limit: depositLimit ?? undefined,
			}) as Tx,
	};
}

/** What is used of PAPI. */
export interface Papi {
	tx: { Virt: { call: (...args: any[]) => unknown } };
	apis: { VirtApi: { dry_run_call: (...args: any[]) => Promise<any> } };
}

function utf8(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}

function hex(bytes: Uint8Array): string {
	return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** How values of a type are encoded. */
export interface Codec<T> {
	write(value: T, to: number[], accounts: Accounts): void;
	read(from: Reader): T;
}

class Reader {
	private at = 0;
	constructor(private readonly bytes: Uint8Array, readonly accounts: Accounts) {}

	get left(): number {
		return this.bytes.length - this.at;
	}

	take(count: number): Uint8Array {
		if (count > this.left) throw new RangeError(`${count} bytes are wanted, and ${this.left} are left`);
		this.at += count;
		return this.bytes.slice(this.at - count, this.at);
	}

	byte(): number {
		return this.take(1)[0]!;
	}

	/** A little-endian number. */
	number(bytes: number): bigint {
		return this.take(bytes).reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
	}
}

/** A value that is all of the bytes. */
function decode<T>(codec: Codec<T>, bytes: Uint8Array, accounts: Accounts): T {
	const from = new Reader(bytes, accounts);
	const value = codec.read(from);
	if (from.left > 0) throw new RangeError(`${from.left} bytes are left over`);
	return value;
}

function writeNumber(number: bigint, bytes: number, to: number[]): void {
	for (let rest = number, nth = 0; nth < bytes; nth += 1, rest >>= 8n) to.push(Number(rest & 0xffn));
}

function big(bits: number, signed: boolean): Codec<bigint> {
	const [least, most] = signed
		? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n]
		: [0n, (1n << BigInt(bits)) - 1n];
	return {
		write: (value, to) => {
			if (value < least || value > most) throw new RangeError(`${value} has more than ${bits} bits`);
			writeNumber(BigInt.asUintN(bits, value), bits / 8, to);
		},
		read: (from) => (signed ? BigInt.asIntN : BigInt.asUintN)(bits, from.number(bits / 8)),
	};
}

/** Integers of up to 32 bits are numbers. */
function small(bits: number, signed: boolean): Codec<number> {
	const codec = big(bits, signed);
	return {
		write: (value, to, accounts) => codec.write(BigInt(value), to, accounts),
		read: (from) => Number(codec.read(from)),
	};
}

const u8 = small(8, false), u16 = small(16, false), u32 = small(32, false);
const i8 = small(8, true), i16 = small(16, true), i32 = small(32, true);
const u64 = big(64, false), u128 = big(128, false), i64 = big(64, true), i128 = big(128, true);

const none: Codec<null> = { write: () => {}, read: () => null };

const bool: Codec<boolean> = {
	write: (value, to) => void to.push(value ? 1 : 0),
	read: (from) => flag(from.byte()),
};

function flag(byte: number): boolean {
	if (byte > 1) throw new RangeError(`${byte} is neither 0 nor 1`);
	return byte === 1;
}

const accountId: Codec<string> = {
	write: (value, to, accounts) => void to.push(...accounts.toBytes(value)),
	read: (from) => from.accounts.toAddress(from.take(32)),
};

const compact: Codec<bigint> = {
	write: (value, to) => {
		if (value < 0n) throw new RangeError(`${value} is less than 0`);
		if (value < 1n << 6n) return writeNumber(value << 2n, 1, to);
		if (value < 1n << 14n) return writeNumber((value << 2n) | 1n, 2, to);
		if (value < 1n << 30n) return writeNumber((value << 2n) | 2n, 4, to);
		const bytes = Math.max(4, Math.ceil(value.toString(16).length / 2));
		to.push(((bytes - 4) << 2) | 3);
		writeNumber(value, bytes, to);
	},
	read: (from) => {
		const first = from.byte();
		const mode = first & 3;
		if (mode === 3) return from.number((first >> 2) + 4);
		const bytes = (1 << mode) - 1;
		return (from.number(bytes) << 6n) | BigInt(first >> 2);
	},
};

/** Bytes, as many as there are. */
const raw: Codec<Uint8Array> = {
	write: (value, to) => value.forEach((byte) => to.push(byte)),
	read: (from) => from.take(from.left),
};

const bytes: Codec<Uint8Array> = {
	write: (value, to, accounts) => {
		compact.write(BigInt(value.length), to, accounts);
		raw.write(value, to, accounts);
	},
	read: (from) => from.take(Number(compact.read(from))),
};

const text: Codec<string> = {
	write: (value, to, accounts) => bytes.write(utf8(value), to, accounts),
	read: (from) => new TextDecoder('utf-8', { fatal: true }).decode(bytes.read(from)),
};

function byteArray(length: number): Codec<Uint8Array> {
	return {
		write: (value, to, accounts) => {
			if (value.length !== length) throw new RangeError(`${value.length} bytes, and not ${length}`);
			raw.write(value, to, accounts);
		},
		read: (from) => from.take(length),
	};
}

function array<T>(inner: Codec<T>, length: number): Codec<T[]> {
	return {
		write: (value, to, accounts) => {
			if (value.length !== length) throw new RangeError(`${value.length} items, and not ${length}`);
			value.forEach((item) => inner.write(item, to, accounts));
		},
		read: (from) => Array.from({ length }, () => inner.read(from)),
	};
}

function list<T>(inner: Codec<T>): Codec<T[]> {
	return {
		write: (value, to, accounts) => {
			compact.write(BigInt(value.length), to, accounts);
			value.forEach((item) => inner.write(item, to, accounts));
		},
		read: (from) => {
			const length = Number(compact.read(from));
			// Each takes a byte or more.
			if (length > from.left) throw new RangeError(`${length} items in ${from.left} bytes`);
			return Array.from({ length }, () => inner.read(from));
		},
	};
}

function map<K, V>(key: Codec<K>, value: Codec<V>): Codec<Map<K, V>> {
	const entries = list(tuple<[K, V]>(key, value));
	return {
		write: (pairs, to, accounts) => entries.write([...pairs], to, accounts),
		read: (from) => new Map(entries.read(from)),
	};
}

function tuple<T extends unknown[]>(...parts: { [N in keyof T]: Codec<T[N]> }): Codec<T> {
	return {
		write: (value, to, accounts) => parts.forEach((part, nth) => part.write(value[nth], to, accounts)),
		read: (from) => parts.map((part) => part.read(from)) as T,
	};
}

/** `null` is none. */
function option<T>(inner: Codec<T>): Codec<T | null> {
	return {
		write: (value, to, accounts) => {
			to.push(value === null ? 0 : 1);
			if (value !== null) inner.write(value, to, accounts);
		},
		read: (from) => (flag(from.byte()) ? inner.read(from) : null),
	};
}

function struct<T extends object>(fields: { [K in keyof T]: Codec<T[K]> }): Codec<T> {
	const entries = Object.entries(fields) as [keyof T, Codec<T[keyof T]>][];
	return {
		write: (value, to, accounts) => entries.forEach(([name, field]) => field.write(value[name], to, accounts)),
		read: (from) => Object.fromEntries(entries.map(([name, field]) => [name, field.read(from)])) as T,
	};
}

/** A variant without a value is its name, another one `{ name: value }`. `null` is a variant without. */
function variants<T>(all: [string, Codec<any> | null][]): Codec<T> {
	return {
		write: (value, to, accounts) => {
			const name = typeof value === 'string' ? value : Object.keys(value as object)[0];
			const index = all.findIndex(([known]) => known === name);
			if (index < 0) throw new RangeError(`${name} is none of ${all.map(([known]) => known).join(', ')}`);
			to.push(index);
			const codec = all[index]![1];
			codec?.write((value as { [name: string]: unknown })[name!], to, accounts);
		},
		read: (from) => {
			const index = from.byte();
			const found = all[index];
			if (found === undefined) throw new RangeError(`there is no variant ${index}`);
			const [name, codec] = found;
			return (codec === null ? name : { [name]: codec.read(from) }) as T;
		},
	};
}

/** A type that may contain itself. */
function lazy<T>(make: () => Codec<T>): Codec<T> {
	let made: Codec<T> | undefined;
	const codec = () => (made ??= make());
	return { write: (value, to, accounts) => codec().write(value, to, accounts), read: (from) => codec().read(from) };
}
