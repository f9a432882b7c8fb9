// A network of nodes on loopback: the chain specification, the validators, and nodes that join
// later. Contains the command lines of nodes that connect to each other, and no extrinsics or
// programs.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { connect, disconnect } from '../../clients/src/chain.mjs';
import { chainSpec, foundNode, launch, rpc, startNode } from '../../clients/src/node.mjs';
import { Keyring, cryptoWaitReady } from '../../clients/src/polkadot-js.mjs';
import { until } from '../../clients/src/until.mjs';

/**
 * The timeout of a request to a node of a network, in milliseconds. At start and after a runtime
 * upgrade a node compiles the runtime for seconds, and all nodes of a machine do so at once.
 */
export const ANSWER_WITHIN = 300_000;

/**
 * The validators, in the order in which a network has them. The node has an option with the keys of
 * each.
 */
export const NAMES = ['alice', 'bob', 'charlie', 'dave', 'eve', 'ferdie'];

/** The backends of the nodes, in order: a network of two or more validators has both. */
const BACKENDS = ['recompiler', 'interpreter', 'tiered', 'interpreter', 'tiered', 'interpreter'];

/** Log the authored blocks, whatever the default is. */
const LOG = ['-l', 'basic-authorship=info'];

/** Writes a specification of `chain` with these well-known validators. */
export async function writeSpec(file, names, chain = 'local') {
	const spec = await chainSpec(chain);
	await cryptoWaitReady();
	const address = (type, name) =>
		new Keyring({ type }).addFromUri(`//${name[0].toUpperCase()}${name.slice(1)}`).address;
	const { patch } = spec.genesis.runtimeGenesis;
	patch.aura.authorities = names.map((name) => address('sr25519', name));
	patch.grandpa.authorities = names.map((name) => [address('ed25519', name), 1]);
	writeFileSync(file, JSON.stringify(spec));
}

/** Nodes of one chain by name, with a connection to each. */
export class Network {
	/**
	 * `start` starts a node: the scenario's function, which stops it at the end of the test, or
	 * `startNode`.
	 */
	constructor({ dir, spec, start = (name, options) => startNode({ log: join(dir, `${name}.log`), ...options }) }) {
		Object.assign(this, { dir, spec, start, nodes: {}, apis: {}, validators: [] });
	}

	/**
	 * Starts a new network of `count` validators in the folder `dir`. `chain` is a name, as for
	 * `--chain`.
	 */
	static async start({ dir, count, chain, rpcPort, start }) {
		mkdirSync(dir, { recursive: true });
		const spec = join(dir, 'chain-spec.json');
		const names = NAMES.slice(0, count);
		// An existing folder continues its chain.
		if (!existsSync(spec)) await writeSpec(spec, names, chain);
		const network = new Network({ dir, spec, start });
		const add = async (name, index) => {
			// The same network identity at each start on this folder.
			const key = String(index + 1).padStart(64, '0');
			const args = [`--${name}`, '--node-key', key, ...LOG];
			const port = rpcPort && rpcPort + index;
			return network.set(name, await network.#startWith(name, BACKENDS[index], args, port));
		};
		network.validators = names;
		await add(names[0], 0);
		// The other nodes discover each other through the first.
		await Promise.all(names.slice(1).map((name, index) => add(name, index + 1)));
		await network.untilConnected();
		return network;
	}

	/** The network that Zombienet passes to a script. */
	static async found({ tmpDir, chainSpecPath, nodesByName }) {
		const network = new Network({ dir: tmpDir, spec: chainSpecPath });
		network.validators = Object.keys(nodesByName).sort();
		for (const name of network.validators) {
			const { wsUri: url } = nodesByName[name];
			const log = join(tmpDir, `${name}.log`);
			await network.set(name, foundNode(join(tmpDir, name, 'data'), { url, log }));
		}
		await network.untilConnected();
		return network;
	}

	/** Starts another node, which syncs from the others. */
	async add(name, backend, args) {
		const node = await this.#startWith(name, backend, args);
		await untilSynced(node.rpcPort);
		return this.set(name, node);
	}

	/** Starts a node with the running nodes as boot nodes. */
	async #startWith(name, backend, args, rpcPort) {
		const known = Object.values(this.nodes).filter((node) => node.alive());
		const addresses = await Promise.all(known.map(async (node) =>
			(await rpc(node.rpcPort, 'system_localListenAddresses')).find((at) => at.includes('/127.0.0.1/'))));
		return this.start(name, {
			rpcPort,
			within: ANSWER_WITHIN,
			args: [
				'--chain', this.spec, '--base-path', join(this.dir, name), '--vm-backend', backend, ...args,
				...addresses.flatMap((address) => ['--bootnodes', address]),
			],
		});
	}

	/** Starts an ended node again with the same command line. Its log is appended. */
	async restart(name) {
		const { command, log, rpcPort } = this.nodes[name];
		await this.disconnect(name);
		return this.set(name, await launch({ command, log, rpcPort, within: ANSWER_WITHIN }));
	}

	/** Stops all nodes, which must have been started by this process. */
	async stop() {
		await this.disconnect();
		await Promise.all(Object.values(this.nodes).map((node) => node.stop()));
	}

	/** Closes the connections to these nodes, or to all if none is named. */
	async disconnect(...names) {
		for (const name of names.length > 0 ? names : Object.keys(this.apis)) {
			const api = this.apis[name];
			delete this.apis[name];
			if (api) await disconnect(api);
		}
	}

	/** Reconnects to all nodes. */
	async reconnect() {
		await this.disconnect();
		for (const [name, node] of Object.entries(this.nodes)) await this.set(name, node);
	}

	/** The connections to the validators. */
	get validatorApis() {
		return this.validators.map((name) => this.apis[name]);
	}

	async set(name, node) {
		this.nodes[name] = node;
		this.apis[name] = await connect(node.url, { answerWithin: ANSWER_WITHIN });
		return node;
	}

	async untilConnected() {
		const others = Object.keys(this.nodes).length - 1;
		for (const [name, api] of Object.entries(this.apis)) {
			await until(`${name}'s peers`, async () =>
				(await api.rpc.system.health()).peers.toNumber() >= Math.min(others, 1),
			{ within: ANSWER_WITHIN });
		}
	}
}

/**
 * Waits until a new node has the state of its best block. A node that syncs states has blocks
 * before it can answer most requests about them.
 */
function untilSynced(rpcPort) {
	return until('a state that a client can be told of', async () => {
		const { number } = await rpc(rpcPort, 'chain_getHeader');
		return Number(number) > 0 && rpc(rpcPort, 'state_getRuntimeVersion').catch(() => false);
	}, { within: ANSWER_WITHIN });
}
