// A taken port or a missing binary gets one line with the remedy.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const DEMO = fileURLToPath(new URL('../src/demo.mjs', import.meta.url));

/** Runs the demo. Returns its exit status and output. */
function demo(env) {
	return new Promise((done) => {
		const child = spawn(process.execPath, [DEMO], { env: { ...process.env, ...env } });
		const printed = { stdout: '', stderr: '' };
		child.stdout.on('data', (data) => (printed.stdout += data));
		child.stderr.on('data', (data) => (printed.stderr += data));
		child.once('close', (code) => done({ code, ...printed }));
	});
}

describe('surroundings', () => {
	it('a taken port is reported in one line with a free one, before any node starts', async () => {
		const server = createServer();
		await new Promise((done) => server.listen({ port: 0, host: '127.0.0.1' }, done));
		const { port } = server.address();
		try {
			const { code, stdout, stderr } = await demo({ RPC_PORT: String(port), EXIT: '1' });
			assert.equal(code, 1);
			assert.equal(stdout, '');
			const line = new RegExp(`^Port ${port} is taken: run \`RPC_PORT=\\d+ make demo\`\\.\n$`);
			assert.match(stderr, line);
		} finally {
			server.close();
		}
	});

	it('a missing binary is reported in one line', async () => {
		const env = { VIRT_NODE: '/no/such/virt-node', RPC_PORT: '19944', EXIT: '1' };
		const { code, stdout, stderr } = await demo(env);
		assert.equal(code, 1);
		assert.equal(stdout, '');
		assert.match(stderr, /^No node at \/no\/such\/virt-node: .*VIRT_NODE.*\n$/);
	});
});
