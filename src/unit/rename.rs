//! A unit file under another name: what systemd reads stays, what we wrote beside it follows.

use std::ffi::OsString;
use std::path::PathBuf;

use super::stamp;
use crate::manager::creds::from_file;
use crate::shell;
use crate::spec::{Scope, UnitKind, UnitName};

/// The text of a unit of ours as it is written for another name.
pub fn renamed(text: &str, name: &UnitName, scope: Scope) -> String {
    let typed = retyped(stamp::typed_line(text).unwrap_or("mkservice"), name);
    super::assembled(name, UnitKind::Service, scope, (&typed, None), &stamp::directives(text))
}

/// The text of a unit whose secrets have moved: from the first path of each pair to the second.
pub fn with_moved_secrets(text: &str, moves: &[(PathBuf, PathBuf)]) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        let is_credential = body.starts_with("LoadCredential=") || body.starts_with("LoadCredentialEncrypted=");
        let moved = moves.iter().filter(|_| is_credential).find_map(|(from, to)| {
            let start = body.strip_suffix(&from_file(from))?;
            // Nothing but the ID stands in front.
            (!start.contains(':')).then(|| format!("{start}{}", from_file(to)))
        });
        out.push_str(moved.as_deref().unwrap_or(body));
        out.push_str(end);
    }
    out
}

/// The line that makes the same service under another name.
fn retyped(line: &str, name: &UnitName) -> String {
    // Words with escapes are bash's, and not read here; such a line stays as it was.
    let words = if line.contains("$'") { None } else { shlex::split(line) };
    let Some(mut words) = words.filter(|words| words.len() > 1) else { return line.to_owned() };
    let own = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let given = words[..own].iter().position(|word| {
        matches!(word.as_str(), "--name" | "--unit") || word.starts_with("--name=") || word.starts_with("--unit=")
    });
    match given {
        Some(at) if words[at].contains('=') => words[at] = format!("--name={name}"),
        Some(at) if at + 1 < words.len() => words[at + 1] = name.to_string(),
        _ => {
            let front = if words[1] == "add" { 2 } else { 1 };
            words.splice(front..front, ["--name".to_owned(), name.to_string()]);
        }
    }
    let words: Vec<OsString> = words.into_iter().skip(1).map(OsString::from).collect();
    shell::own_line(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moved_secrets_are_read_where_they_are() {
        let moves = [("/f/100%.A.cred", "/f/new.A.cred"), ("/f/old.B.secret", "/f/new.B.secret")];
        let moves = moves.map(|(from, to)| (PathBuf::from(from), PathBuf::from(to)));
        let text = "# /f/old.B.secret\nLoadCredentialEncrypted=A:/f/100%%.A.cred\nLoadCredential=B:/f/old.B.secret\n\
            LoadCredential=C:x:/f/old.B.secret\nExecStart=/bin/x A:/f/old.B.secret";
        let expected = "# /f/old.B.secret\nLoadCredentialEncrypted=A:/f/new.A.cred\nLoadCredential=B:/f/new.B.secret\n\
            LoadCredential=C:x:/f/old.B.secret\nExecStart=/bin/x A:/f/old.B.secret";
        assert_eq!(with_moved_secrets(text, &moves), expected);
    }

    #[test]
    fn the_line_makes_the_same_service_under_the_new_name() {
        let name = UnitName::parse("new").unwrap();
        for (old, new) in [
            ("mkservice python x.py", "mkservice --name new python x.py"),
            ("mkservice python x.py --name old", "mkservice python x.py --name new"),
            ("mkservice --unit=old -- a --name b", "mkservice --name=new -- a --name b"),
            ("mkservice add -- a --name b", "mkservice add --name new -- a --name b"),
            ("mkservice 'two words'", "mkservice --name new 'two words'"),
            ("mkservice $'a\\n'", "mkservice $'a\\n'"),
        ] {
            assert_eq!(retyped(old, &name), new, "{old}");
        }
    }
}
