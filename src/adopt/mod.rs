//! Which processes can become services, and which belong together. Pure: judges the facts of [`crate::host::process`].

mod cgroup;
pub mod environment;
pub mod restart_command;
mod session_programs;

use std::ffi::{OsStr, OsString};
use std::fmt;

use crate::host::process::{Process, Stream};
use crate::shell;
use cgroup::Owner;

#[derive(Debug, Clone, Copy)]
pub struct ProcessTable<'a> {
    /// The visible ones.
    pub all: &'a [Process],
    /// The PID of mkservice.
    pub own: u32,
    /// The user that mkservice runs as.
    pub euid: u32,
}

/// Why a process cannot become a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    Own,
    Init,
    Kernel,
    /// A zombie.
    Exited,
    Container,
    Service {
        unit: String,
        /// The unit belongs to a user manager.
        of_user: bool,
    },
    /// mkservice would end with it.
    Ancestor,
    OtherUser {
        uid: u32,
    },
    /// It runs as `euid`, but was started by `uid`.
    ChangedUser {
        uid: u32,
        euid: u32,
    },
    /// The end of a sentence that says what it does for a session.
    SessionProgram(&'static str),
    /// Its program, working directory or environment cannot be read.
    Unreadable,
    /// Another root directory or mount namespace.
    OtherRoot,
    NoCommand,
    Pipe {
        with: u32,
        command: String,
        /// The other process reads what this one writes.
        writes: bool,
    },
    /// Its parent would notice its exit.
    Child {
        parent: u32,
        command: String,
    },
}

impl fmt::Display for Obstacle {
    /// The end of a sentence that begins with the process.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obstacle::Own => f.write_str("is mkservice itself"),
            Obstacle::Init => f.write_str("is PID 1"),
            Obstacle::Kernel => f.write_str("is a kernel thread"),
            Obstacle::Exited => f.write_str("has exited and waits for its parent to reap it"),
            Obstacle::Container => f.write_str("runs in a container"),
            Obstacle::Service { unit, .. } => write!(f, "already belongs to a service: {unit}"),
            Obstacle::Ancestor => f.write_str("started this mkservice, which would end with it"),
            Obstacle::OtherUser { .. } => f.write_str("belongs to another user"),
            Obstacle::ChangedUser { .. } => f.write_str("runs as another user than the one that started it"),
            Obstacle::SessionProgram(reason) => f.write_str(reason),
            Obstacle::Unreadable => {
                f.write_str("cannot be inspected: its program or working directory is not readable")
            }
            Obstacle::OtherRoot => f.write_str("sees other files than a service would (a container or chroot)"),
            Obstacle::NoCommand => f.write_str("has no command line"),
            Obstacle::Pipe { with, command, writes: true } => {
                write!(f, "writes into a pipe that process {with} (`{command}`) reads: a service is one command")
            }
            Obstacle::Pipe { with, command, .. } => {
                write!(f, "reads from a pipe that process {with} (`{command}`) writes: a service is one command")
            }
            Obstacle::Child { parent, command } => {
                write!(f, "was started by process {parent} (`{command}`), which would notice its exit")
            }
        }
    }
}

impl<'a> ProcessTable<'a> {
    pub fn get(&self, pid: u32) -> Option<&'a Process> {
        self.all.iter().find(|process| process.pid == pid)
    }

    pub fn obstacle(&self, process: &Process) -> Option<Obstacle> {
        if let Some(obstacle) = self.permanent_obstacle(process) {
            return Some(obstacle);
        }
        let (uid, euid) = (process.uid, process.euid);
        let unseen = process.program.is_none() || process.dir.is_none() || process.environment.is_none();
        Some(match () {
            () if self.euid != 0 && uid != self.euid => Obstacle::OtherUser { uid },
            () if uid != euid => Obstacle::ChangedUser { uid, euid },
            () if process.command.is_empty() => Obstacle::NoCommand,
            () if unseen => Obstacle::Unreadable,
            () if !process.same_files => Obstacle::OtherRoot,
            () => return self.pipe(process),
        })
    }

    /// The obstacles that remain for any user and any privileges.
    fn permanent_obstacle(&self, process: &Process) -> Option<Obstacle> {
        Some(match process {
            Process { pid, .. } if *pid == self.own => Obstacle::Own,
            Process { pid: 1, .. } => Obstacle::Init,
            Process { of_kernel: true, .. } => Obstacle::Kernel,
            Process { state: 'Z' | 'X', .. } => Obstacle::Exited,
            Process { namespaces: 2.., .. } => Obstacle::Container,
            Process { pid, .. } if self.is_ancestor(*pid) => Obstacle::Ancestor,
            process => match cgroup::owner(&process.cgroup) {
                Owner::Service { unit, of_user } => Obstacle::Service { unit, of_user },
                Owner::Container => Obstacle::Container,
                Owner::Session => Obstacle::SessionProgram(session_programs::reason(process)?),
            },
        })
    }

    /// The obstacle of a process whose parent would notice its exit, such as a supervisor.
    pub fn child_obstacle(&self, process: &Process) -> Option<Obstacle> {
        let parent = self.started_by(process)?;
        Some(Obstacle::Child { parent: parent.pid, command: short_command(&parent.command) })
    }

    fn started_by(&self, process: &Process) -> Option<&'a Process> {
        let parent = self.get(process.parent)?;
        (parent.uid == process.uid && self.permanent_obstacle(parent).is_none()).then_some(parent)
    }

    /// The topmost ancestor that is not part of the session: the command that was given to the shell.
    pub fn top(&self, process: &'a Process) -> &'a Process {
        let mut top = process;
        // A table that is read while it changes can contain cycles.
        for _ in self.all {
            match self.started_by(top) {
                Some(parent) => top = parent,
                None => break,
            }
        }
        top
    }

    /// The process, its descendants and the members of the process group that it leads.
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

    /// The processes whose command line contains a text: the topmost of those that can become services, and those that
    /// already belong to one.
    pub fn matching(&self, text: &str) -> (Vec<&'a Process>, Vec<&'a Process>) {
        let holds = |process: &&Process| joined(&process.command).contains(text);
        let mut free: Vec<&Process> = Vec::new();
        let mut owned = Vec::new();
        for process in self.all.iter().filter(holds) {
            match self.permanent_obstacle(process) {
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

    /// The background processes of a user that belong to no service, the oldest first.
    pub fn background(&self, uid: u32) -> Vec<&'a Process> {
        let is_one =
            |process: &&Process| process.uid == uid && !process.in_foreground && self.obstacle(process).is_none();
        let is_session = |process: &Process| self.get(process.parent).is_some_and(session_programs::is_login);
        let is_top = |process: &&Process| self.started_by(process).is_none() && !is_session(process);
        let mut found: Vec<&Process> = self.all.iter().filter(is_one).filter(is_top).collect();
        found.sort_unstable_by_key(|process| (process.started, process.pid));
        found
    }

    fn is_ancestor(&self, pid: u32) -> bool {
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

    /// A process on the other end of a pipe, such as in `a | b`.
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
        Some(Obstacle::Pipe { with: other.pid, command: short_command(&other.command), writes })
    }
}

/// As pgrep(1) matches it.
fn joined(words: &[OsString]) -> String {
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

pub fn short_command(words: &[OsString]) -> String {
    const LIMIT: usize = 60;
    let line = shell::join(words);
    if line.chars().count() <= LIMIT { line } else { line.chars().take(LIMIT - 1).chain(['…']).collect() }
}

/// Whether a program has overwritten its command line with a title (setproctitle(3)).
pub fn is_rewritten(words: &[OsString]) -> bool {
    let Some((first, others)) = words.split_first() else { return false };
    let has_blank = first.to_string_lossy().contains([' ', ':']);
    let padded = !others.is_empty() && others.iter().all(|word| word.is_empty());
    others.iter().all(|word| word == OsStr::new("")) && (has_blank || padded)
}

#[cfg(test)]
mod tests;
