//! The additional syscalls of this chain. Programs import the rows of `runtime/syscalls`; these are
//! the handlers.

use crate::{Balances, Runtime};
use pallet_virt::{extension::Access, Error};

virt_runtime_syscalls::chain_syscalls!(pallet_virt::extension);

impl Handlers<Runtime> for Syscalls {
	fn slot(_: Access<'_, '_, Runtime>) -> Result<u64, Error<Runtime>> {
		Ok(*pallet_aura::CurrentSlot::<Runtime>::get())
	}

	fn issuance(mut access: Access<'_, '_, Runtime>, out: u64) -> Result<u64, Error<Runtime>> {
		access.write(out, &Balances::total_issuance().to_le_bytes())?;
		Ok(0)
	}
}

#[cfg(test)]
mod tests {
	use crate::{
		AccountId, Balance, Balances, Runtime, RuntimeEvent, RuntimeGenesisConfig, RuntimeOrigin,
		System, Virt, UNIT,
	};
	use codec::Decode;
	use frame_support::traits::fungible::Mutate;
	use sp_runtime::BuildStorage;
	use virt_fixtures::CHAIN;
	use virt_manager::{BackendChoice, Engine};

	/// The output of `entry` of the program.
	fn run<R: Decode>(entry: &str, code_hash: sp_core::H256) -> R {
		let signer = AccountId::new([1; 32]);
		let (entry, limit) = (entry.as_bytes().to_vec(), pallet_virt::limits::MAX_DRY_RUN_WEIGHT);
		Virt::run(RuntimeOrigin::signed(signer), code_hash, entry, vec![], limit).expect("it runs");
		match System::events().pop().expect("a run deposits an event").event {
			RuntimeEvent::Virt(pallet_virt::Event::<Runtime>::Executed { output, .. }) => {
				R::decode(&mut &output[..]).expect("it is what the entry gives")
			},
			other => panic!("expected `Executed`, got {other:?}"),
		}
	}

	#[test]
	fn programs_reach_the_chains_own_syscalls() {
		let storage = RuntimeGenesisConfig::default().build_storage().expect("it has defaults");
		let mut ext = sp_io::TestExternalities::new(storage);
		let engine = Engine::new(BackendChoice::Interpreter, None).expect("it works anywhere");
		ext.register_extension(engine.extension());
		ext.execute_with(|| {
			System::set_block_number(1);
			let signer = AccountId::new([1; 32]);
			Balances::mint_into(&signer, 5 * UNIT).expect("it is enough to live");
			pallet_aura::CurrentSlot::<Runtime>::put(sp_consensus_aura::Slot::from(9));
			let origin = RuntimeOrigin::signed(signer);
			Virt::upload(origin, CHAIN.to_vec(), None).expect("it is admitted");
			let code_hash = pallet_virt::program::code_hash(CHAIN);
			assert_eq!(run::<u64>("slot", code_hash), 9);
			assert_eq!(run::<Balance>("issuance", code_hash), Balances::total_issuance());
			pallet_virt::try_state::check::<Runtime>().expect("the pallet's storage is sound");
		});
	}
}
