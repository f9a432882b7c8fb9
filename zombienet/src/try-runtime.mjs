// Tests a runtime upgrade on a fork of a chain with programs and a living job: `make try-runtime`.
// Chopsticks executes the runtime, the embedded form with the feature `try-runtime`.
//
//   node src/try-runtime.mjs RUNTIME

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Abi } from '../../clients/src/abi.mjs';
import { accounts, connect, disconnect, head, instantiate, startJob, upload, weight } from '../../clients/src/chain.mjs';
import { launch, rpc, startNode } from '../../clients/src/node.mjs';
import { abi, blob } from '../../clients/src/paths.mjs';
import { chopsticks, chopsticksCommand } from './chopsticks.mjs';
import { walk } from './walkthrough.mjs';

const UNIT = 10n ** 12n;

/** The SCALE encodings of `UpgradeCheckSelect`. */
const TRY_STATE = '0x03';

/** The number of blocks that the fork makes with the new runtime. */
const BLOCKS = 20;

const [runtime] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), 'virt-try-runtime-'));
const nodes = [];
const apis = [];

async function connected(node) {
	nodes.push(node);
	apis.push(await connect(node.url));
	return apis.at(-1);
}

try {
	const node = await startNode({
		args: ['--dev', '--chain', 'dev-embedded'], log: join(dir, 'virt-node.log'),
	});
	const api = await connected(node);
	const { alice } = await accounts();
	await walk(api, alice);
	const { codeHash } = await upload(api, alice, blob('auction'));
	const { address } = await instantiate(api, alice, codeHash, 'auction', undefined, UNIT);
	const input = new Abi(abi('auction')).encode('auction', 4n * UNIT, 1_000);
	await startJob(api, alice, address, 'auction', input, weight(10n * UNIT, 1n << 32n));

	const printed = execFileSync(...chopsticksCommand([
		'try-runtime', '--endpoint', node.url, '--runtime', runtime, '--checks', 'All',
	]), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
	const [consumed] = printed.match(/Consumed weight: .*/) ?? assert.fail(printed);
	console.log(`on_runtime_upgrade with all checks. ${consumed}`);

	const fork = await launch({
		log: join(dir, 'chopsticks.log'),
		...await chopsticks([
			'--endpoint', node.url, '--wasm-override', runtime, '--runtime-log-level', '1',
		]),
	});
	const copy = await connected(fork);
	const before = (await head(copy)).number;
	for (let block = 0; block < BLOCKS; block++) await rpc(fork.rpcPort, 'dev_newBlock', []);
	assert.equal((await head(copy)).number, before + BLOCKS);
	const tryState = () => copy.rpc.state.call('TryRuntime_on_runtime_upgrade', TRY_STATE);
	await tryState();
	const jobs = (await copy.query.virt.jobTotals()).toNumber();
	assert.equal(jobs, 1);
	console.log(`${BLOCKS} blocks with the new runtime and ${jobs} job: the state is consistent.`);

	// The checks can fail.
	await rpc(fork.rpcPort, 'dev_setStorage', [[[copy.query.virt.programs.key(codeHash), null]]]);
	await assert.rejects(tryState);
	const reason = /an account program without program/;
	assert.match(readFileSync(fork.log, 'utf8'), reason);
	console.log(`After removing a used program, the check fails: ${reason.source}.`);
} finally {
	for (const api of apis) await disconnect(api);
	for (const node of nodes) await node.stop();
	rmSync(dir, { recursive: true, force: true });
}
process.exit();
