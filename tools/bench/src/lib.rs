//! The benchmark: our host functions and those of `sp-virtualization`, from a wasm runtime through
//! the executor of a node.
//!
//! - [`rows`]: the lines of the table. `docs/benchmarks.md` explains each.
//! - [`subject`]: the columns that are measured in this process; [`remote`]: in another, because
//!   the peer's two builds cannot be in one.
//! - [`sample`]: the number and order of samples. [`busy`]: load on all cores.
//! - [`programs`]: programs of given sizes. [`work`]: the work of the fixture `bench`, natively.
//! - [`report`]: the table and the goals. [`machine`]: the machine.

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
