// The installed packages of polkadot-api, for scripts outside of this folder.

export { createClient } from 'polkadot-api';
export { getPolkadotSigner } from 'polkadot-api/signer';
export { getSmProvider } from 'polkadot-api/sm-provider';
