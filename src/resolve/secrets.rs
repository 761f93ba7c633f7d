//! What `--secret` means: which secrets there are, which of them are files of the user's, and that nothing else says
//! the same.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use crate::error::{Error, Result, shown};
use crate::host::secrets::SecretFile;
use crate::shell;
use crate::spec::{Keeping, Secret, SecretName, ServiceSpec};

/// A secret as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed<'a> {
    /// Its name.
    pub name: SecretName,
    /// Its file; `None` when the value is asked for.
    pub file: Option<&'a OsStr>,
}

/// Reads `--secret NAME[=FILE]`, each of them.
pub fn typed<'a>(words: &'a [OsString], spec: &ServiceSpec) -> Result<Vec<Typed<'a>>> {
    let mut secrets: Vec<Typed<'a>> = Vec::new();
    for word in words {
        let mut parts = word.as_bytes().splitn(2, |byte| *byte == b'=');
        let bytes = parts.next().unwrap_or_default();
        let file = parts.next().map(OsStr::from_bytes);
        let refuse = |why: String| {
            let what = format!("--secret: `{}`", shell::printable(&String::from_utf8_lossy(bytes)));
            Err(Error::Value { what, why, hint: None })
        };
        let name = match SecretName::parse(bytes) {
            Ok(name) => name,
            Err(why) => return refuse(why.to_string()),
        };
        if secrets.iter().any(|other| other.name == name) {
            return refuse("is given twice".into());
        }
        if spec.environment.iter().any(|variable| variable.name() == name.variable()) {
            return refuse(format!("sets {}, and so does --setenv", name.variable()));
        }
        secrets.push(Typed { name, file });
    }
    Ok(secrets)
}

/// A secret whose file the user has named.
pub fn of_file(name: &SecretName, typed: &OsStr, found: &SecretFile) -> Result<Secret> {
    let refuse = |why: String, hint: Option<String>| Error::Value {
        what: format!("--secret: the file `{}` of {}", shown(&found.path), name.as_str()),
        why,
        hint,
    };
    if let Some(trouble) = &found.trouble {
        let in_home = typed.to_str().and_then(|typed| typed.strip_prefix("~/")).map(shell::quote);
        let hint =
            in_home.map(|rest| format!("the shell did not expand `~`: --secret {}=\"$HOME\"/{rest}", name.as_str()));
        return Err(refuse(format!("cannot be taken: {trouble}"), hint));
    }
    Secret::new(name.clone(), found.path.clone(), Keeping::Theirs).map_err(|why| {
        let hint = "move it, or name it by a link: ln -s FILE LINK".to_owned();
        refuse(format!("has a path that {why}"), Some(hint))
    })
}

/// What is told of a file that others can read.
pub fn open_file(name: &SecretName, found: &SecretFile) -> Option<String> {
    let path = &found.path;
    found.is_open.then(|| {
        let quoted = shell::quote(path);
        format!("every local user can read the file of the secret {}: chmod 600 {quoted}", name.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_a_name_and_maybe_a_file() {
        let spec = crate::resolve::leaks::tests::spec(&[], &[]);
        let words: Vec<OsString> = ["A", "B=/f=g", "C="].map(OsString::from).to_vec();
        let read = typed(&words, &spec).unwrap();
        let told: Vec<_> = read.iter().map(|it| (it.name.as_str(), it.file.and_then(OsStr::to_str))).collect();
        assert_eq!(told, [("A", None), ("B", Some("/f=g")), ("C", Some(""))]);
        for words in [&["A", "A=/x"][..], &["A-B"], &["=x"], &[""]] {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert!(typed(&words, &spec).is_err(), "{words:?}");
        }
        let spec = crate::resolve::leaks::tests::spec(&[("A_FILE", "/x")], &[]);
        assert!(typed(&["A".into()], &spec).is_err());
    }
}
