//! A selection as lines of `[Service]`.

use super::home::Home;
use super::table::{DIR, Level, MEASURES, Measure};
use super::{Facts, Selection};
use crate::spec::Scope;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub directive: &'static str,
    /// As in a unit file.
    pub value: String,
    /// What it does, to follow "it".
    pub reason: String,
}

impl Line {
    pub fn new(directive: &'static str, value: impl Into<String>, reason: &str) -> Line {
        Line { directive, value: value.into(), reason: reason.to_owned() }
    }

    pub fn of(measure: &Measure, value: impl Into<String>) -> Line {
        Line::new(measure.directive, value, &format!("blocks {}", measure.blocks))
    }
}

/// Directories that systemd creates for a service: directive, parent directory, reason.
pub const DIRECTORIES: [(&str, &str, &str); 3] = [
    ("StateDirectory", "/var/lib", "creates a directory for data, $STATE_DIRECTORY"),
    ("CacheDirectory", "/var/cache", "creates a directory for a cache, $CACHE_DIRECTORY"),
    ("LogsDirectory", "/var/log", "creates a directory for logs, $LOGS_DIRECTORY"),
];

/// Whether [`lines`] can write a directive.
pub fn is_written(directive: &str) -> bool {
    const OTHERS: [&str; 4] = ["SystemCallErrorNumber", "BindPaths", "BindReadOnlyPaths", "ReadWritePaths"];
    OTHERS.contains(&directive)
        || DIRECTORIES.iter().any(|(known, ..)| *known == directive)
        || MEASURES.iter().any(|measure| measure.directive == directive)
}

/// The lines of a selection in order, except those that `-p` sets. Paths are written as optional: if a program is
/// missing, the service fails because of that and not because of its namespace.
pub fn lines(selection: &Selection, facts: &Facts) -> Vec<Line> {
    let home = Home::of(selection, facts);
    let mut lines = Vec::new();
    for (_, measure, level) in selection.taken() {
        match measure.directive {
            "ProtectHome" => home.write(measure, level, &mut lines),
            DIR => {
                let blocked = |path| Line::new(DIR, path, "blocks writing to the working directory");
                lines.extend(home.read_only.iter().map(blocked));
                lines.extend(provided(facts));
            }
            "CapabilityBoundingSet" => lines.extend(bounding_set(measure, level, selection, facts)),
            _ => lines.extend(plain(measure, level, facts)),
        }
        if measure.directive == "ProtectSystem" && level.values == ["strict"] {
            let allowed = |path| Line::new("ReadWritePaths", path, "allows writing to the working directory");
            lines.extend(home.writable.iter().map(allowed));
        }
    }
    lines
}

fn plain(measure: &Measure, level: &Level, facts: &Facts) -> impl Iterator<Item = Line> {
    let with = measure.with.filter(|(directive, _)| !facts.is_typed(directive));
    let reason = "makes blocked system calls fail instead of killing the program";
    let with = with.map(|(directive, value)| Line::new(directive, value, reason));
    level.values.iter().map(|value| Line::of(measure, *value)).chain(with)
}

/// What `-p AmbientCapabilities=` adds must be in the set as well.
fn bounding_set(measure: &Measure, level: &Level, selection: &Selection, facts: &Facts) -> Option<Line> {
    // A user manager can drop capabilities only in a user namespace.
    if facts.scope == Scope::User && !selection.needs_namespaces() {
        return None;
    }
    let mut all: Vec<&str> = level.values.iter().flat_map(|value| value.split_whitespace()).collect();
    let typed = facts.typed.iter().filter(|property| property.name() == "AmbientCapabilities");
    for value in typed.map(|property| property.value().trim()) {
        match value {
            "" => all.retain(|name| level.values.contains(name)),
            // All but these: the set would have to be all but these, too.
            value if value.starts_with('~') => return None,
            value => all.extend(value.split_whitespace()),
        }
    }
    let mut value: Vec<&str> = Vec::new();
    all.into_iter().for_each(|name| value.extend((!value.contains(&name)).then_some(name)));
    Some(Line::of(measure, value.join(" ")))
}

fn provided(facts: &Facts) -> impl Iterator<Item = Line> {
    let name = facts.name.as_str();
    // A colon separates the name of a link, and a backslash quotes.
    let is_plain = !name.contains([':', '\\']);
    let is_free = move |directive: &&str| is_plain && facts.free.contains(directive) && !facts.is_typed(directive);
    let directories = DIRECTORIES.into_iter().filter(move |(directive, ..)| is_free(directive));
    directories.map(move |(directive, _, reason)| Line::new(directive, name, reason))
}
