//! A unit file under another name: what systemd reads stays, what we wrote beside it follows.

use std::ffi::OsString;

use askama::Template;
use askama::filters::Safe;

use super::stamp;
use crate::error::{sudo, systemctl};
use crate::shell;
use crate::spec::{Scope, UnitName};

/// The remarks in front of a unit, `templates/remarks.service`.
#[derive(Template)]
#[template(path = "remarks.service")]
struct Remarks<'a> {
    unit: String,
    version: &'a str,
    typed: Safe<&'a str>,
    edit: Safe<String>,
    remove: Safe<String>,
}

/// The text of a unit of ours as it is written for another name.
pub fn renamed(text: &str, name: &UnitName, scope: Scope) -> String {
    let typed = retyped(stamp::typed_line(text).unwrap_or("mkservice"), name);
    let pasted = shell::quote(name.as_str());
    let remarks = Remarks {
        unit: name.unit(),
        version: env!("CARGO_PKG_VERSION"),
        typed: Safe(&typed),
        edit: Safe(format!("{} edit {pasted}", systemctl(scope))),
        remove: Safe(format!("{}mkservice remove {pasted}", sudo(scope))),
    };
    let remarks = remarks.render().expect("every value was made to be written");
    let directives = stamp::directives(text);
    stamp::seal(&format!("{remarks}\n\n{directives}{}", stamp::section(&typed)))
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
