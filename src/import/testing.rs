//! What the tests of all formats need: a machine to read a file on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Facts, Format, Imported, Source, Wishes, import};
use crate::error::Result;
use crate::manifest::{Entry, Value};
use crate::spec::Scope;

/// Reads a file as ann, on a machine with two processors. `beside` are the paths and texts of the other files.
pub fn read_as(format: Format, path: &str, text: &str, beside: &[(&str, &str)], wishes: &Wishes) -> Result<Imported> {
    let environment: BTreeMap<String, String> =
        [("HOME", "/home/ann"), ("APP_ENV", "staging")].map(|(name, value)| (name.into(), value.into())).into();
    let facts = Facts {
        scope: Scope::User,
        account: "ann",
        uid: 1000,
        home: Path::new("/home/ann"),
        environment: &environment,
        host_name: "build1",
        processors: 2,
        home_of: &|name| match name {
            "root" => Some("/root".into()),
            "ann" | "www-data" => Some(PathBuf::from("/home").join(name)),
            _ => None,
        },
        is_file: &|path| !path.ends_with("npm") && !path.to_string_lossy().contains(' '),
        is_binary: &|path| path.ends_with("server"),
    };
    let source = |(path, text): &(&str, &str)| Source {
        path: PathBuf::from(path),
        text: (*text).to_owned(),
        is_stdin: path.ends_with("/stdin"),
    };
    let beside: Vec<Source> = beside.iter().map(source).collect();
    import(format, &source(&(path, text)), &beside, &facts, wishes)
}

/// An option of a service.
pub fn of<'a>(entry: &'a Entry, option: &str) -> Option<&'a Value> {
    entry.options.iter().find(|(name, _)| name == option).map(|(_, value)| value)
}

/// A line of a table of a service: of its variables or properties.
pub fn line<'a>(entry: &'a Entry, table: &str, name: &str) -> Option<&'a str> {
    let Some(Value::Table(lines)) = of(entry, table) else { return None };
    lines.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// What is told, with the lines.
pub fn left(read: &Imported) -> Vec<String> {
    read.left.iter().map(|left| format!("{}: {}", left.line, left.what)).collect()
}
