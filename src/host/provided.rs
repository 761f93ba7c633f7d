//! Directories that systemd created for a service and keeps: `StateDirectory=`, `CacheDirectory=` and `LogsDirectory=`
//! (systemd.exec(5)).

use std::path::PathBuf;

use super::{Host, tree};
use crate::spec::Scope;
use crate::systemd::unit_file::settings;

/// Those that exist, by the unit file's text.
pub fn dirs(text: &str, scope: Scope, host: &Host) -> Vec<PathBuf> {
    let home = host.home.as_ref().map(|home| (home.state.clone(), home.state.join("log")));
    let base = |directive: &str| match (scope, directive) {
        (Scope::System, "StateDirectory") => Some(PathBuf::from("/var/lib")),
        (Scope::System, "CacheDirectory") => Some(PathBuf::from("/var/cache")),
        (Scope::System, "LogsDirectory") => Some(PathBuf::from("/var/log")),
        (Scope::User, "StateDirectory") => home.as_ref().map(|(state, _)| state.clone()),
        (Scope::User, "CacheDirectory") => Some(host.asked_by.home.join(".cache")),
        (Scope::User, "LogsDirectory") => home.as_ref().map(|(_, logs)| logs.clone()),
        _ => None,
    };
    let settings = settings(text);
    let named = settings.iter().filter_map(|setting| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_name = !setting.value.is_empty() && !setting.value.starts_with('.') && setting.value.chars().all(plain);
        is_name.then(|| base(setting.name)).flatten().map(|base| base.join(&setting.value))
    });
    named.filter(|dir| tree::symlink_metadata(dir).is_ok()).collect()
}
