//! The processes of the machine as plain data, read from `/proc` (proc(5)). Nothing is judged here.
//!
//! A PID is used again once its process has ended. With the moment at which it started it is not:
//! [`Process::started`] goes wherever a PID goes.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A process, as much of it as may be seen.
#[derive(Debug, Clone, Default)]
pub struct Process {
    /// Its ID.
    pub pid: u32,
    /// The ID of the process that started it, or has taken it over; 0 where that is out of sight.
    pub parent: u32,
    /// The ID of its process group.
    pub group: u32,
    /// It has a controlling terminal, and its group is the one that the terminal talks to.
    pub in_foreground: bool,
    /// The letter of its state: `R`, `S`, `T` (stopped), `Z` (ended), …
    pub state: char,
    /// It is a thread of the kernel.
    pub of_kernel: bool,
    /// When it started, in clock ticks since the boot.
    pub started: u64,
    /// For how long it has been running, in seconds.
    pub age: u64,
    /// The name that the kernel knows it by, 15 bytes of it.
    pub name: String,
    /// The account that started it.
    pub uid: u32,
    /// The account that it runs as.
    pub euid: u32,
    /// In how many PID namespaces it has an ID; more than one is a container inside of ours.
    pub namespaces: usize,
    /// Its control group, as systemd names it.
    pub cgroup: String,
    /// Its words, as they stand in its memory.
    pub command: Vec<OsString>,
    /// The program it runs; `None` where that may not be seen.
    pub program: Option<Place>,
    /// Its working directory; `None` where that may not be seen.
    pub folder: Option<Place>,
    /// It sees the files that we see; false in a container or behind chroot(2).
    pub same_files: bool,
    /// Its environment, as it was when it started; `None` where that may not be seen.
    pub environment: Option<BTreeMap<OsString, OsString>>,
    /// Its standard input, output and error.
    pub streams: [Stream; 3],
}

/// A file that a process holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The path that it had, or has.
    pub path: PathBuf,
    /// It is what is at that path now.
    pub is_there: bool,
    /// Device and inode.
    pub identity: (u64, u64),
}

/// What one of the standard streams leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Stream {
    /// It may not be seen, or is closed.
    #[default]
    Unknown,
    /// `/dev/null`.
    Null,
    /// A file.
    File(PathBuf),
    /// A file that was deleted.
    Deleted(PathBuf),
    /// A terminal.
    Terminal(PathBuf),
    /// A pipe, by its number.
    Pipe(String),
    /// A socket, or anything else.
    Other,
}

impl Process {
    /// All processes that can be seen, in the order of their IDs.
    pub fn all() -> Vec<Process> {
        #[expect(clippy::disallowed_methods, reason = "processes are read where the machine is looked at")]
        let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
        let mut pids: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        pids.sort_unstable();
        pids.into_iter().filter_map(Process::read).collect()
    }

    /// Reads one; `None` when it is gone, or was replaced by another while it was read.
    pub fn read(pid: u32) -> Option<Process> {
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let stat = Stat::read(&folder)?;
        let status = String::from_utf8_lossy(&content(&folder.join("status"))?).into_owned();
        let words = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
            line.unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let uid = |place: usize| words("Uid").get(place).and_then(|uid| uid.parse().ok()).unwrap_or(u32::MAX);
        let process = Process {
            pid,
            parent: stat.number(1) as u32,
            group: stat.number(2) as u32,
            // Without a terminal the group it talks to is -1.
            in_foreground: stat.number(4) != 0 && stat.number(5) == stat.number(2),
            state: stat.fields.first().and_then(|state| state.chars().next()).unwrap_or('?'),
            of_kernel: stat.number(6) as u64 & KERNEL_THREAD != 0,
            started: stat.started(),
            age: uptime().saturating_sub(stat.started() / TICKS),
            name: stat.name.clone(),
            uid: uid(0),
            euid: uid(1),
            namespaces: words("NSpid").len(),
            cgroup: cgroup(&content(&folder.join("cgroup")).unwrap_or_default()),
            command: split(&content(&folder.join("cmdline")).unwrap_or_default()),
            program: place(&folder.join("exe")),
            folder: place(&folder.join("cwd")),
            same_files: same_files(&folder),
            environment: content(&folder.join("environ")).map(|bytes| environment(&bytes)),
            streams: [0, 1, 2].map(|number| stream(&folder.join(format!("fd/{number}")))),
        };
        (started(pid)? == process.started).then_some(process)
    }

    /// True when `program` is the very file that it runs.
    pub fn runs(&self, program: &Path) -> bool {
        let running = self.program.as_ref().map(|place| place.identity);
        running.is_some() && running == identity(program)
    }

    /// A variable of its environment, where that is set to something.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.environment.as_ref()?.get(OsStr::new(name))?;
        Some(value.as_os_str()).filter(|value| !value.is_empty())
    }
}

/// When the process with an ID started, in clock ticks since the boot; `None` when there is none.
pub fn started(pid: u32) -> Option<u64> {
    Stat::read(Path::new(&format!("/proc/{pid}"))).map(|stat| stat.started())
}

/// `PF_KTHREAD` of the kernel's `linux/sched.h`.
const KERNEL_THREAD: u64 = 0x0020_0000;
/// `USER_HZ`: what the kernel calls a clock tick towards programs.
const TICKS: u64 = 100;

/// The fields of `/proc/PID/stat` behind the name.
struct Stat {
    name: String,
    fields: Vec<String>,
}

impl Stat {
    fn read(folder: &Path) -> Option<Stat> {
        let bytes = content(&folder.join("stat"))?;
        let text = String::from_utf8_lossy(&bytes);
        // A name can hold blanks and brackets itself.
        let (front, behind) = text.rsplit_once(')')?;
        let name = front.split_once('(')?.1.to_owned();
        Some(Stat { name, fields: behind.split_whitespace().map(str::to_owned).collect() })
    }

    /// The field with a number: 0 is the state.
    fn number(&self, field: usize) -> i64 {
        self.fields.get(field).and_then(|field| field.parse().ok()).unwrap_or(0)
    }

    fn started(&self) -> u64 {
        self.fields.get(19).and_then(|field| field.parse().ok()).unwrap_or(0)
    }
}

#[expect(clippy::disallowed_methods, reason = "processes are read where the machine is looked at")]
fn content(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

#[expect(clippy::disallowed_methods, reason = "processes are read where the machine is looked at")]
fn target(path: &Path) -> Option<PathBuf> {
    fs::read_link(path).ok()
}

#[expect(clippy::disallowed_methods, reason = "processes are read where the machine is looked at")]
fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// What a link of `/proc` leads to: it knows the file itself, and the path that it had.
fn place(link: &Path) -> Option<Place> {
    let (target, held) = (target(link)?, identity(link)?);
    let without = target.as_os_str().as_bytes().strip_suffix(b" (deleted)");
    let path = match without {
        Some(path) if identity(&target) != Some(held) => PathBuf::from(OsStr::from_bytes(path)),
        _ => target,
    };
    Some(Place { is_there: identity(&path) == Some(held), path, identity: held })
}

#[expect(clippy::disallowed_methods, reason = "processes are read where the machine is looked at")]
fn stream(link: &Path) -> Stream {
    let Some(target) = target(link) else { return Stream::Unknown };
    let text = target.as_os_str().as_bytes();
    if target == Path::new("/dev/null") {
        Stream::Null
    } else if text.starts_with(b"/dev/pts/") || text.starts_with(b"/dev/tty") || text == b"/dev/console" {
        Stream::Terminal(target)
    } else if text.starts_with(b"pipe:") {
        Stream::Pipe(target.to_string_lossy().into_owned())
    } else if text.starts_with(b"/") && link.metadata().is_ok_and(|metadata| metadata.is_file()) {
        match place(link) {
            Some(Place { path, is_there: true, .. }) => Stream::File(path),
            _ => Stream::Deleted(target),
        }
    } else {
        Stream::Other
    }
}

/// Whether a process lives in our view of the file system, with our root.
fn same_files(folder: &Path) -> bool {
    let view = |folder: &Path| target(&folder.join("ns/mnt"));
    let (own, its) = (view(Path::new("/proc/self")), view(folder));
    // Where it may not be seen nothing speaks against it.
    its.is_none_or(|its| Some(its) == own) && target(&folder.join("root")).is_none_or(|root| root == Path::new("/"))
}

/// The path of the hierarchy that systemd keeps: the only one there is, or the one with its name. Where
/// both are there it uses one of them, and all are at the root of the other.
fn cgroup(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let of = |start: &str| text.lines().find_map(|line| line.split_once(start).map(|(_, path)| path.to_owned()));
    of(":name=systemd:").filter(|path| path != "/").or_else(|| of("0::")).unwrap_or_default()
}

/// Words that each end in NUL. What ends without one was overwritten by the program, and counts as
/// one more word.
fn split(bytes: &[u8]) -> Vec<OsString> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let whole = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    whole.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_vec())).collect()
}

fn environment(bytes: &[u8]) -> BTreeMap<OsString, OsString> {
    let pairs = split(bytes).into_iter().filter_map(|pair| {
        let bytes = pair.as_bytes();
        let equals = bytes.iter().position(|byte| *byte == b'=').filter(|place| *place > 0)?;
        Some((OsString::from_vec(bytes[..equals].to_vec()), OsString::from_vec(bytes[equals + 1..].to_vec())))
    });
    pairs.collect()
}

/// Seconds since the boot.
fn uptime() -> u64 {
    let text = content(Path::new("/proc/uptime")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.split('.').next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the tests look at their own folder")]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_is_read_as_it_was_started() {
        let folder = tempfile::tempdir().unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", "read x", "a b", ""]).arg(OsStr::from_bytes(b"\xff\n")).arg("");
        shell.current_dir(folder.path()).env_clear().env("A", "1=2\n").stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = shell.spawn().unwrap();
        let process = loop {
            // Until it is sh, it is a copy of this test.
            match Process::read(child.id()) {
                Some(process) if process.name == "sh" => break process,
                _ => std::thread::yield_now(),
            }
        };
        let words: Vec<&[u8]> = process.command.iter().map(|word| word.as_bytes()).collect();
        let expected: [&[u8]; 7] = [b"sh", b"-c", b"read x", b"a b", b"", b"\xff\n", b""];
        assert_eq!(words, expected);
        assert_eq!(process.folder.as_ref().map(|place| place.path.clone()), folder.path().canonicalize().ok());
        assert_eq!(process.environment.as_ref().unwrap()[OsStr::new("A")], "1=2\n");
        assert_eq!((process.parent, process.streams[1].clone()), (std::process::id(), Stream::Null));
        assert!(matches!(process.streams[0], Stream::Pipe(_)) && process.runs(Path::new("/bin/sh")));
        assert!(process.same_files && !process.of_kernel && process.namespaces == 1, "{process:?}");
        drop(folder);
        assert!(!Process::read(child.id()).unwrap().folder.unwrap().is_there);
        child.kill().unwrap();
        assert_eq!(child.wait().map(|_| Process::read(process.pid).map(|_| ())).unwrap(), None);
    }

    #[test]
    fn control_groups_of_both_kinds() {
        assert_eq!(cgroup(b"0::/user.slice/x.scope\n"), "/user.slice/x.scope");
        let old = b"12:cpu:/a\n1:name=systemd:/system.slice/cron.service\n0::/b\n";
        assert_eq!(cgroup(old), "/system.slice/cron.service");
        assert_eq!(cgroup(b"2:name=systemd:/\n0::/user.slice/x.scope\n"), "/user.slice/x.scope");
    }
}
