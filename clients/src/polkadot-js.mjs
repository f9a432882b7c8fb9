// The installed packages of polkadot-js, for scripts outside of this folder.

export { Keyring } from '@polkadot/api';
export { Metadata, TypeRegistry } from '@polkadot/types';
export * from '@polkadot/util';
export * from '@polkadot/util-crypto';
