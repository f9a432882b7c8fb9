// A group of processes that may use so much memory, where this machine lets us make one.
// Knows control groups, of both versions; knows no node.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files of each version: where it is, and what the limit and the usage are called. */
const VERSIONS = [
	{ root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes' },
	{ root: '/sys/fs/cgroup', limit: 'memory.max', usage: 'memory.current' },
];

/** A group without a limit yet, or why there can be none. */
export function memoryGroup(name) {
	const refused = [];
	for (const { root, limit, usage } of VERSIONS) {
		const dir = join(root, `${name}-${process.pid}`);
		try {
			if (!existsSync(join(root, 'cgroup.procs'))) throw new Error(`${root} is no control group`);
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
			/** `command` as a command that runs in the group. */
			command: (command) => [
				'/bin/sh', '-c', `echo $$ > ${join(dir, 'cgroup.procs')} && exec "$@"`, 'sh', ...command,
			],
			/** Whether that much will do: version 1 refuses less than what cannot be given back. */
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
			/** Ends the group: no process may be in it any more. */
			end: () => rmdirSync(dir),
		};
	}
	return { refused: refused.join('; ') };
}
