//! Programs made of bytes, run on every backend and compared.
//!
//! - [`source`]: bytes as a row of choices, so that a fuzzer, a seed and a corpus all lead to
//!   programs in the same way.
//! - [`generate`]: a program, and calls of it, made of such choices.
//! - [`machine`]: one interface to what runs a program: a manager, two managers that hand a running
//!   program to and fro, and PolkaVM without anything of ours.
//! - [`run`]: drives a machine through calls, answers syscalls, and writes down all that can be
//!   observed.
//! - [`compare`]: runs a case on every machine; says where they first differ.
//! - [`targets`]: what each fuzz target does with its bytes.
//!
//! It knows what must be equal, not what is right: a fault that all backends share is not found here.

pub mod compare;
pub mod generate;
pub mod machine;
pub mod run;
pub mod source;
pub mod targets;
