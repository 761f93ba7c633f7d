//! A unit file under another name: what systemd reads stays, what we wrote beside it follows.

use std::ffi::OsString;

use super::stamp;
use crate::shell;
use crate::spec::{Scope, UnitName};

/// The text of a unit of ours as it is written for another name.
pub fn renamed(text: &str, name: &UnitName, scope: Scope) -> String {
    let typed = retyped(stamp::typed_line(text).unwrap_or("mkservice"), name);
    super::assembled(name, scope, &typed, &stamp::directives(text))
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
