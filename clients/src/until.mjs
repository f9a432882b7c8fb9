import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Calls `test` repeatedly until it returns a value, and returns that. */
export async function until(what, test, { within = 90_000, every = 250 } = {}) {
	const deadline = Date.now() + within;
	for (;;) {
		const found = await test();
		if (found) return found;
		assert.ok(Date.now() < deadline, `${what}: not within ${within} ms`);
		await sleep(every);
	}
}
