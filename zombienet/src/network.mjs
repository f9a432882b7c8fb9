// A network of nodes on loopback: its chain specification, its validators, and who joins later.
// Knows the command lines of nodes that are to find each other; knows no extrinsic and no program.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { connect, disconnect } from '../../clients/src/chain.mjs';
import { chainSpec, foundNode, launch, rpc, startNode } from '../../clients/src/node.mjs';
import { Keyring, cryptoWaitReady } from '../../clients/src/polkadot-js.mjs';
import { until } from '../../clients/src/until.mjs';

/**
 * How long a node of a network may take to answer, in milliseconds: when it starts and when there is a
 * new runtime it compiles for seconds, and all nodes of a machine do so at once.
 */
export const ANSWER_WITHIN = 300_000;

/** Validators by the order in which a network has them. The node has an option for the keys of each. */
export const NAMES = ['alice', 'bob', 'charlie', 'dave', 'eve', 'ferdie'];

/** What they run programs on: both backends from two validators on. */
const BACKENDS = ['recompiler', 'interpreter', 'tiered', 'interpreter', 'tiered', 'interpreter'];

/** What a node says of the blocks that it makes, whatever it says by default. */
const LOG = ['-l', 'basic-authorship=info'];

/** Writes a specification of `chain` with these well-known validators instead of its own. */
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

/** Nodes of one chain, by name, and a connection to each. */
export class Network {
	/** `start` is what starts a node: a scenario's, which ends it with the test, or `startNode`. */
	constructor({ dir, spec, start = (name, options) => startNode({ log: join(dir, `${name}.log`), ...options }) }) {
		Object.assign(this, { dir, spec, start, nodes: {}, apis: {}, validators: [] });
	}

	/** A new network of `count` validators, in the folder `dir`. `chain` is a name, as for `--chain`. */
	static async start({ dir, count, chain, rpcPort, start }) {
		mkdirSync(dir, { recursive: true });
		const spec = join(dir, 'chain-spec.json');
		const names = NAMES.slice(0, count);
		// A folder that is kept goes on with its chain.
		if (!existsSync(spec)) await writeSpec(spec, names, chain);
		const network = new Network({ dir, spec, start });
		const add = async (name, index) => {
			// Its identity in the network is the same each time it is started on this folder.
			const key = String(index + 1).padStart(64, '0');
			const args = [`--${name}`, '--node-key', key, ...LOG];
			const port = rpcPort && rpcPort + index;
			return network.set(name, await network.#startWith(name, BACKENDS[index], args, port));
		};
		network.validators = names;
		await add(names[0], 0);
		// All others find each other through the first.
		await Promise.all(names.slice(1).map((name, index) => add(name, index + 1)));
		await network.untilConnected();
		return network;
	}

	/** The network that Zombienet gives to a script. */
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

	/** A further node, which syncs from the others. */
	async add(name, backend, args) {
		const node = await this.#startWith(name, backend, args);
		await untilSynced(node.rpcPort);
		return this.set(name, node);
	}

	/** Starts a node that knows those which run. */
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

	/** Starts a node again that ended, by the same command line. Its log goes on. */
	async restart(name) {
		const { command, log, rpcPort } = this.nodes[name];
		await this.disconnect(name);
		return this.set(name, await launch({ command, log, rpcPort, within: ANSWER_WITHIN }));
	}

	/** Ends all nodes, which have to be ours. */
	async stop() {
		await this.disconnect();
		await Promise.all(Object.values(this.nodes).map((node) => node.stop()));
	}

	/** Closes the connections to these nodes, to all when none is named. */
	async disconnect(...names) {
		for (const name of names.length > 0 ? names : Object.keys(this.apis)) {
			const api = this.apis[name];
			delete this.apis[name];
			if (api) await disconnect(api);
		}
	}

	/** Connects anew to all nodes. */
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
 * Waits until a new node has the state of its best block: one that takes states from others has blocks
 * before, and to most questions about those no answer.
 */
function untilSynced(rpcPort) {
	return until('a state that a client can be told of', async () => {
		const { number } = await rpc(rpcPort, 'chain_getHeader');
		return Number(number) > 0 && rpc(rpcPort, 'state_getRuntimeVersion').catch(() => false);
	}, { within: ANSWER_WITHIN });
}
