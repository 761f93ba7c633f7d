//! Reads where a unit's output goes.

use std::path::PathBuf;

use crate::systemd::exec::APPENDING;
use crate::systemd::words::{Style, split};
use crate::systemd::{unit_file, unquote};

/// The file that a unit appends its output to.
pub fn log_file(text: &str) -> Option<PathBuf> {
    let settings = unit_file::settings(text);
    let output = settings.iter().rev().find(|setting| setting.section == "Service" && setting.name == "StandardOutput");
    let by_manager = output.and_then(|setting| setting.value.strip_prefix("append:")).map(str::to_owned);
    by_manager.or_else(|| by_shell(text)).map(|path| PathBuf::from(path.replace("%%", "%")))
}

/// The file of a shell that opens it and execs the program, see [`crate::systemd::exec::line_into`].
fn by_shell(text: &str) -> Option<String> {
    let line = unit_file::settings(text).into_iter().find(|setting| setting.name == "ExecStart")?.value;
    let line = line.strip_prefix('-').unwrap_or(&line);
    let words: Vec<String> = split(line, Style::COMMAND).ok()?.iter().map(|word| unquote::dollar(word)).collect();
    words.get(3).filter(|_| unquote::is_script(&words, APPENDING)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systemd::exec;
    use crate::systemd::quote::Dollar;
    use std::path::Path;

    #[test]
    fn it_is_read_as_it_was_written() {
        for path in ["/var/log/a b%.log", "/home/ann/it's \"$5\".log"] {
            let by_manager = format!("[Service]\nStandardOutput=append:{}\n", path.replace('%', "%%"));
            assert_eq!(log_file(&by_manager).as_deref(), Some(Path::new(path)));
            let line = exec::line_into(Path::new(path), Path::new("/bin/x"), &["$1".into()], Dollar::Doubled);
            assert_eq!(log_file(&format!("[Service]\nExecStart={line}\n")).as_deref(), Some(Path::new(path)));
        }
        assert_eq!(log_file("[Service]\nStandardOutput=journal\nExecStart=/bin/sh -c x y\n"), None);
    }
}
