//! What has to change: what is wanted against what is there, as an ordered list of steps.
//!
//! Planning is pure. Printing the plan is `--dry-run`; [`crate::apply`] carries it out.

mod add;
mod adopt;
mod control;
mod edit;
mod harden;
mod prelude;
mod put_back;
mod remove;
mod rename;
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
pub use edit::{edit, is_pending as edit_is_pending};
pub use harden::{Hardening, delete_trial};
pub use put_back::put_back;
pub use remove::{disable_lingering, remove};
pub use rename::{Rename, finish_rename, rename};
pub use secrets::{moves, put_back_secrets, write_secrets};
pub use start_first::start_first;
pub use take_out::take_out;
pub use together::together;

use crate::error::{Error, shown};
use crate::model::command::systemctl;
use crate::model::diagnostic::{Code, Details, Done};
use crate::model::message::{message, opt, quoted};
use crate::spec::{Scope, Sensitive, UnitName};
use crate::unit::install::Link;

/// One change to the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Write a unit file, whole or not at all.
    WriteUnit {
        /// Where.
        path: PathBuf,
        /// What.
        text: String,
        /// True when there is something of that name.
        replaces: bool,
        /// Leave the time of change as it is: nothing changes that systemd reads.
        keep_time: bool,
        /// The lines that go and come, where it replaces one.
        difference: Vec<String>,
    },
    /// Write a file that goes with a unit, whole or not at all.
    WriteFile {
        /// Where.
        path: PathBuf,
        /// What.
        text: &'static str,
    },
    /// Make the empty file that a service's output is appended to.
    MakeLogFile {
        /// Where.
        path: PathBuf,
        /// The account that it is to belong to, and its group if that is not the account's own; `None` is whoever
        /// runs us.
        owner: Option<(String, Option<String>)>,
        /// It is made as that account, and not only given to it.
        as_owner: bool,
    },
    /// Write a secret, whole or not at all, readable by nobody else from the first byte.
    WriteSecret {
        /// Where.
        path: PathBuf,
        /// What; encrypted or not.
        content: Sensitive,
        /// True when there is a file of that name.
        replaces: bool,
    },
    /// Give a secret a second name.
    LinkSecret {
        /// The name it has.
        path: PathBuf,
        /// The one that it gets.
        target: PathBuf,
    },
    /// Make a link, as enabling does.
    Link {
        /// Where.
        path: PathBuf,
        /// What it points to.
        target: PathBuf,
    },
    /// Delete a file or link.
    RemoveFile(PathBuf),
    /// Delete a folder if nothing is left in it.
    RemoveFolder(PathBuf),
    /// Give a folder another name, with all that is in it.
    MoveFolder {
        /// Its name so far.
        path: PathBuf,
        /// Its name from then on.
        target: PathBuf,
    },
    /// Make the links of the unit's `[Install]` section.
    Enable {
        /// The unit.
        unit: String,
        /// Those that are missing; none where the manager has to tell which.
        links: Vec<Link>,
    },
    /// Have the manager remove the links that are named after the unit.
    Disable(String),
    /// Have the manager read its units again.
    Reload(Scope),
    /// The same at the end of a plan: nobody waits until it has read them.
    ReloadLast(Scope),
    /// Have the manager forget a failure of the unit.
    ResetFailed(String),
    /// Turn lingering of the caller's account on or off.
    Linger {
        /// The account's name.
        account: String,
        /// On or off.
        on: bool,
    },
    /// Start the unit, and wait for it.
    Start(String),
    /// Stop and start the unit, and wait for it.
    Restart(String),
    /// Stop the unit, and wait for it.
    Stop(String),
    /// End processes that no unit owns, the first with all that belongs to it, and wait for that.
    End {
        /// Which.
        processes: Vec<Doomed>,
        /// Do not leave it at asking them.
        kill: bool,
    },
}

/// A process that is to be ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// Its ID.
    pub pid: u32,
    /// When it started, in clock ticks since the boot: another with its ID is not meant.
    pub started: u64,
    /// Its words, for people.
    pub command: String,
}

/// How changes reach systemd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// Over the bus of a manager that runs.
    Manager,
    /// By files and links alone, read at the next boot or reload.
    Files,
}

impl Step {
    /// True when it changes what is there afterwards: not for what only runs, or is told, or forgotten.
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
    let drop_in = systemctl(scope).arg("edit").arg(name.as_str());
    let error = error.hint(message!("keep your changes in a drop-in: {}", drop_in));
    error.details(Details { difference, ..Details::default() })
}

impl Step {
    /// The word for what it does, as JSON has it.
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
            Step::RemoveFolder(_) => "delete-folder",
            Step::MoveFolder { .. } => "move-folder",
            Step::Enable { .. } => "enable",
            Step::Disable(_) => "disable",
            Step::Reload(_) | Step::ReloadLast(_) => "reload",
            Step::ResetFailed(_) => "reset-failed",
            Step::Linger { .. } => "linger",
            Step::Start(_) => "start",
            Step::Restart(_) => "restart",
            Step::Stop(_) => "stop",
            Step::End { .. } => "end",
        }
    }

    /// The step as one that was done.
    pub fn done(&self) -> Done {
        Done { kind: self.action(), text: self.to_string() }
    }
}

impl fmt::Display for Step {
    /// What the step does, as the end of “would …”.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::WriteFile { path, .. } => write!(f, "write {}", shown(path)),
            Step::MakeLogFile { path, owner: Some((account, _)), .. } => {
                write!(f, "make the log file {}, for {account}", shown(path))
            }
            Step::MakeLogFile { path, .. } => write!(f, "make the log file {}", shown(path)),
            Step::WriteSecret { path, replaces: false, .. } => write!(f, "write the secret {}", shown(path)),
            Step::WriteSecret { path, .. } => write!(f, "replace the secret {}", shown(path)),
            Step::LinkSecret { path, target } => write!(f, "give {} the name {} as well", shown(path), shown(target)),
            Step::WriteUnit { path, replaces: false, .. } => write!(f, "write {}", shown(path)),
            Step::WriteUnit { path, .. } => write!(f, "replace {}", shown(path)),
            Step::Link { path, target } => write!(f, "link {} to {}", shown(path), shown(target)),
            Step::RemoveFile(path) => write!(f, "delete {}", shown(path)),
            Step::RemoveFolder(path) => write!(f, "delete the folder {}, if it is empty", shown(path)),
            Step::MoveFolder { path, target } => write!(f, "rename {} to {}", shown(path), shown(target)),
            Step::Enable { unit, .. } => write!(f, "enable {unit}, so that it starts at boot"),
            Step::Disable(unit) => write!(f, "disable {unit}"),
            Step::Reload(scope) | Step::ReloadLast(scope) => write!(f, "reload the {scope} manager"),
            Step::ResetFailed(unit) => write!(f, "forget earlier starts and failures of {unit}, which systemd counts"),
            Step::Linger { account, on: true } => {
                write!(f, "turn on lingering for {account}, so that it starts at boot and survives logout")
            }
            Step::Linger { account, on: false } => write!(f, "turn lingering off again for {account}"),
            Step::Start(unit) => write!(f, "start {unit}"),
            Step::Restart(unit) => write!(f, "restart {unit}"),
            Step::Stop(unit) => write!(f, "stop {unit}"),
            Step::End { processes, kill } => {
                let words = |doomed: &Doomed| format!("{} ({})", doomed.pid, doomed.command);
                let words: Vec<String> = processes.iter().map(words).collect();
                let [noun, pronoun] = if words.len() == 1 { ["process", "it"] } else { ["the processes", "they"] };
                let kill = if *kill { format!("; by force if {pronoun} will not") } else { String::new() };
                write!(f, "end {noun} {}{kill}", words.join(", "))
            }
        }
    }
}
