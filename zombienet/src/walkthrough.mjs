// The first steps of an author on a chain and all that can be observed of them, to compare
// implementations of the chain.

import { dryRun, instantiate, submit, tx, u32, upload } from '../../clients/src/chain.mjs';
import { blob } from '../../clients/src/paths.mjs';

/** The programs that are stored. */
const PROGRAMS = ['counter', 'echo', 'sha256', 'trap', 'spin'];

/**
 * Uploads, instantiates, calls, runs and fails. Returns the result of each step, and the address of
 * a counter with the value 41.
 */
export async function walk(api, signer) {
	const seen = [];
	const stored = {};
	for (const name of PROGRAMS) {
		({ codeHash: stored[name] } = await upload(api, signer, blob(name)));
	}
	const { address } = await instantiate(api, signer, stored.counter, 'walkthrough', u32(40));
	const calls = {
		increment: tx.call(api, address, 'increment'),
		get: tx.call(api, address, 'get'),
		'no entry': tx.call(api, address, 'nothing'),
		echo: tx.run(api, stored.echo, 'echo', [1, 2, 3]),
		hash: tx.run(api, stored.sha256, 'sha256', new Uint8Array(1_024)),
		trap: tx.run(api, stored.trap, 'trap'),
		endless: tx.run(api, stored.spin, 'spin'),
	};
	for (const [name, call] of Object.entries(calls)) {
		const { events, error } = await submit(api, call, signer);
		const ours = events.filter((event) => event.name.startsWith('virt.'));
		seen.push({ name, error, events: ours.map(withoutWeight), weight: ours.at(-1)?.data.weightUsed });
	}
	const tried = await dryRun.call(api, signer.address, address, 'get');
	seen.push({ name: 'dry-run', error: tried.error, output: tried.output, weight: tried.weightConsumed });
	const { trap } = await dryRun.run(api, signer.address, stored.trap, 'trap');
	seen.push({ name: 'dry-run of a trap', trap });
	return { seen, address };
}

/** The results that do not depend on the price of gas. */
export const withoutWeights = (seen) => seen.map(({ weight, ...rest }) => rest);

function withoutWeight({ name, data }) {
	const { weightUsed, ...rest } = data;
	return { name, data: rest };
}
