// `virt-node program run --url`: runs a program on a running node, with the node's binary only.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';

import { asU32, dryRun, head } from '../../clients/src/chain.mjs';
import { PROGRAMS, nodeBinary } from '../../clients/src/paths.mjs';
import { scenario } from '../src/scenario.mjs';

const COUNTER = join(PROGRAMS, 'counter.polkavm');

describe('program run --url', () => {
	const s = scenario('run-on-a-node');
	let node, api, url, account;

	/** The status and output of `virt-node program run`. */
	const run = (...args) => new Promise((done) => {
		execFile(nodeBinary(), ['program', 'run', ...args], (error, stdout, stderr) =>
			done({ code: error?.code ?? 0, stdout, stderr }));
	});
	const report = async (...args) => {
		const { stdout, stderr } = await run('--url', url, COUNTER, ...args, '--json');
		assert.notEqual(stdout, '', stderr);
		return JSON.parse(stdout);
	};

	s.before(async () => {
		node = await s.start('node', { args: ['--dev'] });
		api = await s.connect(node);
		url = node.url.replace('ws:', 'http:');
	});

	s.it('uploads, instantiates and calls once each', async () => {
		const { number } = await head(api);
		const tried = await run('--url', url, COUNTER, 'increment', '--dry-run');
		assert.equal(tried.code, 1);
		assert.match(tried.stderr, /counter\.polkavm is not stored on the chain, and --dry-run does not send transactions/);
		assert.equal((await head(api)).number, number);
		const first = await report('increment', '--args', '5', '--init-args', '30');
		assert.deepEqual([first.succeeded, first.value, first.events[0].data], [true, 35, '0x23000000']);
		assert.equal((await head(api)).number, number + 3);
		assert.equal(first.transaction.block, number + 3);
		assert.match(first.transaction.fee, /^\d{6,12}$/);
		account = first.account;
		const again = await report('increment');
		assert.deepEqual([again.value, again.account, again.instantiation], [36, account, null]);
		assert.equal((await head(api)).number, number + 4);
		const { signer: { address }, output } = await get();
		assert.equal(asU32(output), 36, address);
	});

	const get = async () => {
		const signer = (await api.query.virt.accounts(account)).unwrap().deployer;
		const output = (await dryRun.call(api, signer.toString(), account, 'get')).output;
		return { signer: { address: signer.toString() }, output };
	};

	s.it('a dry-run and a failing call submit nothing', async () => {
		const { number } = await head(api);
		assert.equal((await report('increment', '--dry-run')).value, 37);
		const { code, stdout, stderr } = await run('--url', url, COUNTER, 'increment', '--input', '0x01');
		assert.equal(code, 1);
		assert.match(stdout, /failed {4}Reverted/);
		assert.match(stderr, /increment: Reverted: The program reverted/);
		assert.equal((await head(api)).number, number);
	});

	s.it('the trace and the profile are the node\'s', async () => {
		const svg = join(s.dir, 'counter.svg');
		const { stdout } = await run('--url', url, COUNTER, 'increment', '--trace', '--profile', svg);
		assert.match(stdout, /^counter::increment\(\) {2}gas [\d,]+ \| ref time [\d.]+ us \| account 0x[\da-f]{8}\n├─ input_len\(\) = 0/);
		assert.match(stdout, /\nblock {5}\d+, transaction \d+-1\nfee {7}[\d,]+\n/);
		assert.match(stdout, /counter::increment/);
		assert.match(readFileSync(svg, 'utf8'), /<svg/);
	});

	s.it('a missing signer and a missing node are reported', async () => {
		const stranger = await run('--url', url, COUNTER, 'increment', '--caller', `0x${'07'.repeat(32)}`);
		assert.equal(stranger.code, 1);
		const nowhere = await run('--url', 'http://127.0.0.1:9', COUNTER, 'increment');
		assert.equal(nowhere.code, 1);
		const socket = await run('--url', node.url, COUNTER, 'increment');
		assert.equal(socket.code, 2);
		assert.match(socket.stderr, /--url needs an address like http:/);
		assert.match(nowhere.stderr, /http:\/\/127\.0\.0\.1:9 state_getRuntimeVersion: /);
	});
});
