//! `import` of a file of this format.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mkservice::cli::ImportFormat;

fuzz_target!(|bytes: &[u8]| mkservice_fuzz::import(ImportFormat::Pm2, "/srv/app/ecosystem.config.json", bytes));
