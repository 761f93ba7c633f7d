//! The user's editor, working on a copy of a unit file.

use std::fs;
use std::os::fd::AsFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::host::writers::{self, Purpose};
use crate::host::{Host, tree};
use crate::manager::lint;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::message;
use crate::shell;
use crate::spec::Scope;
use crate::unit::drop_in;
use crate::unit::stamp::{self, Origin};

/// In a directory that only the user can enter.
#[derive(Debug)]
pub struct Copy {
    dir: TempDir,
    path: PathBuf,
    /// Checked with the drop-ins beside it.
    unit: PathBuf,
}

#[expect(clippy::disallowed_methods, reason = "the copy is a file of this module's own")]
impl Copy {
    /// The copy of a file of a unit. For root, in a directory where no other user can replace it, whatever TMPDIR is.
    pub fn of(text: &[u8], file: &str, unit: &str, host: &Host) -> Result<Copy> {
        let ours_alone = |dir: &PathBuf| {
            host.euid != 0 || writers::path_components(dir, Purpose::Use).iter().all(|place| place.writers.is_empty())
        };
        let parent = [std::env::temp_dir(), "/tmp".into()].into_iter().find(ours_alone).unwrap_or("/run".into());
        // Units can contain secrets, and their own directory may be private.
        let private = fs::Permissions::from_mode(0o700);
        let made = || {
            let dir = tempfile::Builder::new().prefix("mkservice-edit-").permissions(private).tempdir_in(&parent)?;
            let path = dir.path().join(file);
            fs::write(&path, text)?;
            let unit = dir.path().join(unit);
            Ok::<_, std::io::Error>(Copy { dir, path, unit })
        };
        made().map_err(|error| Error::file("create a copy in", &parent, error))
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
        let status = command
            .status()
            .map_err(|error| failed(format!("cannot be run: {}", crate::model::message::io_reason(&error))))?;
        if !status.success() {
            return Err(failed(match status.code() {
                Some(code) => format!("exited with status {code}"),
                None => "was killed by a signal".into(),
            }));
        }
        fs::read(&self.path).map_err(|error| Error::file("read", &self.path, error))
    }

    pub fn differs_from(&self, text: &[u8]) -> bool {
        fs::read(&self.path).is_ok_and(|now| now != text)
    }

    /// Returns what `systemd-analyze verify` reports of the unit, line by line; nothing if it is not installed. A
    /// drop-in is checked with the unit that it belongs to.
    pub fn complaints(&self, drop_in: Option<(&str, &[u8])>, scope: Scope) -> Result<Vec<String>> {
        if let Some((text, unit)) = drop_in {
            let mut dir = self.unit.clone().into_os_string();
            dir.push(".d");
            let written = fs::write(&self.unit, unit)
                .and_then(|()| fs::create_dir_all(&dir))
                .and_then(|()| fs::write(PathBuf::from(&dir).join(drop_in::EDIT), text));
            written.map_err(|error| Error::file("write to", self.dir.path(), error))?;
        }
        Ok(lint::complaints(&self.unit, scope, None))
    }

    /// Keeps the edits.
    pub fn keep(self) -> PathBuf {
        let _ = self.dir.keep();
        self.path
    }
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
