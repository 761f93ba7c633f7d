//! `systemd-analyze verify`: only systemd knows the system calls of this machine and what its version accepts.

use std::ffi::OsStr;
use std::path::Path;

use crate::host::tool::query;
use crate::spec::Scope;

/// Its complaints about a unit file: lines that begin with the unit's name and, if they are about a line, its number.
/// `runtime` is the runtime directory of a user manager, if it is not the environment's. Empty if systemd-analyze is
/// not installed; its exit status is always 0.
pub fn complaints(path: &Path, scope: Scope, runtime: Option<&Path>) -> Vec<String> {
    let mut analyze = query("systemd-analyze");
    if scope == Scope::User {
        analyze.arg("--user");
    }
    analyze.args(["verify", "--man=no"]).arg(path);
    analyze.envs(runtime.map(|dir| ("XDG_RUNTIME_DIR", dir)));
    let said = analyze.output().map(|output| output.stderr).unwrap_or_default();
    let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    let path = path.to_string_lossy();
    // It complains about other units as well.
    let about_it = |line: &&str| line.starts_with(&*path) || line.starts_with(&*name);
    let text = String::from_utf8_lossy(&said);
    text.lines().filter(about_it).map(|line| line.replace(&*path, &name)).collect()
}
