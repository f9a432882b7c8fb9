//! Builds the programs of both pallets into `OUT_DIR`.

use std::{env, path::PathBuf, process::exit};

fn main() {
	for path in ["programs/Cargo.toml", "programs/Cargo.lock", "programs/src", "build.rs"] {
		println!("cargo:rerun-if-changed={path}");
	}
	println!("cargo:rerun-if-changed=../../primitives/guest/src");
	if let Err(error) = run() {
		eprintln!("{error}");
		exit(1);
	}
}

fn run() -> Result<(), String> {
	let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it; qed"));
	let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it; qed"));
	for program in virt_builder::build(&here.join("programs"), &out.join("build"), true)? {
		program.write_to(&out)?;
	}
	Ok(())
}
