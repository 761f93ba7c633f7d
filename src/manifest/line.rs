//! The `add` line that a service of a file stands for, and where in the file each part of it is.

use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::rc::Rc;

use super::given::KeyValue;
use super::keys::{Key, Keys, Shape};
use super::source::Source;
use super::write::{key as written_key, string};
use crate::cli::{Add, Invocation};
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Diagnostic, Error, Subject};
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
    pub location: ServiceLocation,
}

/// Where a service stands in a file.
#[derive(Debug, Clone)]
pub struct ServiceLocation {
    source: Rc<Source>,
    name: UnitName,
    /// The name of its table.
    at: Range<usize>,
    /// Its `command`.
    command: Range<usize>,
    keys: Vec<KeyLocation>,
}

/// Where a key stands, and each of its values.
#[derive(Debug, Clone)]
struct KeyLocation {
    name: String,
    at: Range<usize>,
    values: Vec<Range<usize>>,
}

/// What holds for one key of a service.
#[derive(Debug, Clone)]
pub struct Part {
    /// What was given.
    pub given: KeyValue,
    /// Where the key stands.
    pub at: Range<usize>,
}

/// The command line that creates the service of that name, from what holds for each key.
pub fn invocation(name: &UnitName, parts: &[Option<Part>], command: &[String], keys: &Keys) -> Invocation {
    let values = |part: &Part| match &part.given {
        KeyValue::Flag(true) => vec![None],
        KeyValue::Flag(false) | KeyValue::Unset => Vec::new(),
        KeyValue::Values(values) => values.iter().map(|value| Some(OsString::from(&value.word))).collect(),
    };
    let given = keys.iter().zip(parts).filter_map(|(key, part)| Some((key.name.as_str(), values(part.as_ref()?))));
    let given: Vec<(&str, Vec<Option<OsString>>)> = given.collect();
    let options = given.iter().flat_map(|(key, values)| values.iter().map(|value| (*key, value.as_deref())));
    let name = std::iter::once(("name", Some(OsStr::new(name.as_str()))));
    Invocation::new(Verb::Add, name.chain(options), command.iter().map(OsString::from))
}

impl Line {
    /// An error that came of the service, with where that is in the file.
    pub fn error(&self, error: Error) -> Error {
        self.location.error(error)
    }
}

impl ServiceLocation {
    /// Where a service stands: the name of its table, its command, and its keys.
    pub fn new(
        source: &Rc<Source>,
        name: &UnitName,
        (at, command): (Range<usize>, Range<usize>),
        parts: &[Option<Part>],
        keys: &Keys,
    ) -> ServiceLocation {
        let keys = keys.iter().zip(parts).filter_map(|(key, part)| Some(spot_of(key, part.as_ref()?))).collect();
        ServiceLocation { source: Rc::clone(source), name: name.clone(), at, command, keys }
    }

    /// An error that came of the service, with where that is in the file.
    pub fn error(&self, error: Error) -> Error {
        error.map(|it| self.locate(it))
    }

    /// Says of a fault which service it is about, and where in the file.
    fn locate(&self, fault: &mut Diagnostic) {
        let at = match &fault.subject {
            Some(Subject::Command) => self.command.clone(),
            Some(Subject::Option { name, value }) => self.key(name, *value).unwrap_or(self.at.clone()),
            None => self.at.clone(),
        };
        let place = self.source.place(at);
        // The scope is that of the whole file.
        if fault.code == Code::SystemScopeRequired {
            let again = mkservice(["apply", "--system"]).in_image();
            let file = if place.file == "stdin" { "-" } else { &place.file };
            fault.hints = vec![again.arg(file).into()];
        }
        fault.place = Some(place);
        fault.service = Some(self.name.to_string());
    }

    /// Where a key stands, or one of its values.
    fn key(&self, name: &str, value: Option<usize>) -> Option<Range<usize>> {
        let key = self.keys.iter().find(|key| key.name == name)?;
        Some(value.and_then(|value| key.values.get(value)).unwrap_or(&key.at).clone())
    }
}

fn spot_of(key: &Key, part: &Part) -> KeyLocation {
    let values = match &part.given {
        KeyValue::Values(values) => values.iter().map(|value| value.at.clone()).collect(),
        _ => Vec::new(),
    };
    KeyLocation { name: key.name.clone(), at: part.at.clone(), values }
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
