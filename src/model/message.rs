//! Text for people as data: what depends on who reads it and where they gave it stays unwritten until it is printed.
//!
//! An option is `--memory-max` on a command line and `memory-max` in a file, a command needs `sudo` or not, and a path in
//! an image has the image's directory before it. Only `output` knows which.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use super::command::Command;

/// A text in parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Message(Vec<Part>);

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// Printed as it is.
    Text(Cow<'static, str>),
    /// Printed in backticks, with control characters escaped.
    Value(OsString),
    /// A path on the host that is worked on, or in its image: printed in backticks, as it is found from outside.
    Path(PathBuf),
    /// An option, by its long name without dashes.
    Option(Cow<'static, str>),
    /// Options with their values, as they are given to `add` or written in a file.
    Settings(Vec<Setting>),
    /// A command to paste.
    Command(Command),
    /// One word of a shell's line.
    Word(OsString),
    /// The same for a path on the host that is worked on, or in its image.
    PathWord(PathBuf),
}

/// An option with its value; a flag has none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Setting {
    pub option: Cow<'static, str>,
    pub value: Option<OsString>,
}

impl Message {
    /// Puts the values in the places of `{}`. Called by `message!`, which counts them.
    pub fn fill(template: &'static str, values: Vec<Message>) -> Message {
        let mut parts = Vec::new();
        let mut values = values.into_iter();
        for (place, text) in template.split("{}").enumerate() {
            if place > 0 {
                parts.extend(values.next().unwrap_or_default().0);
            }
            if !text.is_empty() {
                parts.push(Part::Text(text.into()));
            }
        }
        Message(parts)
    }

    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Several texts as one, with `between` them.
    pub fn join(all: impl IntoIterator<Item = Message>, between: &'static str) -> Message {
        let mut parts = Vec::new();
        for message in all {
            if !parts.is_empty() {
                parts.push(Part::Text(between.into()));
            }
            parts.extend(message.0);
        }
        Message(parts)
    }
}

/// How many places a template has.
pub const fn places(template: &str) -> usize {
    let bytes = template.as_bytes();
    let (mut count, mut at) = (0, 1);
    while at < bytes.len() {
        if bytes[at - 1] == b'{' && bytes[at] == b'}' {
            count += 1;
        }
        at += 1;
    }
    count
}

/// A [`Message`]: a literal with `{}` for each value that follows. A value is anything that can be displayed, a [`Part`]
/// or another message.
macro_rules! message {
    ($template:literal $(, $value:expr)* $(,)?) => {{
        const { assert!($crate::model::message::places($template) == <[&str]>::len(&[$(stringify!($value)),*])) };
        #[allow(unused_imports, reason = "a template without places has no values")]
        use $crate::model::message::ToMessage as _;
        $crate::model::message::Message::fill($template, vec![$($value.to_message()),*])
    }};
}

pub(crate) use message;

/// What a value of `message!` can be.
pub trait ToMessage {
    fn to_message(&self) -> Message;
}

impl<T: Display + ?Sized> ToMessage for T {
    fn to_message(&self) -> Message {
        Message(vec![Part::Text(self.to_string().into())])
    }
}

impl ToMessage for Message {
    fn to_message(&self) -> Message {
        self.clone()
    }
}

impl ToMessage for Part {
    fn to_message(&self) -> Message {
        Message(vec![self.clone()])
    }
}

impl ToMessage for Command {
    fn to_message(&self) -> Message {
        Message(vec![Part::Command(self.clone())])
    }
}

impl<T: Display> From<T> for Message {
    fn from(text: T) -> Message {
        Message(vec![Part::Text(text.to_string().into())])
    }
}

impl From<Part> for Message {
    fn from(part: Part) -> Message {
        Message(vec![part])
    }
}

impl From<&Message> for Message {
    fn from(message: &Message) -> Message {
        message.clone()
    }
}

impl From<Command> for Message {
    fn from(command: Command) -> Message {
        Message(vec![Part::Command(command)])
    }
}

/// A value in backticks.
pub fn quoted(value: impl AsRef<OsStr>) -> Part {
    Part::Value(value.as_ref().to_owned())
}

/// A path in backticks.
pub fn quoted_path(path: impl AsRef<Path>) -> Part {
    Part::Path(path.as_ref().to_owned())
}

/// An option, by its long name without dashes.
pub fn opt(name: impl Into<Cow<'static, str>>) -> Part {
    Part::Option(name.into())
}

/// An option with a value.
pub fn set(option: impl Into<Cow<'static, str>>, value: impl AsRef<OsStr>) -> Part {
    Part::Settings(vec![Setting { option: option.into(), value: Some(value.as_ref().to_owned()) }])
}

/// An option without a value.
pub fn flag(option: impl Into<Cow<'static, str>>) -> Part {
    Part::Settings(vec![Setting { option: option.into(), value: None }])
}

/// An option with each of several values.
pub fn set_all<V: AsRef<OsStr>>(option: &'static str, values: impl IntoIterator<Item = V>) -> Part {
    let setting = |value: V| Setting { option: option.into(), value: Some(value.as_ref().to_owned()) };
    Part::Settings(values.into_iter().map(setting).collect())
}

/// A word of a shell's line.
pub fn shell_word(word: impl AsRef<OsStr>) -> Part {
    Part::Word(word.as_ref().to_owned())
}

/// A path as a word of a shell's line.
pub fn path_word(path: impl AsRef<Path>) -> Part {
    Part::PathWord(path.as_ref().to_owned())
}

/// Names in a sentence: all of a few, of many the first ones and how many more there are.
pub fn some_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} and {other}"),
        [one, other, last] => format!("{one}, {other} and {last}"),
        [one, other, others @ ..] => format!("{one}, {other} and {} more", others.len()),
    }
}

/// What an error of the operating system means, in lower case and without its number.
pub fn io_reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_the_places_of_a_template() {
        let message = message!("{} is not {}: {}", opt("memory-max"), 5, message!("a {}", quoted("b")));
        let text = |text: &'static str| Part::Text(text.into());
        let expected = [opt("memory-max"), text(" is not "), text("5"), text(": "), text("a "), quoted("b")];
        assert_eq!(message.parts(), expected);
    }
}
