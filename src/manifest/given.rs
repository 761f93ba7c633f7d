//! What one key of a file says: from a value of TOML to the values of an option.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Key, Shape};
use super::source::Source;
use super::write::{key as written_key, string};
use crate::model::diagnostic::Error;
use crate::model::message::Message;

/// What was given.
#[derive(Debug, Clone)]
pub enum KeyValue {
    /// A flag is set, or is not.
    Flag(bool),
    /// The values, in order.
    Values(Vec<GivenValue>),
    /// `false` for what takes values: what the defaults say does not hold here.
    Unset,
}

/// One of the values of a key.
#[derive(Debug, Clone)]
pub struct GivenValue {
    /// The name of a variable or directive.
    pub name: Option<String>,
    /// The value of the option, with the name.
    pub word: String,
    /// Where it stands.
    pub at: Range<usize>,
}

/// Reads values, and collects what is wrong with them.
pub struct Values<'a> {
    /// The file.
    pub source: &'a Source,
    /// What was wrong so far.
    pub wrong: &'a mut Vec<Error>,
}

impl Values<'_> {
    fn refuse<T>(&mut self, at: Range<usize>, what: String, hint: Option<String>) -> Option<T> {
        self.wrong.push(self.source.error(at, what).hints(hint.map(Message::from)));
        None
    }

    /// What a value says for a key; `name` is how the key was written.
    pub fn read(&mut self, name: &str, key: &Key, value: &Spanned<DeValue<'_>>) -> Option<KeyValue> {
        match (key.shape, value.get_ref()) {
            (Shape::Flag, DeValue::Boolean(on)) => Some(KeyValue::Flag(*on)),
            (Shape::Flag, _) => {
                let hint = Some(format!("{name} = true"));
                self.refuse(value.span(), format!("`{name}` is true or false, and not {}", kind(value)), hint)
            }
            (Shape::One | Shape::Several | Shape::Names, DeValue::Boolean(false)) if !takes_no(key) => {
                Some(KeyValue::Unset)
            }
            (Shape::Several, DeValue::Array(list)) => {
                let values: Vec<_> = list.iter().map(|it| self.one(name, key, it)).collect();
                values.into_iter().collect::<Option<_>>().map(KeyValue::Values)
            }
            (Shape::Names, DeValue::Array(list)) if list.is_empty() => {
                self.refuse(value.span(), format!("`{name}` names none"), Some(format!("{name} = 2")))
            }
            (Shape::Names, DeValue::Array(list)) => {
                let names: Vec<_> = list.iter().map(|it| self.instance(name, it)).collect();
                let names = names.into_iter().collect::<Option<Vec<_>>>()?;
                // A lone number would say how many.
                let comma = if names.len() == 1 { "," } else { "" };
                Some(KeyValue::Values(vec![GivenValue { name: None, word: names.join(",") + comma, at: value.span() }]))
            }
            (Shape::Variables | Shape::Directives, _) => self.named(name, key, value).map(KeyValue::Values),
            _ => self.one(name, key, value).map(|value| KeyValue::Values(vec![value])),
        }
    }

    /// One value of an option.
    fn one(&mut self, name: &str, key: &Key, value: &Spanned<DeValue<'_>>) -> Option<GivenValue> {
        let text = match value.get_ref() {
            DeValue::String(text) => self.text(name, text, value.span())?,
            DeValue::Integer(_) if key.takes_number => self.number(name, value)?,
            // Half an instance would be taken for a name.
            DeValue::Float(_) if key.takes_number && key.shape != Shape::Names => self.number(name, value)?,
            _ => {
                let hint = match (key.shape, value.get_ref()) {
                    // In quotes it would be the name of one.
                    (Shape::Names, DeValue::Boolean(_)) => Some(format!("{name} = 2")),
                    _ => self.quoted(value).map(|text| format!("{name} = {text}")),
                };
                let what = match key.shape {
                    Shape::Several => "a string, or a list of strings,",
                    Shape::Names => "a number, a string or a list of names,",
                    _ if key.takes_number => "a string or a number,",
                    _ => "a string,",
                };
                return self.refuse(value.span(), format!("`{name}` is {what} and not {}", kind(value)), hint);
            }
        };
        if key.possible.is_empty() || key.possible.contains(&text) {
            return Some(GivenValue { name: None, word: text, at: value.span() });
        }
        let likeness = |one: &&String| strsim::jaro_winkler(&text, one);
        let nearest = key.possible.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
        let meant = nearest.filter(|one| likeness(one) > 0.8).map(|one| format!("did you mean {}?", string(one)));
        let all: Vec<String> = key.possible.iter().map(|one| string(one)).collect();
        let error = self.source.error(value.span(), format!("`{name}` cannot be {}", string(&text)));
        self.wrong.push(error.hints(meant.map(Message::from)).hint(format!("it is one of {}", all.join(", "))));
        None
    }

    /// The name of an instance.
    fn instance(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) if text.contains(',') => {
                let what = format!("the name of an instance holds no comma, and {} does", string(text));
                self.refuse(value.span(), what, None)
            }
            DeValue::String(text) => self.text(name, text, value.span()),
            DeValue::Integer(_) => self.number(name, value),
            _ => self.refuse(value.span(), format!("the names in `{name}` are strings, not {}", kind(value)), None),
        }
    }

    /// A string without what no argument, variable or path can hold.
    pub fn text(&mut self, name: &str, text: &str, at: Range<usize>) -> Option<String> {
        match text.contains('\0') {
            true => self.refuse(at, format!("`{name}` holds a NUL character (\\u0000), which no word can"), None),
            false => Some(text.to_owned()),
        }
    }

    /// A number as it is written, where nobody could read it in another way.
    fn number(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let written = &self.source.text()[value.span()];
        let digits = written.strip_prefix('-').unwrap_or(written);
        if digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return Some(written.to_owned());
        }
        let hint = Some(format!("in quotes it is taken as it is: {name} = {}", string(written)));
        self.refuse(value.span(), format!("`{name}` could mean several numbers with `{written}`"), hint)
    }

    /// Values that have names: a table, or a list of `NAME=VALUE`.
    fn named(&mut self, name: &str, key: &Key, value: &Spanned<DeValue<'_>>) -> Option<Vec<GivenValue>> {
        match value.get_ref() {
            DeValue::Table(table) => self.table(name, "", key, table),
            DeValue::Array(list) => {
                let all: Vec<_> = list.iter().map(|it| self.word(name, key, it)).collect();
                all.into_iter().collect()
            }
            DeValue::String(_) => self.word(name, key, value).map(|word| vec![word]),
            _ => {
                let what = format!("`{name}` is a table, or a list of strings, and not {}", kind(value));
                self.refuse(value.span(), what, Some(example(name, key)))
            }
        }
    }

    /// `NAME=VALUE` as one string.
    fn word(&mut self, name: &str, key: &Key, value: &Spanned<DeValue<'_>>) -> Option<GivenValue> {
        let DeValue::String(text) = value.get_ref() else {
            let what = format!("what is in the list `{name}` is a string, NAME=VALUE, and not {}", kind(value));
            return self.refuse(value.span(), what, Some(example(name, key)));
        };
        let word = self.text(name, text, value.span())?;
        let name = word.split('=').next().unwrap_or_default().to_owned();
        Some(GivenValue { name: Some(name), word, at: value.span() })
    }

    /// A table of names, each after `section`.
    fn table(&mut self, name: &str, section: &str, key: &Key, table: &DeTable<'_>) -> Option<Vec<GivenValue>> {
        let mut all = Some(Vec::new());
        for (entry, value) in in_order(table) {
            let found = self.entry(name, section, key, entry, value);
            all = all.zip(found).map(|(mut all, found)| {
                all.extend(found);
                all
            });
        }
        all
    }

    fn entry(
        &mut self,
        name: &str,
        section: &str,
        key: &Key,
        entry: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Vec<GivenValue>> {
        let (of, at) = (format!("{section}{}", entry.get_ref()), entry.span());
        if entry.get_ref().is_empty() || entry.get_ref().contains(['=', '\0']) {
            let what = format!("{} is not a valid name in `{name}`", string(entry.get_ref()));
            return self.refuse(at, what, Some(example(name, key)));
        }
        let directives = key.shape == Shape::Directives;
        match value.get_ref() {
            // `Unit.After = "x"` is a table in a table, unless it is in quotes.
            DeValue::Table(table) if directives && section.is_empty() => {
                self.table(name, &format!("{of}."), key, table)
            }
            DeValue::Array(list) if directives => {
                let words: Vec<_> = list.iter().map(|it| self.scalar(&of, directives, it)).collect();
                let named = |(word, it): (Option<String>, &Spanned<DeValue<'_>>)| {
                    Some(GivenValue { name: Some(of.clone()), word: format!("{of}={}", word?), at: it.span() })
                };
                words.into_iter().zip(list.iter()).map(named).collect()
            }
            _ => {
                let word = self.scalar(&of, directives, value)?;
                Some(vec![GivenValue { word: format!("{of}={word}"), name: Some(of), at }])
            }
        }
    }

    /// The value of a variable or a directive.
    fn scalar(&mut self, of: &str, directive: bool, value: &Spanned<DeValue<'_>>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => self.text(of, text, value.span()),
            DeValue::Boolean(on) => Some(on.to_string()),
            DeValue::Integer(_) | DeValue::Float(_) => self.number(of, value),
            _ => {
                let several = if directive { ", or a list of them," } else { "," };
                let what = format!("`{of}` is a string, a number, true or false{several} and not {}", kind(value));
                let hint = self.quoted(value).map(|text| format!("{} = {text}", written_key(of)));
                self.refuse(value.span(), what, hint)
            }
        }
    }

    /// What is written without quotes, in quotes; `None` for lists and tables.
    fn quoted(&self, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let is_one = !matches!(value.get_ref(), DeValue::Array(_) | DeValue::Table(_));
        is_one.then(|| string(&self.source.text()[value.span()]))
    }
}

/// The entries of a table in the order in which they stand in the file.
pub fn in_order<'a, 'i>(
    table: &'a DeTable<'i>,
) -> Vec<(&'a Spanned<std::borrow::Cow<'i, str>>, &'a Spanned<DeValue<'i>>)> {
    let mut all: Vec<_> = table.iter().collect();
    all.sort_unstable_by_key(|(key, _)| key.span().start);
    all
}

/// What kind of value something is, for people.
pub fn kind(value: &Spanned<DeValue<'_>>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(true) => "true",
        DeValue::Boolean(false) => "false",
        DeValue::Datetime(_) => "a date or time without quotes",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// `false` is near to one of its values: it could be meant so.
pub fn takes_no(key: &Key) -> bool {
    key.possible.iter().any(|value| value == "no")
}

/// How a table of that key looks.
fn example(name: &str, key: &Key) -> String {
    match key.shape {
        Shape::Directives => format!("{name} = {{ MemoryHigh = \"1G\" }}"),
        _ => format!("{name} = {{ PORT = \"8000\" }}"),
    }
}
