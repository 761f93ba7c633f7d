//! Runs in which strace makes a system call fail, and snapshots of everything a run can change.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::host::{Host, Inside, Session};
use crate::setup::{Ran, ran};

/// Faults at calls that change files, and at calls that send.
pub type Faults = (&'static [&'static str], &'static [&'static str]);

/// Calls that change files or send; `?` marks calls that not every machine has.
pub const CALLS: &str = "openat,?open,?creat,write,writev,pwrite64,?rename,?renameat,renameat2,?link,linkat,?symlink,symlinkat,\
    ?unlink,unlinkat,?mkdir,mkdirat,?rmdir,?chmod,fchmod,fchmodat,fchown,fchownat,truncate,ftruncate,fallocate,fsync,\
    fdatasync,syncfs,utimensat,sendmsg,sendto,sendmmsg";

#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    User,
    System,
    Offline,
}

/// A host, and a scope in it in which services are created.
pub struct Rig<'a> {
    pub host: &'a Host,
    pub session: Option<&'a Session<'a>>,
    pub place: Place,
}

/// The call at which a fault happens, counted as strace does, and the fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    pub call: String,
    pub nth: usize,
    pub fault: &'static str,
}

/// Everything that a run can change: files and links with their contents, and processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub files: BTreeMap<PathBuf, String>,
    /// Locks, and directories of files that are checked.
    pub locks: Vec<PathBuf>,
    /// Process IDs and command lines.
    pub runs: Vec<(String, String)>,
}

impl Rig<'_> {
    pub fn plain(&self, line: &[&str]) {
        let ran = ran(&mut self.mkservice(line));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{line:?}: {ran:?}");
    }

    /// A run in which one call fails, or is the last one.
    pub fn run_with_fault(&self, point: &Point, line: &[&str]) -> Ran {
        let Point { call, nth, fault } = point;
        // A bus that has disconnected stays disconnected.
        let on = if *fault == "error=EPIPE" { "+" } else { "" };
        let (trace, inject) = (format!("trace={call}"), format!("inject={call}:{fault}:when={nth}{on}"));
        // Faster, but the kernel delivers no signals while the call is stopped.
        let quick = if fault.starts_with("signal") { "-q" } else { "--seccomp-bpf" };
        let words = ["120", "strace", "-f", quick, "-qq", "-o", "/tmp/trace", "-e", &trace, "-e", &inject];
        let ran = ran(self.given(&mut self.run("timeout", &words), line));
        let trace = std::fs::read_to_string(self.host.path("/tmp/trace")).unwrap();
        let told = || format!("{point:?} in {line:?}: {ran:?}\n{trace}");
        if fault.starts_with("signal") {
            // How often the state is read depends on the signals that systemd sends.
            let is_reached = ran.code == -1 || matches!(ran.code, 0 | 3) && call == "sendmsg";
            assert!(is_reached, "not reached: {}", told());
            return ran;
        }
        assert!(trace.contains("(INJECTED)") || call == "sendmsg", "not reached: {}", told());
        assert!(!ran.stderr.contains("panicked"), "{}", told());
        match ran.code {
            0 => assert!(ran.stderr.is_empty() || ran.stderr.starts_with("warning: "), "{}", told()),
            1 => {
                let is_warning = |line: &&str| line.starts_with("warning: ") || line.starts_with("hint: ");
                // An edit is shown before it is installed.
                let is_edit = |line: &str| line.starts_with(['+', '-']);
                let told_why = ran.stderr.lines().find(|line| !is_warning(line));
                assert!(
                    told_why.is_some_and(|line| line.starts_with("error: ")) && ran.stdout.lines().all(is_edit),
                    "{}",
                    told()
                );
            }
            _ => panic!("{}", told()),
        }
        ran
    }

    /// The calls of an undisturbed run.
    pub fn points(&self, line: &[&str], faults: Faults) -> VecDeque<Point> {
        self.points_until(0, line, faults)
    }

    /// The same for a run with another exit code.
    pub fn points_until(&self, code: i32, line: &[&str], faults: Faults) -> VecDeque<Point> {
        let calls = format!("trace={CALLS}");
        let words = ["120", "strace", "-f", "-y", "-qq", "-o", "/tmp/trace", "-e", &calls];
        let ran = ran(self.given(&mut self.run("timeout", &words), line));
        assert_eq!(ran.code, code, "{ran:?}");
        let trace = std::fs::read_to_string(self.host.path("/tmp/trace")).unwrap();
        let is_child = |thread: &str| trace.contains(&format!("si_pid={thread},"));
        let mut counts = BTreeMap::new();
        let mut points = BTreeSet::new();
        for line in trace.lines() {
            let Some((thread, rest)) = line.split_once(' ') else { continue };
            let Some((call, arguments)) = rest.trim_start().split_once('(') else { continue };
            if is_child(thread) || !call.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                continue;
            }
            let nth = counts.entry((thread.to_owned(), call.to_owned())).and_modify(|count| *count += 1).or_insert(1);
            let sends = call.starts_with("send");
            let first = arguments.split([',', ')']).next().unwrap_or_default();
            let changes = match call {
                "open" | "openat" => arguments.contains("O_CREAT") || arguments.contains("O_RDWR"),
                // A path after the number: not a pipe, so not our own output.
                _ if call.contains("write") => first.contains("</") && !first.contains("</dev/"),
                _ => true,
            };
            let faults = if sends { faults.1 } else { faults.0 };
            // For mkservice, both mean that the bus is gone.
            let faults = if sends { &faults[*nth % faults.len()..][..1] } else { faults };
            points.extend(faults.iter().filter(|_| changes).map(|fault| Point {
                call: call.to_owned(),
                nth: *nth,
                fault,
            }));
        }
        points.into_iter().collect()
    }

    pub fn run(&self, program: &str, words: &[&str]) -> Command {
        let mut command = match self.session {
            Some(session) => session.run(program),
            None => self.host.root(program),
        };
        command.cwd("/").args(words);
        command
    }

    /// A command line of mkservice, with variables for the run before it.
    pub fn mkservice(&self, line: &[&str]) -> Command {
        let mut command = self.run("env", &[]);
        self.given(&mut command, line);
        command
    }

    fn given<'a>(&self, command: &'a mut Command, line: &[&str]) -> &'a mut Command {
        let mut words = line;
        while let Some((name, value)) = words[0].split_once('=').filter(|(name, _)| !name.starts_with('-')) {
            command.env(name, value);
            words = &words[1..];
        }
        let account: &[&str] =
            if self.place == Place::User || !words[0].starts_with('-') { &[] } else { &["--uid", "daemon"] };
        command.arg("mkservice").args(account).args(words)
    }

    pub fn seen(&self) -> Seen {
        let mut seen = Seen { files: BTreeMap::new(), locks: Vec::new(), runs: Vec::new() };
        let shared =
            ["/etc/systemd/system", "/etc/mkservice", "/var/lib/systemd/linger", "/run/systemd/system.control"];
        for directory in ["/home"].iter().chain(&shared) {
            self.see(Path::new(directory), &mut seen.files);
        }
        let user = self.session.map(|_| self.host.add_user("ann"));
        let runtime = user.map_or_else(|| "/run".to_owned(), |uid| format!("/run/user/{uid}"));
        self.see(&Path::new(&runtime).join("systemd/user.control"), &mut seen.files);
        seen.locks =
            [runtime.as_str(), "/tmp", "/run"].iter().flat_map(|place| entries(&self.host.path(place))).collect();
        // A copy that was being edited is the user's.
        let is_left = |name: &str| name.starts_with("mkservice") && !name.starts_with("mkservice-edit-");
        seen.locks.retain(|path| path.file_name().is_some_and(|name| is_left(&name.to_string_lossy())));
        let slice = user.map_or_else(
            || "system.slice".to_owned(),
            |uid| format!("user.slice/user-{uid}.slice/user@{uid}.service/app.slice"),
        );
        for unit in ["s", "t"] {
            let group = self.host.path(format!("/sys/fs/cgroup/{slice}/{unit}.service/cgroup.procs"));
            for process in std::fs::read_to_string(group).unwrap_or_default().lines() {
                let words = std::fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap_or_default();
                seen.runs
                    .push((process.to_owned(), format!("{unit}: {}", words.trim_end_matches('\0').replace('\0', " "))));
            }
        }
        seen
    }

    fn see(&self, path: &Path, files: &mut BTreeMap<PathBuf, String>) {
        let outside = self.host.path(path);
        let Ok(metadata) = outside.symlink_metadata() else { return };
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
        let content = if metadata.is_symlink() {
            format!("-> {}", std::fs::read_link(&outside).unwrap().display())
        } else if metadata.is_dir() {
            for entry in entries(&outside) {
                self.see(&path.join(entry.file_name().unwrap()), files);
            }
            format!("{mode:o}")
        } else {
            format!("{mode:o} {}", String::from_utf8_lossy(&std::fs::read(&outside).unwrap()))
        };
        files.insert(path.to_owned(), content);
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(directory)
        .map_or_else(|_| Vec::new(), |entries| entries.map(|entry| entry.unwrap().path()).collect())
}

impl Seen {
    /// What must be the same after every completed run.
    pub fn settled(&self) -> (&BTreeMap<PathBuf, String>, Vec<&str>) {
        (&self.files, self.runs.iter().map(|(_, words)| words.as_str()).collect())
    }

    /// Entries in only one of the two snapshots.
    pub fn unlike(&self, other: &Seen) -> String {
        let only = |one: &Seen, other: &Seen| {
            let (files, _) = one.settled();
            let files: Vec<_> =
                files.iter().filter(|(path, content)| other.files.get(*path) != Some(content)).collect();
            format!("{files:#?} {:?}", one.runs)
        };
        format!("is: {}\nought to be: {}", only(self, other), only(other, self))
    }

    /// True if nothing changed and nothing was restarted. A lock file that is not locked does not count.
    pub fn same_as(&self, other: &Seen) -> bool {
        self.files == other.files && self.runs == other.runs
    }
}
