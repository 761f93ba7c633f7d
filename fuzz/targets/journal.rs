//! What journalctl(1) exports.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mkservice::manager::journal;

fuzz_target!(|bytes: &[u8]| {
    let mut size = 0;
    journal::each_exported(bytes, |entry| {
        size += entry.message.len() + entry.unit.len() + entry.from.len();
        true
    });
    // A byte that is not UTF-8 becomes 3, and a cut is marked.
    assert!(size <= 4 * bytes.len() + 64 * 1024, "{size}");
});
