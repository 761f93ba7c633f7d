//! Unit files: `import` of one, and the rules of quoting and escaping, by which commands are written and read.

#![no_main]

use std::ffi::OsString;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use mkservice::cli::ImportFormat;
use mkservice::systemd::{exec, unit_file, unquote};

fuzz_target!(|bytes: &[u8]| {
    mkservice_fuzz::import(ImportFormat::Systemd, "/etc/systemd/system/web.service", bytes);
    let text = String::from_utf8_lossy(bytes);
    for setting in unit_file::settings(&text) {
        let _ = unquote::command(&setting.value, true);
    }
    let _ = (unit_file::stray_lines(&text), unit_file::command(&text, false));
    let words: Vec<String> = text.split('\0').map(str::to_owned).collect();
    let arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
    let line = exec::line(Path::new("/bin/echo"), &arguments);
    let read = unquote::command(&line, false).expect("what is written is read");
    assert_eq!((read[0].as_str(), &read[1..]), ("/bin/echo", words.as_slice()), "{line}");
});
