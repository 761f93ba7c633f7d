//! `mkservice.toml`, as `apply` reads it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mkservice::manifest;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = manifest::read(bytes, "mkservice.toml") {
        assert!(!mkservice::output::wording::Wording::default().lines(&error).is_empty());
    }
});
