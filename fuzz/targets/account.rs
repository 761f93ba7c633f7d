//! Lines of passwd(5), also in images.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mkservice::host::account;

fuzz_target!(|bytes: &[u8]| {
    for line in String::from_utf8_lossy(bytes).lines() {
        if let Some(account) = account::account(line) {
            let name = std::path::Path::new(&account.name);
            // It becomes the name of a file.
            assert_eq!(name.file_name(), Some(name.as_os_str()), "{name:?}");
        }
    }
});
