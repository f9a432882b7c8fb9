// Finds import circles between the modules of a crate: `make lint`. A module that only declares its children does not
// import them; `use` and paths that begin with `crate`, `self` or `super` do.
//
//   node scripts/circles.mjs

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Circles that are accepted: a mock runtime is configured with the syscalls that its tests declare. */
const ACCEPTED = new Set(['pallet/src: tests::extension, tests::mock, tests::syscalls']);

const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.rs'], { cwd: ROOT })
	.toString().trim().split('\n');

/** The path of a module within its crate, as a list. */
function moduleOf(file, root) {
	const parts = file.slice(root.length + 1, -'.rs'.length).split('/');
	return ['lib', 'main', 'mod'].includes(parts.at(-1)) ? parts.slice(0, -1) : parts;
}

/** The paths in a `use` tree. */
function paths(tree, prefix = []) {
	const parts = [];
	let depth = 0;
	let part = '';
	for (const char of tree) {
		if (char === '{') depth += 1;
		if (char === '}') depth -= 1;
		if (char === ',' && depth === 0) {
			parts.push(part);
			part = '';
		} else part += char;
	}
	parts.push(part);
	return parts.map((it) => it.trim()).filter((it) => it !== '').flatMap((it) => {
		const group = it.match(/^([\w:]*?)(?:::)?\{(.*)\}$/s);
		if (group) return paths(group[2], [...prefix, ...group[1].split('::').filter((name) => name !== '')]);
		return [[...prefix, ...it.replace(/\s+as\s+\w+/, '').split('::')]];
	});
}

/** The modules that each module of the crate in `root` imports. */
function imports(root) {
	const files = new Map(sources.filter((file) => file.startsWith(`${root}/`))
		.map((file) => [moduleOf(file, root).join('::'), file]));
	const edges = new Map();
	for (const [name, file] of files) {
		const code = readFileSync(join(ROOT, file), 'utf8')
			.replace(/#\[cfg\(test\)\]\s*mod \w+ \{[^]*/, '').replace(/\/\/.*/g, '');
		const used = [...code.matchAll(/\buse\s+([^;]+);/g)].flatMap(([, tree]) => paths(tree));
		const named = [...code.matchAll(/\b(?:crate|super)(?:::\w+)+/g)].map(([path]) => path.split('::'));
		const here = name === '' ? [] : name.split('::');
		const found = new Set();
		for (const path of [...used, ...named]) {
			let target;
			if (path[0] === 'crate') target = path.slice(1);
			else if (path[0] === 'self') target = [...here, ...path.slice(1)];
			else if (path[0] === 'super') {
				const up = path.findIndex((it) => it !== 'super');
				const count = up < 0 ? path.length : up;
				target = [...here.slice(0, Math.max(here.length - count, 0)), ...path.slice(count)];
			} else if (files.has([...here, path[0]].join('::'))) target = [...here, ...path];
			else continue;
			while (target.length > 0 && !files.has(target.join('::'))) target = target.slice(0, -1);
			const module = target.join('::');
			if (module !== '' && module !== name) found.add(module);
		}
		edges.set(name, found);
	}
	return edges;
}

/** The strongly connected components with more than one module, by Tarjan's algorithm. */
function circles(edges) {
	const index = new Map();
	const low = new Map();
	const stack = [];
	const result = [];
	const visit = (node) => {
		index.set(node, index.size);
		low.set(node, index.get(node));
		stack.push(node);
		for (const next of edges.get(node) ?? []) {
			if (!index.has(next)) {
				visit(next);
				low.set(node, Math.min(low.get(node), low.get(next)));
			} else if (stack.includes(next)) low.set(node, Math.min(low.get(node), index.get(next)));
		}
		if (low.get(node) !== index.get(node)) return;
		const component = stack.splice(stack.indexOf(node));
		if (component.length > 1) result.push(component.sort());
	};
	for (const node of edges.keys()) if (!index.has(node)) visit(node);
	return result;
}

const roots = [...new Set(sources.filter((file) => /\/src\/(lib|main)\.rs$/.test(file)).map(dirname))];
const found = roots.flatMap((root) => circles(imports(root)).map((modules) => `${root}: ${modules.join(', ')}`));
for (const circle of found.filter((it) => !ACCEPTED.has(it))) console.error(`import circle in ${circle}`);
for (const circle of ACCEPTED) if (!found.includes(circle)) console.error(`no longer a circle: ${circle}`);
if (found.length !== ACCEPTED.size || found.some((it) => !ACCEPTED.has(it))) process.exit(1);
console.log(`${roots.length} crates without import circles.`);
