//! What has to be known of a service and its machine before it can be closed in.

mod of_service;
mod of_spec;

use std::path::{Path, PathBuf};

use crate::spec::{Property, Scope, UnitName};

pub use of_service::{command, of_service};
pub use of_spec::of_spec;

/// The folders that `ProtectHome=` hides (systemd.exec(5)).
pub const HIDDEN: [&str; 3] = ["/home", "/root", "/run/user"];

/// [`HIDDEN`] as paths, where none of them is a link to elsewhere.
pub fn hidden_by_default() -> Vec<PathBuf> {
    HIDDEN.iter().map(PathBuf::from).collect()
}

/// What is known of a service that is to be closed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The name of its unit.
    pub name: UnitName,
    /// Its manager.
    pub scope: Scope,
    /// The systemd that will read the unit; `None` where it is not known: then only what 247 knows is written.
    pub release: Option<u32>,
    /// It runs as root: a system service without an account.
    pub as_root: bool,
    /// A user's manager can give services user namespaces of their own: neither the kernel nor a security module
    /// keeps ordinary accounts from them.
    pub has_namespaces: bool,
    /// It writes programs into memory as it runs, or may start something that does, and what that is, in words.
    pub compiles: Option<String>,
    /// It is no program of another architecture than the machine's.
    pub is_native: bool,
    /// What stays in front of the command and may need any part of the home, and write to the folder: `uv run`.
    pub needs_home: Option<String>,
    /// It tells its manager how it is (`Type=notify`), over a socket that a user's manager has in `/run/user`.
    pub notifies: bool,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// The folders that `ProtectHome=` hides, and where they lead if they are links.
    pub hidden: Vec<PathBuf>,
    /// The home of its account.
    pub home: Option<PathBuf>,
    /// What it must be able to read: its program, the interpreter, modules. Links, and where they lead.
    pub reads: Vec<PathBuf>,
    /// What the words name besides: it may have to write there.
    pub named: Vec<PathBuf>,
    /// What must be able to be read, as it stands in a unit file: paths with specifiers.
    pub written: Vec<String>,
    /// Which of `StateDirectory=`, `CacheDirectory=` and `LogsDirectory=` can bear its name without taking a
    /// folder away from somebody else: systemd gives such a folder to the service's account.
    pub free: Vec<&'static str>,
    /// What was typed with `-p`.
    pub typed: Vec<Property>,
}

impl Facts {
    /// The first release of which the user manager makes namespaces for what needs them.
    const NAMESPACES_SINCE: u32 = 254;

    /// The release to write for: 247 where none is known.
    pub fn oldest(&self) -> u32 {
        self.release.unwrap_or(247)
    }

    /// True where namespaces can be had: a system service always has them, a user service from 254 on.
    pub fn namespaces(&self) -> bool {
        self.scope == Scope::System || (self.oldest() >= Facts::NAMESPACES_SINCE && self.has_namespaces)
    }

    /// True when `-p` says something of a directive.
    pub fn is_typed(&self, directive: &str) -> bool {
        self.typed.iter().any(|property| property.name() == directive)
    }

    /// What `-p` says last of a directive.
    pub fn typed(&self, directive: &str) -> Option<&str> {
        self.typed.iter().rev().find(|property| property.name() == directive).map(Property::value)
    }

    /// True when `-p` says that a measure is not wanted: with no, or with nothing.
    pub fn is_switched_off(&self, directive: &str) -> bool {
        const NO: [&str; 6] = ["no", "n", "false", "f", "off", "0"];
        let said = self.typed(directive);
        said.is_some_and(|said| said.is_empty() || NO.iter().any(|no| said.eq_ignore_ascii_case(no)))
    }

    /// True when the user wants what `NoNewPrivileges=` takes away, as for `sudo`.
    pub fn wants_new_privileges(&self) -> bool {
        self.is_switched_off("NoNewPrivileges")
    }

    /// True for what `ProtectHome=` would hide.
    pub fn is_hidden(&self, path: &Path) -> bool {
        self.hidden.iter().any(|hidden| path.starts_with(hidden))
    }
}
