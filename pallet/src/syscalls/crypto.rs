//! Syscalls that hash and that verify signatures.

use super::{code, Answer};
use crate::{
	frame::{Context, Memory},
	gas::Price,
	limits::MAX_HASHED,
	Config, Error,
};
use sp_core::{ed25519, sr25519};
use sp_io::{crypto, hashing};
use virt_guest::Code;

impl<T: Config> Context<'_, T> {
	fn hash<const N: usize>(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		[data, len, out]: [u64; 3],
		hash: impl FnOnce(&[u8]) -> [u8; N],
	) -> Answer<T> {
		self.charge(price, len)?;
		let data = memory.read(data, len, MAX_HASHED, Error::TooMuchHashed)?;
		memory.write(out, &hash(&data))?;
		Ok(0)
	}

	pub(super) fn blake2_256(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		data: u64,
		len: u64,
		out: u64,
	) -> Answer<T> {
		self.hash(memory, price, [data, len, out], hashing::blake2_256)
	}

	pub(super) fn blake2_128(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		data: u64,
		len: u64,
		out: u64,
	) -> Answer<T> {
		self.hash(memory, price, [data, len, out], hashing::blake2_128)
	}

	pub(super) fn keccak_256(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		data: u64,
		len: u64,
		out: u64,
	) -> Answer<T> {
		self.hash(memory, price, [data, len, out], hashing::keccak_256)
	}

	pub(super) fn sha2_256(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		data: u64,
		len: u64,
		out: u64,
	) -> Answer<T> {
		self.hash(memory, price, [data, len, out], hashing::sha2_256)
	}

	fn verify(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		[signature, message, len, public]: [u64; 4],
		is_good: impl FnOnce([u8; 64], &[u8], [u8; 32]) -> bool,
	) -> Answer<T> {
		self.charge(price, len)?;
		let message = memory.read(message, len, MAX_HASHED, Error::TooMuchHashed)?;
		let (signature, public) = (memory.read_array(signature)?, memory.read_array(public)?);
		let good = is_good(signature, &message, public);
		Ok(if good { 0 } else { code(Code::INVALID_SIGNATURE) })
	}

	pub(super) fn sr25519_verify(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		signature: u64,
		message: u64,
		len: u64,
		public: u64,
	) -> Answer<T> {
		let args = [signature, message, len, public];
		self.verify(memory, price, args, |signature, message, public| {
			let (signature, public) =
				(sr25519::Signature::from_raw(signature), sr25519::Public::from_raw(public));
			crypto::sr25519_verify(&signature, message, &public)
		})
	}

	pub(super) fn ed25519_verify(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		signature: u64,
		message: u64,
		len: u64,
		public: u64,
	) -> Answer<T> {
		let args = [signature, message, len, public];
		self.verify(memory, price, args, |signature, message, public| {
			let (signature, public) =
				(ed25519::Signature::from_raw(signature), ed25519::Public::from_raw(public));
			crypto::ed25519_verify(&signature, message, &public)
		})
	}

	pub(super) fn secp256k1_recover(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		signature: u64,
		hash: u64,
		out: u64,
	) -> Answer<T> {
		self.charge(price, 65 + 32 + 33)?;
		let (signature, hash) = (memory.read_array(signature)?, memory.read_array(hash)?);
		match crypto::secp256k1_ecdsa_recover_compressed(&signature, &hash) {
			Ok(public) => {
				memory.write(out, &public)?;
				Ok(0)
			},
			Err(_) => Ok(code(Code::INVALID_SIGNATURE)),
		}
	}
}
