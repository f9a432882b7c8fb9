// The command line `virt`: options and their meaning. What commands do is commands.mjs's.

import { parseArgs } from 'node:util';

import { Advice } from './advice.mjs';
import { account, accounts, connectOnce, disconnect, weight } from './chain.mjs';
import { CALLS, Misused, known, readAbi, send, trace, tryOut, watch } from './commands.mjs';
import { printable } from './format.mjs';

const HELP = `Programs on a running node: stores, instantiates, calls, tries and watches them.

Usage: virt COMMAND [ARGUMENT]... [OPTION]...

  upload FILE                        stores the program in FILE, a .polkavm blob
  instantiate PROGRAM [VALUE]...     gives it an account; VALUEs are the arguments of its \`init\`
  call ADDRESS ENTRY [VALUE]...      calls an account program
  run PROGRAM ENTRY [VALUE]...       runs a program once, without an account
  remove PROGRAM                     removes a stored program, and gives its deposit back
  dry-run COMMAND ...                what upload, instantiate, call or run would come to: its result,
                                     weight, deposit, events and log lines; unsigned and free
  trace TRANSACTION                  what programs did in a transaction: the tree of program calls, with
                                     each syscall, its gas, and where a program failed. A TRANSACTION is
                                     BLOCK-INDEX, as 12-1, or a hash
  trace COMMAND ...                  the same of a dry-run of instantiate, call or run
  profile TRANSACTION                the same, with the gas by function and by line; --svg FILE writes a
  profile COMMAND ...                flame graph
  watch [ADDRESS]                    events of programs, or of one, as blocks get final; Ctrl-C ends it.
                                     With --abi, what programs say in them

PROGRAM is the file of a blob that was uploaded, or its code hash. A VALUE is written as its type is: 5,
true, Text, 0x0102, an address or //Bob; lists and structs as JSON. Without an ABI, VALUEs are the
input's bytes, in hex.

  --abi FILE            the program's ABI; by default <name>.abi.json beside <name>.polkavm
  --url URL             the node; by default VIRT_URL, or ws://127.0.0.1:9944
  --signer //NAME       a development account. By default what the variable VIRT_SIGNER has, which may
                        be a seed phrase, else //Alice
  --weight TIME[,SIZE]  the weight limit: ref time in picoseconds and proof size in bytes (4 MiB where
                        there is none); by default what a dry-run says is required. A dry-run that
                        fails stops here, and nothing is sent: with --weight, none is made
  --value N             what is transferred with a call, in the smallest unit
  --deposit-limit N     the most that the signer is held for; by default there is no limit
  --salt TEXT           makes another address of the same program; empty by default
  --programs FOLDER     trace: where <name>.polkavm, <name>.abi.json and <name>.debug.polkavm are, for
                        names, types and source lines; by default VIRT_PROGRAMS, or target/programs
  --profile FILE        trace, profile: tells gas by function and by line, and writes a profile: a flame
                        graph to FILE.svg, for speedscope to FILE.json, else folded stacks
  --svg FILE            profile: writes a flame graph
  --finalized           waits for the block's finality
  --best                watch: blocks as they come, before they are final
  --json                prints JSON, an object a line; integers over 32 bits are strings
  --help                prints this

  virt upload token.polkavm
  virt instantiate token.polkavm 1000
  virt call 5Fxyz... transfer //Bob 5 --abi token.abi.json
  virt dry-run call 5Fxyz... balance_of //Bob --abi token.abi.json --json
  virt profile 12-1 --svg transfer.svg
  virt trace call 5Fxyz... transfer //Bob 5 --abi token.abi.json

The exit status is 0 when it was done, 1 when it failed, 2 when it was not understood.`;

const OPTIONS = {
	abi: { type: 'string' },
	url: { type: 'string' },
	signer: { type: 'string' },
	weight: { type: 'string' },
	value: { type: 'string', default: '0' },
	'deposit-limit': { type: 'string' },
	salt: { type: 'string', default: '' },
	programs: { type: 'string' },
	profile: { type: 'string' },
	svg: { type: 'string' },
	finalized: { type: 'boolean', default: false },
	best: { type: 'boolean', default: false },
	json: { type: 'boolean', default: false },
	help: { type: 'boolean', default: false },
};

/** The commands, with how many arguments each wants at least. */
const COMMANDS = { upload: 1, instantiate: 1, call: 2, run: 2, remove: 1, trace: 1, profile: 1, watch: 0 };

/** Those that can be tried. */
const TRIABLE = ['upload', 'instantiate', 'call', 'run'];

function integer(options, name, bits) {
	const text = options[name];
	if (text === undefined) return null;
	if (!/^\d+$/.test(text) || BigInt(text) >= 2n ** bits) {
		throw new Misused(`--${name} wants an integer of up to ${bits} bits, got ${text}`);
	}
	return BigInt(text);
}

/** The weight limit that was given, or null. */
function weightLimit({ weight: text }) {
	if (text === undefined) return null;
	const [, refTime, proofSize] = text.match(/^(\d{1,19})(?:,(\d{1,19}))?$/) ?? [];
	if (refTime === undefined) {
		throw new Misused(`--weight wants picoseconds, or picoseconds,bytes, got ${text}`);
	}
	return proofSize === undefined ? weight(BigInt(refTime)) : weight(BigInt(refTime), BigInt(proofSize));
}

/** The file that a profile is written to. */
function profileFile({ profile, svg }) {
	if (svg !== undefined && profile !== undefined) throw new Misused('--svg and --profile name one file: give one');
	if (svg !== undefined && !svg.endsWith('.svg')) throw new Misused(`--svg wants a file.svg, got ${svg}`);
	const file = svg ?? profile;
	if (file === undefined) throw new Misused('profile wants --svg FILE, or --profile FILE');
	return file;
}

/** Who signs. A phrase on a command line could be read by every process. */
async function signerOf({ signer }, { VIRT_SIGNER }) {
	if (signer === undefined && VIRT_SIGNER) {
		return account(VIRT_SIGNER, 'VIRT_SIGNER').catch((error) => {
			throw new Misused(`VIRT_SIGNER is ${error.message}`);
		});
	}
	const name = signer ?? '//Alice';
	if (!name.startsWith('//')) {
		throw new Misused('--signer wants a development account, as //Bob; a seed phrase goes in VIRT_SIGNER');
	}
	return account(name, name);
}

/**
 * Does what a command line says, in an environment; `out` has `log` and `error`. Gives the exit status.
 */
export async function virt(args, env, out) {
	try {
		return (await perform(args, env, out)) ? 0 : 1;
	} catch (error) {
		// What the node refuses, or polkadot-js, has its reason in the message.
		out.error(env.DEBUG ? error : error.message.split('\n').map(printable).join('\n'));
		return error instanceof Misused ? 2 : 1;
	}
}

/** Gives whether it was done. */
async function perform(line, env, out) {
	const { values: options, positionals } = known(() =>
		parseArgs({ args: line, options: OPTIONS, allowPositionals: true }));
	if (options.help) {
		out.log(HELP);
		return true;
	}
	if (positionals.length === 0) throw new Misused(HELP);
	const trying = positionals[0] === 'dry-run';
	const [command = '', ...args] = trying ? positionals.slice(1) : positionals;
	if (!(trying ? TRIABLE : Object.keys(COMMANDS)).includes(command)) {
		throw new Misused(`virt cannot ${trying ? 'dry-run ' : ''}${command || 'nothing'}: see virt --help`);
	}
	if (args.length < COMMANDS[command]) {
		throw new Misused(`${command} wants ${COMMANDS[command]} arguments or more: see virt --help`);
	}
	if (command === 'profile') options.profile = profileFile(options);
	else if (options.svg !== undefined) throw new Misused('--svg is for profile: see virt --help');
	const limit = weightLimit(options);
	const value = integer(options, 'value', 128n);
	const deposit = integer(options, 'deposit-limit', 128n);
	const abi = options.abi === undefined ? null : readAbi(options.abi);
	const signer = await signerOf(options, env);
	const url = options.url ?? (env.VIRT_URL || 'ws://127.0.0.1:9944');
	const api = await connectOnce(url).catch((error) => {
		throw new Advice(`${error.message}\nStart one with \`make dev\`, or name one with --url.`);
	});
	try {
		if (!api.call.virtApi) throw new Advice(`the chain at ${url} has no pallet for programs`);
		const context = {
			api, signer, origin: signer.address, accounts: await accounts(),
			abi, limit, value, deposit, options, out,
		};
		if (command === 'watch') return await watch(context, args);
		if (command === 'trace' || command === 'profile') return await trace(context, args);
		const call = CALLS[command](context, args);
		return await (trying ? tryOut : send)(context, call);
	} finally {
		await disconnect(api);
	}
}
