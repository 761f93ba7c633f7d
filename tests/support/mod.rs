//! A home for each test of the command line: an unprivileged user, a few programs in PATH, and no systemd to talk to.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The user that the tests run as if they are run by root: nobody.
const NOBODY: u32 = 65534;

/// A temporary home with `bin` (in PATH), `work` (the working directory), and nothing else.
pub struct Home {
    directory: TempDir,
    program: TempDir,
}

/// The result of a run: exit code and both streams, with the home's path as `[HOME]`.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    pub fn new() -> Home {
        Home::in_dir(&std::env::temp_dir())
    }

    /// The same where no other user can write to a parent directory.
    pub fn apart() -> Home {
        Home::in_dir(Path::new(if is_root() { "/var/lib" } else { env!("CARGO_TARGET_TMPDIR") }))
    }

    fn in_dir(directory: &Path) -> Home {
        let directory = tempfile::Builder::new().prefix("home").tempdir_in(directory).unwrap();
        let home = Home { directory, program: public_copy() };
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for directory in ["bin", "work"] {
            fs::create_dir(home.path().join(directory)).unwrap();
        }
        for program in ["python", "gunicorn", "remove", "server"] {
            home.program(format!("bin/{program}"));
        }
        home.program("work/server");
        home.file("work/myscript.py", "print('hello')\n", 0o644);
        home.give_away();
        home
    }

    /// The canonical path of the home.
    pub fn path(&self) -> PathBuf {
        self.directory.path().canonicalize().unwrap()
    }

    /// A file, owned by the user that runs the tests.
    pub fn file(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        self.give_away();
        path
    }

    /// An executable program.
    pub fn program(&self, path: impl AsRef<Path>) -> PathBuf {
        self.file(path, "#!/bin/sh\nexec sleep 1000\n", 0o755)
    }

    /// Where unit files go.
    pub fn units(&self) -> PathBuf {
        self.path().join(".config/systemd/user")
    }

    /// The text of a unit file.
    pub fn unit(&self, name: &str) -> String {
        fs::read_to_string(self.units().join(format!("{name}.service"))).unwrap()
    }

    /// The value of the only line that sets `directive` in a unit file.
    pub fn directive(&self, name: &str, directive: &str) -> String {
        let text = self.unit(name);
        let values: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix(directive)?.strip_prefix('=')).collect();
        assert_eq!(values.len(), 1, "{directive} in {text}");
        values[0].replace(self.path().to_str().unwrap(), "[HOME]")
    }

    /// The program under test, ready to run in this home.
    pub fn mkservice(&self) -> Command {
        let mut command = self.command(self.program.path().join("mkservice"));
        command.env("SYSTEMD_OFFLINE", "1");
        command
    }

    /// Any program, run as the user of the tests in this home.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", self.path().join("bin"))
            .env("LANG", "C.UTF-8")
            .env("COLUMNS", "100")
            .current_dir(self.path().join("work"))
            .stdin(std::process::Stdio::null());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Runs mkservice with the words of a line as arguments.
    pub fn run(&self, line: &str) -> Ran {
        self.run_words(line.split(' ').filter(|word| !word.is_empty()))
    }

    /// Runs mkservice with these arguments.
    pub fn run_words<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Ran {
        self.ran(self.mkservice().args(words))
    }

    /// Runs a command to completion.
    pub fn ran(&self, command: &mut Command) -> Ran {
        let output = command.output().unwrap();
        let shown = |bytes: &[u8]| {
            let program = self.program.path().join("mkservice");
            let text = String::from_utf8_lossy(bytes).replace(program.to_str().unwrap(), "[MKSERVICE]");
            let text = text.replace(self.path().to_str().unwrap(), "[HOME]");
            // The paths in a unit vary from run to run, and so does its checksum.
            let mut parts = text.split("Checksum=sha256:");
            let head = parts.next().unwrap_or_default().to_owned();
            parts.fold(head, |text, part| format!("{text}Checksum=sha256:[HASH]{}", &part[64..]))
        };
        Ran { code: output.status.code().unwrap_or(-1), stdout: shown(&output.stdout), stderr: shown(&output.stderr) }
    }

    /// Runs mkservice on its own terminal, and enters `keys` when `question` appears.
    pub fn on_terminal(&self, question: &str, keys: &str, words: &[&str]) -> Ran {
        const TERMINAL: &str = include_str!("terminal.py");
        let mkservice = self.mkservice();
        let mut python = self.command("/usr/bin/python3");
        python.env("SYSTEMD_OFFLINE", "1").args(["-c", TERMINAL, question, keys]);
        self.ran(python.arg(mkservice.get_program()).args(words))
    }

    /// Creates the unit directory, which stays when the last unit is removed.
    pub fn make_units(&self) {
        fs::create_dir_all(self.units()).unwrap();
        self.give_away();
    }

    /// Everything below the home: each path with its kind, mode, inode, change time, and content.
    pub fn tree(&self) -> BTreeMap<PathBuf, String> {
        tree(&self.path())
    }

    fn give_away(&self) {
        if is_root() {
            for path in walk(&self.path()) {
                let metadata = path.symlink_metadata().unwrap();
                if !metadata.is_symlink() && metadata.uid() != NOBODY {
                    chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
                }
            }
        }
    }
}

/// The directory and everything below it.
pub fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut found = vec![directory.to_owned()];
    let mut at = 0;
    while at < found.len() {
        if found[at].symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
            found.extend(fs::read_dir(&found[at]).unwrap().map(|entry| entry.unwrap().path()));
        }
        at += 1;
    }
    found
}

/// The contents of a directory: kind, mode, content, or target; for files also inode and time, so that a file rewritten
/// with the same content differs.
pub fn tree(directory: &Path) -> BTreeMap<PathBuf, String> {
    walk(directory)
        .into_iter()
        .map(|path| {
            let metadata = path.symlink_metadata().unwrap();
            let content = if metadata.is_symlink() {
                format!("-> {}", fs::read_link(&path).unwrap().display())
            } else if metadata.is_file() {
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                format!("{} {} {} {text}", metadata.ino(), metadata.mtime(), metadata.mtime_nsec())
            } else {
                "directory".into()
            };
            (path.strip_prefix(directory).unwrap().to_owned(), format!("{:o} {content}", metadata.mode()))
        })
        .collect()
}

/// A directory with the program under test that every user can access: the build directory may not be accessible to
/// others.
fn public_copy() -> TempDir {
    let directory = tempfile::Builder::new().prefix("mkservice").tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (built, copy) = (env!("CARGO_BIN_EXE_mkservice"), directory.path().join("mkservice"));
    fs::hard_link(built, &copy).or_else(|_| fs::copy(built, &copy).map(drop)).unwrap();
    directory
}

/// Compares a text with a snapshot exactly.
#[track_caller]
pub fn same(actual: String, expected: impl snapbox::IntoData) {
    snapbox::assert_data_eq!(actual, expected.raw());
}

/// True if the tests are run by root.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
