//! A machine to import on, for the tests of all formats.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Facts, ImportOptions, Imported, Input, Source, import, importers};
use crate::cli::ImportFormat;
use crate::manifest::{Entry, Value};
use crate::model::diagnostic::Result;
use crate::spec::Scope;

/// Imports a file as ann. `related` are the paths and texts of other files.
pub fn read_as(
    format: ImportFormat,
    path: &str,
    text: &str,
    related: &[(&str, &str)],
    options: &ImportOptions,
) -> Result<Imported> {
    let related: Vec<Source> = related.iter().map(|(path, text)| source(path, text)).collect();
    let importer = importers().find(|importer| importer.format() == format).unwrap();
    with_facts(|facts| import(importer, &Input { source: &source(path, text), related: &related, facts, options }))
}

/// Imports a file where ann has a variable.
pub fn with_variable(
    (name, value): (&str, &str),
    format: ImportFormat,
    path: &str,
    text: &str,
    related: &[(&str, &str)],
) -> Imported {
    let related: Vec<Source> = related.iter().map(|(path, text)| source(path, text)).collect();
    let importer = importers().find(|importer| importer.format() == format).unwrap();
    let (source, options) = (source(path, text), ImportOptions::default());
    with_facts(|facts| {
        let mut environment = facts.environment.clone();
        environment.insert(name.into(), value.into());
        let facts = &Facts { environment: &environment, ..*facts };
        import(importer, &Input { source: &source, related: &related, facts, options: &options }).unwrap()
    })
}

/// Imports a file as root.
pub fn as_root(format: ImportFormat, path: &str, text: &str) -> Imported {
    let importer = importers().find(|importer| importer.format() == format).unwrap();
    let (source, options) = (source(path, text), ImportOptions::default());
    with_facts(|facts| {
        let facts = &Facts { scope: Scope::System, user: "root", uid: 0, home: Path::new("/root"), ..*facts };
        import(importer, &Input { source: &source, related: &[], facts, options: &options }).unwrap()
    })
}

pub fn source(path: &str, text: &str) -> Source {
    Source { path: PathBuf::from(path), text: text.to_owned(), is_stdin: path.ends_with("/stdin") }
}

/// Facts about ann and a machine with two processors.
pub fn with_facts<T>(use_them: impl FnOnce(&Facts<'_>) -> T) -> T {
    let environment: BTreeMap<String, String> =
        [("HOME", "/home/ann"), ("APP_ENV", "staging")].map(|(name, value)| (name.into(), value.into())).into();
    use_them(&Facts {
        scope: Scope::User,
        user: "ann",
        uid: 1000,
        home: Path::new("/home/ann"),
        environment: &environment,
        host_name: "build1",
        processors: 2,
        unit_search_paths: &[],
        home_of: &|name| match name {
            "root" => Some("/root".into()),
            "ann" | "www-data" | "mail" | "git" | "backup" => Some(PathBuf::from("/home").join(name)),
            _ => None,
        },
        is_file: &|path| {
            !path.ends_with("npm") && !path.ends_with("Nowhere/City") && !path.to_string_lossy().contains(' ')
        },
        is_program: &|word| matches!(word, "php" | "/usr/bin/php" | "mail" | "git" | "sh"),
        refusals: &|properties, _, _| vec![None; properties.len()],
        is_binary: &|path| path.ends_with("server"),
    })
}

pub fn option<'a>(entry: &'a Entry, option: &str) -> Option<&'a Value> {
    entry.options.iter().find(|(name, _)| name == option).map(|(_, value)| value)
}

/// A line of a table option.
pub fn line<'a>(entry: &'a Entry, table: &str, name: &str) -> Option<&'a str> {
    let Some(Value::Table(lines)) = option(entry, table) else { return None };
    lines.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// What is reported, with the lines.
pub fn unconverted(read: &Imported) -> Vec<String> {
    read.unconverted.iter().map(|it| format!("{}: {}", it.line, it.what)).collect()
}
