//! Secrets of a service: systemd credentials, and the variables that name their files.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::systemd::path;
use crate::systemd::text::Unwritable;

/// The size limit of a unit's credentials in bytes (`CREDENTIALS_TOTAL_SIZE_MAX`).
pub const SECRET_MAX: usize = 1 << 20;

/// With the longest service name and the suffix of temporary files, this fits a file name.
const SECRET_NAME_MAX: usize = 32;

/// A valid variable name (`NAME_FILE` is set) and credential name (systemd.exec(5)).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretName(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretNameError {
    #[error("is not a valid secret name: use ASCII letters, digits and `_`, and do not begin with a digit")]
    Character,
    #[error("is longer than {SECRET_NAME_MAX} bytes, the limit of a secret name")]
    TooLong,
}

impl SecretName {
    pub fn parse(name: &[u8]) -> Result<SecretName, SecretNameError> {
        let head = |b: &u8| b.is_ascii_alphabetic() || *b == b'_';
        if !name.first().is_some_and(head) || !name.iter().all(|b| head(b) || b.is_ascii_digit()) {
            return Err(SecretNameError::Character);
        }
        if name.len() > SECRET_NAME_MAX {
            return Err(SecretNameError::TooLong);
        }
        Ok(SecretName(String::from_utf8_lossy(name).into_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `DB_PASSWORD_FILE`, the convention of container images that many programs know.
    pub fn variable(&self) -> String {
        format!("{}_FILE", self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// In a file of the user, which stays where it is.
    Theirs,
    /// In a file of mkservice, in plain text.
    Plain,
    /// In a file of mkservice, encrypted by systemd-creds(1).
    Encrypted,
}

/// A credential of a service and the file it is loaded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    name: SecretName,
    path: PathBuf,
    written: String,
    keeping: Keeping,
}

impl Secret {
    /// See [`path::credential`].
    pub fn new(name: SecretName, path: PathBuf, keeping: Keeping) -> Result<Secret, Unwritable> {
        use std::os::unix::ffi::OsStrExt as _;
        let written = path::credential(path.as_os_str().as_bytes())?;
        Ok(Secret { name, path, written, keeping })
    }

    pub fn name(&self) -> &SecretName {
        &self.name
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn keeping(&self) -> Keeping {
        self.keeping
    }

    /// The directive and its value, as in a unit file.
    pub fn directive(&self) -> String {
        let directive = match self.keeping {
            Keeping::Encrypted => "LoadCredentialEncrypted",
            Keeping::Theirs | Keeping::Plain => "LoadCredential",
        };
        format!("{directive}={}:{}", self.name.0, self.written)
    }
}

/// A secret handed from the process that prompted for it to the one that stores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedSecret {
    pub name: SecretName,
    /// The user's file, absolute.
    #[serde(with = "super::path")]
    pub file: Option<PathBuf>,
    /// The prompted value; without a file or a value, the stored one is kept.
    pub value: Option<Sensitive>,
}

/// How a unit names the directory of its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CredentialsDir {
    /// The specifier `%d`, since systemd 251.
    #[default]
    Specifier,
    /// Its path in both scopes, as seen on systemd 247: `/run/credentials/UNIT` and `/run/user/UID/credentials/UNIT`.
    Path,
}

impl CredentialsDir {
    /// As in a unit file.
    pub fn written(self) -> &'static str {
        match self {
            CredentialsDir::Specifier => "%d",
            CredentialsDir::Path => "%t/credentials/%n",
        }
    }
}

/// Bytes that are never printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sensitive(Vec<u8>);

impl Sensitive {
    pub fn new(bytes: Vec<u8>) -> Sensitive {
        Sensitive(bytes)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_variables_and_fit_a_file_name() {
        for name in ["DB_PASSWORD", "_x1", "a"] {
            assert_eq!(SecretName::parse(name.as_bytes()).unwrap().as_str(), name);
        }
        for name in ["", "1A", "A-B", "A.B", "A/B", "../A", "A B", "ä"] {
            assert_eq!(SecretName::parse(name.as_bytes()), Err(SecretNameError::Character), "{name:?}");
        }
        assert_eq!(SecretName::parse(&[b'A'; SECRET_NAME_MAX + 1]), Err(SecretNameError::TooLong));
        let file = format!("{}.{}.secret", "s".repeat(crate::systemd::names::NAME_MAX), "A".repeat(SECRET_NAME_MAX));
        assert!(format!(".{file}.XXXXXX.tmp").len() <= 255, "{}", file.len());
    }

    #[test]
    fn what_is_sensitive_is_not_shown() {
        assert_eq!(format!("{:?}", Some(Sensitive::new(b"hunter2".to_vec()))), "Some(…)");
    }

    #[test]
    fn a_path_stays_in_its_line() {
        let secret = |path: &str| {
            Secret::new(SecretName::parse(b"A").unwrap(), path.into(), Keeping::Theirs).map(|it| it.directive())
        };
        assert_eq!(secret("/a/100%:c").unwrap(), "LoadCredential=A:/a/100%%:c");
        assert_eq!(secret("/a\nb"), Err(Unwritable::LineBreak));
        assert_eq!(secret("/a\\"), Err(Unwritable::Unquoted));
    }
}
