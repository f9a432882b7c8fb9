// The light client smoldot, connected to a network of virt-node: it verifies GRANDPA justifications, and executes
// the runtime on storage proofs from full nodes.

import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';

import { startWithBytecode } from 'smoldot/no-auto-bytecode';

import { chainSpec, rpc } from './node.mjs';

/** The log level of smoldot's warnings. */
const WARNINGS = 2;

export class LightClient {
	#smoldot;
	#worker = new Worker(new URL('./light-client-worker.mjs', import.meta.url));
	#spec;
	#chain;
	#next = 1;
	#answers = new Map();
	#listeners = new Map();
	/** The warnings of smoldot, one line each. */
	warnings = [];

	/** Starts a light client whose boot nodes are all nodes of `network`. */
	static async start(network) {
		const spec = await chainSpec(network.spec, ['--raw']);
		const addresses = await Promise.all(Object.values(network.nodes).map(({ rpcPort }) =>
			rpc(rpcPort, 'system_localListenAddresses')));
		spec.bootNodes = addresses.flat().filter((address) => address.startsWith('/ip4/127.0.0.1/'));
		const client = new LightClient();
		client.#spec = JSON.stringify(spec);
		const [compiled] = await once(client.#worker, 'message');
		const { port1, port2 } = new MessageChannel();
		client.#worker.postMessage(port1, [port1]);
		client.#smoldot = startWithBytecode({
			bytecode: compiled,
			portToWorker: port2,
			maxLogLevel: WARNINGS,
			logCallback: (_, target, message) => client.warnings.push(`${target}: ${message}`),
		});
		client.#chain = await client.chain();
		client.#listen();
		return client;
	}

	/** The chain, for a library with its own JSON-RPC client. It shares the synced state. */
	chain() {
		return this.#smoldot.addChain({ chainSpec: this.#spec });
	}

	/** Sends one JSON-RPC request. */
	request(method, params = []) {
		const id = this.#next++;
		const answer = new Promise((done, fail) => this.#answers.set(id, ({ result, error }) =>
			(error ? fail(new Error(`${method}: ${error.message}`)) : done(result))));
		this.#chain.sendJsonRpc(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
		return answer;
	}

	/** Subscribes: yields notifications without end. */
	async * subscribe(method, params = []) {
		const { notifications, wake } = this.#listener(await this.request(method, params));
		for (;;) {
			while (notifications.length > 0) yield notifications.shift();
			await new Promise((done) => { wake.up = done; });
		}
	}

	/**
	 * Calls a function of the runtime API with storage proofs of a full node. Returns its output.
	 */
	async call(name, parameters) {
		let operation, subscription;
		for await (const event of this.subscribe('chainHead_v1_follow', [true])) {
			if (event.event === 'initialized') {
				subscription = event.subscription;
				const hash = event.finalizedBlockHashes.at(-1);
				const started = await this.request('chainHead_v1_call', [subscription, hash, name, parameters]);
				operation = started.operationId;
			} else if (event.operationId !== undefined && event.operationId === operation) {
				await this.request('chainHead_v1_unfollow', [subscription]);
				if (event.event === 'operationCallDone') return event.output;
				throw new Error(`${event.event}: ${event.error ?? ''}`);
			}
		}
	}

	/** Stops the client. Pending requests stay unanswered. */
	async stop() {
		await this.#smoldot.terminate();
		await this.#worker.terminate();
	}

	#listener(subscription) {
		if (!this.#listeners.has(subscription)) {
			this.#listeners.set(subscription, { notifications: [], wake: { up: () => {} } });
		}
		return this.#listeners.get(subscription);
	}

	async #listen() {
		try {
			for await (const text of this.#chain.jsonRpcResponses) {
				const { id, params, ...answer } = JSON.parse(text);
				if (params === undefined) {
					this.#answers.get(id)(answer);
					this.#answers.delete(id);
					continue;
				}
				const { subscription, result } = params;
				const { notifications, wake } = this.#listener(subscription);
				notifications.push({ subscription, ...result });
				wake.up();
			}
		} catch (error) {
			if (error.name !== 'AlreadyDestroyedError') throw error;
		}
	}
}
