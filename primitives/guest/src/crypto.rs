//! Hashes and signature checks.

use crate::{syscalls, Failure};

/// A hash function of the table: readable bytes in, `$len` bytes out.
macro_rules! hashes {
	($($(#[$doc:meta])* $name:ident -> $len:literal;)*) => {$(
		$(#[$doc])*
		pub fn $name(data: &[u8]) -> [u8; $len] {
			let mut out = [0; $len];
			// SAFETY: `data` is readable for its length, and `out` has room for a hash.
			unsafe { syscalls::$name(data.as_ptr(), data.len() as u64, out.as_mut_ptr()) };
			out
		}
	)*};
}

hashes! {
	/// The BLAKE2b-128 hash of `data`.
	blake2_128 -> 16;
	/// The BLAKE2b-256 hash of `data`.
	blake2_256 -> 32;
	/// The Keccak-256 hash of `data`.
	keccak_256 -> 32;
	/// The SHA-256 hash of `data`.
	sha2_256 -> 32;
}

/// Whether the sr25519 signature of the message is valid for this key.
pub fn sr25519_verify(signature: &[u8; 64], message: &[u8], public: &[u8; 32]) -> bool {
	let (signature, public) = (signature.as_ptr(), public.as_ptr());
	// SAFETY: `message` is readable for its length, and the others have the length that they must.
	let result = unsafe {
		syscalls::sr25519_verify(signature, message.as_ptr(), message.len() as u64, public)
	};
	result == 0
}

/// Whether the ed25519 signature of the message is valid for this key.
pub fn ed25519_verify(signature: &[u8; 64], message: &[u8], public: &[u8; 32]) -> bool {
	let (signature, public) = (signature.as_ptr(), public.as_ptr());
	// SAFETY: as for `sr25519_verify`.
	let result = unsafe {
		syscalls::ed25519_verify(signature, message.as_ptr(), message.len() as u64, public)
	};
	result == 0
}

/// The compressed public key that made the secp256k1 signature of `hash`.
pub fn secp256k1_recover(signature: &[u8; 65], hash: &[u8; 32]) -> Result<[u8; 33], Failure> {
	let mut out = [0; 33];
	// SAFETY: all of them have the length that they must.
	let result =
		unsafe { syscalls::secp256k1_recover(signature.as_ptr(), hash.as_ptr(), out.as_mut_ptr()) };
	Failure::check(result).map(|()| out)
}
