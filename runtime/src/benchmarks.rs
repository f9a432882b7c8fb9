//! The benchmarks of `make weights`.

pub use crate::Virt;
pub use frame_support::traits::{StorageInfoTrait, WhitelistedStorageKeys};

/// Syscalls with the smallest arguments.
pub type Least = pallet_virt::benchmarking::syscalls::least::Pallet<crate::Runtime>;
/// Syscalls with the largest arguments.
pub type Most = pallet_virt::benchmarking::syscalls::most::Pallet<crate::Runtime>;

/// Jobs.
pub type Jobs = pallet_virt::benchmarking::jobs::Pallet<crate::Runtime>;

frame_benchmarking::define_benchmarks!(
	[pallet_virt, Virt]
	[jobs, Jobs]
	[syscalls, Least]
	[syscalls, Most]
);
