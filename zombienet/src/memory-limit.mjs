// A group of processes with a memory limit, if this machine allows one. Uses control groups of
// version 1 or 2.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of each version: the folder, and the names of the limit and of the usage. */
const VERSIONS = [
	{ root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes' },
	{ root: '/sys/fs/cgroup', limit: 'memory.max', usage: 'memory.current' },
];

/** Returns a group without a limit, or the reason why none can be created. */
export function memoryGroup(name) {
	const refused = [];
	for (const { root, limit, usage } of VERSIONS) {
		const dir = join(root, `${name}-${process.pid}`);
		try {
			if (!existsSync(join(root, 'cgroup.procs'))) throw new Error(`${root} is not a control group`);
			mkdirSync(dir);
			if (!existsSync(join(dir, limit))) {
				rmdirSync(dir);
				throw new Error(`${root} does not limit memory`);
			}
		} catch (error) {
			refused.push(error.message);
			continue;
		}
		return {
			/** Wraps a command so that it runs in the group. */
			command: (command) => [
				'/bin/sh', '-c', `echo $$ > ${join(dir, 'cgroup.procs')} && exec "$@"`, 'sh', ...command,
			],
			/**
			 * Returns whether the limit was set: version 1 rejects a limit below the memory that
			 * cannot be reclaimed.
			 */
			limit: (bytes) => {
				try {
					writeFileSync(join(dir, limit), String(bytes));
					return true;
				} catch (error) {
					if (error.code === 'EBUSY') return false;
					throw error;
				}
			},
			usage: () => Number(readFileSync(join(dir, usage), 'utf8')),
			isEmpty: () => readFileSync(join(dir, 'cgroup.procs'), 'utf8') === '',
			/** Removes the group, which must be empty. */
			end: () => rmdirSync(dir),
		};
	}
	return { refused: refused.join('; ') };
}
