//! Processes as plain data, read from `/proc` (proc(5)).
//!
//! A process ID can be reused, but not together with the start time: [`Process::started`] accompanies every process ID.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Default)]
pub struct Process {
    pub pid: u32,
    /// 0 if it is not visible.
    pub parent: u32,
    pub group: u32,
    /// It has a controlling terminal, whose foreground process group it belongs to.
    pub in_foreground: bool,
    /// `R`, `S`, `T` (stopped), `Z` (exited), …
    pub state: char,
    pub of_kernel: bool,
    /// In clock ticks since boot.
    pub started: u64,
    /// In seconds.
    pub age: u64,
    /// The kernel's name, truncated to 15 bytes.
    pub name: String,
    pub uid: u32,
    pub euid: u32,
    /// The number of PID namespaces it has an ID in; more than one means a container.
    pub namespaces: usize,
    pub cgroup: String,
    /// Its arguments, as they are in its memory.
    pub command: Vec<OsString>,
    /// `None` if it is not visible.
    pub program: Option<OpenFile>,
    /// The working directory; `None` if it is not visible.
    pub dir: Option<OpenFile>,
    /// False in a container or after chroot(2).
    pub same_files: bool,
    /// As it was when it started; `None` if it is not visible.
    pub environment: Option<BTreeMap<OsString, OsString>>,
    pub streams: [Stream; 3],
}

/// A file or directory that a process uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFile {
    /// The path it has, or had.
    pub path: PathBuf,
    /// The path still leads to it.
    pub is_there: bool,
    /// Device and inode.
    pub identity: (u64, u64),
}

/// What a standard stream is connected to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Stream {
    /// Not visible, or closed.
    #[default]
    Unknown,
    Null,
    File(PathBuf),
    /// A deleted file.
    Deleted(PathBuf),
    Terminal(PathBuf),
    /// With its number.
    Pipe(String),
    /// A socket or anything else.
    Other,
}

impl Process {
    /// All visible processes by ID.
    pub fn all() -> Vec<Process> {
        #[expect(clippy::disallowed_methods, reason = "processes are read from /proc")]
        let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
        let mut pids: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        pids.sort_unstable();
        let mut budget = ALL_MAX;
        pids.into_iter().filter_map(|pid| Process::read_within(pid, &mut budget)).collect()
    }

    /// `None` if it exited or was replaced while it was read.
    pub fn read(pid: u32) -> Option<Process> {
        Process::read_within(pid, &mut (2 * STRINGS_MAX))
    }

    /// Its command and environment have at most `budget` bytes, which is reduced by what they have.
    fn read_within(pid: u32, budget: &mut usize) -> Option<Process> {
        let dir = PathBuf::from(format!("/proc/{pid}"));
        let stat = Stat::read(&dir)?;
        let status = String::from_utf8_lossy(&content(&dir.join("status"))?).into_owned();
        let words = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
            line.unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let uid = |index: usize| words("Uid").get(index).and_then(|uid| uid.parse().ok()).unwrap_or(u32::MAX);
        let process = Process {
            pid,
            parent: stat.number(1) as u32,
            group: stat.number(2) as u32,
            // Without a terminal, the foreground group is -1.
            in_foreground: stat.number(4) != 0 && stat.number(5) == stat.number(2),
            state: stat.fields.first().and_then(|state| state.chars().next()).unwrap_or('?'),
            of_kernel: stat.number(6) as u64 & KERNEL_THREAD != 0,
            started: stat.started(),
            age: uptime().saturating_sub(stat.started() / TICKS),
            name: stat.name.clone(),
            uid: uid(0),
            euid: uid(1),
            namespaces: words("NSpid").len(),
            cgroup: cgroup(&content(&dir.join("cgroup")).unwrap_or_default()),
            command: strings(&dir.join("cmdline"), budget).unwrap_or_default(),
            program: open_file(&dir.join("exe")),
            dir: open_file(&dir.join("cwd")),
            same_files: same_files(&dir),
            environment: strings(&dir.join("environ"), budget).map(environment),
            streams: [0, 1, 2].map(|number| stream(&dir.join(format!("fd/{number}")))),
        };
        (started(pid)? == process.started).then_some(process)
    }

    /// True if `program` is the very file that it runs.
    pub fn runs(&self, program: &Path) -> bool {
        let running = self.program.as_ref().map(|file| file.identity);
        running.is_some() && running == identity(program)
    }

    /// `None` if it is empty.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.environment.as_ref()?.get(OsStr::new(name))?;
        Some(value.as_os_str()).filter(|value| !value.is_empty())
    }
}

/// The start time in clock ticks since boot; `None` if it does not exist.
pub fn started(pid: u32) -> Option<u64> {
    Stat::read(Path::new(&format!("/proc/{pid}"))).map(|stat| stat.started())
}

/// The maximum size of a command or an environment, in bytes, and of all of them. An execve(2) takes no more than 6 MiB.
const STRINGS_MAX: usize = 6 << 20;
const ALL_MAX: usize = 64 << 20;
/// The maximum number of strings in one.
const STRING_COUNT_MAX: usize = 50_000;

/// `PF_KTHREAD` in the kernel's `linux/sched.h`.
const KERNEL_THREAD: u64 = 0x0020_0000;
/// `USER_HZ`: the frequency of clock ticks.
const TICKS: u64 = 100;

/// `/proc/PID/stat`: the name, and the fields after it.
#[derive(Debug)]
pub struct Stat {
    name: String,
    fields: Vec<String>,
}

impl Stat {
    pub(super) fn read(dir: &Path) -> Option<Stat> {
        Stat::parse(&content(&dir.join("stat"))?)
    }

    pub fn parse(bytes: &[u8]) -> Option<Stat> {
        let text = String::from_utf8_lossy(bytes);
        // A name can contain spaces and parentheses.
        let (front, behind) = text.rsplit_once(')')?;
        let name = front.split_once('(')?.1.to_owned();
        Some(Stat { name, fields: behind.split_whitespace().map(str::to_owned).collect() })
    }

    /// The field with this index; 0 is the state.
    fn number(&self, field: usize) -> i64 {
        self.fields.get(field).and_then(|field| field.parse().ok()).unwrap_or(0)
    }

    pub(super) fn nice(&self) -> i32 {
        self.number(16) as i32
    }

    fn started(&self) -> u64 {
        self.fields.get(19).and_then(|field| field.parse().ok()).unwrap_or(0)
    }
}

#[expect(clippy::disallowed_methods, reason = "processes are read from /proc")]
fn content(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

/// The strings in a file of a process, which controls their number; `None` if there are unusually many.
#[expect(clippy::disallowed_methods, reason = "processes are read from /proc")]
fn strings(path: &Path, budget: &mut usize) -> Option<Vec<OsString>> {
    let most = STRINGS_MAX.min(*budget);
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(most as u64 + 1).read_to_end(&mut bytes).ok()?;
    let is_usual = bytes.len() <= most && bytes.iter().filter(|byte| **byte == 0).count() <= STRING_COUNT_MAX;
    *budget -= bytes.len().min(*budget);
    is_usual.then(|| split(&bytes))
}

#[expect(clippy::disallowed_methods, reason = "processes are read from /proc")]
fn target(path: &Path) -> Option<PathBuf> {
    fs::read_link(path).ok()
}

#[expect(clippy::disallowed_methods, reason = "processes are read from /proc")]
fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// A link in `/proc` leads to the file itself, and has its path as text.
fn open_file(link: &Path) -> Option<OpenFile> {
    let (target, held) = (target(link)?, identity(link)?);
    let without = target.as_os_str().as_bytes().strip_suffix(b" (deleted)");
    let path = match without {
        Some(path) if identity(&target) != Some(held) => PathBuf::from(OsStr::from_bytes(path)),
        _ => target,
    };
    Some(OpenFile { is_there: identity(&path) == Some(held), path, identity: held })
}

#[expect(clippy::disallowed_methods, reason = "processes are read from /proc")]
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
        match open_file(link) {
            Some(OpenFile { path, is_there: true, .. }) => Stream::File(path),
            _ => Stream::Deleted(target),
        }
    } else {
        Stream::Other
    }
}

/// Whether a process has the same root and mount namespace.
fn same_files(dir: &Path) -> bool {
    let view = |dir: &Path| target(&dir.join("ns/mnt"));
    let (own, its) = (view(Path::new("/proc/self")), view(dir));
    // Assumed if it is not visible.
    its.is_none_or(|its| Some(its) == own) && target(&dir.join("root")).is_none_or(|root| root == Path::new("/"))
}

/// The cgroup in systemd's hierarchy: the only one, or the one with its name. With both, systemd uses one of them, and
/// processes are at the root of the other.
pub fn cgroup(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let of = |start: &str| text.lines().find_map(|line| line.split_once(start).map(|(_, path)| path.to_owned()));
    of(":name=systemd:").filter(|path| path != "/").or_else(|| of("0::")).unwrap_or_default()
}

/// Strings that end in NUL. One without a NUL was overwritten by the program, and counts as another.
pub fn split(bytes: &[u8]) -> Vec<OsString> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let whole = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    whole.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_vec())).collect()
}

pub fn environment(pairs: Vec<OsString>) -> BTreeMap<OsString, OsString> {
    let pairs = pairs.into_iter().filter_map(|pair| {
        let bytes = pair.as_bytes();
        let equals = bytes.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
        Some((OsString::from_vec(bytes[..equals].to_vec()), OsString::from_vec(bytes[equals + 1..].to_vec())))
    });
    pairs.collect()
}

/// In seconds.
fn uptime() -> u64 {
    let text = content(Path::new("/proc/uptime")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.split('.').next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test uses its own directory")]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    /// Reads a process once it is a shell: before, it is a copy of this test.
    fn shell_of(pid: u32) -> Process {
        loop {
            match Process::read(pid) {
                Some(process) if process.name == "sh" => break process,
                _ => std::thread::yield_now(),
            }
        }
    }

    #[test]
    fn a_process_is_read_as_it_was_started() {
        let dir = tempfile::tempdir().unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", "read x", "a b", ""]).arg(OsStr::from_bytes(b"\xff\n")).arg("");
        shell.current_dir(dir.path()).env_clear().env("A", "1=2\n").stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = shell.spawn().unwrap();
        let process = shell_of(child.id());
        let words: Vec<&[u8]> = process.command.iter().map(|word| word.as_bytes()).collect();
        let expected: [&[u8]; 7] = [b"sh", b"-c", b"read x", b"a b", b"", b"\xff\n", b""];
        assert_eq!(words, expected);
        assert_eq!(process.dir.as_ref().map(|file| file.path.clone()), dir.path().canonicalize().ok());
        assert_eq!(process.environment.as_ref().unwrap()[OsStr::new("A")], "1=2\n");
        assert_eq!((process.parent, process.streams[1].clone()), (std::process::id(), Stream::Null));
        assert!(matches!(process.streams[0], Stream::Pipe(_)) && process.runs(Path::new("/bin/sh")));
        assert!(process.same_files && !process.of_kernel && process.namespaces == 1, "{process:?}");
        drop(dir);
        assert!(!Process::read(child.id()).unwrap().dir.unwrap().is_there);
        child.kill().unwrap();
        assert_eq!(child.wait().map(|_| Process::read(process.pid).map(|_| ())).unwrap(), None);
    }

    #[test]
    fn a_command_of_more_words_than_usual_is_not_read() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "read x"]).args(std::iter::repeat_n("", STRING_COUNT_MAX)).stdin(Stdio::piped());
        let mut child = shell.env_clear().env("A", "1").spawn().unwrap();
        let process = shell_of(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(process.command.is_empty() && process.environment.is_some(), "{process:.1000?}");
    }

    #[test]
    fn control_groups_of_both_kinds() {
        assert_eq!(cgroup(b"0::/user.slice/x.scope\n"), "/user.slice/x.scope");
        let old = b"12:cpu:/a\n1:name=systemd:/system.slice/cron.service\n0::/b\n";
        assert_eq!(cgroup(old), "/system.slice/cron.service");
        assert_eq!(cgroup(b"2:name=systemd:/\n0::/user.slice/x.scope\n"), "/user.slice/x.scope");
    }
}
