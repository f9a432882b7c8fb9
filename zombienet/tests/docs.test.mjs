// The documentation quotes existing messages, errors and files. Starts no node.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = [
	'clients/src', 'fixtures/builder', 'node', 'pallet/src', 'primitives', 'scripts', 'zombienet/src',
];
const SKIPPED = ['corpus', 'node_modules', 'target', 'tests'];

/** The paths of the files below a folder, without build outputs and tests. */
function files(folder, wanted) {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (!entry.isDirectory()) return wanted(entry.name) ? [path] : [];
		return SKIPPED.includes(entry.name) ? [] : files(path, wanted);
	});
}

/**
 * A source with its string literals as they are printed: continued lines are joined, and nothing is
 * escaped.
 */
const strings = (source) => source.replace(/\\\n\s*/g, '').replace(/\\(["`])/g, '$1');

const page = (name) => readFileSync(join(ROOT, 'docs', name), 'utf8');

describe('docs', () => {
	it('troubleshooting quotes messages that exist', () => {
		const wanted = (name) => /\.(rs|sh|mjs)$|^cargo$/.test(name);
		const sources = SOURCES.flatMap((folder) => files(join(ROOT, folder), wanted)).map((path) =>
			strings(readFileSync(path, 'utf8')),
		);
		// `†` marks messages of Substrate.
		const messages = [...page('troubleshooting.md').matchAll(/^> (?!†)(.*)$/gm)].map(([, it]) => it);
		assert.ok(messages.length >= 15, `only ${messages.length} were found`);
		for (const message of messages) {
			// A message may wrap another's text, or have a prefix: each part must exist somewhere.
			for (const piece of message.split(/\.\.|error: |Error: |interpreter: /)) {
				const text = piece.trim();
				const found = text.length < 4 || sources.some((source) => source.includes(text));
				assert.ok(found, `nothing says "${text}" of "${message}"`);
			}
		}
	});

	it('troubleshooting names errors that exist', () => {
		const source = readFileSync(join(ROOT, 'pallet/src/lib.rs'), 'utf8');
		const errors = source.match(/pub enum Error<T> \{(.*?)\n\t\}/s)[1];
		const rows = page('troubleshooting.md').match(/^\| `.*?\|/gm).join();
		const names = [...rows.matchAll(/`(\w+)`/g)].map(([, name]) => name);
		assert.ok(names.length >= 20, `only ${names.length} were found`);
		for (const name of names) assert.match(errors, new RegExp(`\\b${name},`));
	});

	it('links lead to files and headings', () => {
		const others = ['README.md', '.github/CONTRIBUTING.md', '.github/SECURITY.md', 'clients/README.md', 'zombienet/README.md'];
		const pages = [...others.map((name) => join(ROOT, name)), ...files(join(ROOT, 'docs'), (name) => name.endsWith('.md'))];
		const anchor = (title) => title.toLowerCase().replace(/[^\w\- ]/g, '').replace(/ /g, '-');
		for (const from of pages) {
			const text = readFileSync(from, 'utf8');
			for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
				if (/^https?:/.test(link)) continue;
				const [path, heading] = link.split('#');
				const to = path ? join(dirname(from), path) : from;
				assert.ok(existsSync(to), `${relative(ROOT, from)} links to ${link}`);
				if (!heading) continue;
				const titles = [...readFileSync(to, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, it]) => anchor(it));
				assert.ok(titles.includes(heading), `${relative(ROOT, from)} links to ${link}`);
			}
		}
	});
});
