//! Files in `/proc`, which the process has in its hand.

#![no_main]

use std::os::unix::ffi::OsStrExt as _;

use libfuzzer_sys::fuzz_target;
use mkservice::host::process::{self, Stat};

fuzz_target!(|bytes: &[u8]| {
    let _ = (Stat::parse(bytes), process::cgroup(bytes));
    let strings = process::split(bytes);
    let mut joined = strings.iter().map(|string| string.as_bytes()).collect::<Vec<_>>().join(&0);
    if bytes.ends_with(&[0]) {
        joined.push(0);
    }
    assert_eq!(joined, bytes);
    assert!(process::environment(strings).keys().all(|name| !name.is_empty()));
});
