//! See [`virt_differential::targets::wire`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| virt_differential::targets::wire(bytes));
