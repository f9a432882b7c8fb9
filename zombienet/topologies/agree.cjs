// What `agree.zndsl` runs: program calls on one validator, then both compared at a finalised height.
// Returns 1 where they agree.

async function run(nodeName, networkInfo) {
	const chain = await import('../src/chain.mjs');
	const { blob } = await import('../src/paths.mjs');
	const { alice } = await chain.accounts();
	const apis = await Promise.all(
		Object.values(networkInfo.nodesByName).map(({ wsUri }) => chain.connect(wsUri)),
	);
	try {
		const here = apis[0];
		const counter = await chain.upload(here, alice, blob('counter'));
		const spin = await chain.upload(here, alice, blob('spin'));
		const start = chain.u32(0);
		const { address } = await chain.instantiate(here, alice, counter.codeHash, 'zombienet', start);
		const first = (await here.rpc.system.accountNextIndex(alice.address)).toNumber();
		const calls = Array.from({ length: 50 }, (_, index) => (index % 5 === 4
			? chain.tx.run(here, spin.codeHash, 'spin', [], 5_000_000n)
			: chain.tx.call(here, address, 'increment')));
		const done = await Promise.all(calls.map((call, index) =>
			chain.submit(here, call, alice, { nonce: first + index, finalized: true })));
		const wrong = done.filter(({ error }, index) =>
			error !== (index % 5 === 4 ? 'virt.OutOfGas' : null));
		if (wrong.length > 0) throw new Error(`${wrong.length} calls ended otherwise`);

		const height = Math.max(...done.map(({ block }) => block.number));
		const heads = await Promise.all(apis.map(async (api) => {
			while ((await chain.finalized(api)).number < height) {
				await new Promise((go) => setTimeout(go, 500));
			}
			return chain.head(api, await chain.hashAt(api, height));
		}));
		const same = heads.every(({ hash, stateRoot }) =>
			hash === heads[0].hash && stateRoot === heads[0].stateRoot);
		return same ? 1 : 0;
	} finally {
		await Promise.all(apis.map((api) => chain.disconnect(api)));
	}
}

module.exports = { run };
