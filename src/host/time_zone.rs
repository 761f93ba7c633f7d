//! Which time zones exist.

use std::path::Path;

use super::tree;
use crate::systemd::calendar;

/// Whether systemd knows a time zone: it is a file of the database, or an abbreviation in local time such as `CEST`.
pub fn exists(name: &str) -> bool {
    let of_database = || tree::read(Path::new(calendar::ZONES).join(name)).is_ok_and(|file| file.starts_with(b"TZif"));
    let abbreviation = [name.as_bytes(), b"\0"].concat();
    let is_local = || {
        let local = tree::read("/etc/localtime").unwrap_or_default();
        local.windows(abbreviation.len()).any(|part| part == abbreviation)
    };
    of_database() || is_local()
}
