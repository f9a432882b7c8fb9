// What `virt-node program bindings --ts` makes for the program token, as a script uses it. Compiled by
// bindings.test.mjs, strictly: what has another type than it says does not pass.

import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import type { SubmittableExtrinsic } from '@polkadot/api/types';
import { AccountId, createClient } from 'polkadot-api';
import { getPolkadotSigner } from 'polkadot-api/signer';
import { getWsProvider } from 'polkadot-api/ws';
import { WebSocket } from 'ws';

import { CallFailed, Token, papi, polkadotJs } from './token.js';
import type { TokenError, TokenEvent } from './token.js';

/** Balance of Bob, the error of a transfer that is too much, and the event of one that is not. */
export interface Said {
	before: bigint;
	error: TokenError | null;
	event: TokenEvent;
	after: bigint;
}

export async function overPolkadotJs(url: string, address: string): Promise<Said> {
	const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
	try {
		const keys = new Keyring({ type: 'sr25519' });
		const [alice, bob] = [keys.addFromUri('//Alice'), keys.addFromUri('//Bob')];
		const token = new Token(polkadotJs(api), address);

		const before: bigint = await token.balanceOf(bob.address).query(alice.address);
		const error = await refused(token.transfer(bob.address, 10n ** 20n).transaction(alice.address));
		const tx: SubmittableExtrinsic<'promise'> = await token.transfer(bob.address, 5n).transaction(alice.address) as any;
		const event = await new Promise<TokenEvent>((done, fail) => {
			tx.signAndSend(alice, ({ status, events }) => {
				if (!status.isFinalized) return;
				const found = events.find(({ event: { section, method } }) => section === 'virt' && method === 'ProgramEvent');
				done(token.event((found!.event.data as any).data.toU8a(true)));
			}).catch(fail);
		});
		const after = await token.balanceOf(bob.address).query(alice.address);
		return { before, error, event, after };
	} finally {
		await api.disconnect();
	}
}

export async function overPapi(url: string, address: string): Promise<Said> {
	const client = createClient(getWsProvider(url, { websocketClass: WebSocket as any }));
	try {
		const keys = new Keyring({ type: 'sr25519' });
		const [alice, bob] = [keys.addFromUri('//Alice'), keys.addFromUri('//Bob')];
		const signer = getPolkadotSigner(alice.publicKey, 'Sr25519', async (message) => alice.sign(message));
		const api = client.getUnsafeApi();
		const token = new Token(papi(api as any, AccountId()), address);

		const before = await token.balanceOf(bob.address).query(alice.address);
		const error = await refused(token.transfer(bob.address, 10n ** 20n).transaction(alice.address));
		const tx: any = await token.transfer(bob.address, 5n).transaction(alice.address);
		const { events } = await tx.signAndSubmit(signer);
		const found = events.find(({ type, value }: any) => type === 'Virt' && value.type === 'ProgramEvent');
		const event = token.event(found.value.value.data);
		const after = await token.balanceOf(bob.address).query(alice.address);
		return { before, error, event, after };
	} finally {
		client.destroy();
	}
}

async function refused(call: Promise<unknown>): Promise<TokenError | null> {
	try {
		await call;
	} catch (failure) {
		if (failure instanceof CallFailed) return failure.error as TokenError | null;
		throw failure;
	}
	throw new Error('it was not refused');
}

/** Never run: each line has to be an error of types. */
export function mistakes(token: Token<unknown>): void {
	// @ts-expect-error an amount is a bigint
	token.transfer('5Fxyz', 5);
	// @ts-expect-error an argument is missing
	token.transfer('5Fxyz');
	// @ts-expect-error there is no such entry
	token.mint(5n);
	// @ts-expect-error a balance is no string
	const balance: Promise<string> = token.balanceOf('5Fxyz').query('5Fxyz');
	// @ts-expect-error there is no such error
	const error: TokenError = { TooMuch: { balance: 1n } };
	void [balance, error];
}
