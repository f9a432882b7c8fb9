// What the `*.zndsl` files run: one of `../src/behaviours/`, on the network that Zombienet started.
// Returns 1 where it is as it must be, else throws.

async function run(_, networkInfo, [name]) {
	const { Network } = await import('../src/network.mjs');
	// A module's one function: `switch` is no name for it.
	const [behaviour] = Object.values(await import(`../src/behaviours/${name}.mjs`));
	const network = await Network.found(networkInfo);
	try {
		console.log(`\n${name}: ${await behaviour(network)}\n`);
		return 1;
	} catch (error) {
		// Zombienet shows the message alone.
		console.error(`\n${name}: ${error.stack}\n`);
		throw error;
	} finally {
		await network.disconnect();
	}
}

module.exports = { run };
