//! A manifest under construction: services whose options stand in the order in which people read them.

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::path::{Path, PathBuf};

use super::{Imported, Properties, Refusals, Unconverted};
use crate::host::tree;
use crate::manifest::{Entry, Manifest, Value};
use crate::spec::UnitName;
use crate::systemd::names::{self, NAME_MAX};
use crate::systemd::specifier;

/// A service under construction.
#[derive(Debug, Default)]
pub struct Draft {
    entry: Entry,
    variables: Vec<(String, String)>,
    properties: Vec<(String, String)>,
    unconverted: Vec<Unconverted>,
}

impl Draft {
    pub fn new(name: String) -> Draft {
        Draft { entry: Entry { name, ..Entry::default() }, ..Draft::default() }
    }

    pub fn name(&self) -> &str {
        &self.entry.name
    }

    pub fn command(&mut self, argv: Vec<String>) {
        self.entry.command = argv;
    }

    /// Adds a line to the comment above the service.
    pub fn comment(&mut self, text: impl Into<String>) {
        self.entry.remarks.push(text.into());
    }

    pub fn set(&mut self, option: &str, value: impl Into<String>) {
        self.entry.options.push((option.into(), Value::Text(value.into())));
    }

    pub fn flag(&mut self, option: &str) {
        self.entry.options.push((option.into(), Value::Flag(true)));
    }

    pub fn list(&mut self, option: &str, values: Vec<String>) {
        if !values.is_empty() {
            self.entry.options.push((option.into(), Value::List(values)));
        }
    }

    /// The same, with a single value written without brackets.
    pub fn one_or_more(&mut self, option: &str, mut values: Vec<String>) {
        match values.len() {
            1 => self.set(option, values.remove(0)),
            _ => self.list(option, values),
        }
    }

    pub fn variable(&mut self, name: &str, value: impl Into<String>) {
        replace(&mut self.variables, name, value);
    }

    pub fn has_variable(&self, name: &str) -> bool {
        value_of(&self.variables, name).is_some()
    }

    pub fn property(&mut self, name: &str, value: impl Into<String>) {
        self.properties.push((name.into(), value.into()));
    }

    /// Removes the properties that are refused, and returns them with the reasons.
    pub fn refuse_properties(&mut self, refusals: &dyn Fn(&Properties) -> Refusals) -> Vec<(String, String, String)> {
        let properties = std::mem::take(&mut self.properties);
        let mut refused = Vec::new();
        for (why, (name, value)) in refusals(&properties).into_iter().zip(properties) {
            match why {
                Some(why) => refused.push((name, value, why)),
                None => self.properties.push((name, value)),
            }
        }
        refused
    }

    pub fn unconverted(&mut self, file: &Path, line: usize, what: impl Into<String>) {
        let unconverted = Unconverted { file: file.to_owned(), line, what: what.into() };
        self.comment(comment(&unconverted));
        self.unconverted.push(unconverted);
    }

    fn finish(mut self) -> (Entry, Vec<Unconverted>) {
        for (option, table) in [("setenv", self.variables), ("properties", self.properties)] {
            if !table.is_empty() {
                self.entry.options.push((option.into(), Value::Table(table)));
            }
        }
        (self.entry, self.unconverted)
    }
}

#[derive(Debug, Default)]
pub struct ManifestBuilder {
    head: Vec<String>,
    entries: Vec<Entry>,
    /// Those of services, and those that belong to none.
    unconverted: Vec<Unconverted>,
    general: Vec<Unconverted>,
    /// The names in use, and the last number given to each.
    names: HashMap<String, usize>,
}

impl ManifestBuilder {
    /// Adds a line to the comment at the top of the file.
    pub fn head(&mut self, text: impl Into<String>) {
        self.head.push(text.into());
    }

    /// The valid unit name nearest to `wanted` that no other service has.
    pub fn name(&mut self, wanted: &str) -> String {
        let fits = |name: &str| UnitName::parse(name).is_ok();
        let slug = names::slug(wanted).unwrap_or_else(|| "service".into());
        let base = if fits(&slug) { slug } else { format!("my-{}", slug.replace('.', "-")) };
        let base = if fits(&base) { base } else { "service".to_owned() };
        let mut next = self.names.get(&base).copied().unwrap_or(1);
        let mut name = base.clone();
        while self.names.contains_key(&name) {
            next += 1;
            let suffix = format!("-{next}");
            let room = base.len().min(NAME_MAX - suffix.len());
            name = base[..room].to_owned() + &suffix;
        }
        self.names.insert(base, next);
        self.names.entry(name.clone()).or_insert(1);
        name
    }

    /// For settings that belong to no service.
    pub fn unconverted(&mut self, file: &Path, line: usize, what: impl Into<String>) {
        self.general.push(Unconverted { file: file.to_owned(), line, what: what.into() });
    }

    pub fn push(&mut self, draft: Draft) {
        let (entry, unconverted) = draft.finish();
        self.entries.push(entry);
        self.unconverted.extend(unconverted);
    }

    pub fn count(&self) -> usize {
        self.entries.len()
    }

    pub fn finish(mut self) -> Imported {
        self.head.extend(once_each(self.general.clone()).iter().map(comment));
        self.unconverted.extend(self.general);
        let manifest = Manifest { head: self.head, defaults: Vec::new(), services: self.entries };
        Imported { manifest, unconverted: once_each(self.unconverted) }
    }
}

fn comment(unconverted: &Unconverted) -> String {
    let Unconverted { line, what, .. } = unconverted;
    let number = if *line == 0 { String::new() } else { format!("line {line}: ") };
    format!("not converted: {number}{what}")
}

/// Says the same about several lines once, at the first of them, in the order of the lines.
fn once_each(mut all: Vec<Unconverted>) -> Vec<Unconverted> {
    all.sort_unstable_by(|one, other| (one.line, &one.file, &one.what).cmp(&(other.line, &other.file, &other.what)));
    // Several processes of one program have the same settings.
    all.dedup();
    let mut places: HashMap<(PathBuf, String), usize> = HashMap::new();
    let mut each: Vec<(Unconverted, Vec<usize>)> = Vec::new();
    for it in all {
        match places.entry((it.file.clone(), it.what.clone())) {
            Occupied(place) => each[*place.get()].1.push(it.line),
            Vacant(place) => {
                place.insert(each.len());
                each.push((it, Vec::new()));
            }
        }
    }
    each.into_iter().map(|(it, others)| Unconverted { what: it.what + &also(&others), ..it }).collect()
}

/// Names a few other lines, and the number of the rest.
fn also(lines: &[usize]) -> String {
    const NAMED: usize = 3;
    let named: Vec<String> = lines.iter().take(NAMED).map(usize::to_string).collect();
    match (lines.len(), named.join(", ")) {
        (0, _) => String::new(),
        (1, line) => format!(" (also line {line})"),
        (count, lines) if count > NAMED => format!(" (also lines {lines} and {} more)", count - NAMED),
        (_, lines) => format!(" (also lines {lines})"),
    }
}

pub fn value_of<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Sets a value; an earlier one of the same name is removed.
pub fn replace(pairs: &mut Vec<(String, String)>, name: &str, value: impl Into<String>) {
    pairs.retain(|(known, _)| known != name);
    pairs.push((name.into(), value.into()));
}

/// Doubles the `%` of `%i`, for services with instances.
pub fn escape_instance(text: &str) -> String {
    String::from_utf8_lossy(&specifier::literal(text.as_bytes())).into_owned()
}

/// A path relative to `directory` as an absolute one without `.` and `..`.
pub fn absolute(directory: &Path, path: &str) -> PathBuf {
    tree::normalized(&directory.join(path))
}

/// A path as text: manifests are UTF-8.
pub fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

pub fn directory_of(file: &Path) -> &Path {
    file.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_and_unique() {
        let mut all = ManifestBuilder::default();
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
    fn the_same_remark_is_made_once() {
        let remark = |line, what: &str| Unconverted { file: "/x".into(), line, what: what.into() };
        for (lines, expected) in [
            (&[4, 2][..], "same (also line 4)"),
            (&[2, 4, 5, 7], "same (also lines 4, 5, 7)"),
            (&[9, 2, 4, 5, 7, 8], "same (also lines 4, 5, 7 and 2 more)"),
            (&[2, 2], "same"),
        ] {
            let all = lines.iter().map(|line| remark(*line, "same")).chain([remark(3, "other")]).collect();
            assert_eq!(once_each(all), [remark(2, expected), remark(3, "other")], "{lines:?}");
        }
    }

    #[test]
    fn paths_become_absolute() {
        for (path, whole) in [("bin/x", "/srv/app/bin/x"), ("./x", "/srv/app/x"), ("../x", "/srv/x"), ("/x/", "/x")] {
            assert_eq!(absolute(Path::new("/srv/app"), path), Path::new(whole), "{path}");
        }
    }
}
