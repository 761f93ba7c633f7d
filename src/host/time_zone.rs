//! The database of time zones.

use std::path::Path;

use super::tree;

/// Where systemd looks for it.
const DATABASE: &str = "/usr/share/zoneinfo";

/// Whether systemd knows a time zone: it is a file of the database, or an abbreviation in local time such as `CEST`.
pub fn exists(name: &str) -> bool {
    let of_database = || tree::read(Path::new(DATABASE).join(name)).is_ok_and(|file| file.starts_with(b"TZif"));
    let abbreviation = [b"\0", name.as_bytes(), b"\0"].concat();
    let is_local = || {
        let local = tree::read("/etc/localtime").unwrap_or_default();
        local.windows(abbreviation.len()).any(|part| part[1..] == abbreviation[1..])
    };
    of_database() || is_local()
}
