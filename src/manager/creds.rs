//! systemd-creds(1): encrypts what can then be read on this machine alone.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::host::tool::tool;
use crate::spec::{Scope, SecretName, Sensitive};
use crate::systemd::text::double_percent;

/// The first version of systemd that knows `LoadCredential=`.
pub const SINCE: u32 = 247;

/// The first version that knows the specifier `%d`.
pub const SPECIFIER_SINCE: u32 = 251;

/// The first version whose manager of a scope decrypts: that of a user gets the key from a service of the machine,
/// which 256 and 257 have too, but there their managers do not ask it.
fn encrypted_since(scope: Scope) -> u32 {
    match scope {
        Scope::System => 250,
        Scope::User => 258,
    }
}

/// Whether secrets of a scope can be encrypted where systemd has this version.
pub fn can_encrypt(scope: Scope, version: u32) -> bool {
    let is_there = || command(scope, "--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    version >= encrypted_since(scope) && is_there()
}

/// Encrypts a secret with the machine's own key, under its name. Gives what belongs into its file.
///
/// The key is the one on disk, also where there is a TPM: what is bound to that can no longer be read once the
/// firmware was brought up to date.
pub fn encrypt(scope: Scope, name: &SecretName, value: &Sensitive) -> Result<Sensitive, String> {
    let mut creds = command(scope, "encrypt");
    creds.arg("--with-key=host").arg(format!("--name={}", name.as_str())).args(["-", "-"]);
    run(creds, value.bytes())
}

/// Decrypts what [`encrypt`] made.
pub fn decrypt(scope: Scope, name: &SecretName, path: &Path) -> Result<Sensitive, String> {
    let mut creds = command(scope, "decrypt");
    // What it writes as it is may otherwise end in a line break of its own.
    creds.arg("--newline=no").arg(format!("--name={}", name.as_str())).arg(path).arg("-");
    run(creds, b"")
}

fn command(scope: Scope, verb: &str) -> Command {
    let mut command = tool("systemd-creds");
    command.arg(verb).stderr(Stdio::piped()).env("LC_ALL", "C").env("SYSTEMD_LOG_COLOR", "0");
    command.env("SYSTEMD_COLORS", "0").env("SYSTEMD_LOG_TARGET", "console");
    // Another key than the manager's own would be of no use.
    command.env_remove("SYSTEMD_CREDENTIAL_SECRET").stdin(Stdio::null());
    if scope == Scope::User && verb != "--version" {
        command.arg("--user");
    }
    command
}

fn run(mut command: Command, input: &[u8]) -> Result<Sensitive, String> {
    let reason = |error: std::io::Error| crate::error::io_reason(&error);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(reason)?;
    // It reads all of it before it writes.
    let fed = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input));
    let output = child.wait_with_output().map_err(reason)?;
    if output.status.success() {
        return fed.map(|()| Sensitive::new(output.stdout)).map_err(reason);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    Err(crate::shell::printable(last.unwrap_or("it gave no reason")))
}

/// The version of the systemd that is installed, where no manager runs that could be asked.
pub fn installed_version() -> Option<u32> {
    let output = tool("systemctl").arg("--version").stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.split_whitespace().nth(1)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The end of a line that loads the credential from this file, see [`crate::systemd::path::credential`].
pub fn from_file(path: &Path) -> String {
    format!(":{}", double_percent(&path.to_string_lossy()))
}
