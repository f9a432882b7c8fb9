// The command line `virt` with a running node, and the claims of docs/clients.md about it,
// polkadot-js and subxt.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe } from 'node:test';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { accounts } from '../src/chain.mjs';
import { virt } from '../src/command-line.mjs';
import { blocks, isPiece, runExample } from '../src/document.mjs';
import { PROGRAMS } from '../src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

const VIRT = fileURLToPath(new URL('../src/virt.mjs', import.meta.url));
const TOKEN = join(PROGRAMS, 'token.polkavm');
const ABI = join(PROGRAMS, 'token.abi.json');
const PHRASE = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';

describe('command line', () => {
	const s = scenario('cli');
	let url, bob, address;

	/** Starts it as a process. */
	const start = (...args) =>
		spawn(process.execPath, [VIRT, ...args], { env: { ...process.env, VIRT_URL: url } });

	/** Runs a command line in this process. Returns its exit status and output. */
	const run = async (args, env = {}) => {
		const printed = { stdout: '', stderr: '' };
		const code = await virt(args, { VIRT_URL: url, ...env }, {
			log: (text) => (printed.stdout += `${text}\n`),
			error: (text) => (printed.stderr += `${text}\n`),
		});
		return { code, ...printed };
	};

	/** Runs a command that must succeed. Returns its output. */
	const done = async (...args) => {
		const { code, stdout, stderr } = await run(args);
		assert.equal(code, 0, stdout + stderr);
		return stdout;
	};
	const json = async (...args) => JSON.parse(await done(...args, '--json'));

	s.before(async () => {
		({ bob } = await accounts());
		({ url } = await s.start('node', { args: ['--dev'] }));
	});

	s.it('a program is uploaded, instantiated and called with typed values', async () => {
		const stored = await done('upload', TOKEN);
		assert.match(stored, /virt\.ProgramStored\n +codeHash +0x[0-9a-f]{64}\n/);
		assert.match(stored, /fee +[\d.]+ UNIT\n/);
		({ address } = await json('instantiate', TOKEN, '1000', '--salt', 'cli'));
		const sent = await json('call', address, 'transfer', '//Bob', '5', '--abi', ABI, '--finalized');
		const { data } = sent.events.find(({ name }) => name === 'virt.ProgramEvent');
		assert.deepEqual([data.decoded.Transferred.to, data.decoded.Transferred.amount], [bob.address, '5']);
		assert.equal(sent.result, null);
	});

	s.it('a dry-run reads without an extrinsic', async () => {
		const tried = await done('dry-run', 'call', address, 'balance_of', '//Bob', '--abi', ABI);
		assert.match(tried, /returned +5 {2}\(u128\)\n/);
		assert.match(tried, /used +refTime [\d,]+ ps/);
		assert.doesNotMatch(tried, /extrinsic/);
	});

	s.it('the programs of a transaction are traced by its position and by its hash', async () => {
		const before = await json('instantiate', TOKEN, '1000', '--salt', 'traced');
		const sent = await json('call', before.address, 'transfer', '//Bob', '5', '--abi', ABI);
		const { block, extrinsic } = sent;
		const place = `${block.number}-${extrinsic.index}`;
		const told = await done('trace', place);
		assert.match(told, /^token::transfer\(to: "5FHne.*", amount: "?5"?\) {2}gas [\d,]+ \| ref time [\d.]+ us\n/);
		assert.match(told, /\n├─ storage_set\(key: .*\) = -?\d+.*, gas [\d,]+\n/);
		assert.match(told, /\n├─ event\(data: {"Transferred":.*\n/);
		assert.match(told, /\n└─ returned *\n$/);
		assert.equal(await done('trace', extrinsic.hash), told);
		const traced = await json('trace', place);
		assert.equal(traced.output, '0x0000', 'an applied extrinsic that succeeded');
		const [program] = traced.programs;
		assert.equal(program.entry, 'transfer');
		assert.ok(program.functions.length > 1, 'function calls are traced');
		const profile = await done('profile', place, '--svg', join(s.dir, 'transfer.svg'));
		assert.match(profile, /token::transfer/);
		assert.match(readFileSync(join(s.dir, 'transfer.svg'), 'utf8'), /<svg/);
		for (const [args, said] of [
			[['profile', place], /profile needs --svg FILE/],
			[['profile', place, '--svg', 'a.txt'], /--svg needs a file\.svg, got a\.txt/],
			[['trace', place, '--svg', 'a.svg'], /--svg is only for profile/],
		]) {
			const { code, stderr } = await run(args);
			assert.equal(code, 2);
			assert.match(stderr, said);
		}
	});

	s.it('a failing dry-run is traced with its source location', async () => {
		const told = await done('trace', 'call', address, 'transfer', '//Bob', '1000000', '--abi', ABI);
		assert.match(told, /\n└─ reverted {"TooLittle":/);
		assert.match(told, /\(\.\/token\/src\/main\.rs:\d+:\d+\)/);
		const { code, stderr } = await run(['trace', '9999-0']);
		assert.equal(code, 1);
		assert.match(stderr, /there is no block 9999/);
		assert.match((await run(['trace', '0-7'])).stderr, /the block has 0 transactions, no 7/);
	});

	s.it('a second trace at the same time is rejected', async () => {
		const SPIN = join(PROGRAMS, 'spin.polkavm');
		await done('upload', SPIN);
		// It runs until the gas limit of dry-runs or the time limit of traces.
		let over = false;
		const first = run(['trace', 'run', SPIN, 'spin', '--json']).finally(() => { over = true; });
		let refused = false;
		while (!over && !refused) {
			const { stderr } = await run(['trace', 'call', address, 'supply', '--abi', ABI]);
			refused = /another trace is running; try again/.test(stderr);
		}
		assert.ok(refused);
		await first;
		assert.match(await done('trace', 'call', address, 'supply', '--abi', ABI), /returned/);
	});

	s.it('a failing dry-run is not submitted, and its error is printed with its docs', async () => {
		const api = await s.connect({ url });
		const before = await api.rpc.system.accountNextIndex(bob.address);
		const args = ['call', address, 'transfer', bob.address, '6', '--abi', ABI, '--signer', '//Bob'];
		const { code, stdout, stderr } = await run(args);
		assert.equal(code, 1);
		assert.match(stdout, /failed +virt\.Reverted\n +The program reverted: its changes were rolled back\.\n/);
		assert.match(stdout, /error +{ TooLittle: { balance: 5 } }\n +The balance is less than the amount\.\n/);
		assert.equal(stderr, 'The dry-run failed, so nothing was sent.\n');
		const after = await api.rpc.system.accountNextIndex(bob.address);
		assert.deepEqual(after.toNumber(), before.toNumber());
	});

	s.it('a failure on the chain is printed with its docs from the metadata', async () => {
		const { code, stdout } = await run(['call', address, 'supply', '--weight', '1']);
		assert.equal(code, 1);
		assert.match(stdout, /failed +virt\.OutOfGas\n +The weight limit has too little ref time\.\n/);
	});

	s.it('an unknown entry is reported with the existing ones', async () => {
		const known = 'init, supply, balance_of, allowance, transfer, approve, transfer_from';
		const byAbi = await run(['call', address, 'transfers', '--abi', ABI]);
		assert.equal(byAbi.code, 2);
		assert.equal(byAbi.stderr, `token has no entry transfers: ${known}\n`);
		const byChain = await run(['dry-run', 'call', address, 'transfers']);
		assert.equal(byChain.code, 1);
		const [, list] = byChain.stdout.match(/The program's entries: (.*)\n/);
		for (const name of known.split(', ')) assert.ok(list.split(', ').includes(name), list);
	});

	s.it('events are watched as blocks are finalized', async () => {
		const watching = start('watch', address, '--abi', ABI, '--json');
		let printed = '';
		const seen = new Promise((found) => {
			watching.stdout.on('data', (data) => {
				printed += data;
				if (printed.includes('"virt.Called"')) found();
			});
		});
		try {
			// Watching starts at the current final block, which precedes this one.
			await new Promise((ready) => watching.stderr.once('data', ready));
			await done('call', address, 'transfer', '//Charlie', '7', '--abi', ABI);
			await seen;
		} finally {
			watching.kill('SIGINT');
		}
		const events = printed.trim().split('\n').map((line) => JSON.parse(line));
		assert.ok(events.some(({ name, data }) =>
			name === 'virt.ProgramEvent' && data.decoded.Transferred.amount === '7'));
		assert.ok(events.every(({ block }) => block.number > 0));
	});

	s.it('a program in use cannot be removed', async () => {
		const { code, stdout } = await run(['remove', TOKEN]);
		assert.equal(code, 1);
		assert.match(stdout, /failed +virt\.ProgramInUse\n +Accounts or jobs use this program, and it has no other owner\.\n/);
	});

	s.it('a seed phrase is taken from the environment only', async () => {
		const refused = await run(['remove', TOKEN, '--signer', PHRASE]);
		assert.equal(refused.code, 2);
		assert.match(refused.stderr, /^--signer needs a development account.*VIRT_SIGNER\n$/);
		const mistyped = await run(['remove', TOKEN], { VIRT_SIGNER: PHRASE.replace('walk', 'wolk') });
		assert.equal(mistyped.code, 2);
		assert.match(mistyped.stderr, /^VIRT_SIGNER is neither a seed phrase/);
		const signed = await run(['remove', TOKEN, '--json'], { VIRT_SIGNER: `${PHRASE}//Bob` });
		const { extrinsic, error } = JSON.parse(signed.stdout);
		assert.deepEqual([extrinsic.signer, error], [bob.address, 'virt.NotOwner']);
		assert.ok(!signed.stdout.includes('bottom drive'), 'the phrase is not printed');
	});

	s.it('a missing node and an invalid command line are reported in a line or two', async () => {
		const alone = await run(['upload', TOKEN, '--url', 'ws://127.0.0.1:9']);
		assert.equal(alone.code, 1);
		assert.match(alone.stderr, /^no node responds at ws:\/\/127\.0\.0\.1:9: .*\nStart one with `make dev`.*\n$/);
		const odd = await run(['frobnicate']);
		assert.deepEqual([odd.code, odd.stderr], [2, 'unknown command frobnicate: see virt --help\n']);
		for (const [line, wanted] of [
			[['upload', '/dev/null'], /^\/dev\/null is not a file\n$/],
			[['watch', 'nonsense'], /Invalid/],
			[['call', 'nonsense', 'get'], /Invalid/],
			[['upload', TOKEN, '--deposit-limit', '9'.repeat(40)], /^--deposit-limit needs an integer of up to 128 bits/],
			[[], /\nUsage: virt COMMAND /],
		]) {
			const refused = await run(line);
			assert.equal(refused.code, 2, line.join(' '));
			assert.match(refused.stderr, wanted);
		}
		const { code, stdout } = await run(['--help']);
		assert.equal(code, 0);
		for (const word of ['upload', 'instantiate', 'call', 'run', 'remove', 'dry-run', 'watch']) {
			assert.match(stdout, new RegExp(`^ {2}${word} `, 'm'));
		}
	});

	s.it('the command lines in docs/clients.md work', async () => {
		const lines = blocks('The command line').flatMap((block) => block.split('\n'))
			.filter((line) => line.startsWith('virt '));
		assert.ok(lines.length >= 4, `${lines.length} lines`);
		let made;
		for (const line of lines) {
			const printed = await done(...line.split(/ +/).slice(1).map((word) =>
				(word === 'ADDRESS' ? made : word.replace(/^counter\./, join(PROGRAMS, 'counter.')))));
			made ??= printed.match(/address +(5\w{47})/)?.[1];
		}
		assert.ok(made, 'one of them instantiates');
	});

	s.it('the examples for polkadot-js and subxt in docs/clients.md are the ones that run', async () => {
		// Not the blob that the command lines stored.
		const program = join(PROGRAMS, 'counter.debug.polkavm');
		const printed = await runExample('polkadot-js', 'polkadot-js', program, url);
		assert.match(printed, /^the counter is 42 now, with a limit of \d+ ps and \d+ bytes\n42\n$/);
		const pieces = blocks('subxt').filter((block) => !block.startsWith('make '));
		assert.ok(pieces.length > 0);
		for (const piece of pieces) assert.ok(isPiece(piece, 'clients/subxt/src/main.rs'), piece);
	});

	s.it('the exit status is that of the command', async () => {
		const status = await new Promise((ended) => start('run', TOKEN, 'supplies').once('close', ended));
		assert.equal(status, 2);
	});
});
