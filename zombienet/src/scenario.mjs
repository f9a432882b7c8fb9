// Scenarios that start networks.

import { scenario as withNodes } from '../../clients/src/scenario.mjs';
import { Network } from './network.mjs';

/** A scenario of `clients/src/scenario.mjs` with the function `network`. */
export function scenario(name, options) {
	const nodes = withNodes(name, options);
	return {
		...nodes,
		/**
		 * Starts a network of `count` validators in the scenario's folder, with the options of
		 * `Network.start`.
		 */
		async network(count, options) {
			const network = await Network.start({ dir: nodes.dir, count, ...options });
			nodes.endWith(network);
			return network;
		},
	};
}
