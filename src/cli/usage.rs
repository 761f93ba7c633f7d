//! What clap refuses, in the words that all our errors have; and the texts that were asked for.

use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::{Error, Result};
use crate::model::Verb;
use crate::shell;

/// Prints help or version where that is what clap stopped for; anything else is an error.
pub fn answer(refused: &clap::Error, verb: Option<Verb>) -> Result<()> {
    match refused.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            match refused.print() {
                // A closed pipe is not an error.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    Err(Error::file("write", Path::new("/dev/stdout"), error))
                }
                _ => Ok(()),
            }
        }
        _ => Err(error(refused, verb)),
    }
}

/// Says what clap refuses, and the way out.
///
/// `verb` is the verb that was typed, where it has options of its own.
pub fn error(refused: &clap::Error, verb: Option<Verb>) -> Error {
    let program = verb.map_or_else(|| "mkservice".to_owned(), |verb| format!("mkservice {verb}"));
    let argument = text(refused, ContextKind::InvalidArg).map(|argument| option_of(&argument));
    let value = text(refused, ContextKind::InvalidValue).map(|value| shell::printable(&value));
    let usage = |message: String, hint: Option<String>| Error::Usage { message, hint };
    match (refused.kind(), argument) {
        (ErrorKind::MissingRequiredArgument, _) if verb.is_some() => {
            usage(format!("`{program}` needs more words"), Some(format!("{program} --help shows which")))
        }
        (ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand, _) => Error::NoCommand,
        (ErrorKind::UnknownArgument, Some(argument)) if !argument.starts_with('-') => usage(
            format!("`{argument}` is one word too many for `{program}`"),
            Some(format!("{program} --help shows which it takes")),
        ),
        (ErrorKind::UnknownArgument, Some(argument)) => {
            let similar = text(refused, ContextKind::SuggestedArg);
            let hint = similar
                .map_or_else(|| format!("{program} --help lists them"), |similar| format!("did you mean {similar}?"));
            let shown = if verb.is_some() { format!("`{program}`") } else { program };
            usage(format!("`{argument}` is not an option of {shown}"), Some(hint))
        }
        (ErrorKind::InvalidValue, Some(argument)) if value.as_deref().is_none_or(str::is_empty) => {
            usage(format!("`{argument}` needs a value"), Some("mkservice --help shows which".into()))
        }
        (ErrorKind::InvalidValue, Some(argument)) => {
            let possible = all(refused, ContextKind::ValidValue).join(", ");
            usage(
                format!("`{argument}` cannot be `{}`", value.unwrap_or_default()),
                Some(format!("it is one of {possible}")),
            )
        }
        (ErrorKind::ArgumentConflict, Some(argument)) => {
            let other = text(refused, ContextKind::PriorArg).map(|other| option_of(&other));
            match other {
                Some(other) if other == argument => usage(format!("`{argument}` was given twice"), None),
                Some(other) => usage(format!("`{argument}` and `{other}` exclude each other"), None),
                None => usage(format!("`{argument}` goes with nothing else"), Some(format!("{program} {argument}"))),
            }
        }
        (ErrorKind::TooManyValues, Some(argument)) => usage(format!("`{argument}` takes no value"), None),
        (ErrorKind::InvalidUtf8, _) => usage("an option's value is not valid UTF-8".into(), None),
        _ => usage(first_line(refused), None),
    }
}

fn text(refused: &clap::Error, kind: ContextKind) -> Option<String> {
    match refused.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}

fn all(refused: &clap::Error, kind: ContextKind) -> Vec<String> {
    match refused.get(kind) {
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

/// clap names options as in its help, `--name <NAME>`.
fn option_of(argument: &str) -> String {
    shell::printable(argument.split([' ', '=']).next().unwrap_or(argument))
}

fn first_line(refused: &clap::Error) -> String {
    let text = refused.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
