//! The `add` line that a service of a file stands for, and where in the file each part of it is.

use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::rc::Rc;

use super::given::{Given, Named};
use super::keys::{Key, Keys, Shape};
use super::source::{Place, Source};
use super::write::{key as written_key, string};
use crate::cli::{Add, Invocation};
use crate::error::Error;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Diagnostic, FilePlace, Subject};
use crate::spec::UnitName;

/// A service of a file, as what would be typed to make it.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its name.
    pub name: UnitName,
    /// What clap makes of the words.
    pub typed: Box<Add>,
    /// The command line that creates the same service, with options in the order of the help.
    pub invocation: Invocation,
    /// Where it stands.
    pub spot: Spot,
}

/// Where a service stands in a file.
#[derive(Debug, Clone)]
pub struct Spot {
    source: Rc<Source>,
    name: UnitName,
    /// The name of its table.
    at: Range<usize>,
    /// Its `command`.
    command: Range<usize>,
    keys: Vec<Mention>,
}

/// By what words of an option an error tells of something that was given, and where that is.
#[derive(Debug, Clone)]
struct Mention {
    /// The options, `--property` and `-p`.
    options: Vec<String>,
    /// The name of one of several values.
    name: Option<String>,
    at: Range<usize>,
}

/// What holds for one key of a service.
#[derive(Debug, Clone)]
pub struct Part {
    /// What was given.
    pub given: Given,
    /// Where the key stands.
    pub at: Range<usize>,
}

/// The command line that creates the service of that name, from what holds for each key.
pub fn invocation(name: &UnitName, parts: &[Option<Part>], command: &[String], keys: &Keys) -> Invocation {
    let values = |part: &Part| match &part.given {
        Given::Flag(true) => vec![None],
        Given::Flag(false) | Given::TakenBack => Vec::new(),
        Given::Values(values) => values.iter().map(|value| Some(OsString::from(value))).collect(),
        Given::Named(named) => named.iter().map(|it| Some(OsString::from(&it.word))).collect(),
    };
    let given = keys.iter().zip(parts).filter_map(|(key, part)| Some((key.name.as_str(), values(part.as_ref()?))));
    let given: Vec<(&str, Vec<Option<OsString>>)> = given.collect();
    let options = given.iter().flat_map(|(key, values)| values.iter().map(|value| (*key, value.as_deref())));
    let name = std::iter::once(("name", Some(OsStr::new(name.as_str()))));
    Invocation::new(Verb::Add, name.chain(options), command.iter().map(OsString::from))
}

impl Line {
    /// Where the name of the service stands.
    pub fn place(&self) -> Place {
        self.spot.place()
    }

    /// An error that came of the service, with where that is in the file.
    pub fn error(&self, error: Error) -> Error {
        self.spot.error(error)
    }
}

impl Spot {
    /// Where a service stands: the name of its table, its command, and its keys.
    pub fn new(
        source: &Rc<Source>,
        name: &UnitName,
        (at, command): (Range<usize>, Range<usize>),
        parts: &[Option<Part>],
        keys: &Keys,
    ) -> Spot {
        let mentions = keys.iter().zip(parts).filter_map(|(key, part)| Some(mentions(key, part.as_ref()?)));
        Spot { source: Rc::clone(source), name: name.clone(), at, command, keys: mentions.flatten().collect() }
    }

    /// Where the name of the service stands.
    pub fn place(&self) -> Place {
        self.source.place(self.at.start)
    }

    /// An error that came of the service: at the key that it tells of, where there is one in the file.
    pub fn error(&self, error: Error) -> Error {
        let error = match error {
            Error::Data(error) => return Error::Data(error.map(|it| self.locate(it))),
            other => other,
        };
        let hint = error.hint_text().unwrap_or_default();
        // A whole line to paste names all options.
        let hints: String =
            hint.lines().filter(|line| !line.contains("mkservice ")).map(|line| format!("{line}\n")).collect();
        let of_command = matches!(
            error,
            Error::NoProgram { .. } | Error::NotExecutable(_) | Error::ProgramIsFolder(_) | Error::NoScript { .. }
        );
        let at = match of_command {
            true => self.command.clone(),
            false => self.told_of(&error.to_string()).or_else(|| self.told_of(&hints)).unwrap_or(self.at.clone()),
        };
        let (place, excerpt) = (self.source.place(at.start), self.source.excerpt(at));
        Error::InFile { place, excerpt, name: self.name.clone(), error: Box::new(error) }
    }
}

impl Spot {
    /// Says of a fault which service it is about, and where in the file.
    fn locate(&self, fault: &mut Diagnostic) {
        let at = match &fault.subject {
            Some(Subject::Command) => self.command.clone(),
            Some(Subject::Option { name, value }) => self.key(name, *value).unwrap_or(self.at.clone()),
            None => self.at.clone(),
        };
        let Place { file, line, column } = self.source.place(at.start);
        let is_stdin = file == "stdin";
        fault.place = Some(FilePlace { file: file.clone(), line, column, excerpt: self.source.excerpt(at) });
        fault.service = Some(self.name.to_string());
        // The scope is that of the whole file.
        if fault.code == Code::SystemScopeRequired {
            let again = mkservice(["apply", "--system"]).in_image();
            fault.hints = vec![if is_stdin { again.arg("-") } else { again.arg(&file) }.into()];
        }
    }

    /// Where a key stands, or one of its values.
    fn key(&self, name: &str, value: Option<usize>) -> Option<Range<usize>> {
        let option = format!("--{name}");
        let mut mentions = self.keys.iter().filter(|mention| mention.options[0] == option);
        let whole = mentions.next()?;
        Some(value.and_then(|value| mentions.nth(value)).unwrap_or(whole).at.clone())
    }

    /// Where that stands which a text tells of.
    fn told_of(&self, text: &str) -> Option<Range<usize>> {
        let told = |mention: &&Mention| {
            let by_option = mention.options.iter().any(|option| mentions_word(text, option));
            by_option && mention.name.as_ref().is_none_or(|name| mentions_word(text, name))
        };
        // The values of several with a name of their own stand behind what they have in common.
        self.keys.iter().rev().find(told).map(|mention| mention.at.clone())
    }
}

/// By what an error tells of a key.
fn mentions(key: &Key, part: &Part) -> Vec<Mention> {
    let short = key.short.map(|letter| format!("-{letter}"));
    let options: Vec<String> = std::iter::once(format!("--{}", key.name)).chain(short).collect();
    let mut all = vec![Mention { options: options.clone(), name: None, at: part.at.clone() }];
    if let Given::Named(named) = &part.given {
        let of = |it: &Named| Mention { options: options.clone(), name: Some(it.name.clone()), at: it.at.clone() };
        all.extend(named.iter().map(of));
    }
    all
}

/// Whether a text holds a word, and not only as a part of another one.
fn mentions_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// A text that tells of options, for somebody who wrote the keys of a file: what is a line to paste stays as it is.
pub fn as_keys(text: &str, keys: &Keys) -> String {
    let lines = text.lines().map(|line| match line.contains("mkservice ") || line.contains("sudo ") {
        true => line.to_owned(),
        false => written_as_keys(line, keys),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn written_as_keys(line: &str, keys: &Keys) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = next_option(rest) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(assignments) = assignments(rest, keys) {
            return out + &assignments;
        }
        // The name of a service is that of its table.
        if let Some(behind) = rest.strip_prefix("--name ") {
            let end = behind.find([' ', ',']).unwrap_or(behind.len());
            out.push_str(&format!("[services.{}]", written_key(&behind[..end])));
            rest = &behind[end..];
            continue;
        }
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
        let (option, behind) = rest.split_at(end);
        out.push_str(key_of(option, keys).map_or(option, |key| &key.name));
        rest = behind;
    }
    out + rest
}

/// Where the next option begins in a text.
fn next_option(text: &str) -> Option<usize> {
    let begins = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + 1..].chars().next();
        before.is_none_or(|c| matches!(c, ' ' | '`' | '('))
            && after.is_some_and(|c| c == '-' || c.is_ascii_alphabetic())
    };
    text.match_indices('-').map(|(at, _)| at).find(|at| begins(*at))
}

fn key_of<'a>(option: &str, keys: &'a Keys) -> Option<&'a Key> {
    let of_service = keys.iter().filter(|key| key.home == super::keys::Home::Service);
    of_service.into_iter().find(|key| {
        option.strip_prefix("--") == Some(key.name.as_str())
            || option.strip_prefix('-').is_some_and(|short| key.short.is_some_and(|it| short == it.to_string()))
    })
}

/// What consists of options and their values, as what to write into the file.
fn assignments(text: &str, keys: &Keys) -> Option<String> {
    let mut words = crate::shell::words(text).ok()?.into_iter();
    let mut all: Vec<(&Key, Vec<String>)> = Vec::new();
    while let Some(word) = words.next() {
        let (option, attached) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let key = key_of(option, keys)?;
        let value = match key.shape {
            Shape::Flag if attached.is_some() => return None,
            Shape::Flag => String::new(),
            _ => attached.or_else(|| words.next())?,
        };
        match all.iter_mut().find(|(known, _)| known.name == key.name) {
            Some((_, values)) => values.push(value),
            None => all.push((key, vec![value])),
        }
    }
    let lines: Vec<String> =
        all.iter().map(|(key, values)| format!("{} = {}", key.name, assigned(key, values))).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// The values of an option as they are written in a file.
pub fn assigned(key: &Key, values: &[String]) -> String {
    let list = || format!("[{}]", values.iter().map(|value| string(value)).collect::<Vec<_>>().join(", "));
    let pair =
        |word: &String| word.split_once('=').map(|(name, value)| format!("{} = {}", written_key(name), string(value)));
    match (key.shape, values) {
        (Shape::Flag, _) => "true".into(),
        (Shape::Variables | Shape::Directives, _) => match values.iter().map(pair).collect::<Option<Vec<_>>>() {
            Some(pairs) => format!("{{ {} }}", pairs.join(", ")),
            None => list(),
        },
        (_, [value]) => string(value),
        _ => list(),
    }
}
