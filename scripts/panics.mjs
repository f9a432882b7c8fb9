// Compares docs/panics.md with the places where the pallet, its primitives and the manager could panic, or
// truncate a number: `make panics`. A place that has no reason there fails, and so does a reason of no place.
//
//   LINTS="clippy::.." node scripts/panics.mjs SOURCES.. < messages of clippy, as JSON

import { readFileSync } from 'node:fs';

const PAGE = new URL('../docs/panics.md', import.meta.url);
/** Where input of programs and runtimes goes. */
const SOURCES = /^(pallet|primitives|node\/manager)\/src\//;
/** Run by nobody but a benchmark, or not at all on a chain. */
const LEFT_OUT = /^pallet\/src\/(benchmarking|tests)/;
const LINTS = new Set(process.env.LINTS.split(' '));

const lines = new Map();
const source = (file) => {
	if (!lines.has(file)) lines.set(file, readFileSync(new URL(`../${file}`, import.meta.url), 'utf8').split('\n'));
	return lines.get(file);
};

const found = new Set();
for (const line of readFileSync(0, 'utf8').split('\n')) {
	if (!line.startsWith('{')) continue;
	const { reason, message } = JSON.parse(line);
	if (reason !== 'compiler-message' || !LINTS.has(message.code?.code)) continue;
	const span = message.spans.find((one) => one.is_primary);
	// What a derive or a macro of FRAME writes is theirs.
	if (span.expansion || !SOURCES.test(span.file_name) || LEFT_OUT.test(span.file_name)) continue;
	const code = source(span.file_name)[span.line_start - 1].trim();
	// The attribute of a FRAME macro, or a doc comment that it took apart.
	if (/^(\/\/\/|#\[pallet::(call|error|event)\])/.test(code)) continue;
	found.add(`${span.file_name}\t${code}`);
}
// An `expect` says why it cannot fail.
for (const file of process.argv.slice(2)) {
	const code = source(file);
	const end = code.findIndex((line) => line.startsWith('#[cfg(test)]'));
	for (const line of end < 0 ? code : code.slice(0, end)) {
		if (/\.expect\("/.test(line) && !line.includes('; qed') && !/^\s*\/\//.test(line)) {
			found.add(`${file}\t${line.trim()}`);
		}
	}
}
if (found.size === 0) throw new Error('clippy said nothing of the sources: touch them, or see how it was called');

const rows = readFileSync(PAGE, 'utf8').matchAll(/^\| `(\S+)` \| ``(.+)`` \| (.+) \|$/gm);
const listed = new Map([...rows].map(([, file, code, why]) => [`${file}\t${code.trim().replaceAll('\\|', '|')}`, why]));
const show = (place) => place.split('\t');
const missing = [...found].filter((place) => !listed.has(place)).sort();
const gone = [...listed.keys()].filter((place) => !found.has(place));
for (const place of missing) {
	const [file, code] = show(place);
	console.error(`no reason in docs/panics.md: | \`${file}\` | \`\` ${code.replaceAll('|', '\\|')} \`\` |  |`);
}
for (const place of gone) console.error(`in docs/panics.md, and not in the sources: ${show(place).join(': ')}`);
if (missing.length + gone.length > 0) process.exit(1);
console.log(`${found.size} places, each with a reason.`);
