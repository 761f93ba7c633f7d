//! Reads the file to apply.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use crate::cli;
use crate::host::{Host, tree};
use crate::manifest::Line;
use crate::manifest::source::{SIZE_MAX, too_big};
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{Message, io_reason, message, opt, quoted, shell_word, some_of};
use crate::shell::shown;
use crate::spec::ManifestId;

const USUAL: &str = "mkservice.toml";

pub struct File {
    /// As given, or inside the image if it is there; `None` for stdin.
    pub path: Option<PathBuf>,
    /// For messages.
    pub shown: String,
    /// The directory where its relative paths start.
    pub dir: Option<PathBuf>,
    /// At most one byte more than allowed.
    pub bytes: Vec<u8>,
}

impl File {
    /// `-` is stdin.
    #[expect(clippy::disallowed_methods, reason = "the file is what the verb is about")]
    pub fn read(typed: Option<&OsStr>, host: &Host) -> Result<File> {
        if typed.is_some_and(|word| word == "-") {
            let bytes = read(io::stdin().lock()).map_err(|error| refuse("stdin", &error, None))?;
            return Ok(File { path: None, shown: "stdin".into(), dir: host.dir.clone(), bytes });
        }
        let word = Path::new(typed.unwrap_or(OsStr::new(USUAL)));
        let shown = shown(word);
        if word.as_os_str().is_empty() {
            let error = Error::new(Code::FileInvalid, "the name of the file is empty");
            return Err(error.hint(mkservice(["apply", "FILE"])));
        }
        let hint = typed.is_none().then(|| message!("give another file: {}", mkservice(["apply", "FILE"])));
        let opened = host.here.as_deref().map_or(word.to_owned(), |dir| dir.join(word));
        refuse_pipe(&opened, &shown)?;
        let file = open(&opened).map_err(|error| refuse(&shown, &error, hint.clone()))?;
        if let Some(size) = file.metadata().ok().map(|metadata| metadata.len()).filter(|size| *size > SIZE_MAX) {
            return Err(too_big(&shown, size));
        }
        let bytes = read(file).map_err(|error| refuse(&shown, &error, hint))?;
        let path = real(&opened).ok().filter(|path| path.is_file());
        let (path, dir) = match path {
            Some(path) => {
                // The path in the image stays valid when the image runs.
                let meant = host.root().map_or_else(|| Some(path.clone()), |root| root.inside(&path));
                let dir = meant.as_deref().and_then(Path::parent).map(Path::to_owned);
                let given = tree::normalized(&opened);
                let given = Some(given).filter(|given| given.is_absolute() && host.root().is_none());
                (given.or(meant).or(Some(path)), dir)
            }
            None => (None, host.dir.clone()),
        };
        Ok(File { path, shown, dir, bytes })
    }

    /// What the services are declared by.
    pub fn identity(&self, name: Option<ManifestId>, typed: &cli::Apply) -> Result<Option<ManifestId>> {
        let (path, given) = match typed.as_name.as_deref() {
            Some(path) if path.starts_with('/') => (Some(tree::normalized(Path::new(path))), None),
            given => (self.path.clone(), given.map(ManifestId::named).transpose().map_err(|_| invalid_name())?),
        };
        let id = given.or(name).or_else(|| path.map(ManifestId::Path));
        if id.is_none() && typed.prune {
            let error =
                Error::new(Code::Usage, message!("{} from stdin has no earlier version to compare with", opt("prune")));
            let line = mkservice(["apply", "-", "--prune", "--as", "NAME"]);
            return Err(error
                .hint(message!("give the file a name: {}", line))
                .hint("or write it into the file: name = \"NAME\""));
        }
        Ok(id)
    }

    /// Only services of the file can be applied alone.
    pub fn refuse_unknown(&self, names: &[&OsStr], lines: &[Line], typed: &cli::Apply) -> Result<()> {
        let unknown = names.iter().find(|name| !lines.iter().any(|line| line.name.as_str() == **name));
        if let Some(name) = unknown {
            let message = message!("{} has no service {}", &self.shown, quoted(*name));
            let all: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
            let has = (!all.is_empty()).then(|| message!("it has {}", some_of(&all)));
            return Err(Error::new(Code::ServiceNotFound, message).hints(has));
        }
        match typed.prune && !names.is_empty() {
            true => Err(Error::new(
                Code::Usage,
                message!("{} concerns the whole file, not some of its services", opt("prune")),
            )),
            false => Ok(()),
        }
    }

    /// With `prune`, an empty file removes the services that it had.
    pub fn refuse_nothing(&self, lines: &[Line], prune: bool) -> Result<()> {
        if !lines.is_empty() || prune {
            return Ok(());
        }
        let error = Error::new(Code::FileInvalid, message!("{} has no services", &self.shown));
        Err(error.hint(message!("use {} to remove the services that it had", opt("prune"))))
    }
}

/// The file, and the names of services: the first argument is the file unless it can only be a name.
pub fn and_names<'a>(typed: &'a cli::Apply, host: &Host) -> (Option<&'a OsStr>, Vec<&'a OsStr>) {
    let is_file = |word: &OsStr| {
        let path = Path::new(word);
        let is_path = word == "-" || word.is_empty() || path.components().count() > 1 || path.extension().is_some();
        is_path || tree::exists(host.here.as_deref().map_or(path.to_owned(), |dir| dir.join(path)))
    };
    let (file, names) = (typed.file.as_deref(), typed.names.iter().map(OsString::as_os_str));
    match file {
        Some(name) if !is_file(name) => (None, std::iter::once(name).chain(names).collect()),
        _ => (file, names.collect()),
    }
}

fn refuse(what: &str, error: &io::Error, hint: Option<Message>) -> Error {
    Error::new(Code::FileInvalid, message!("cannot read {}: {}", quoted(what), io_reason(error))).hints(hint)
}

fn invalid_name() -> Error {
    Error::new(Code::Usage, message!("{}: a name has ASCII letters, digits, `-`, `_` and `.`", opt("as")))
}

/// Refuses a named pipe: opening it can block indefinitely. `<(...)` of a shell is an unnamed one.
#[expect(clippy::disallowed_methods, reason = "the file is what the verb is about")]
fn refuse_pipe(path: &Path, shown: &str) -> Result<()> {
    let is_pipe = path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo());
    if !is_pipe || real(path).is_err() {
        return Ok(());
    }
    let error = Error::new(Code::FileInvalid, message!("{} is a named pipe", quoted(shown)));
    Err(error.hint(message!("{} < {}", mkservice(["apply", "-"]), shell_word(path))))
}

#[expect(clippy::disallowed_methods, reason = "the file is what the verb is about")]
fn open(path: &Path) -> io::Result<std::fs::File> {
    std::fs::File::open(path)
}

#[expect(clippy::disallowed_methods, reason = "only the file system knows where links lead")]
fn real(path: &Path) -> io::Result<PathBuf> {
    std::fs::canonicalize(path)
}

fn read(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(SIZE_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
