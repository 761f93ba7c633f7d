//! How values are written in an order for root. Each is parsed again when it is read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Component, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    Address, CommandLine, DIRECTIVE_OPTIONS, Description, DirectiveValues, EnvironmentFile, Instances, LogFile,
    ManifestId, Opener, OtherUnit, PathEvent, Property, Scope, SecretName, Socket, TimerEvent, UnitName, Variable,
    WatchedPath, WorkingDirectory,
};
use crate::runtime::table::{self, Prelude};
use crate::systemd::timespan::TimeSpan;

/// Serializes a type as another one, from which it is parsed.
macro_rules! serialized {
    ($($type:ty as $plain:ty, $what:literal: $value:ident => $write:expr, $read:ident => $parse:expr;)*) => {$(
        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $value = self;
                let plain: $plain = $write;
                ::serde::Serialize::serialize(&plain, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let $read = <$plain as ::serde::Deserialize>::deserialize(deserializer)?;
                $parse.map_err(|why| ::serde::de::Error::custom(format!("{} {why}", $what)))
            }
        }
    )*};
}

pub(crate) use serialized;

serialized! {
    UnitName as String, "the name": it => it.to_string(), text => UnitName::parse(&text);
    Description as String, "the description": it => it.as_str().to_owned(), text => Description::parse(&text);
    CommandLine as Vec<OsString>, "a program": it => it.words(), words => command(words);
    WorkingDirectory as PathBuf, "the working directory": it => it.path().to_owned(),
        path => absolute(path).and_then(|path| WorkingDirectory::parse(&path).map_err(text));
    Variable as (String, String), "a variable": it => (it.name().to_owned(), it.value().to_owned()),
        it => Variable::parse(it.0.as_bytes(), it.1.as_bytes());
    EnvironmentFile as (PathBuf, bool), "an environment file": it => (it.path().to_owned(), it.is_optional()),
        it => absolute(it.0).and_then(|path| EnvironmentFile::parse(&path, it.1).map_err(text));
    Instances as String, "the list of instances": it => it.to_string(), text => Instances::parse(&text);
    Address as String, "an address": it => it.to_string(), text => Address::parse(text.as_bytes());
    Socket as Vec<Address>, "the list of addresses": it => it.addresses.clone(), addresses => socket(addresses);
    WatchedPath as (PathEvent, PathBuf), "a watched path": it => (it.event(), it.path().to_owned()),
        it => watched(it.0, it.1);
    OtherUnit as String, "a dependency": it => it.to_string(), text => OtherUnit::parse(&text);
    LogFile as (PathBuf, Opener), "the log file": it => (it.path().to_owned(), it.opener()),
        it => absolute(it.0).and_then(|path| LogFile::parse(&path, it.1).map_err(text));
    TimerEvent as (String, String), "the timer": it => (it.written().0.to_owned(), it.written().1.to_owned()),
        it => TimerEvent::parse(&it.0, &it.1).ok_or("has an invalid time");
    TimeSpan as String, "a duration:": it => it.as_str().to_owned(), text => TimeSpan::parse(&text);
    DirectiveValues as BTreeMap<String, String>, "a directive:": it => directives_as_text(it),
        texts => directives(texts);
    Property as String, "a property": it => it.written(), text => Property::parse(text.as_bytes());
    ManifestId as OsString, "the file of services": it => it.as_path().as_os_str().to_owned(),
        text => ManifestId::parse(&text);
    SecretName as String, "the name of a secret": it => it.as_str().to_owned(),
        text => SecretName::parse(text.as_bytes());
}

fn text(why: impl Display) -> String {
    why.to_string()
}

fn absolute(path: PathBuf) -> Result<PathBuf, String> {
    if path.is_absolute() { Ok(path) } else { Err("is not an absolute path".into()) }
}

fn command(words: Vec<OsString>) -> Result<CommandLine, String> {
    let mut words = words.into_iter();
    let program = absolute(words.next().unwrap_or_default().into())?;
    CommandLine::new(program, words.collect()).map_err(|error| error.why.to_string())
}

fn socket(addresses: Vec<Address>) -> Result<Socket, &'static str> {
    let overlaps = |(place, address): (usize, &Address)| addresses[..place].iter().any(|it| it.overlaps(address));
    match addresses.iter().enumerate().any(overlaps) {
        true => Err("contains one twice"),
        false if addresses.is_empty() => Err("is empty"),
        false => Ok(Socket { addresses }),
    }
}

fn directives_as_text(values: &DirectiveValues) -> BTreeMap<String, String> {
    values.iter().map(|(option, value)| (option.directive.to_owned(), value.to_owned())).collect()
}

fn directives(texts: BTreeMap<String, String>) -> Result<DirectiveValues, String> {
    let mut values = DirectiveValues::default();
    for (directive, value) in texts {
        let option = DIRECTIVE_OPTIONS.iter().find(|option| option.directive == directive);
        let option = option.ok_or_else(|| format!("{directive} has no option"))?;
        values.set(option, &value).map_err(|invalid| format!("{directive} {invalid}"))?;
    }
    Ok(values)
}

fn watched(event: PathEvent, path: PathBuf) -> Result<WatchedPath, String> {
    let path = absolute(path)?;
    if path.components().any(|part| part == Component::ParentDir) {
        return Err("contains `..`".into());
    }
    WatchedPath::parse(event, &path).map_err(text)
}

/// The scope of every service in an order.
pub fn system() -> Scope {
    Scope::System
}

/// Directives of a runtime.
pub fn needs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(&'static str, &'static str)>, D::Error> {
    let known = |(directive, value): (String, String)| {
        let known = table::directives().find(|known| known.0 == directive && known.1 == value);
        known.map(|known| (known.0, known.1)).ok_or_else(|| D::Error::custom("no runtime needs this directive"))
    };
    Vec::deserialize(deserializer)?.into_iter().map(known).collect()
}

impl Serialize for Prelude {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.file.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for &'static Prelude {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let file = String::deserialize(deserializer)?;
        let known = table::preludes().find(|prelude| prelude.file == file);
        known.ok_or_else(|| D::Error::custom("no runtime reads this file first"))
    }
}

/// A path that can hold any bytes.
pub mod path {
    use super::*;

    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_ref().map(|path| path.as_os_str()).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
        let path = Option::<OsString>::deserialize(deserializer)?.map(PathBuf::from);
        path.map(absolute).transpose().map_err(|why| D::Error::custom(format!("a path {why}")))
    }
}
