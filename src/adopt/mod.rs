//! Whether a process can become a service, and which processes are one thing: the facts of
//! [`crate::host::process`], judged. Nothing here looks or changes.

pub mod again;
pub mod environment;
mod place;
mod plumbing;

use std::ffi::{OsStr, OsString};
use std::fmt;

pub use place::{Belongs, belongs};

use crate::host::process::{Process, Stream};
use crate::shell;

/// The processes of the machine, and who looks at them.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    /// All that can be seen.
    pub all: &'a [Process],
    /// The process that looks.
    pub own: u32,
    /// The account that it runs as.
    pub euid: u32,
}

/// Why a process cannot be made a service of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// It is the process that looks.
    Ourselves,
    /// It is PID 1.
    First,
    /// It is no program.
    OfKernel,
    /// It has ended, and its parent has not taken note.
    Ended,
    /// It is in a container.
    Contained,
    /// It belongs to a unit.
    Service {
        /// The unit's name.
        unit: String,
        /// It is one of a user's manager.
        of_user: bool,
    },
    /// The process that looks would end with it.
    Above,
    /// Only root may end it.
    Foreign {
        /// Its account.
        uid: u32,
    },
    /// It runs as another account than that which started it.
    Changed {
        /// Who started it.
        uid: u32,
        /// Who it runs as.
        euid: u32,
    },
    /// It keeps a session going, in these words.
    Plumbing(&'static str),
    /// Its program or folder may not be seen.
    Hidden,
    /// It sees other files.
    OtherFiles,
    /// There are no words to start it with.
    NoWords,
    /// It is one part of a pipe.
    Piped {
        /// The other part.
        with: u32,
        /// Its words.
        command: String,
        /// What the process writes is what the other reads.
        writes: bool,
    },
    /// Another process waits for it.
    Worker {
        /// The one that started it.
        parent: u32,
        /// Its words.
        command: String,
    },
}

impl fmt::Display for Obstacle {
    /// The end of a sentence that begins with the process.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obstacle::Ourselves => f.write_str("is mkservice itself"),
            Obstacle::First => f.write_str("is the machine's first process, on which all others depend"),
            Obstacle::OfKernel => f.write_str("is a part of the kernel, and no program"),
            Obstacle::Ended => f.write_str("has ended already; its parent has not taken note yet"),
            Obstacle::Contained => f.write_str("runs in a container, which has programs and files of its own"),
            Obstacle::Service { unit, .. } => write!(f, "belongs to a service already: {unit}"),
            Obstacle::Above => f.write_str("has started this mkservice, which would end with it"),
            Obstacle::Foreign { .. } => f.write_str("belongs to somebody else"),
            Obstacle::Changed { .. } => f.write_str("runs as another account than the one that started it"),
            Obstacle::Plumbing(reason) => f.write_str(reason),
            Obstacle::Hidden => f.write_str("may not be looked into: its program or its folder cannot be seen"),
            Obstacle::OtherFiles => f.write_str("sees other files than a service would (a container, or chroot)"),
            Obstacle::NoWords => f.write_str("has no command line that could be taken over"),
            Obstacle::Piped { with, command, writes: true } => {
                write!(f, "writes into a pipe that process {with} (`{command}`) reads: a service is one command")
            }
            Obstacle::Piped { with, command, .. } => {
                write!(f, "reads from a pipe that process {with} (`{command}`) writes: a service is one command")
            }
            Obstacle::Worker { parent, command } => {
                write!(f, "was started by process {parent} (`{command}`), which would notice its end")
            }
        }
    }
}

impl<'a> Table<'a> {
    /// A process by its ID.
    pub fn get(&self, pid: u32) -> Option<&'a Process> {
        self.all.iter().find(|process| process.pid == pid)
    }

    /// What keeps a process from becoming a service: the first that counts.
    pub fn obstacle(&self, process: &Process) -> Option<Obstacle> {
        if let Some(obstacle) = self.never(process) {
            return Some(obstacle);
        }
        let (uid, euid) = (process.uid, process.euid);
        let unseen = process.program.is_none() || process.folder.is_none() || process.environment.is_none();
        Some(match () {
            () if self.euid != 0 && uid != self.euid => Obstacle::Foreign { uid },
            () if uid != euid => Obstacle::Changed { uid, euid },
            () if process.command.is_empty() => Obstacle::NoWords,
            () if unseen => Obstacle::Hidden,
            () if !process.same_files => Obstacle::OtherFiles,
            () => return self.pipe(process),
        })
    }

    /// The obstacles that no other account and no other rights would take away.
    fn never(&self, process: &Process) -> Option<Obstacle> {
        Some(match process {
            Process { pid, .. } if *pid == self.own => Obstacle::Ourselves,
            Process { pid: 1, .. } => Obstacle::First,
            Process { of_kernel: true, .. } => Obstacle::OfKernel,
            Process { state: 'Z' | 'X', .. } => Obstacle::Ended,
            Process { namespaces: 2.., .. } => Obstacle::Contained,
            Process { pid, .. } if self.is_above_us(*pid) => Obstacle::Above,
            process => match belongs(&process.cgroup) {
                Belongs::Service { unit, of_user } => Obstacle::Service { unit, of_user },
                Belongs::Container => Obstacle::Contained,
                Belongs::Nobody => Obstacle::Plumbing(plumbing::reason(process)?),
            },
        })
    }

    /// The process that started another and would notice its end: a script, a supervisor.
    pub fn worker_of(&self, process: &Process) -> Option<Obstacle> {
        let parent = self.started_by(process)?;
        Some(Obstacle::Worker { parent: parent.pid, command: shown(&parent.command) })
    }

    fn started_by(&self, process: &Process) -> Option<&'a Process> {
        let parent = self.get(process.parent)?;
        (parent.uid == process.uid && self.never(parent).is_none()).then_some(parent)
    }

    /// The process at the top of what another is a part of: the one that was typed.
    pub fn top(&self, process: &'a Process) -> &'a Process {
        let mut top = process;
        // As far as there are processes: a table read while it changes may hold a circle.
        for _ in self.all {
            match self.started_by(top) {
                Some(parent) => top = parent,
                None => break,
            }
        }
        top
    }

    /// All that ends with a process: what it started, what that started, and the members of its group
    /// where it leads one. The process itself comes first.
    pub fn family(&self, head: &'a Process) -> Vec<&'a Process> {
        let mut family = vec![head];
        let mut at = 0;
        while at < family.len() {
            let parent = family[at].pid;
            let leads = at == 0 && head.group == head.pid;
            for process in self.all {
                let belongs = process.parent == parent || (leads && process.group == head.group);
                let known = family.iter().any(|known| known.pid == process.pid) || process.pid == self.own;
                if belongs && !known && process.state != 'Z' && !process.of_kernel {
                    family.push(process);
                }
            }
            at += 1;
        }
        family
    }

    /// The processes whose command line holds a text, each as the top of what it is a part of: those
    /// that can become services, and those that belong to one already.
    pub fn matching(&self, text: &str) -> (Vec<&'a Process>, Vec<&'a Process>) {
        let holds = |process: &&Process| joined(&process.command).contains(text);
        let mut free: Vec<&Process> = Vec::new();
        let mut owned = Vec::new();
        for process in self.all.iter().filter(holds) {
            match self.never(process) {
                Some(Obstacle::Service { .. }) => owned.push(process),
                Some(_) => {}
                None => {
                    let top = self.top(process);
                    if !free.iter().any(|known| known.pid == top.pid) {
                        free.push(top);
                    }
                }
            }
        }
        (free, owned)
    }

    /// The processes of an account that run in the background and that no service owns, the oldest
    /// first.
    pub fn background(&self, uid: u32) -> Vec<&'a Process> {
        let is_one =
            |process: &&Process| process.uid == uid && !process.in_foreground && self.obstacle(process).is_none();
        // What a login has started is the session itself.
        let is_session = |process: &Process| self.get(process.parent).is_some_and(plumbing::is_login);
        let is_top = |process: &&Process| self.started_by(process).is_none() && !is_session(process);
        let mut found: Vec<&Process> = self.all.iter().filter(is_one).filter(is_top).collect();
        found.sort_unstable_by_key(|process| (process.started, process.pid));
        found
    }

    fn is_above_us(&self, pid: u32) -> bool {
        let mut at = self.own;
        for _ in self.all {
            match self.get(at).map(|process| process.parent) {
                Some(parent) if parent == pid => return true,
                Some(parent) if parent > 1 => at = parent,
                _ => return false,
            }
        }
        false
    }

    /// A process beside it, on the other end of a pipe.
    fn pipe(&self, process: &Process) -> Option<Obstacle> {
        let family = |other: &Process| other.parent == process.pid || process.parent == other.pid;
        let is_pipe = |stream: &Stream| matches!(stream, Stream::Pipe(_));
        let others = || self.all.iter().filter(|other| other.pid != process.pid && other.group == process.group);
        let meets = |own: usize, its: usize| {
            let stream = &process.streams[own];
            is_pipe(stream).then(|| others().find(|other| other.streams[its] == *stream && !family(other))).flatten()
        };
        let (other, writes) = match (meets(1, 0), meets(0, 1)) {
            (Some(other), _) => (other, true),
            (None, Some(other)) => (other, false),
            (None, None) => return None,
        };
        Some(Obstacle::Piped { with: other.pid, command: shown(&other.command), writes })
    }
}

/// Words with blanks between them, as pgrep(1) matches them.
fn joined(words: &[OsString]) -> String {
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// A command line in one short line.
pub fn shown(words: &[OsString]) -> String {
    const LIMIT: usize = 60;
    let line = shell::join(words);
    if line.chars().count() <= LIMIT { line } else { line.chars().take(LIMIT - 1).chain(['…']).collect() }
}

/// True when a program has written something of its own over its command line (setproctitle(3)): what
/// stands there is one text, and never was a program's name.
pub fn is_rewritten(words: &[OsString]) -> bool {
    let Some((first, others)) = words.split_first() else { return false };
    let has_blank = first.to_string_lossy().contains([' ', ':']);
    let padded = !others.is_empty() && others.iter().all(|word| word.is_empty());
    others.iter().all(|word| word == OsStr::new("")) && (has_blank || padded)
}

#[cfg(test)]
mod tests;
