// Reads docs/clients.md for the tests that check it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = new URL('../../', import.meta.url);
const read = (name) => readFileSync(new URL(name, ROOT), 'utf8');

/** The indented blocks under a heading, without the indent. */
export function blocks(title) {
	const text = read('docs/clients.md').split(/^## /m).find((part) => part.startsWith(`${title}\n`));
	return text.split(/^\S.*$/m)
		.map((block) => block.replaceAll(/^ {4}/gm, '').trim()).filter((block) => block !== '');
}

/** Without leading whitespace: the page uses spaces. */
const bare = (text) => text.replaceAll(/^[ \t]+/gm, '').trim();

/** Whether a block is a part of one of the project's source files. */
export const isPiece = (block, file) => bare(read(file)).includes(bare(block));

/** Runs the complete example under a heading on a program. Returns its output. */
export async function runExample(title, name, program, url) {
	const file = `clients/examples/${name}.mjs`;
	assert.ok(blocks(title).some((block) => bare(block) === bare(read(file))), `${file} is not what stands there`);
	const env = { ...process.env, VIRT_URL: url };
	const args = [fileURLToPath(new URL(file, ROOT)), program];
	return (await promisify(execFile)(process.execPath, args, { env })).stdout;
}
