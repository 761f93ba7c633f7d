//! Environment files by systemd's rules.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mkservice::systemd::environment_file::{self, Comments};

fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).count();
    for version in [247, 257] {
        let reading = environment_file::read(bytes, Comments::of_version(version));
        assert!(reading.assignments.len() <= lines);
        let _ = environment_file::effective(reading.assignments);
    }
    let _ = environment_file::assignments(bytes);
});
