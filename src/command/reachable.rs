//! What is certain to fail at the start is said before anything is written: program, folder and
//! script are looked at as the account of the service.

use crate::error::{Error, Result, shown};
use crate::host::access::{self, Use};
use crate::host::{Host, account, tree};
use crate::resolve::Resolved;
use crate::runtime::line;
use crate::shell;
use crate::spec::{Opener, Scope, ServiceSpec};

/// Directives of `-p` that change who runs the service, where, or what is there; what they mean is
/// not ours to judge.
const BEYOND: [&str; 9] = [
    "User",
    "Group",
    "SupplementaryGroups",
    "WorkingDirectory",
    "RootDirectory",
    "RootImage",
    "DynamicUser",
    "BindPaths",
    "BindReadOnlyPaths",
];

/// True when `-p` puts a service where nothing can be told of it from here.
pub fn is_beyond(spec: &ServiceSpec) -> bool {
    BEYOND.into_iter().any(|directive| spec.property_sets(directive))
}

/// Refuses a service whose account cannot reach what it needs.
///
/// (Environment files are read by the manager, and were looked at as the caller.)
///
/// # Errors
/// [`Error::NoScript`] or [`Error::Denied`].
pub fn refuse_what_cannot_be(resolved: &Resolved, host: &Host) -> Result<()> {
    if is_beyond(&resolved.spec) {
        return Ok(());
    }
    resolved.spec.each_different().iter().try_for_each(|spec| refuse_one(spec, resolved, host))
}

fn refuse_one(spec: &ServiceSpec, resolved: &Resolved, host: &Host) -> Result<()> {
    let folder = spec.working_directory.path();
    let command = spec.command.words();
    let typed = line::script(&command);
    let script = typed.as_ref().map(|script| folder.join(script));
    let mut wanted = vec![(folder, Use::Enter), (spec.command.program(), Use::Execute)];
    // What systemd opens in system scope it opens as root.
    let log = spec.log_file.as_ref().filter(|it| spec.scope == Scope::User || it.opener() == Opener::Account);
    let log = log.map(|file| match (tree::symlink_metadata(file.path()), file.path().parent()) {
        (Err(_), Some(folder)) => (folder, Use::MakeIn),
        _ => (file.path(), Use::Append),
    });
    wanted.extend(log);
    wanted.extend(spec.failure.iter().map(|command| (command.program(), Use::Execute)));
    // The kernel executes a script; its interpreter has to read it.
    if !resolved.interpreter.is_empty() {
        wanted.push((spec.command.program(), Use::Read));
    }
    if let (Some(path), Some(word)) = (&script, &typed) {
        match tree::symlink_metadata(path) {
            Ok(_) => wanted.push((path, Use::Read)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let elsewhere = host.folder.as_ref().map(|folder| folder.join(word)).filter(|path| tree::is_file(path));
                let script = shell::printable(&word.to_string_lossy());
                return Err(Error::NoScript { script, folder: shown(folder), instead: elsewhere });
            }
            // Who may not look cannot tell; the account may.
            Err(_) => wanted.push((path, Use::Read)),
        }
    }
    match denied(spec, host, &wanted) {
        Some((account, denied)) => Err(Error::Denied { account, denied }),
        None => Ok(()),
    }
}

/// The first path that is denied, and to whom. Only root can ask as somebody else.
fn denied(spec: &ServiceSpec, host: &Host, wanted: &[(&std::path::Path, Use)]) -> Option<(String, access::Denied)> {
    match (spec.scope, spec.account.as_deref()) {
        (Scope::User, _) => access::first_denied_to_us(wanted).map(|denied| (host.asked_by.name.clone(), denied)),
        (Scope::System, Some(name)) if host.euid == 0 => {
            let denied = access::first_denied(&account::by_name(name)?, spec.group.as_deref(), wanted);
            denied.map(|denied| (name.to_owned(), denied))
        }
        // Whoever asks for a service of their own can look for themselves, before root is asked.
        (Scope::System, Some(name)) if name == host.asked_by.name && spec.group.is_none() => {
            access::first_denied_to_us(wanted).map(|denied| (name.to_owned(), denied))
        }
        (Scope::System, _) => None,
    }
}
