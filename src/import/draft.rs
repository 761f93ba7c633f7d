//! A service while it is being read: its options in the order in which people like to read them, and what is told of it.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use super::{Imported, Left};
use crate::manifest::{Entry, Manifest, Value};
use crate::spec::UnitName;
use crate::systemd::names;

/// A service that is being put together.
#[derive(Debug, Default)]
pub struct Draft {
    entry: Entry,
    variables: Vec<(String, String)>,
    properties: Vec<(String, String)>,
}

impl Draft {
    /// A service of this name.
    pub fn new(name: String) -> Draft {
        Draft { entry: Entry { name, ..Entry::default() }, ..Draft::default() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.entry.name
    }

    /// What it runs.
    pub fn command(&mut self, words: Vec<String>) {
        self.entry.command = words;
    }

    /// A line of the comment in front of it.
    pub fn remark(&mut self, text: impl Into<String>) {
        self.entry.remarks.push(text.into());
    }

    /// An option with a value.
    pub fn text(&mut self, option: &str, value: impl Into<String>) {
        self.entry.options.push((option.into(), Value::Text(value.into())));
    }

    /// An option without one.
    pub fn flag(&mut self, option: &str) {
        self.entry.options.push((option.into(), Value::Flag(true)));
    }

    /// An option that can be given several times; nothing for no values.
    pub fn list(&mut self, option: &str, values: Vec<String>) {
        if !values.is_empty() {
            self.entry.options.push((option.into(), Value::List(values)));
        }
    }

    /// A variable; a later one of the same name counts.
    pub fn variable(&mut self, name: &str, value: impl Into<String>) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.into()));
    }

    /// Whether a variable is set.
    pub fn has_variable(&self, name: &str) -> bool {
        self.variables.iter().any(|(known, _)| known == name)
    }

    /// A line of the unit file.
    pub fn property(&mut self, name: &str, value: impl Into<String>) {
        self.properties.push((name.into(), value.into()));
    }

    /// The whole of it.
    fn finish(mut self) -> Entry {
        for (option, table) in [("setenv", self.variables), ("properties", self.properties)] {
            if !table.is_empty() {
                self.entry.options.push((option.into(), Value::Table(table)));
            }
        }
        self.entry
    }
}

/// A file of services while it is being put together.
#[derive(Debug, Default)]
pub struct Draftsman {
    head: Vec<String>,
    entries: Vec<Entry>,
    left: Vec<Left>,
    /// The names that are taken, and the next number for each.
    names: HashMap<String, usize>,
}

impl Draftsman {
    /// A line of the comment at the head of the file.
    pub fn head(&mut self, text: impl Into<String>) {
        self.head.push(text.into());
    }

    /// A name that systemd takes and no other service has, as near to `wanted` as can be.
    pub fn name(&mut self, wanted: &str) -> String {
        let fits = |name: &str| UnitName::parse(name).is_ok();
        let slug = names::slug(wanted).unwrap_or_else(|| "service".into());
        let base = if fits(&slug) { slug } else { format!("my-{}", slug.replace('.', "-")) };
        let base = if fits(&base) { base } else { "service".to_owned() };
        let mut next = self.names.get(&base).copied().unwrap_or(1);
        let mut name = base.clone();
        while self.names.contains_key(&name) {
            next += 1;
            name = format!("{base}-{next}");
        }
        self.names.insert(base, next);
        self.names.entry(name.clone()).or_insert(1);
        name
    }

    /// Something of a service that cannot be carried over: told, and kept at the service.
    pub fn left(&mut self, draft: &mut Draft, file: &Path, line: usize, what: impl Into<String>) {
        let what = what.into();
        let number = if line == 0 { String::new() } else { format!("line {line}: ") };
        draft.remark(format!("not carried over: {number}{what}"));
        self.left.push(Left { file: file.to_owned(), line, what });
    }

    /// The same of what belongs to no service.
    pub fn left_of_file(&mut self, file: &Path, line: usize, what: impl Into<String>) {
        let what = what.into();
        let number = if line == 0 { String::new() } else { format!("line {line}: ") };
        self.head.push(format!("not carried over: {number}{what}"));
        self.left.push(Left { file: file.to_owned(), line, what });
    }

    /// Takes a service that is whole.
    pub fn push(&mut self, draft: Draft) {
        self.entries.push(draft.finish());
    }

    /// How many services there are.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// The whole of it.
    pub fn finish(mut self) -> Imported {
        // What several processes of one program leave out is told once.
        self.left.sort_unstable_by(|one, other| {
            (one.line, &one.file, &one.what).cmp(&(other.line, &other.file, &other.what))
        });
        self.left.dedup();
        let manifest = Manifest { head: self.head, defaults: Vec::new(), services: self.entries };
        Imported { manifest, left: self.left }
    }
}

/// A path against a folder, without `.` and without such `..` as can be taken back by the names alone.
pub fn absolute(folder: &Path, path: &str) -> PathBuf {
    let mut out = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(out.pop()),
            part => out.push(part),
        }
    }
    out
}

/// A path as text. What is no UTF-8 cannot stand in a file of services.
pub fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The folder that a file lies in.
pub fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_such_that_systemd_takes() {
        let mut all = Draftsman::default();
        for (wanted, name) in [
            ("web", "web"),
            ("web", "web-2"),
            ("Web App", "Web-App"),
            ("dbus", "my-dbus"),
            ("x.timer", "my-x-timer"),
            ("@", "service"),
            ("web", "web-3"),
        ] {
            assert_eq!(all.name(wanted), name, "{wanted}");
            assert!(UnitName::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn paths_become_absolute() {
        for (path, whole) in [("bin/x", "/srv/app/bin/x"), ("./x", "/srv/app/x"), ("../x", "/srv/x"), ("/x/", "/x")] {
            assert_eq!(absolute(Path::new("/srv/app"), path), Path::new(whole), "{path}");
        }
    }
}
