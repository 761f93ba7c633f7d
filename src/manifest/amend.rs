//! Changes single options of the command line that created a service.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use super::keys::{Home, Key, Keys, Shape};
use crate::cli::{Invocation, systemd_run};
use crate::model::Verb;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, opt, quoted};

/// What is to change.
#[derive(Debug)]
pub struct Amendment<'a> {
    /// The options that were given, in order.
    pub options: Vec<(&'static str, Option<OsString>)>,
    /// Options to remove, or single values of them: `OPTION=VALUE`.
    pub unset: &'a [String],
    /// Empty if the command stays.
    pub command: &'a [OsString],
}

type Options = Vec<(&'static str, Option<OsString>)>;

/// The command line with the changes. What is not given stays in its place.
pub fn amended(line: &Invocation, change: &Amendment<'_>, keys: &Keys) -> Result<Invocation> {
    let mut options: Options = line.options().map(|(name, value)| (name, value.map(OsStr::to_owned))).collect();
    for text in change.unset {
        unset(&mut options, text, keys)?;
    }
    for (name, value) in &change.options {
        set(&mut options, name, value.as_ref(), shape(name, keys));
    }
    let command = if change.command.is_empty() { line.command() } else { change.command };
    let options = options.iter().map(|(name, value)| (*name, value.as_deref()));
    Ok(Invocation::new(Verb::Add, options, command.iter().cloned()))
}

/// Options that only one run has, such as `--dry-run`, are given once.
fn shape(name: &str, keys: &Keys) -> Shape {
    keys.find(name).map_or(Shape::One, |(_, key)| key.shape)
}

fn set(options: &mut Options, name: &'static str, value: Option<&OsString>, shape: Shape) {
    let new = (name, value.cloned());
    let is_it = |(known, _): &(&str, Option<OsString>)| *known == name;
    match shape {
        Shape::Several | Shape::Variables | Shape::Directives => {
            let Some(value) = value else { return };
            if value.is_empty() {
                return options.retain(|option| !is_it(option));
            }
            let named = |text: &OsStr| subject(text).to_owned();
            let is_replaced = |known: &Option<OsString>| {
                let known = known.as_deref().unwrap_or_default();
                // A reset of a directive also covers what was assigned before.
                let is_reset = shape == Shape::Directives && value.as_bytes().ends_with(b"=");
                known == value || ((shape == Shape::Variables || is_reset) && named(known) == named(value))
            };
            let place = options.iter().position(|option| is_it(option) && is_replaced(&option.1));
            match place {
                Some(place) => {
                    options[place] = new;
                    let mut at = 0;
                    options.retain(|option| {
                        at += 1;
                        at - 1 <= place || !(is_it(option) && is_replaced(&option.1))
                    });
                }
                None => options.push(new),
            }
        }
        Shape::Flag | Shape::One | Shape::Names => match options.iter().position(is_it) {
            Some(place) => {
                options[place] = new;
                let mut at = 0;
                options.retain(|option| {
                    at += 1;
                    at - 1 <= place || !is_it(option)
                });
            }
            None => options.push(new),
        },
    }
}

fn unset(options: &mut Options, text: &str, keys: &Keys) -> Result<()> {
    let bare = text.trim_start_matches('-');
    let (name, value) = bare.split_once('=').map_or((bare, None), |(name, value)| (name, Some(value)));
    // Options of systemd-run are properties.
    let (name, value) = match systemd_run::directive_of(name) {
        Some(directive) if value.is_none() => ("property", Some(directive)),
        _ => (name, value),
    };
    let by_letter = |key: &&Key| key.short.is_some_and(|short| name.len() == 1 && name.starts_with(short));
    let key = keys.find(name).map(|(_, key)| key).or_else(|| keys.iter().find(by_letter));
    let Some(key) = key.filter(|key| key.home == Home::Service) else {
        let error = Error::new(
            Code::UnknownOption,
            message!("{}: {} is not an option of a service", opt("unset"), quoted(name)),
        );
        let near = keys.nearest(name).map(|near| message!("did you mean {}?", opt(near.to_owned())));
        return Err(error.hints(near));
    };
    let is_meant = |known: &Option<OsString>| match (value, known) {
        (None, _) => true,
        (Some(value), Some(known)) => known == value || (key.shape != Shape::Several && subject(known) == value),
        (Some(_), None) => false,
    };
    options.retain(|(known, value)| *known != key.name || !is_meant(value));
    Ok(())
}

/// NAME of NAME=VALUE.
fn subject(assignment: &OsStr) -> &OsStr {
    let bytes = assignment.as_bytes();
    OsStr::from_bytes(bytes.split(|byte| *byte == b'=').next().unwrap_or_default())
}

/// The options with relative paths as they are found from a directory.
pub fn from_dir(options: Options, dir: &Path, keys: &Keys) -> Options {
    let absolute = |path: &[u8]| match path.first() {
        None | Some(b'/' | b'~' | b'%' | b'@') => path.to_vec(),
        Some(_) => dir.join(OsStr::from_bytes(path)).into_os_string().into_vec(),
    };
    let rewritten = |name: &str, value: OsString| {
        let bytes = value.as_bytes();
        let value = match keys.find(name).map(|(_, key)| key.value.as_str()) {
            Some("FILE") if bytes.starts_with(b"-") => [b"-".to_vec(), absolute(&bytes[1..])].concat(),
            Some("FILE" | "DIR" | "PATH") => absolute(bytes),
            Some("NAME[=FILE]") if bytes.contains(&b'=') => {
                let name = subject(&value).as_bytes();
                [name, b"=", &absolute(&bytes[name.len() + 1..])].concat()
            }
            _ => bytes.to_vec(),
        };
        OsString::from_vec(value)
    };
    options.into_iter().map(|(name, value)| (name, value.map(|value| rewritten(name, value)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Invocation {
        let words: Vec<&str> = text.split_whitespace().collect();
        Invocation::of_stamp(&format!("mkservice {}", words.join(" "))).unwrap()
    }

    fn given(text: &str) -> Options {
        let options = line(&format!("{text} -- x"));
        options.options().map(|(name, value)| (name, value.map(OsStr::to_owned))).collect()
    }

    #[test]
    fn what_is_not_given_stays() {
        let keys = Keys::of_add();
        let unset = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (old, options, removed, command, new) in [
            ("--name w -- a b", "--memory-max 1G", "", "", "--name w --memory-max 1G -- a b"),
            (
                "--name w --memory-max 1G --nice 5 -- a",
                "--memory-max 2G",
                "",
                "",
                "--name w --memory-max 2G --nice 5 -- a",
            ),
            ("--memory-max 1G --name w -- a", "", "memory-max", "", "--name w -- a"),
            ("--name w -- a", "", "--memory-max", "c -d", "--name w -- c -d"),
            (
                "-E A=1 -E B=2 --name w -- a",
                "-E A=3 -E C=4",
                "",
                "",
                "--setenv A=3 --setenv B=2 --name w --setenv C=4 -- a",
            ),
            ("-E A=1 -E B=2 -- a", "-E A=", "", "", "--setenv A= --setenv B=2 -- a"),
            ("-E A=1 -E B=2 -- a", "", "setenv=A", "", "--setenv B=2 -- a"),
            ("-E A=1 -E B=2 -- a", "", "E", "", "-- a"),
            ("--after x --after y -- a", "--after z --after x", "", "", "--after x --after y --after z -- a"),
            ("--after x --after y -- a", "--after= --after z", "", "", "--after z -- a"),
            ("--after x --after y -- a", "", "after=x", "", "--after y -- a"),
            ("-p After=x -p Nice=1 -p After=y -- a", "-p After=", "", "", "--property After= --property Nice=1 -- a"),
            ("-p After=x -- a", "-p After=y", "", "", "--property After=x --property After=y -- a"),
            ("-p Slice=web.slice -p Nice=1 -- a", "", "--slice", "", "--property Nice=1 -- a"),
            ("-p RemainAfterExit=yes -- a", "", "r", "", "-- a"),
            ("--inherit-path -- a", "--inherit-path", "", "", "--inherit-path -- a"),
            ("--instances 2 -- a", "--instances 3 --dry-run", "", "", "--instances 3 --dry-run -- a"),
        ] {
            let (unset, command) = (unset(removed), unset(command));
            let command: Vec<OsString> = command.iter().map(OsString::from).collect();
            let change = Amendment { options: given(options), unset: &unset, command: &command };
            let found = amended(&line(old), &change, &keys).unwrap();
            assert_eq!(found.line(), line(new).line(), "{old} with {options} {removed}");
            // The same change again changes nothing, except that resets of lists come first.
            assert_eq!(amended(&found, &change, &keys).unwrap().options().count(), found.options().count());
        }
        for text in ["memory-maximum", "name", "dry-run", "x"] {
            let change = Amendment { options: Vec::new(), unset: &[text.to_owned()], command: &[] };
            assert!(amended(&line("-- a"), &change, &keys).is_err(), "{text}");
        }
    }

    #[test]
    fn relative_paths_are_those_of_the_caller() {
        let keys = Keys::of_add();
        let options =
            "--environment-file=-a.env --log-file /l --secret A=a --secret B --on-path-exists x --nice 5 -E P=q";
        let found = from_dir(given(options), Path::new("/d"), &keys);
        let words: Vec<String> =
            found.into_iter().map(|(_, value)| value.unwrap_or_default().into_string().unwrap()).collect();
        assert_eq!(words, ["-/d/a.env", "/l", "A=/d/a", "B", "/d/x", "5", "P=q"]);
    }
}
