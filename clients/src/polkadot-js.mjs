// The packages of polkadot-js that are installed in this folder, for scripts outside of it.

export { Keyring } from '@polkadot/api';
export { Metadata, TypeRegistry } from '@polkadot/types';
export * from '@polkadot/util';
export * from '@polkadot/util-crypto';
