//! The secrets that mkservice stores: where, by which names, and which exist.
//!
//! They are in a directory of mkservice in each scope, which only root or the user can enter: `/etc/credstore` and
//! similar directories are shared with units that import all credentials that match a pattern.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::temporary::final_name;
use crate::host::{Host, tree};
use crate::model::command::run;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, quoted_path};
use crate::spec::{Keeping, Scope, SecretName, Sensitive, UnitName};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecret {
    pub path: PathBuf,
    pub name: SecretName,
    pub keeping: Keeping,
    /// In microseconds since 1970.
    pub changed: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredSecrets {
    /// `None` for a user without a home directory.
    pub dir: Option<PathBuf>,
    pub is_there: bool,
    pub secrets: Vec<StoredSecret>,
    /// Temporary files left by interrupted runs.
    pub temporary: Vec<PathBuf>,
}

const PLAIN: &str = ".secret";
/// systemd's suffix for encrypted credentials.
const ENCRYPTED: &str = ".cred";

/// `None` for services of all users: every user manager would have to read them.
pub fn dir(scope: Scope, host: &Host) -> Option<PathBuf> {
    match scope {
        Scope::System => Some(PathBuf::from("/etc/mkservice")),
        Scope::User => host.home.as_ref().map(|home| home.config.join("mkservice")),
    }
}

pub fn path(dir: &Path, service: &UnitName, name: &SecretName, keeping: Keeping) -> PathBuf {
    let suffix = if keeping == Keeping::Encrypted { ENCRYPTED } else { PLAIN };
    dir.join(format!("{service}.{}{suffix}", name.as_str()))
}

/// Reads a file name. Service names can contain dots, secret names cannot.
fn parse(file: &str) -> Option<(&str, SecretName, Keeping)> {
    let plain = file.strip_suffix(PLAIN).map(|stem| (stem, Keeping::Plain));
    let (stem, keeping) = plain.or_else(|| file.strip_suffix(ENCRYPTED).map(|stem| (stem, Keeping::Encrypted)))?;
    let (service, name) = stem.rsplit_once('.')?;
    Some((service, SecretName::parse(name.as_bytes()).ok()?, keeping))
}

#[derive(Debug, Default)]
pub struct Secrets {
    /// `None` for a user without a home directory.
    dir: Option<PathBuf>,
    is_there: bool,
    files: Vec<PathBuf>,
}

impl Secrets {
    /// Empty if the caller cannot enter the directory.
    pub fn list(scope: Scope, host: &Host) -> Secrets {
        let Some(dir) = dir(scope, host) else { return Secrets::default() };
        let files = tree::entries(&dir).into_iter().flatten().map(|entry| entry.path).collect();
        Secrets { is_there: tree::is_dir(&dir), dir: Some(dir), files }
    }

    /// The secrets of a service.
    pub fn of(&self, service: &UnitName) -> StoredSecrets {
        let mut kept = StoredSecrets { dir: self.dir.clone(), is_there: self.is_there, ..StoredSecrets::default() };
        let named = |path: &PathBuf| Some((path.clone(), path.file_name()?.to_str()?.to_owned()));
        for (path, file) in self.files.iter().filter_map(named) {
            let is_of_service = |file| parse(file).is_some_and(|(of, ..)| of == service.as_str());
            if final_name(OsStr::new(&file)).is_some_and(is_of_service) {
                kept.temporary.push(path);
            } else if let Some((_, name, keeping)) = parse(&file).filter(|_| is_of_service(&file)) {
                kept.secrets.push(StoredSecret { changed: tree::changed(&path), path, name, keeping });
            }
        }
        kept.secrets.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        kept
    }
}

impl StoredSecrets {
    /// The secret of this name; the newer one if a run was interrupted between writing one and deleting the other.
    pub fn named(&self, name: &SecretName) -> Option<&StoredSecret> {
        self.secrets.iter().filter(|kept| kept.name == *name).max_by_key(|kept| kept.changed)
    }
}

pub fn content(path: &Path) -> Result<Sensitive> {
    tree::read(path).map(Sensitive::new).map_err(|error| Error::file("read", path, error))
}

/// Refuses a directory in which another user could replace files.
pub fn refuse_foreign(dir: &Path, scope: Scope, host: &Host) -> Result<()> {
    let Ok(metadata) = tree::metadata(dir) else { return Ok(()) };
    let why = if !metadata.is_dir() {
        "is not a directory"
    } else if !host.is_own(metadata.uid(), scope) {
        "belongs to another user"
    } else if metadata.mode() & 0o022 != 0 {
        "is writable by other users"
    } else {
        return Ok(());
    };
    let message = message!("the directory for secrets {} {}", quoted_path(dir), why);
    Err(Error::new(Code::UnsafePath, message).hint(run("ls").arg("-ld").path(dir)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_tell_whose_they_are() {
        for (service, name) in [("web", "DB_PASSWORD"), ("web.x", "A"), ("web", "secret"), ("web.cred", "cred")] {
            let (service, name) = (UnitName::parse(service).unwrap(), SecretName::parse(name.as_bytes()).unwrap());
            for keeping in [Keeping::Plain, Keeping::Encrypted] {
                let path = path(Path::new("/f"), &service, &name, keeping);
                let file = path.file_name().unwrap().to_str().unwrap();
                assert_eq!(parse(file), Some((service.as_str(), name.clone(), keeping)), "{file}");
                assert_eq!(final_name(OsStr::new(&format!(".{file}.a1B2c3.tmp"))), Some(file));
            }
        }
        for file in ["web", "web.secret", "web.A", ".web.A.secret.x.tmp", "web.A-B.secret"] {
            assert_eq!(parse(file).filter(|(of, ..)| *of == "web"), None, "{file}");
        }
    }
}
