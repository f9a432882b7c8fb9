// The command line `virt`: parses options. commands.mjs implements the commands.

import { parseArgs } from 'node:util';

import { Advice } from './advice.mjs';
import { account, accounts, connectOnce, disconnect, weight } from './chain.mjs';
import { CALLS, Misused, known, readAbi, send, trace, tryOut, watch } from './commands.mjs';
import { printable } from './format.mjs';

const HELP = `Uploads, instantiates, calls, dry-runs and watches programs on a running node.

Usage: virt COMMAND [ARGUMENT]... [OPTION]...

  upload FILE                        uploads the program in FILE, a .polkavm blob
  instantiate PROGRAM [VALUE]...     instantiates a program; VALUEs are the arguments of its \`init\`
  call ADDRESS ENTRY [VALUE]...      calls an account program
  run PROGRAM ENTRY [VALUE]...       runs a program once, without an account
  remove PROGRAM                     removes a stored program, and releases its deposit
  dry-run COMMAND ...                dry-runs upload, instantiate, call or run: prints the result, weight,
                                     deposit, events and log lines; unsigned and without a fee
  trace TRANSACTION                  prints the programs of a transaction: the tree of program calls with
                                     each syscall, its gas, and the location of failures. A TRANSACTION is
                                     BLOCK-INDEX, such as 12-1, or a hash
  trace COMMAND ...                  traces a dry-run of instantiate, call or run
  profile TRANSACTION                like trace, with the gas by function and by line; --svg FILE writes a
  profile COMMAND ...                flame graph
  watch [ADDRESS]                    prints events of programs, or of one, in finalized blocks, until
                                     Ctrl-C; with --abi, decodes their data

PROGRAM is the file of an uploaded blob, or a code hash. VALUEs are 5, true, Text, 0x0102, an address or
//Bob, according to their type; lists and structs as JSON. Without an ABI, they are the bytes of the input
in hex.

  --abi FILE            the program's ABI; default: <name>.abi.json beside <name>.polkavm
  --url URL             the node; default: VIRT_URL, or ws://127.0.0.1:9944
  --signer //NAME       a development account; default: the variable VIRT_SIGNER, which may be a seed
                        phrase, or //Alice
  --weight TIME[,SIZE]  the weight limit: ref time in picoseconds and proof size in bytes (default 4 MiB).
                        By default, a dry-run determines it; if the dry-run fails, nothing is sent. With
                        --weight, there is no dry-run
  --value N             the value to transfer with a call, in the smallest unit
  --deposit-limit N     the limit of deposits from the signer; default: no limit
  --salt TEXT           changes the address of an instantiation; default: empty
  --programs FOLDER     trace: the folder with <name>.polkavm, <name>.abi.json and <name>.debug.polkavm, for
                        names, types and source lines; default: VIRT_PROGRAMS, or target/programs
  --profile FILE        trace, profile: prints gas by function and by line, and writes a profile: a flame
                        graph to FILE.svg, speedscope's format to FILE.json, otherwise folded stacks
  --svg FILE            profile: writes a flame graph
  --finalized           waits for the block's finality
  --best                watch: new best blocks, before they are final
  --json                prints one JSON object per line; integers over 32 bits are strings
  --help                prints this help

  virt upload token.polkavm
  virt instantiate token.polkavm 1000
  virt call 5Fxyz... transfer //Bob 5 --abi token.abi.json
  virt dry-run call 5Fxyz... balance_of //Bob --abi token.abi.json --json
  virt profile 12-1 --svg transfer.svg
  virt trace call 5Fxyz... transfer //Bob 5 --abi token.abi.json

The exit status is 0 on success, 1 if the command failed, and 2 if the arguments are invalid.`;

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

/** The commands, with the minimal number of their arguments. */
const COMMANDS = { upload: 1, instantiate: 1, call: 2, run: 2, remove: 1, trace: 1, profile: 1, watch: 0 };

/** The commands that support dry-runs. */
const TRIABLE = ['upload', 'instantiate', 'call', 'run'];

function integer(options, name, bits) {
	const text = options[name];
	if (text === undefined) return null;
	if (!/^\d+$/.test(text) || BigInt(text) >= 2n ** bits) {
		throw new Misused(`--${name} needs an integer of up to ${bits} bits, got ${text}`);
	}
	return BigInt(text);
}

/** The given weight limit, or null. */
function weightLimit({ weight: text }) {
	if (text === undefined) return null;
	const [, refTime, proofSize] = text.match(/^(\d{1,19})(?:,(\d{1,19}))?$/) ?? [];
	if (refTime === undefined) {
		throw new Misused(`--weight needs picoseconds, or picoseconds,bytes, got ${text}`);
	}
	return proofSize === undefined ? weight(BigInt(refTime)) : weight(BigInt(refTime), BigInt(proofSize));
}

/** The file for a profile. */
function profileFile({ profile, svg }) {
	if (svg !== undefined && profile !== undefined) throw new Misused('--svg cannot be combined with --profile');
	if (svg !== undefined && !svg.endsWith('.svg')) throw new Misused(`--svg needs a file.svg, got ${svg}`);
	const file = svg ?? profile;
	if (file === undefined) throw new Misused('profile needs --svg FILE, or --profile FILE');
	return file;
}

/** The signer. A seed phrase on the command line would be visible to all processes. */
async function signerOf({ signer }, { VIRT_SIGNER }) {
	if (signer === undefined && VIRT_SIGNER) {
		return account(VIRT_SIGNER, 'VIRT_SIGNER').catch((error) => {
			throw new Misused(`VIRT_SIGNER is ${error.message}`);
		});
	}
	const name = signer ?? '//Alice';
	if (!name.startsWith('//')) {
		throw new Misused('--signer needs a development account, such as //Bob; put a seed phrase into VIRT_SIGNER');
	}
	return account(name, name);
}

/**
 * Runs a command line with an environment; `out` has `log` and `error`. Returns the exit status.
 */
export async function virt(args, env, out) {
	try {
		return (await perform(args, env, out)) ? 0 : 1;
	} catch (error) {
		// Errors of the node and of polkadot-js contain their reason in the message.
		out.error(env.DEBUG ? error : error.message.split('\n').map(printable).join('\n'));
		return error instanceof Misused ? 2 : 1;
	}
}

/** Returns whether it succeeded. */
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
		throw new Misused(`unknown command ${trying ? 'dry-run ' : ''}${command || ''}: see virt --help`);
	}
	if (args.length < COMMANDS[command]) {
		throw new Misused(`${command} needs ${COMMANDS[command]} arguments or more: see virt --help`);
	}
	if (command === 'profile') options.profile = profileFile(options);
	else if (options.svg !== undefined) throw new Misused('--svg is only for profile: see virt --help');
	const limit = weightLimit(options);
	const value = integer(options, 'value', 128n);
	const deposit = integer(options, 'deposit-limit', 128n);
	const abi = options.abi === undefined ? null : readAbi(options.abi);
	const signer = await signerOf(options, env);
	const url = options.url ?? (env.VIRT_URL || 'ws://127.0.0.1:9944');
	const api = await connectOnce(url).catch((error) => {
		throw new Advice(`${error.message}\nStart one with \`make dev\`, or select one with --url.`);
	});
	try {
		if (!api.call.virtApi) throw new Advice(`the chain at ${url} does not have the pallet virt`);
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
