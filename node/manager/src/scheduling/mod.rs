//! How the system schedules worker processes and the threads that wait for them.
//!
//! Both wait by spinning. If all cores are busy, two things make a syscall take milliseconds: the
//! two share a core, so that one spins while the other has to run; or one of them waits until
//! another process has used up its time slice.
//!
//! There are workers on Linux only.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::*;

#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
pub use other::*;
