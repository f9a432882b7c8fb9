// Checks that the nodes of a network agree.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { authorIndex, errorName, finalized, hashAt, head } from '../../clients/src/chain.mjs';
import { until } from '../../clients/src/until.mjs';

/** The log line of a node's start. */
const STARTED = 'Local node identity is';

/** The timeout of a block's finality, in milliseconds. The machine may be busy. */
const FINAL_WITHIN = 180_000;

/** Waits until a node has finalized the block at `height`. Returns its finalized height. */
export function untilFinal(network, name, height) {
	return until(`block ${height} final on ${name}`, async () => {
		const last = await finalized(network.apis[name]);
		return last.number >= height && last;
	}, { within: FINAL_WITHIN });
}

/**
 * Asserts that all nodes finalize the current best block and agree: on the hash and state root of
 * each block up to there, and on the best block; and that no validator equivocated. Returns the
 * height.
 */
export async function assertAgreed(network, { since = 0 } = {}) {
	const names = Object.keys(network.nodes);
	const heads = await Promise.all(names.map((name) => head(network.apis[name])));
	const height = Math.max(...heads.map(({ number }) => number));
	await Promise.all(names.map((name) => untilFinal(network, name, height)));

	for (let number = since; number <= height; number += 1) {
		const blocks = await Promise.all(names.map(async (name) => {
			const api = network.apis[name];
			return head(api, await hashAt(api, number));
		}));
		for (const [index, block] of blocks.entries()) {
			assert.equal(block.hash, blocks[0].hash, `block ${number} on ${names[index]}`);
			assert.equal(block.stateRoot, blocks[0].stateRoot, `root of block ${number} on ${names[index]}`);
		}
	}
	await until('one best block on all', async () => {
		const best = await Promise.all(names.map((name) => head(network.apis[name])));
		return best.every(({ hash, stateRoot }) => hash === best[0].hash && stateRoot === best[0].stateRoot);
	});
	for (const name of names) {
		assert.ok(network.nodes[name].alive(), `${name} runs`);
		// Only since its last start: errors of a killed node are expected.
		const log = readLog(network, name).split(STARTED).at(-1);
		assert.doesNotMatch(log, /quivocat|panicked|Essential task/, `the log of ${name}`);
	}
	return height;
}

/** The whole log of a node. */
export function readLog(network, name) {
	return readFileSync(network.nodes[name].log, 'utf8');
}

/** Asserts that a node is still the process that was started. */
export function assertNeverRestarted(network, name, pid) {
	assert.equal(network.nodes[name].pid, pid, `${name} is the process that it was`);
	const starts = readLog(network, name).split(STARTED).length - 1;
	assert.equal(starts, 1, `starts of ${name}`);
}

/** All program calls of the canonical chain up to `height`, as `{ author, name, error }`. */
export async function programCalls(api, height) {
	const authorities = (await api.query.aura.authorities()).length;
	const calls = [];
	for (let number = 1; number <= height; number += 1) {
		const hash = await api.rpc.chain.getBlockHash(number);
		const [{ block }, events] = await Promise.all([
			api.rpc.chain.getBlock(hash), (await api.at(hash)).query.system.events(),
		]);
		const author = authorIndex(block.header, authorities);
		block.extrinsics.forEach(({ method }, index) => {
			if (method.section !== 'virt' || method.method === 'upload') return;
			const failure = events.find(({ event, phase }) =>
				phase.isApplyExtrinsic && phase.asApplyExtrinsic.eqn(index)
				&& api.events.system.ExtrinsicFailed.is(event));
			calls.push({
				author,
				name: method.method,
				error: failure ? errorName(api, failure.event.data[0]) : null,
			});
		});
	}
	return calls;
}
