//! See [`virt_differential::targets::admission`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| virt_differential::targets::admission(bytes));
