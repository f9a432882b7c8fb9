// Set-up of end-to-end tests: a scratch folder, and nodes and connections that are closed at the end. Prints the
// nodes' logs if a test failed.

import { after, before, it } from 'node:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connect, disconnect } from './chain.mjs';
import { launch, logTail, startNode } from './node.mjs';

/**
 * Call it first in a `describe`. One scratch folder per scenario; it stays when a test failed,
 * and its logs' ends are printed.
 */
export function scenario(name, { timeout = 180_000 } = {}) {
	const dir = mkdtempSync(join(tmpdir(), `virt-${name}-`));
	const nodes = new Set();
	const connections = new Set();
	const networks = new Set();
	let failed = false;

	let ended = false;
	const end = async () => {
		if (ended) return;
		ended = true;
		for (const api of connections) await disconnect(api);
		for (const network of networks) {
			for (const node of Object.values(network.nodes)) nodes.add(node);
			await network.disconnect();
		}
		for (const node of nodes) await node.stop();
		if (!failed) return rmSync(dir, { recursive: true, force: true });
		for (const log of new Set([...nodes].map((node) => node.log))) {
			console.error(`--- ${log} ends with:\n${logTail(log)}`);
		}
	};
	after(end);

	const watched = (body, { hook = false } = {}) => async (context) => {
		try {
			await body(context);
		} catch (error) {
			failed = true;
			if (hook) {
				// After a failed hook Node.js 18 runs no `after`, and keeps the error to itself.
				console.error(error);
				await end();
			}
			throw error;
		}
	};

	return {
		dir,
		before: (body) => before(watched(body, { hook: true }), { timeout }),
		it: (title, body) => it(title, { timeout }, watched(body)),
		/** A node whose log is `<title>.log` in the folder; `options` as for `startNode`. */
		async start(title, options) {
			const node = await startNode({ log: join(dir, `${title}.log`), ...options });
			nodes.add(node);
			return node;
		},
		/** Starts another program that answers like a node, with the options of `launch`. */
		async launch(title, options) {
			const node = await launch({ log: join(dir, `${title}.log`), ...options });
			nodes.add(node);
			return node;
		},
		/** Stops the nodes of a network, and its connections, when the scenario ends. */
		endWith(network) {
			networks.add(network);
		},
		/** A connection to a node of this scenario. */
		async connect(node, options) {
			const api = await connect(node.url, options);
			connections.add(api);
			return api;
		},
	};
}
