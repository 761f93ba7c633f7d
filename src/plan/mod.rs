//! What must change: the wanted state compared with the actual one, as an ordered list of steps.
//!
//! Planning is pure. Printing the plan is `--dry-run`; [`crate::apply`] carries it out.

mod add;
mod adopt;
mod control;
mod edit;
mod harden;
mod prelude;
mod reason;
mod remove;
mod rename;
mod rollback;
mod secrets;
mod start;
mod start_first;
mod take_out;
mod together;
mod units;

use std::fmt;
use std::path::{Path, PathBuf};

pub use add::{Wanted, add};
pub use adopt::adopt;
pub use control::{disable, enable, run, start, stop};
pub use edit::{Edited, edit, is_pending as edit_is_pending};
pub use harden::{Hardening, delete_trial};
pub use reason::Reason;
pub use remove::{disable_lingering, remove, undo_install};
pub use rename::{Rename, finish_rename, rename};
pub use rollback::rollback;
pub use secrets::{moves, restore_secrets, write_secrets};
pub use start_first::start_first;
pub use take_out::take_out;
pub use together::together;
pub use units::{carry_edits, carry_former_names};

use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, CompletedStep, Details, Error};
use crate::model::message::{message, opt, quoted};
use crate::shell::shown;
use crate::spec::{Scope, Sensitive, UnitName};
use crate::unit::install::Link;

/// One change to the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Write a unit file atomically.
    WriteUnit {
        path: PathBuf,
        text: String,
        /// True if a file of that name exists.
        replaces: bool,
        change: FileChange,
        /// The removed and added lines if it replaces a file.
        difference: Vec<String>,
    },
    /// Write a file that belongs to a unit atomically.
    WriteFile { path: PathBuf, text: &'static str },
    /// Create the empty file that output is appended to.
    MakeLogFile {
        path: PathBuf,
        /// The user who will own it, and the group if it is not the user's primary one; `None` for the caller.
        owner: Option<(String, Option<String>)>,
        /// Create it as that user instead of changing its owner.
        as_owner: bool,
    },
    /// Write a secret atomically, never readable by other users.
    WriteSecret {
        path: PathBuf,
        /// Encrypted or not.
        content: Sensitive,
        /// True if a file of that name exists.
        replaces: bool,
    },
    /// Store a secret under a second name.
    LinkSecret { path: PathBuf, target: PathBuf },
    /// Create a link, as enabling does.
    Link { path: PathBuf, target: PathBuf },
    /// Delete a file or link.
    RemoveFile(PathBuf),
    /// Delete a directory if it is empty.
    RemoveDir(PathBuf),
    /// Rename a directory with its contents.
    MoveDir { path: PathBuf, target: PathBuf },
    /// Create the links of the unit's `[Install]` section.
    Enable {
        unit: String,
        /// The missing links; empty if only systemd knows them.
        links: Vec<Link>,
    },
    /// Let systemd remove the links named after the unit.
    Disable(String),
    /// Reload systemd.
    Reload(Scope),
    /// The same at the end of a plan: nobody waits for it.
    ReloadLast(Scope),
    /// Reset the unit's failed state and start counter.
    ResetFailed(String),
    /// Enable or disable lingering for the user.
    Linger { account: String, on: bool },
    /// Start the unit and wait for it.
    Start(String),
    /// Restart the unit and wait for it.
    Restart {
        unit: String,
        /// Empty if the restart is what was requested.
        reasons: Vec<Reason>,
    },
    /// Stop the unit and wait for it.
    Stop(String),
    /// Stop processes that do not belong to a unit, the first with its whole process tree, and wait for their exit.
    End {
        processes: Vec<ProcessRef>,
        /// Kill them if they do not exit.
        kill: bool,
    },
}

/// What takes over a change of a unit file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileChange {
    /// Nothing changes.
    None,
    /// Only comments and the provenance section change.
    Remarks,
    /// A reload: the unit keeps running.
    Reload,
    /// The next start of the unit.
    Restart,
}

/// A process to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessRef {
    pub pid: u32,
    /// When it started, in clock ticks since boot: a later process with the same ID is another one.
    pub started: u64,
    /// Its command line, for messages.
    pub command: String,
}

/// How changes reach systemd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// Over the bus of a running manager.
    Manager,
    /// Only by files and links, read at the next boot or reload.
    Files,
}

impl Step {
    /// A restart that was requested.
    pub fn restart(unit: impl Into<String>) -> Step {
        Step::Restart { unit: unit.into(), reasons: Vec::new() }
    }

    /// True if it changes something permanently, unlike jobs, reloads, and resets.
    pub fn leaves_traces(&self) -> bool {
        !matches!(self, Step::ResetFailed(_) | Step::Reload(_) | Step::ReloadLast(_))
    }
}

/// An error for a file that mkservice does not manage.
fn not_managed(path: &Path, removable: bool) -> Error {
    let error = Error::new(Code::NotManaged, message!("{} is not managed by mkservice", quoted(path)));
    match removable {
        true => error.hint(message!("use {} to remove it anyway", opt("force"))),
        false => error.hint("remove it the way it was installed, such as with its package"),
    }
}

/// An error for a file that was edited since it was written.
fn edited(name: &UnitName, scope: Scope, path: &Path, difference: Vec<String>) -> Error {
    let error = Error::new(Code::EditedByHand, message!("{} was edited by hand", quoted(path))).service(name);
    let error = error.hint(message!("use {} to replace it", opt("force")));
    let drop_in = mkservice(["edit", name.as_str()]).for_scope(scope);
    let error = error.hint(message!("keep your changes in a drop-in: {}", drop_in));
    error.details(Details { difference, ..Details::default() })
}

impl Step {
    /// The action in JSON.
    pub fn action(&self) -> &'static str {
        match self {
            Step::WriteFile { .. } | Step::WriteUnit { replaces: false, .. } => "write",
            Step::WriteUnit { .. } => "replace",
            Step::MakeLogFile { .. } => "make-log-file",
            Step::WriteSecret { replaces: false, .. } => "write-secret",
            Step::WriteSecret { .. } => "replace-secret",
            Step::LinkSecret { .. } => "link-secret",
            Step::Link { .. } => "link",
            Step::RemoveFile(_) => "delete",
            Step::RemoveDir(_) => "delete-directory",
            Step::MoveDir { .. } => "move-directory",
            Step::Enable { .. } => "enable",
            Step::Disable(_) => "disable",
            Step::Reload(_) | Step::ReloadLast(_) => "reload",
            Step::ResetFailed(_) => "reset-failed",
            Step::Linger { .. } => "linger",
            Step::Start(_) => "start",
            Step::Restart { .. } => "restart",
            Step::Stop(_) => "stop",
            Step::End { .. } => "kill",
        }
    }

    pub fn done(&self) -> CompletedStep {
        CompletedStep { kind: self.action(), text: self.to_string() }
    }
}

impl fmt::Display for Step {
    /// Completes "would …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::WriteFile { path, .. } => write!(f, "write {}", shown(path)),
            Step::MakeLogFile { path, owner: Some((account, _)), .. } => {
                write!(f, "create the log file {} for {account}", shown(path))
            }
            Step::MakeLogFile { path, .. } => write!(f, "create the log file {}", shown(path)),
            Step::WriteSecret { path, replaces: false, .. } => write!(f, "write the secret {}", shown(path)),
            Step::WriteSecret { path, .. } => write!(f, "replace the secret {}", shown(path)),
            Step::LinkSecret { path, target } => write!(f, "store {} as {} as well", shown(path), shown(target)),
            Step::WriteUnit { path, replaces: false, .. } => write!(f, "write {}", shown(path)),
            Step::WriteUnit { path, .. } => write!(f, "replace {}", shown(path)),
            Step::Link { path, target } => write!(f, "link {} to {}", shown(path), shown(target)),
            Step::RemoveFile(path) => write!(f, "delete {}", shown(path)),
            Step::RemoveDir(path) => write!(f, "delete the directory {} if it is empty", shown(path)),
            Step::MoveDir { path, target } => write!(f, "rename {} to {}", shown(path), shown(target)),
            Step::Enable { unit, .. } => write!(f, "enable {unit}"),
            Step::Disable(unit) => write!(f, "disable {unit}"),
            Step::Reload(scope) | Step::ReloadLast(scope) => write!(f, "reload the {scope} manager"),
            Step::ResetFailed(unit) => write!(f, "reset the failure counter of {unit}"),
            Step::Linger { account, on: true } => {
                write!(f, "enable lingering for {account}, so that it starts at boot and survives logout")
            }
            Step::Linger { account, on: false } => write!(f, "disable lingering for {account} again"),
            Step::Start(unit) => write!(f, "start {unit}"),
            Step::Restart { unit, reasons } => {
                let reason = Reason::text(reasons).map(|reason| format!(": {reason}")).unwrap_or_default();
                write!(f, "restart {unit}{reason}")
            }
            Step::Stop(unit) => write!(f, "stop {unit}"),
            Step::End { processes, kill } => {
                let words = |process: &ProcessRef| format!("{} ({})", process.pid, process.command);
                let words: Vec<String> = processes.iter().map(words).collect();
                let [noun, kill_it] = if words.len() == 1 {
                    ["process", "; kill it if it does not exit"]
                } else {
                    ["the processes", "; kill them if they do not exit"]
                };
                write!(f, "stop {noun} {}{}", words.join(", "), if *kill { kill_it } else { "" })
            }
        }
    }
}
