//! Directives required by the runtime of a service, and notes about its interpreter.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use super::host_facts::HostFacts;
use crate::cli::Add;
use crate::host::Host;
use crate::model::diagnostic::Note;
use crate::model::message::{Message, message, quoted};
use crate::runtime::paths;
use crate::runtime::table::{PIPE_DIRECTIVE, Prelude};
use crate::spec::Scope;

/// The directives that the runtime of a service, or the shell before it, requires.
pub fn required(found: &HostFacts, reasons: &mut Vec<Message>) -> Vec<(&'static str, &'static str)> {
    let of_runtime = found.command.runtime.iter().flat_map(|runtime| runtime.directives).copied();
    let of_launcher = found.command.launcher.iter().flat_map(|launcher| launcher.directives).copied();
    let mut needs: Vec<(&'static str, &'static str)> = Vec::new();
    for (directive, value, reason) in
        of_runtime.chain(of_launcher).chain(found.command.by_shell.then_some(PIPE_DIRECTIVE))
    {
        reasons.push(message!("{}={}, because {}", directive, value, reason));
        if !needs.contains(&(directive, value)) {
            needs.push((directive, value));
        }
    }
    needs
}

/// The file that the runtime of a service reads first, unless its variable is set, or cannot contain the path.
pub fn prelude(
    typed: &Add,
    found: &HostFacts,
    host: &Host,
    scope: Scope,
    reasons: &mut Vec<Message>,
) -> Option<&'static Prelude> {
    let prelude = found.command.runtime?.prelude?;
    let variable = prelude.variable.0.as_bytes();
    let is_typed = |word: &OsString| word.as_bytes().split(|byte| *byte == b'=').next() == Some(variable);
    // Ruby splits the variable at spaces.
    let dir = host.unit_dir(scope)?;
    let has_blanks = dir.as_os_str().as_bytes().iter().any(u8::is_ascii_whitespace);
    if typed.setenv.iter().any(is_typed) || has_blanks {
        return None;
    }
    reasons.push(message!("{} is read first, because {}", prelude.file, prelude.reason));
    Some(prelude)
}

/// The note about an interpreter whose path contains a version.
pub fn pinned(found: &HostFacts) -> Option<Note> {
    let interpreter = found.command.interpreter.as_ref()?;
    let version = paths::version_of_path(&interpreter.path)?;
    let (name, path) = (interpreter.runtime.name, quoted(&interpreter.path));
    Some(message!("it stays with {} {}, the version in its path: {}", name, version, path).into())
}
