//! The benchmark: our host functions beside those of `sp-virtualization`, the closest peer, from a
//! wasm runtime through the real executor.
//!
//! - [`rows`]: what is measured. `docs/benchmarks.md` says what each means.
//! - [`subject`]: who is measured, in this process; [`remote`]: in another, since the peer's two
//!   builds cannot be in one.
//! - [`sample`]: how often, and in which order. [`busy`]: with all cores at work.
//! - [`programs`]: programs of given sizes. [`work`]: the work of the fixture `bench`, natively.
//! - [`report`]: the table and the goals. [`machine`]: what it ran on.

pub mod busy;
pub mod machine;
pub mod programs;
pub mod remote;
pub mod report;
pub mod rows;
pub mod sample;
pub mod subject;
#[path = "../../../fixtures/programs/bench/src/work.rs"]
pub mod work;
