//! From the bytes of a manifest to an `add` command line for each service. All errors are reported at once, with their
//! places.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::given::{GivenValue, KeyValue, Values, in_order, kind};
use super::keys::{COMMAND, Home, Key, Keys};
use super::line::{self, Line, Part, ServiceLocation};
use super::source::Source;
use super::write::{key as written_key, string};
use super::{syntax, unknown};
use crate::cli::{self, Add};
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{Message, message, quoted};
use crate::shell;
use crate::spec::{ManifestId, UnitName};

const EXAMPLE: &str = "command = [\"PROGRAM\", \"ARGUMENT\"]";

/// How many errors are reported; the rest is counted.
const TOLD_MAX: usize = 20;
/// The maximum number of services in a file: each of them is kept in memory with all that is known of it.
const SERVICES_MAX: usize = 20_000;

/// What is in a file of services.
#[derive(Debug)]
pub struct Services {
    /// By which it is known wherever it is.
    pub name: Option<ManifestId>,
    pub lines: Vec<Line>,
}

/// Reads a file of services; `file` is its name for people. Gives a line for each, in the order in which they stand. A
/// file that says `[services]` and has none in it is one of no services.
pub fn read(bytes: &[u8], file: &str) -> Result<Services> {
    let source = Rc::new(Source::new(bytes, file)?);
    let keys = Keys::of_add();
    // A text that is not TOML can have an error at each character: of a long one, only the first is reported.
    let (document, refused) = match source.text().len() {
        0..100_000 => {
            let (document, refused) = DeTable::parse_recoverable(source.text());
            (Some(document), refused)
        }
        _ => match DeTable::parse(source.text()) {
            Ok(document) => (Some(document), Vec::new()),
            Err(error) => (None, vec![error]),
        },
    };
    let mut wrong = syntax::errors(&refused, &source);
    let mut services = Services { name: None, lines: Vec::new() };
    if let Some(document) = document.filter(|_| wrong.is_empty()) {
        let mut reader = Reader { source: &source, keys: &keys, wrong };
        services.name = reader.identity(document.get_ref());
        services.lines = reader.file(document.get_ref(), &source);
        wrong = reader.wrong;
    }
    let all = wrong.len();
    wrong.truncate(TOLD_MAX);
    if all > TOLD_MAX {
        let more = message!("{} has {} more mistakes", quoted(file), all - TOLD_MAX);
        wrong.push(Error::new(Code::FileInvalid, more));
    }
    Error::all(wrong).map_or(Ok(services), Err)
}

/// A key of the file.
type FileKey<'i> = Spanned<Cow<'i, str>>;

/// What is read so far.
struct Reader<'a> {
    source: &'a Source,
    keys: &'a Keys,
    wrong: Vec<Error>,
}

/// What was given for each of the keys, with the place of each.
type Options = Vec<Option<Part>>;

/// A command, and the place of its key.
type Argv = (Vec<String>, Range<usize>);

impl Reader<'_> {
    fn refuse(&mut self, at: Range<usize>, what: impl Into<Message>, hints: impl IntoIterator<Item = String>) {
        self.wrong.push(self.source.error(at, what).hints(hints.into_iter().map(Message::from)));
    }

    /// The `name` at the top.
    fn identity(&mut self, document: &DeTable<'_>) -> Option<ManifestId> {
        let (_, value) = in_order(document).into_iter().find(|(key, _)| key.get_ref() == "name")?;
        let DeValue::String(name) = value.get_ref() else {
            let what = format!("`name` is a string, and not {}", kind(value));
            self.refuse(value.span(), what, ["name = \"shop\"".to_owned()]);
            return None;
        };
        match ManifestId::named(name) {
            Ok(name) => Some(name),
            Err(_) => {
                let what =
                    "`name` consists of ASCII letters, digits, `-`, `_` and `.`, and begins with a letter or digit";
                self.refuse(value.span(), what, None);
                None
            }
        }
    }

    fn file(&mut self, document: &DeTable<'_>, source: &Rc<Source>) -> Vec<Line> {
        let (mut defaults, mut services) = (None, None);
        for (key, value) in in_order(document) {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("defaults", DeValue::Table(table)) => defaults = Some(table),
                ("services", DeValue::Table(table)) => services = Some(table),
                // See `identity`; an editor reads the schema.
                ("name", _) | ("$schema", DeValue::String(_)) => {}
                ("defaults", _) => self.refuse(key.span(), "`defaults` is a table: [defaults]", None),
                ("services", _) => {
                    self.refuse(key.span(), "`services` is a table of services: [services.NAME]", None);
                }
                (name, _) => {
                    let (what, hint) = unknown::at_top(name, value.get_ref(), self.keys);
                    self.refuse(key.span(), what, hint);
                }
            }
        }
        if services.is_some_and(|services| services.len() > SERVICES_MAX) {
            let what = format!("there are more than {SERVICES_MAX} services in it");
            self.refuse(0..0, what, ["split it into several files".to_owned()]);
            return Vec::new();
        }
        if services.is_none() && self.wrong.is_empty() {
            let hints =
                ["[services.NAME]", EXAMPLE, "a file that shall have none says so: [services]"].map(str::to_owned);
            self.refuse(0..0, "there are no services in it", hints);
        }
        let defaults = defaults.map(|table| self.options(table, true).1).unwrap_or_default();
        let mut lines = Vec::new();
        let mut seen: HashMap<UnitName, Range<usize>> = HashMap::new();
        let mut clap = cli::add_command().no_binary_name(true).disable_help_flag(true);
        for (key, value) in services.map(in_order).unwrap_or_default() {
            let unit = self.name(key, value);
            let found = self.service(key, value);
            let (Some(unit), Some((command, options))) = (unit, found) else { continue };
            if let Some(first) = seen.insert(unit.clone(), key.span()) {
                let line = self.source.place(first).line;
                let what = format!("{} is the same service as that of line {line}", string(key.get_ref()));
                self.refuse(key.span(), what, ["each service has a name of its own".to_owned()]);
            }
            let parts = self.merged(&defaults, options);
            let Some((command, place)) = command else { continue };
            let location = ServiceLocation::new(source, &unit, (key.span(), place), &parts, self.keys);
            let invocation = line::invocation(&unit, &parts, &command, self.keys);
            match Add::parsed_by(&mut clap, &invocation) {
                Ok(typed) => lines.push(Line { name: unit, typed: Box::new(typed), invocation, location }),
                Err(error) => self.wrong.push(location.error(error)),
            }
        }
        lines
    }

    /// The name of a service, as its table is called.
    fn name(&mut self, key: &FileKey<'_>, value: &Spanned<DeValue<'_>>) -> Option<UnitName> {
        let name = key.get_ref();
        match UnitName::parse(name) {
            Ok(unit) => Some(unit),
            Err(why) => {
                let known = self.keys.find(name).is_some() || name == COMMAND;
                let hint = match value.get_ref() {
                    DeValue::Table(_) => unknown::name_hint(name),
                    _ if known => Some("it belongs into the table of a service: [services.NAME]".to_owned()),
                    _ => None,
                };
                self.refuse(key.span(), format!("the name {} {why}", string(name)), hint);
                None
            }
        }
    }

    /// What the table of a service says.
    fn service(&mut self, key: &FileKey<'_>, value: &Spanned<DeValue<'_>>) -> Option<(Option<Argv>, Options)> {
        let name = key.get_ref();
        let DeValue::Table(table) = value.get_ref() else {
            let hint = match (value.get_ref(), self.keys.find(name).is_some() || name == COMMAND) {
                (_, true) => "it belongs into the table of a service: [services.NAME]".to_owned(),
                _ => format!("[services.{}]", written_key(name)),
            };
            let what = format!("the service {} is a table, and not {}", string(name), kind(value));
            self.refuse(key.span(), what, [hint]);
            return None;
        };
        let before = self.wrong.len();
        let (command, options) = self.options(table, false);
        if command.is_none() && self.wrong.len() == before {
            self.refuse(key.span(), format!("the service {} has no `command`", string(name)), [EXAMPLE.to_owned()]);
        }
        Some((command, options))
    }

    /// The options of a table, and its command with where that stands.
    fn options(&mut self, table: &DeTable<'_>, of_defaults: bool) -> (Option<Argv>, Options) {
        let keys = self.keys;
        let (mut command, mut options) = (None, vec![None; keys.iter().count()]);
        for (entry, value) in in_order(table) {
            let (name, at) = (entry.get_ref().as_ref(), entry.span());
            if name == COMMAND && of_defaults {
                let hint = "each service says its own: [services.NAME]".to_owned();
                self.refuse(at, "`command` cannot be a default", [hint]);
                continue;
            }
            if name == COMMAND {
                command = self.command(value).map(|words| (words, at));
                continue;
            }
            let Some((place, key)) = keys.find(name) else {
                let (what, hint) = unknown::in_service(name, value.get_ref(), of_defaults, keys);
                self.refuse(at, what, hint);
                continue;
            };
            if key.home != Home::Service {
                let (what, hint) = unknown::elsewhere(key, value.get_ref());
                self.refuse(at, what, hint);
                continue;
            }
            let mut values = Values { source: self.source, wrong: &mut self.wrong };
            let Some(given) = values.read(name, key, value) else { continue };
            if of_defaults && matches!(given, KeyValue::Unset) {
                let what = format!("`{name} = false` takes back a default, and this is one");
                self.refuse(at, what, ["leave it out".to_owned()]);
                continue;
            }
            match &mut options[place] {
                Some(_) => {
                    let what = format!("`{name}` says the same as `{}`", key.name);
                    self.refuse(at, what, ["one of them is enough".to_owned()]);
                }
                free => *free = Some(Part { given, at }),
            }
        }
        (command, options)
    }

    /// What holds for a service: what it says itself, and for the rest the defaults. Values that have names hold by
    /// name.
    fn merged(&mut self, defaults: &Options, own: Options) -> Vec<Option<Part>> {
        let keys = self.keys;
        let merge = |(place, (own, key)): (usize, (Option<Part>, &Key))| {
            let default = defaults.get(place).cloned().flatten();
            match (own, default) {
                (Some(Part { given: KeyValue::Unset, at }), None) => {
                    let name = &key.name;
                    let what = format!("`{name} = false` takes back what [defaults] say, and they say nothing of it");
                    self.refuse(at, what, ["leave it out".to_owned()]);
                    None
                }
                (Some(Part { given: KeyValue::Unset, .. }), Some(_)) => None,
                (
                    Some(Part { given: KeyValue::Values(own), at }),
                    Some(Part { given: KeyValue::Values(default), .. }),
                ) => {
                    let is_kept = |one: &GivenValue| one.name.is_some() && own.iter().all(|it| it.name != one.name);
                    let all = default.into_iter().filter(is_kept).chain(own.iter().cloned()).collect();
                    Some(Part { given: KeyValue::Values(all), at })
                }
                (own, default) => own.or(default),
            }
        };
        own.into_iter().zip(keys.iter()).enumerate().map(merge).collect()
    }

    /// The argv of a service.
    fn command(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
        let mut values = Values { source: self.source, wrong: &mut self.wrong };
        let words = match value.get_ref() {
            DeValue::String(text) => {
                let text = values.text(COMMAND, text, value.span())?;
                match shell::words(&text) {
                    Ok(words) => words,
                    Err(special) => {
                        let (what, hint) = unknown::for_a_shell(&text, &special);
                        self.refuse(value.span(), what, hint);
                        return None;
                    }
                }
            }
            DeValue::Array(list) => {
                let words: Vec<Option<String>> = list
                    .iter()
                    .map(|word| match word.get_ref() {
                        DeValue::String(text) => values.text(COMMAND, text, word.span()),
                        _ => {
                            let what = format!("what is in `{COMMAND}` is a string, and not {}", kind(word));
                            let is_one = !matches!(word.get_ref(), DeValue::Array(_) | DeValue::Table(_));
                            let quoted = || format!("in quotes: {}", string(&values.source.text()[word.span()]));
                            let error = values.source.error(word.span(), what);
                            values.wrong.push(error.hints(is_one.then(|| quoted().into())));
                            None
                        }
                    })
                    .collect();
                words.into_iter().collect::<Option<_>>()?
            }
            _ => {
                let what = format!("`{COMMAND}` is a list of strings, or a string, and not {}", kind(value));
                self.refuse(value.span(), what, [EXAMPLE.to_owned()]);
                return None;
            }
        };
        if words.first().is_none_or(String::is_empty) {
            self.refuse(value.span(), format!("`{COMMAND}` names no program"), [EXAMPLE.to_owned()]);
            return None;
        }
        Some(words)
    }
}

#[cfg(test)]
mod tests;
