//! systemd-creds(1): encryption with a key of this machine.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::host::tool::{query, tool};
use crate::spec::{Scope, SecretName, Sensitive};
use crate::systemd::text::double_percent;

/// The first version with `LoadCredential=`.
pub const SINCE: u32 = 247;

/// The first version with the specifier `%d`.
pub const SPECIFIER_SINCE: u32 = 251;

/// The first version that decrypts in this scope. In 256 and 257 the service that decrypts for users exists, but user
/// managers do not use it.
fn encrypted_since(scope: Scope) -> u32 {
    match scope {
        Scope::System => 250,
        Scope::User => 258,
    }
}

/// Whether this version of systemd can encrypt secrets for a scope.
pub fn can_encrypt(scope: Scope, version: u32) -> bool {
    let is_there = || command(scope, "--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    version >= encrypted_since(scope) && is_there()
}

/// Returns the content of the credential's file.
///
/// The key is always the one on disk, even if there is a TPM: what is bound to a TPM can become unreadable after a
/// firmware update.
pub fn encrypt(scope: Scope, name: &SecretName, value: &Sensitive) -> Result<Sensitive, String> {
    let mut creds = command(scope, "encrypt");
    creds.arg("--with-key=host").arg(format!("--name={}", name.as_str())).args(["-", "-"]);
    run(creds, value.bytes())
}

/// The inverse of [`encrypt`].
pub fn decrypt(scope: Scope, name: &SecretName, path: &Path) -> Result<Sensitive, String> {
    let mut creds = command(scope, "decrypt");
    // By default it may add a line break.
    creds.arg("--newline=no").arg(format!("--name={}", name.as_str())).arg(path).arg("-");
    run(creds, b"")
}

fn command(scope: Scope, verb: &str) -> Command {
    let mut command = query("systemd-creds");
    command.arg(verb).stderr(Stdio::piped()).env("SYSTEMD_LOG_TARGET", "console");
    // systemd could not decrypt with another key.
    command.env_remove("SYSTEMD_CREDENTIAL_SECRET");
    if scope == Scope::User && verb != "--version" {
        command.arg("--user");
    }
    command
}

fn run(mut command: Command, input: &[u8]) -> Result<Sensitive, String> {
    let reason = |error: std::io::Error| crate::model::message::io_reason(&error);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(reason)?;
    // It reads all input before it writes.
    let fed = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input));
    let output = child.wait_with_output().map_err(reason)?;
    if output.status.success() {
        return fed.map(|()| Sensitive::new(output.stdout)).map_err(reason);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    Err(last.unwrap_or("no reason given").to_owned())
}

/// The installed version of systemd, for when no manager is running.
pub fn installed_version() -> Option<u32> {
    let output = tool("systemctl").arg("--version").stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.split_whitespace().nth(1)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The end of the line that loads a credential from this file, see [`crate::systemd::path::credential`].
pub fn from_file(path: &Path) -> String {
    format!(":{}", double_percent(&path.to_string_lossy()))
}
