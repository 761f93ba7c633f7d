//! What systemd says of a unit file that is not installed: `systemd-analyze verify`, through the program, since only
//! it knows the system calls of this machine and what its own release takes.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use crate::host::tool::tool;
use crate::shell;
use crate::spec::Scope;

/// Its complaints of the file at `path`, which has the unit's own name: line by line, each beginning with that name
/// and, where it is about a line of the file, with its number. `runtime` is the folder by which a user's manager is
/// found, where it is not the one of the environment. Nothing where systemd-analyze is not there; it ends with 0
/// whatever it complains of.
pub fn complaints(path: &Path, scope: Scope, runtime: Option<&Path>) -> Vec<String> {
    let mut analyze = tool("systemd-analyze");
    if scope == Scope::User {
        analyze.arg("--user");
    }
    analyze.args(["verify", "--man=no"]).arg(path).env("LC_ALL", "C");
    analyze.envs(runtime.map(|folder| ("XDG_RUNTIME_DIR", folder)));
    // Old ones colour their words even where nobody sees it.
    analyze.env("SYSTEMD_LOG_COLOR", "0").env("SYSTEMD_COLORS", "0").stdin(Stdio::null());
    let said = analyze.output().map(|output| output.stderr).unwrap_or_default();
    let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    let path = path.to_string_lossy();
    // Other units may have troubles of their own.
    let about_it = |line: &&str| line.starts_with(&*path) || line.starts_with(&*name);
    let text = String::from_utf8_lossy(&said);
    text.lines().filter(about_it).map(|line| shell::printable(&line.replace(&*path, &name))).collect()
}
