// The packages of polkadot-api that are installed in this folder, for scripts outside of it.

export { createClient } from 'polkadot-api';
export { getPolkadotSigner } from 'polkadot-api/signer';
export { getSmProvider } from 'polkadot-api/sm-provider';
