//! `import` of a file of this format.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mkservice::cli::ImportFormat;

fuzz_target!(|bytes: &[u8]| mkservice_fuzz::import(ImportFormat::Crontab, "/etc/crontab", bytes));
