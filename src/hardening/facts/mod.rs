//! Facts about a service and its machine that decide how it is sandboxed.

mod of_service;
mod of_spec;

use std::path::{Path, PathBuf};

use crate::spec::{Property, Scope, UnitName};
use crate::systemd::directives::value::boolean;

pub use of_service::{command, of_service};
pub use of_spec::of_spec;

/// The directories that `ProtectHome=` hides (systemd.exec(5)).
pub const HIDDEN: [&str; 3] = ["/home", "/root", "/run/user"];

/// [`HIDDEN`], if none of them is a symlink.
pub fn hidden_by_default() -> Vec<PathBuf> {
    HIDDEN.iter().map(PathBuf::from).collect()
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub name: UnitName,
    pub scope: Scope,
    /// systemd's version. If unknown, only what 247 knows is written.
    pub release: Option<u32>,
    pub as_root: bool,
    /// Unprivileged user namespaces are enabled.
    pub has_namespaces: bool,
    /// The runtime or program that needs memory that is writable and executable.
    pub compiles: Option<String>,
    /// Not of another architecture than the machine.
    pub is_native: bool,
    /// A launcher that stays in the command, such as `uv`: it can need any part of the home directory and write to the
    /// working directory.
    pub needs_home: Option<String>,
    /// It sends notifications, over a socket that a user manager has in `/run/user`.
    pub notifies: bool,
    /// The working directory.
    pub dir: PathBuf,
    /// The directories that `ProtectHome=` hides, and their targets if they are symlinks.
    pub hidden: Vec<PathBuf>,
    /// The home directory of the user.
    pub home: Option<PathBuf>,
    /// What it must be able to read: its program, the interpreter, modules; symlinks and their targets.
    pub reads: Vec<PathBuf>,
    /// Other paths in its command, which it can have to write to.
    pub named: Vec<PathBuf>,
    /// Paths with specifiers, as in a unit file, that it must be able to read.
    pub written: Vec<String>,
    /// The directives of `StateDirectory=`, `CacheDirectory=` and `LogsDirectory=` whose directory does not belong to
    /// another user: systemd would change its owner.
    pub free: Vec<&'static str>,
    /// From `-p`.
    pub typed: Vec<Property>,
}

impl Facts {
    pub fn release_or_oldest(&self) -> u32 {
        self.release.unwrap_or(247)
    }

    /// Whether systemd can create a mount namespace for it, which a user manager can from 254 on.
    pub fn namespaces(&self) -> bool {
        self.scope == Scope::System || (self.release_or_oldest() >= 254 && self.has_namespaces)
    }

    /// Whether `-p` sets a directive.
    pub fn is_typed(&self, directive: &str) -> bool {
        self.typed.iter().any(|property| property.name() == directive)
    }

    /// Whether `-p` turns a measure off.
    pub fn is_switched_off(&self, directive: &str) -> bool {
        let last = self.typed.iter().rev().find(|property| property.name() == directive);
        last.is_some_and(|property| property.value().is_empty() || boolean(property.value()) == Some(false))
    }

    /// Whether `sudo` must work.
    pub fn wants_new_privileges(&self) -> bool {
        self.is_switched_off("NoNewPrivileges")
    }

    /// Whether `ProtectHome=` hides a path.
    pub fn is_hidden(&self, path: &Path) -> bool {
        self.hidden.iter().any(|hidden| path.starts_with(hidden))
    }
}
