//! The user's editor, working on a copy of a unit file.

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::host::writers::{self, Purpose};
use crate::host::{Account, Host, access, tree};
use crate::manager::lint;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::message;
use crate::session::behind_sudo;
use crate::shell;
use crate::spec::Scope;
use crate::unit::drop_in;
use crate::unit::stamp::{self, Origin};

/// In a directory that only the user can enter. As with sudoedit, an elevated process leaves it to the user behind sudo:
/// editors run what their configuration says.
#[derive(Debug)]
pub struct Copy {
    /// `None` once it is kept or deleted.
    dir: Option<TempDir>,
    path: PathBuf,
    /// The unit that it belongs to.
    unit: String,
    /// The user who edits it, if that is another one than that of this process.
    user: Option<Account>,
}

#[expect(clippy::disallowed_methods, reason = "the copy is a file of this module's own")]
impl Copy {
    /// The copy of a file of a unit.
    pub fn of(text: &[u8], file: &str, unit: &str, host: &Host) -> Result<Copy> {
        let user = host.edits_as_user.then(|| host.asked_by.clone());
        let make = || {
            let dir = private_dir(user.is_none() && host.euid == 0)?;
            let path = dir.path().join(file);
            fs::write(&path, text)?;
            Ok((dir, path))
        };
        let made = acting(user.as_ref(), make);
        let (dir, path) = made.map_err(|error| Error::file("create a copy in", &std::env::temp_dir(), error))?;
        Ok(Copy { dir: Some(dir), path, unit: unit.to_owned(), user })
    }

    /// Returns the edited text. With `aside`, the editor does not write to stdout.
    pub fn edit(&self, host: &Host, aside: bool) -> Result<Vec<u8>> {
        let words = editor(host)?;
        let editor = shell::join(&words);
        let failed = |why: String| {
            Error::new(Code::EditorFailed, message!("the editor `{}` {}; nothing was changed", editor, why))
        };
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(&self.path);
        if let Some(stderr) = std::io::stderr().as_fd().try_clone_to_owned().ok().filter(|_| aside) {
            command.stdout(stderr);
        }
        if self.user.is_some() {
            behind_sudo::set_environment(&mut command, host);
        }
        let status = acting(self.user.as_ref(), || command.status())
            .map_err(|error| failed(format!("cannot be run: {}", crate::model::message::io_reason(&error))))?;
        if !status.success() {
            return Err(failed(match status.code() {
                Some(code) => format!("exited with status {code}"),
                None => "was killed by a signal".into(),
            }));
        }
        self.text().map_err(|error| Error::file("read", &self.path, error))
    }

    fn text(&self) -> io::Result<Vec<u8>> {
        acting(self.user.as_ref(), || fs::read(&self.path))
    }

    pub fn differs_from(&self, text: &[u8]) -> bool {
        self.text().is_ok_and(|now| now != text)
    }

    /// Returns what `systemd-analyze verify` reports of the unit, line by line; nothing if it is not installed. A
    /// drop-in is checked with the unit that it belongs to.
    pub fn complaints(&self, unit: &[u8], drop_in: Option<&str>, scope: Scope, host: &Host) -> Result<Vec<String>> {
        let written = || {
            let dir = private_dir(host.euid == 0)?;
            let path = dir.path().join(&self.unit);
            fs::write(&path, unit)?;
            if let Some(text) = drop_in {
                let drop_ins = dir.path().join(format!("{}.d", self.unit));
                fs::create_dir_all(&drop_ins)?;
                fs::write(drop_ins.join(drop_in::EDIT), text)?;
            }
            Ok((dir, path))
        };
        let (_dir, path) = written().map_err(|error| Error::file("write to", &std::env::temp_dir(), error))?;
        Ok(lint::complaints(&path, scope, None))
    }

    /// Keeps the edits.
    pub fn keep(mut self) -> PathBuf {
        if let Some(dir) = self.dir.take() {
            let _ = dir.keep();
        }
        self.path.clone()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Some(dir) = self.dir.take() {
            let _ = acting(self.user.as_ref(), || dir.close());
        }
    }
}

/// Does what `work` does as the user.
fn acting<T: Send>(user: Option<&Account>, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    match user {
        Some(user) => access::as_account(user, None, work).unwrap_or(Err(io::ErrorKind::PermissionDenied.into())),
        None => work(),
    }
}

/// Units can contain secrets, and their own directory may be private. For root, in a directory where no other user can
/// replace it, whatever TMPDIR is.
fn private_dir(of_root: bool) -> io::Result<TempDir> {
    let ours_alone = |dir: &PathBuf| {
        !of_root || writers::path_components(dir, Purpose::Use).iter().all(|place| place.writers.is_empty())
    };
    let parent = [std::env::temp_dir(), "/tmp".into()].into_iter().find(ours_alone).unwrap_or("/run".into());
    let private = Permissions::from_mode(0o700);
    tempfile::Builder::new().prefix("mkservice-edit-").permissions(private).tempdir_in(&parent)
}

/// Returns VISUAL or EDITOR, split like in a shell but not run by one, or the first common editor that is installed.
fn editor(host: &Host) -> Result<Vec<String>> {
    for named in &host.editors {
        if let Some(words) = named.to_str().and_then(shlex::split).filter(|words| !words.is_empty()) {
            return Ok(words);
        }
    }
    let there = |program: &&str| host.path.iter().any(|dir| tree::is_file(dir.join(program)));
    let usual = ["editor", "nano", "vim", "vi"].into_iter().find(there);
    usual.map(|program| vec![program.to_owned()]).ok_or_else(|| {
        let text = "no editor found: neither VISUAL nor EDITOR is set, and no usual editor is installed";
        Error::new(Code::EditorNotFound, text).hint(message!("EDITOR=nano {}", mkservice(["edit", "NAME"])))
    })
}

/// Returns why a text cannot be a drop-in.
pub fn refuse_drop_in(text: &[u8]) -> Option<String> {
    refuse_text(text).or_else(|| {
        let is_stamped = stamp::origin(text) != Origin::Foreign;
        is_stamped.then(|| "it holds the section [X-Mkservice], which mkservice adds itself".into())
    })
}

/// Returns why a text cannot be a unit file. `ours`: mkservice manages the unit.
pub fn refuse_unit(text: &[u8], ours: bool) -> Option<String> {
    let why = refuse_text(text);
    if why.is_some() {
        return why;
    }
    if ours && stamp::origin(text) == Origin::Foreign {
        return Some("the section [X-Mkservice] is gone, by which mkservice knows its own".into());
    }
    let text = String::from_utf8_lossy(text);
    let settings = crate::systemd::unit_file::settings(&text);
    let runs = settings.iter().any(|setting| setting.section == "Service" && setting.name.starts_with("Exec"));
    (!runs).then(|| "it has no command: `ExecStart=` in `[Service]`".into())
}

fn refuse_text(text: &[u8]) -> Option<String> {
    let Ok(text) = std::str::from_utf8(text) else { return Some("it is not UTF-8".into()) };
    if text.contains('\0') {
        return Some("it holds a NUL".into());
    }
    if text.lines().any(|line| line.len() >= crate::systemd::text::LONG_LINE_MAX) {
        return Some("it holds a line that is too long for systemd".into());
    }
    None
}
