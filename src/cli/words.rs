//! Whose word is it? Tells our options from the words of the command, before clap sees them.
//!
//! The rules, which leave nothing to guess:
//! * A verb counts only as the first word, and never behind `--`.
//! * In front of the command's first word every option is ours.
//! * Behind it, our long options are still ours (`mkservice python x.py --name xd`); anything else
//!   that looks like an option is refused, with the line that says it clearly.
//! * Behind `--` everything belongs to the command.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::{ArgAction, Command};

use crate::error::{Error, Result};
use crate::shell;

/// The words in the order that clap reads without doubt.
#[derive(Debug, PartialEq, Eq)]
pub struct Arranged {
    /// What clap gets, without the program's name.
    pub words: Vec<OsString>,
    /// Our options, with their values, that stood behind the command.
    pub taken: Vec<OsString>,
    /// The typed words, in their order, without those that say only how this run is done
    /// (`--dry-run`, `-q`): two lines that differ in nothing else make the same service.
    pub lasting: Vec<OsString>,
    /// For a verb behind options: the words that make it a command.
    pub as_command: Option<Vec<OsString>>,
}

impl Arranged {
    /// Adds to an error of a verb in front of which options stood that it may have been meant as a
    /// command, with the line that says so.
    pub fn unless_command(&self, error: Error) -> Error {
        match (error, &self.as_command) {
            (Error::Usage { message, hint }, Some(command)) => {
                let as_command = format!("or, for a command of that name: {}", shell::own_line(command));
                Error::Usage {
                    message,
                    hint: Some(hint.map_or(as_command.clone(), |hint| format!("{hint}\n{as_command}"))),
                }
            }
            (error, _) => error,
        }
    }
}

/// Sorts the words that were typed after `mkservice`.
///
/// `cli` is the whole command line as clap knows it; the options and verbs are read from it.
pub fn arrange(typed: &[OsString], cli: &Command) -> Result<Arranged> {
    let options = Options::of(cli);
    let mut ours = Vec::new();
    let mut command = Vec::new();
    let mut taken = Vec::new();
    let mut stray = None;
    let mut explicit_add = false;
    let mut lasting: Vec<Vec<OsString>> = Vec::new();
    let mut rest = typed.iter();
    while let Some(word) = rest.next() {
        let bytes = word.as_bytes();
        let from = ours.len();
        let in_front = command.is_empty();
        if bytes == b"--" {
            lasting.push(std::iter::once(word).chain(rest.as_slice()).cloned().collect());
            command.extend(rest.by_ref().cloned());
            continue;
        } else if bytes.starts_with(b"--") && (in_front || options.has_long(bytes)) {
            ours.push(word.clone());
            if options.long_wants_next(bytes) {
                ours.extend(rest.next().cloned());
            }
            if !in_front {
                taken.extend_from_slice(&ours[from..]);
            }
        } else if bytes.starts_with(b"-") && bytes.len() > 1 && in_front {
            ours.push(word.clone());
            if options.short_wants_next(bytes) {
                ours.extend(rest.next().cloned());
            }
        } else if bytes.starts_with(b"-") && bytes.len() > 1 {
            stray.get_or_insert_with(|| word.clone());
            command.push(word.clone());
        } else if in_front && !explicit_add && is_verb(word, cli) {
            if word != "add" {
                // The other verbs have no command behind them: clap needs no help.
                let words = std::iter::once(word).chain(&ours).chain(rest.as_slice()).cloned().collect();
                let dashes = OsString::from("--");
                let as_command = ours.iter().chain([&dashes, word]).chain(rest).cloned().collect();
                let as_command = (!ours.is_empty()).then_some(as_command);
                return Ok(Arranged { words, taken, lasting: typed.to_vec(), as_command });
            }
            explicit_add = true;
        } else {
            command.push(word.clone());
        }
        match &ours[from..] {
            [] => lasting.push(vec![word.clone()]),
            [option, ..] if only_of_this_run(option) => {}
            [option, value @ ..] => {
                lasting.push(without_run(option).into_iter().chain(value.iter().cloned()).collect());
            }
        }
    }
    let lasting = without_image(lasting, &ours);
    let mut words: Vec<OsString> = explicit_add.then(|| "add".into()).into_iter().collect();
    words.extend(ours);
    if !command.is_empty() {
        words.push("--".into());
        words.extend(command);
    }
    match stray {
        Some(option) => {
            let ours = options.short(option.as_bytes()).map(|has_value| moved_to_front(typed, &option, has_value));
            Err(Error::StrayOption { option: option_shown(&option), corrected: words, ours })
        }
        None => Ok(Arranged { words, taken, lasting, as_command: None }),
    }
}

/// True when the words ask for JSON: also those that cannot be read are answered in it then.
pub fn want_json(typed: &[OsString]) -> bool {
    typed.iter().take_while(|word| *word != "--").any(|word| word == "--json")
}

/// The verb of words that cannot be read, where one was typed in front.
pub fn verb_of(typed: &[OsString]) -> Option<&'static str> {
    let first = typed.iter().find(|word| !word.as_bytes().starts_with(b"-"))?;
    super::Verb::NAMES.into_iter().find(|verb| first == verb)
}

/// Options that say how this run is done, with their values.
pub fn only_of_this_run(option: &OsStr) -> bool {
    let name = option.as_bytes().split(|byte| *byte == b'=').next().unwrap_or_default();
    [&b"--settle"[..], b"--no-start", b"--no-rollback"].contains(&name)
}

/// The words that last, without what says only where an image lies, and whose a user's service in it is: in a running
/// system that is seen by who types it.
fn without_image(lasting: Vec<Vec<OsString>>, ours: &[OsString]) -> Vec<OsString> {
    let is = |option: &OsStr, name: &str| option.as_bytes().split(|byte| *byte == b'=').next() == Some(name.as_bytes());
    let has = |name: &str| ours.iter().any(|option| is(option, name));
    let (of_image, of_user) = (has("--root"), has("--root") && has("--user"));
    let says_where = |words: &Vec<OsString>| {
        words.first().is_some_and(|first| (of_image && is(first, "--root")) || (of_user && is(first, "--uid")))
    };
    lasting.into_iter().filter(|words| !says_where(words)).flatten().collect()
}

/// An option of ours without what concerns only this run; `None` when nothing is left of it.
fn without_run(option: &OsStr) -> Option<OsString> {
    match option.as_bytes() {
        b"--dry-run" | b"--check" | b"--force" | b"--json" | b"--quiet" | b"--verbose" => None,
        bytes if bytes.starts_with(b"--") => Some(option.to_owned()),
        bytes => {
            // Flags come first in a cluster; the first letter with a value ends them.
            let flags = bytes[1..].iter().take_while(|letter| matches!(letter, b'q' | b'v')).count();
            let kept = &bytes[1 + flags..];
            (!kept.is_empty()).then(|| OsStr::from_bytes(&[b"-", kept].concat()).to_owned())
        }
    }
}

/// The typed words with one option, and its value, in front of them: where it is ours.
fn moved_to_front(typed: &[OsString], option: &OsStr, has_value: bool) -> Vec<OsString> {
    let at = typed.iter().position(|word| word == option).unwrap_or(0);
    let end = (at + 1 + usize::from(has_value)).min(typed.len());
    [&typed[at..end], &typed[..at], &typed[end..]].concat()
}

/// `--bind=:8000` is the option `--bind`.
fn option_shown(word: &OsStr) -> String {
    let text = shell::printable(&word.to_string_lossy());
    if text.starts_with("--") { text.split('=').next().unwrap_or_default().to_owned() } else { text }
}

fn is_verb(word: &OsStr, cli: &Command) -> bool {
    word == "help" || cli.get_subcommands().any(|verb| word == verb.get_name())
}

/// The options of the default verb, as far as telling words apart needs them.
struct Options {
    /// Long name, and whether it has a value.
    long: Vec<(String, bool)>,
    /// Short name, and whether it has a value.
    short: Vec<(char, bool)>,
}

impl Options {
    fn of(cli: &Command) -> Options {
        let mut options = Options {
            long: vec![("help".into(), false), ("version".into(), false)],
            short: vec![('h', false), ('V', false)],
        };
        for argument in cli.get_arguments() {
            let has_value = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
            let long = argument.get_long_and_visible_aliases().unwrap_or_default();
            options.long.extend(long.into_iter().map(|name| (name.to_owned(), has_value)));
            let short = argument.get_short_and_visible_aliases().unwrap_or_default();
            options.short.extend(short.into_iter().map(|name| (name, has_value)));
        }
        options
    }

    /// Whether `--name` or `--name=value` is one of ours; if so, whether it has a value.
    fn long(&self, word: &[u8]) -> Option<bool> {
        let name = word.strip_prefix(b"--")?.split(|byte| *byte == b'=').next()?;
        self.long.iter().find(|(long, _)| long.as_bytes() == name).map(|(_, has_value)| *has_value)
    }

    fn has_long(&self, word: &[u8]) -> bool {
        self.long(word).is_some()
    }

    fn long_wants_next(&self, word: &[u8]) -> bool {
        self.long(word) == Some(true) && !word.contains(&b'=')
    }

    /// Whether a word is a lone short option of ours; if so, whether it has a value.
    fn short(&self, word: &[u8]) -> Option<bool> {
        let [b'-', letter] = word else { return None };
        self.short.iter().find(|(short, _)| *short == char::from(*letter)).map(|(_, has_value)| *has_value)
    }

    /// Whether the value of a short option, as in `-E` or `-qE`, is the next word.
    fn short_wants_next(&self, word: &[u8]) -> bool {
        let letters = &word[1..];
        let with_value = letters.iter().position(|letter| self.short.contains(&(char::from(*letter), true)));
        with_value.is_some_and(|place| place + 1 == letters.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_verbs_are_known_by_name() {
        let command = crate::cli::Cli::command();
        let known =
            command.get_subcommands().filter(|verb| !verb.is_hide_set()).map(|verb| verb.get_name()).chain(["help"]);
        assert_eq!(known.collect::<Vec<_>>(), crate::cli::Verb::NAMES);
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect()
    }

    fn arranged(line: &str) -> (String, String) {
        let arranged = arrange(&words(line), &crate::cli::Cli::command()).unwrap();
        (shell::join(arranged.words), shell::join(arranged.taken))
    }

    fn corrected(line: &str) -> (String, String) {
        match arrange(&words(line), &crate::cli::Cli::command()) {
            Err(Error::StrayOption { option, corrected, .. }) => (option, shell::join(corrected)),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn ours_come_to_the_front() {
        for (line, clap_gets, taken) in [
            ("python x.py --name xd", "--name xd -- python x.py", "--name xd"),
            ("--name xd python x.py", "--name xd -- python x.py", ""),
            ("--name web -- gunicorn a:a --bind :80 --name x", "--name web -- gunicorn a:a --bind :80 --name x", ""),
            ("./s --name s -- --port 80", "--name s -- ./s --port 80", "--name s"),
            ("add remove", "add -- remove", ""),
            ("add add", "add -- add", ""),
            ("-- remove old", "-- remove old", ""),
            ("python status --name s", "--name s -- python status", "--name s"),
            ("remove a b -q", "remove a b -q", ""),
            ("--user remove a", "remove --user a", ""),
            ("-qE A=1 python - x", "-qE A=1 -- python - x", ""),
            ("-EA python x", "-EA -- python x", ""),
            ("a -- b -- c", "-- a b -- c", ""),
            ("--name=x a --dry-run", "--name=x --dry-run -- a", "--dry-run"),
            ("--help", "--help", ""),
            ("help remove", "help remove", ""),
            ("", "", ""),
        ] {
            assert_eq!(arranged(line), (clap_gets.into(), taken.into()), "{line}");
        }
    }

    #[test]
    fn what_lasts_is_what_the_service_is_made_of() {
        for (line, lasting) in [
            ("--dry-run -v python x.py --name xd --force", "python x.py --name xd"),
            ("-qE A=1 python", "-E A=1 python"),
            ("--settle 3s --no-start python x.py --settle=1", "python x.py"),
            ("add -q -- python --dry-run -v", "add -- python --dry-run -v"),
            ("./s --name s -q=1", "./s --name s -q=1"),
        ] {
            let lasts = match arrange(&words(line), &crate::cli::Cli::command()) {
                Ok(arranged) => arranged.lasting,
                Err(_) => words(line),
            };
            assert_eq!(shell::join(lasts), lasting, "{line}");
        }
    }

    #[test]
    fn what_looks_like_an_option_is_never_guessed() {
        for (line, option, clear) in [
            ("gunicorn a:a --bind :80", "--bind", "-- gunicorn a:a --bind :80"),
            ("gunicorn a:a --bind=:80", "--bind", "-- gunicorn a:a --bind=:80"),
            ("python -m http.server", "-m", "-- python -m http.server"),
            ("python x.py -q", "-q", "-- python x.py -q"),
            ("--name w gunicorn -w 4 --user", "-w", "--name w --user -- gunicorn -w 4"),
            ("./s -v --name s -- --port 80", "-v", "--name s -- ./s -v --port 80"),
            ("add python -c x", "-c", "add -- python -c x"),
            ("sleep -1", "-1", "-- sleep -1"),
        ] {
            assert_eq!(corrected(line), (option.into(), clear.into()), "{line}");
        }
    }
}
