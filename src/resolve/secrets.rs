//! `--secret`: which secrets there are, which of them are files of the user, and conflicts with other options.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use crate::host::secrets::SecretFile;
use crate::model::command::run;
use crate::model::diagnostic::{Error, Note, Result, Subject};
use crate::model::message::{Message, message, opt, quoted, shell_word};
use crate::spec::{Keeping, Secret, SecretName, ServiceSpec};

/// A secret as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenSecret<'a> {
    pub name: SecretName,
    /// `None` if the value is prompted for.
    pub file: Option<&'a OsStr>,
}

/// Parses the values of `--secret NAME[=FILE]`.
pub fn typed<'a>(words: &'a [OsString], spec: &ServiceSpec) -> Result<Vec<GivenSecret<'a>>> {
    let mut secrets: Vec<GivenSecret<'a>> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let mut parts = word.as_bytes().splitn(2, |byte| *byte == b'=');
        let bytes = parts.next().unwrap_or_default();
        let file = parts.next().map(OsStr::from_bytes);
        let refuse = |why: Message| {
            let message = message!("{}: {} {}", opt("secret"), quoted(OsStr::from_bytes(bytes)), why);
            Err(Error::invalid(message).about(Subject::value("secret", index)))
        };
        let name = match SecretName::parse(bytes) {
            Ok(name) => name,
            Err(why) => return refuse(why.into()),
        };
        if secrets.iter().any(|other| other.name == name) {
            return refuse(message!("is given twice"));
        }
        if spec.environment.iter().any(|variable| variable.name() == name.variable()) {
            return refuse(message!("sets {}, and so does {}", name.variable(), opt("setenv")));
        }
        secrets.push(GivenSecret { name, file });
    }
    Ok(secrets)
}

/// A secret in a file of the user.
pub fn of_file(name: &SecretName, typed: &OsStr, found: &SecretFile) -> Result<Secret> {
    let refuse = |why: Message| {
        let message = message!("{}: the file {} of {} {}", opt("secret"), quoted(&found.path), name.as_str(), why);
        Error::invalid(message).about_option("secret")
    };
    if let Some(trouble) = &found.trouble {
        let in_home = typed.to_str().and_then(|typed| typed.strip_prefix("~/"));
        let hint = in_home.map(|rest| {
            let option = opt("secret");
            message!("the shell did not expand `~`: {} {}=\"$HOME\"/{}", option, name.as_str(), shell_word(rest))
        });
        return Err(refuse(message!("cannot be used: {}", trouble)).hints(hint));
    }
    Secret::new(name.clone(), found.path.clone(), Keeping::Theirs).map_err(|why| {
        let link = run("ln").args(["-s", "FILE", "LINK"]);
        refuse(message!("has a path that {}", why)).hint(message!("move it, or give a link to it: {}", link))
    })
}

/// The warning about a file that others can read.
pub fn open_file(name: &SecretName, found: &SecretFile) -> Option<Note> {
    found.is_open.then(|| {
        let note = Note::from(message!("every local user can read the file of the secret {}", name.as_str()));
        note.hint(run("chmod").arg("600").path(&found.path))
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
