// A chain with the embedded runtime is upgraded to host functions, and back, while programs are
// called and jobs compute: no call is lost, results stay the same, and jobs continue in both forms.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { Abi } from '../../../clients/src/abi.mjs';
import {
	accounts, asU32, call, eventsAt, head, instantiate, run, startJob, submit, u32, upload, weight,
} from '../../../clients/src/chain.mjs';
import { abi, blob, nextEmbeddedRuntime, nextRuntime } from '../../../clients/src/paths.mjs';
import { hexToU8a } from '../../../clients/src/polkadot-js.mjs';
import { until } from '../../../clients/src/until.mjs';
import { assertAgreed, untilFinal } from '../agreement.mjs';
import { keepCounting, nonces, setRuntime } from '../runtime-upgrade.mjs';

/** The minimal number of calls of each account under each runtime. */
const CALLS = 3;

/** Two primes. Factoring their product takes slices under the first two runtimes. */
const FACTORS = [300_000_007n, 310_000_037n];

/** Two primes. Factoring their product takes longer than the whole test. */
const LARGE = [2_900_000_017n, 2_900_000_053n];

/** The job's budget, of which the embedded form uses most: more than needed. */
const BUDGET = weight(4_000n * 10n ** 12n, 1n << 34n);

/** The timeout of the job, in milliseconds. */
const ENDED_WITHIN = 600_000;

export async function switchForms(network) {
	const [first] = network.validators;
	const api = () => network.apis[first];
	const { alice, bob, charlie, dave } = await accounts();
	const counters = [bob, charlie, dave];
	const embedded = perGas(api());

	const stored = {};
	for (const name of ['counter', 'sha256', 'factor']) {
		stored[name] = (await upload(api(), alice, blob(name))).codeHash;
	}
	const { address } = await instantiate(api(), alice, stored.counter, 'switch', u32(0));
	const factor = new Abi(abi('factor'));
	const { address: worker } = await instantiate(api(), alice, stored.factor, 'switch');
	const start = ([one, other]) => startJob(api(), alice, worker, 'factor', factor.encode('factor', one * other), BUDGET);
	const { job, block } = await start(FACTORS);
	const { job: long } = await start(LARGE);
	const slices = async () => (await api().query.virt.jobs(long)).unwrap().slices.toNumber();
	const digest = async () => (await run(api(), alice, stored.sha256, 'sha256', new Uint8Array(1_024))).output;
	const answer = await digest();

	const from = await nonces(api(), counters);
	const counting = keepCounting(network, address, counters);
	await counting.untilEach(CALLS);
	const inEmbedded = await slices();
	assert.ok((await api().query.virt.jobs(job)).isSome, 'the job lives when the form changes');
	const toHost = await setRuntime(network, readFileSync(nextRuntime()), alice);
	assert.ok(perGas(api()) < embedded, 'gas costs less in native code');
	await counting.untilEach(counting.least() + CALLS);
	assert.deepEqual(await digest(), answer);
	await until('the end of the job', async () => (await api().query.virt.jobs(job)).isNone, { within: ENDED_WITHIN });
	const inHost = await slices();
	const back = await setRuntime(network, readFileSync(nextEmbeddedRuntime()), alice);
	assert.equal(perGas(api()), embedded);
	await counting.untilEach(counting.least() + CALLS);
	assert.deepEqual(await digest(), answer);
	await counting.stop();
	const all = [inEmbedded, inHost - inEmbedded, (await slices()) - inHost];
	assert.ok(all.every((count) => count > 0), `slices under each of the runtimes: ${all}`);
	assert.equal((await submit(api(), api().tx.virt.cancelJob(long), alice)).error, null);

	const calls = (await nonces(api(), counters)) - from;
	assert.equal(asU32((await call(api(), alice, address, 'get')).output), calls);
	const { number } = await head(api());
	const end = await endOf(api(), job, block.number, number);
	assert.deepEqual(factor.result('factor', hexToU8a(end.output)), FACTORS);

	await network.add('late', 'interpreter', ['--sync', 'full']);
	await untilFinal(network, 'late', number);
	const height = await assertAgreed(network);
	return `embedded, from block ${toHost} by host functions, from block ${back} embedded again; ${calls} calls, none lost; `
		+ `a job ended under the second runtime, another had ${all.join(', ')} slices under the three; a node that came later executed all of it; the same roots in ${height} blocks`;
}

/** The ref time per gas, which tells the form of the runtime: the embedded one charges more. */
function perGas(api) {
	return api.consts.virt.refTimePerGas.toNumber();
}

async function endOf(api, job, from, to) {
	for (let number = to; number >= from; number -= 1) {
		for (const { name, data } of await eventsAt(api, number)) {
			if (data?.job !== job) continue;
			assert.notEqual(name, 'virt.JobFailed');
			if (name === 'virt.JobFinished') return data;
		}
	}
	throw new Error(`no block has the end of job ${job}`);
}
