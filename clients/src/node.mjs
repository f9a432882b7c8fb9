// A virt-node process: ports, start, stop, log.

import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { nodeBinary } from './paths.mjs';

const HOST = '127.0.0.1';

/** Running children, so that none outlives this process. */
const running = new Set();

process.on('exit', () => {
	for (const child of running) child.kill('SIGKILL');
});

/** Whether `port` can be bound on loopback (and on the IPv6 one, where there is one). */
export async function isPortFree(port) {
	for (const host of [HOST, '::1']) {
		const code = await new Promise((done) => {
			const server = createServer()
				.once('error', (error) => done(error.code))
				.listen({ port, host }, () => server.close(() => done(null)));
		});
		if (code === 'EADDRINUSE' || code === 'EACCES') return false;
	}
	return true;
}

/**
 * A free loopback port, below the range of ephemeral ports (32,768 and up on Linux), so that no connection uses it
 * before the node does.
 */
export async function freePort() {
	for (;;) {
		const port = 10_000 + Math.floor(Math.random() * 20_000);
		if (await isPortFree(port)) return port;
	}
}

/** One JSON-RPC request over HTTP. */
export async function rpc(port, method, params = []) {
	const response = await fetch(`http://${HOST}:${port}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
		signal: AbortSignal.timeout(5_000),
	});
	const { result, error } = await response.json();
	if (error) throw Object.assign(new Error(`${method}: ${error.message}`), { rpc: error });
	return result;
}

/**
 * Starts a node and waits until its RPC answers.
 *
 * `args` is everything but ports and log; `log` is a file path, appended to, so that a restart's
 * lines follow the first run's. `env` adds to this process's environment.
 */
export async function startNode({ args, log, rpcPort, p2pPort, env = {}, within = 120_000 }) {
	rpcPort ??= await freePort();
	p2pPort ??= await freePort();
	const command = [
		nodeBinary(),
		...args,
		'--rpc-port', String(rpcPort),
		'--listen-addr', `/ip4/${HOST}/tcp/${p2pPort}`,
		'--no-mdns',
		'--no-prometheus',
		'--no-telemetry',
	];
	return launch({ command, log, rpcPort, env, within });
}

/** Like `startNode` with a complete command line, for example to restart a node. */
export async function launch({ command, log, rpcPort, env = {}, within = 120_000 }) {
	if (!(await isPortFree(rpcPort))) {
		// The node would use another port, and we would connect to another process.
		throw new Error(`port ${rpcPort} is taken`);
	}
	const started = spawnTied(command[0], command.slice(1), log, env);
	const node = {
		command,
		rpcPort,
		log,
		url: `ws://${HOST}:${rpcPort}`,
		pid: started.child.pid,
		exited: started.exited,
		/** Whether the process is running. */
		alive: () => running.has(started.child),
		/** Stops the node; kills it after `grace` milliseconds. Returns how it ended. */
		async stop(grace = 20_000) {
			started.child.kill('SIGTERM');
			const timer = setTimeout(() => started.child.kill('SIGKILL'), grace);
			const end = await started.exited;
			clearTimeout(timer);
			return end;
		},
		/** Kills the node. */
		async kill() {
			started.child.kill('SIGKILL');
			return started.exited;
		},
	};
	try {
		await untilAnswering(node, within);
	} catch (error) {
		await node.kill();
		throw new Error(`${error.message}\n${logTail(log)}`);
	}
	return node;
}

/**
 * A node that another process started on this machine: the process with the argument `mark`.
 */
export function foundNode(mark, { url, log }) {
	const found = processes().map(({ pid }) => ({ pid, command: commandLine(pid) }))
		.filter(({ command }) => command.includes(mark));
	if (found.length !== 1) throw new Error(`expected one process with ${mark}, found ${found.length}`);
	const [{ pid, command }] = found;
	const alive = () => stillRunning([pid]).length > 0;
	const exited = async () => {
		while (alive()) await sleep(100);
		return {};
	};
	return {
		command,
		rpcPort: Number(new URL(url).port),
		log,
		url,
		pid,
		/** Only the parent knows how it ended. */
		get exited() {
			return exited();
		},
		alive,
		async kill() {
			process.kill(pid, 'SIGKILL');
			return exited();
		},
	};
}

function commandLine(pid) {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
	} catch {
		return []; // It ended meanwhile.
	}
}

/** The process ids of a process's children without zombies. Linux only; elsewhere none. */
export function children(pid) {
	return processes().filter(({ parent, state }) => parent === pid && state !== 'Z')
		.map((child) => child.pid);
}

/** The processes that are running or runnable. */
export function busy(pids) {
	return pids.filter((pid) => stat(pid)?.state === 'R');
}

/** The processes that still exist. */
export function stillRunning(pids) {
	return processes().filter(({ pid, state }) => pids.includes(pid) && state !== 'Z')
		.map(({ pid }) => pid);
}

function processes() {
	if (!existsSync('/proc/self/stat')) return [];
	return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
		.flatMap((name) => stat(Number(name)) ?? []);
}

function stat(pid) {
	try {
		// The command's name, in parentheses, may contain spaces.
		const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ');
		return { pid, state, parent: Number(parent) };
	} catch {
		return null; // It ended meanwhile.
	}
}

/** The last lines of a log file, for a report of a failure. */
export function logTail(log, lines = 30) {
	if (!existsSync(log)) return '';
	return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/**
 * Spawns a command that ends when this process does. The exit handler does not run when a signal ends this process;
 * for that, `setpriv` asks the kernel, if it is installed.
 */
export function spawnTied(command, args, log, env = {}) {
	const setpriv = '/usr/bin/setpriv';
	const line = existsSync(setpriv)
		? [setpriv, '--pdeathsig', 'TERM', '--', command, ...args]
		: [command, ...args];
	const output = openSync(log, 'a');
	const child = spawn(line[0], line.slice(1), {
		stdio: ['ignore', output, output],
		env: { ...process.env, ...env },
		// A separate process group: Ctrl-C only reaches this process, which stops the node.
		detached: true,
	});
	closeSync(output);
	running.add(child);
	const exited = new Promise((done) => {
		const end = (result) => {
			running.delete(child);
			done(result);
		};
		child.once('error', (error) => end({ code: null, signal: null, error }));
		child.once('exit', (code, signal) => end({ code, signal }));
	});
	return { child, exited };
}

async function untilAnswering(node, within) {
	const deadline = Date.now() + within;
	let end = null;
	node.exited.then((result) => (end = result));
	for (;;) {
		if (end) {
			const how = end.error?.message ?? (end.signal || `exit status ${end.code}`);
			throw new Error(`the node ended before its RPC responded (${how})`);
		}
		try {
			await rpc(node.rpcPort, 'system_health');
			return;
		} catch {
			if (Date.now() > deadline) throw new Error(`the node's RPC did not respond within ${within} ms`);
		}
		await sleep(100);
	}
}

/** The specification of a chain: `chain` is a name or a file, as for the node's option `--chain`. */
export async function chainSpec(chain, args = []) {
	const { stdout } = await promisify(execFile)(
		nodeBinary(), ['export-chain-spec', '--chain', chain, ...args], { maxBuffer: 64 * 1024 * 1024 },
	);
	return JSON.parse(stdout);
}
