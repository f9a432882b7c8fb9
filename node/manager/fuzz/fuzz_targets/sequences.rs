//! Bytes as a sequence of calls, on the dev runtime: see [`virt_soak`].

#![no_main]

use std::sync::OnceLock;
use virt_soak::compare::Engines;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
	static ENGINES: OnceLock<Engines> = OnceLock::new();
	let engines = ENGINES.get_or_init(|| Engines::start().expect("this machine has all backends"));
	if let Err(report) = engines.check(bytes, false) {
		panic!("{report}");
	}
});
