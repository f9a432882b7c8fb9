// Renders traces with `virt-node program explain`.

import { spawn } from 'node:child_process';

import { Advice } from './advice.mjs';
import { nodeBinary } from './paths.mjs';

/** Renders a trace with the programs' files in a folder. `args` are further arguments of `program explain`. */
export function explain(traced, folder, args = []) {
	return new Promise((done, fail) => {
		const command = ['program', 'explain', '-', '--programs', folder, ...args];
		const child = spawn(nodeBinary(), command, { stdio: ['pipe', 'pipe', 'pipe'] });
		const printed = { stdout: '', stderr: '' };
		for (const stream of ['stdout', 'stderr']) {
			child[stream].setEncoding('utf8').on('data', (text) => (printed[stream] += text));
		}
		child.on('error', fail);
		child.on('close', (code) => (code === 0
			? done(printed.stdout.trimEnd())
			: fail(new Advice(printed.stderr.trimEnd() || `virt-node ended with status ${code}`))));
		child.stdin.on('error', () => {}).end(JSON.stringify(traced));
	});
}
