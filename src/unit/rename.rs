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

/// The same for a unit that was edited, which stays as it is and marked as edited: only the head and the command change.
pub fn renamed_edited(text: &str, old: &UnitName, name: &UnitName, scope: Scope) -> String {
    let line = stamp::typed_line(text).unwrap_or("mkservice");
    let typed = retyped(line, name);
    let head = |name, typed| super::remarks(name, UnitKind::Service, scope, typed);
    let text = stamp::with_command(text, &typed);
    let renamed = match text.strip_prefix(&head(old, line)) {
        Some(rest) => head(name, &typed) + rest,
        None => return text,
    };
    stamp::resealed(&text, &renamed)
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
    fn head_and_command_of_an_edited_unit_name_the_new_service() {
        let [old, new] = ["old", "new"].map(|name| UnitName::parse(name).unwrap());
        let typed = "mkservice --name old -- a";
        let text =
            crate::unit::assembled(&old, UnitKind::Service, Scope::User, (typed, None), "[Service]\nExecStart=/a\n");
        let edited = text.replace("/a\n", "/b\n# my old note\n");
        let moved = renamed_edited(&edited, &old, &new, Scope::User);
        assert_eq!(moved.matches("old").collect::<Vec<_>>(), ["old"], "{moved}");
        assert!(moved.starts_with("# new.service: created by ") && moved.contains("# my old note\n"), "{moved}");
        assert!(moved.contains("mkservice remove new\n") && moved.contains("\nCommand=mkservice --name new -- a\n"));
        assert_eq!(stamp::origin(moved.as_bytes()), stamp::Origin::Edited);
        let whole = renamed(&text, &new, Scope::User);
        assert_eq!((whole.contains("old"), stamp::origin(whole.as_bytes())), (false, stamp::Origin::Managed));
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
