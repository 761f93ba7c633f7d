//! Rewrites a unit file for another service name.

use std::path::PathBuf;

use super::stamp;
use crate::cli::Invocation;
use crate::manager::creds::from_file;
use crate::spec::{Scope, UnitKind, UnitName};

pub fn renamed(text: &str, name: &UnitName, scope: Scope) -> String {
    let typed = retyped(stamp::typed_line(text).unwrap_or("mkservice"), name);
    super::assembled(name, UnitKind::Service, scope, (&typed, None), &stamp::directives(text))
}

/// Replaces the first path of each pair by the second.
pub fn with_moved_secrets(text: &str, moves: &[(PathBuf, PathBuf)]) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        let is_credential = body.starts_with("LoadCredential=") || body.starts_with("LoadCredentialEncrypted=");
        let moved = moves.iter().filter(|_| is_credential).find_map(|(from, to)| {
            let start = body.strip_suffix(&from_file(from))?;
            // Only the ID precedes.
            (!start.contains(':')).then(|| format!("{start}{}", from_file(to)))
        });
        out.push_str(moved.as_deref().unwrap_or(body));
        out.push_str(end);
    }
    out
}

/// The command line that creates the same service under another name. One that cannot be read stays.
fn retyped(line: &str, name: &UnitName) -> String {
    match Invocation::of_stamp(line).filter(|invocation| !invocation.command().is_empty()) {
        Some(invocation) => invocation.with_only("name", name.as_str().as_ref()).line(),
        None => line.to_owned(),
    }
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
            ("mkservice python x.py", "mkservice --name new -- python x.py"),
            ("mkservice python x.py --name old", "mkservice --name new -- python x.py"),
            ("mkservice --unit=old -- a --name b", "mkservice --name new -- a --name b"),
            ("mkservice add -- a --name b", "mkservice --name new -- a --name b"),
            ("mkservice 'two words'", "mkservice --name new -- 'two words'"),
            ("mkservice $'a\\n'", "mkservice --name new -- $'a\\n'"),
            ("mkservice", "mkservice"),
            ("mkservice 'unclosed", "mkservice 'unclosed"),
        ] {
            assert_eq!(retyped(old, &name), new, "{old}");
        }
    }
}
