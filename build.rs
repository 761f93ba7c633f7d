//! What the linker is told of a static release build: leave out what nothing in it reads.

#![expect(clippy::disallowed_methods, reason = "cargo tells a build script in its environment what is built")]

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=data/static.ld");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|list| list.split(',').any(|one| one == value));
    let is_static = is("CARGO_CFG_TARGET_FEATURE", "crt-static") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if is_static && is("PROFILE", "release") {
        // A panic ends the program at once, so nothing unwinds the stack; the tables for that are an eighth of it. The
        // compiler can leave out its own, and not those of the standard library, for which all are written.
        let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/data/static.ld");
        // The places to be adjusted at the start, as a map and not as a list. Takes glibc 2.36 on the machine that builds.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
