//! A selection as the lines of `[Service]` that it is written as.

use super::Facts;
use super::Selection;
use super::home::Home;
use super::table::FOLDER;
use super::table::MEASURES;
use super::table::Measure;
use super::table::Rung;
use crate::spec::Scope;

/// A line of `[Service]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The directive.
    pub directive: &'static str,
    /// Its value, as it stands in a unit file.
    pub value: String,
    /// What it is for, in words that follow “it”.
    pub reason: String,
}

/// True for a directive that [`lines`] writes.
pub fn is_written(directive: &str) -> bool {
    const BESIDE: [&str; 7] = [
        "SystemCallErrorNumber",
        "BindPaths",
        "BindReadOnlyPaths",
        "ReadWritePaths",
        "StateDirectory",
        "CacheDirectory",
        "LogsDirectory",
    ];
    BESIDE.contains(&directive) || MEASURES.iter().any(|measure| measure.directive == directive)
}

/// The lines of a selection, in the order in which they are written.
///
/// What `-p` says itself is not among them. Paths are written as ones that may be missing: a program that is gone
/// then ends the service for that reason, and not for its namespace.
pub fn lines(selection: &Selection, facts: &Facts) -> Vec<Line> {
    let home = Home::of(selection, facts);
    let mut lines = Vec::new();
    for (_, measure, rung) in selection.taken() {
        match measure.directive {
            "ProtectHome" => home.write(measure, rung, &mut lines),
            FOLDER => {
                lines.extend(home.read_only().map(|value| keeps(FOLDER, value, "keeps it from writing to its folder")));
                lines.extend(provided(facts));
            }
            "CapabilityBoundingSet" => lines.extend(bounding_set(measure, rung, selection, facts)),
            _ => plain(measure, rung, facts, &mut lines),
        }
        if measure.directive == "ProtectSystem" && rung.values == ["strict"] {
            let value = |value| keeps("ReadWritePaths", value, "lets it write to its folder");
            lines.extend(home.writable().map(value));
        }
    }
    lines
}

fn keeps(directive: &'static str, value: String, reason: &str) -> Line {
    Line { directive, value, reason: reason.to_owned() }
}

fn takes_away(measure: &Measure) -> String {
    format!("takes away {}", measure.takes_away)
}

fn plain(measure: &Measure, rung: &Rung, facts: &Facts, lines: &mut Vec<Line>) {
    let directive = measure.directive;
    let line = |value: &&str| Line { directive, value: (*value).to_owned(), reason: takes_away(measure) };
    lines.extend(rung.values.iter().map(line));
    let beside = measure.beside.filter(|(directive, _)| !facts.is_typed(directive));
    lines.extend(beside.map(|(directive, value)| {
        keeps(directive, value.to_owned(), "has what is taken away fail with an error, instead of ending the program")
    }));
}

pub(super) fn home_line(measure: &Measure, rung: &Rung) -> Line {
    let value = rung.values.first().copied().unwrap_or_default().to_owned();
    Line { directive: measure.directive, value, reason: takes_away(measure) }
}

/// What is asked for with `-p AmbientCapabilities=` has to be in the set as well.
fn bounding_set(measure: &Measure, rung: &Rung, selection: &Selection, facts: &Facts) -> Option<Line> {
    // A user's manager may take capabilities away only in namespaces of its own making.
    if facts.scope == Scope::User && !selection.needs_namespaces() {
        return None;
    }
    let mut all: Vec<&str> = rung.values.iter().flat_map(|value| value.split_whitespace()).collect();
    let typed = facts.typed.iter().filter(|property| property.name() == "AmbientCapabilities");
    for value in typed.map(|property| property.value().trim()) {
        match value {
            "" => all.retain(|name| rung.values.contains(name)),
            // All but these: the set would have to be all but these, too.
            value if value.starts_with('~') => return None,
            value => all.extend(value.split_whitespace()),
        }
    }
    let mut value: Vec<&str> = Vec::new();
    all.into_iter().for_each(|name| value.extend((!value.contains(&name)).then_some(name)));
    Some(Line { directive: measure.directive, value: value.join(" "), reason: takes_away(measure) })
}

/// The folders that systemd makes for what the program has to keep, and names to it in variables.
fn provided(facts: &Facts) -> impl Iterator<Item = Line> + '_ {
    const FOLDERS: [(&str, &str); 3] = [
        ("StateDirectory", "gives it a folder for its data, which $STATE_DIRECTORY names"),
        ("CacheDirectory", "gives it a folder for what can be made again, which $CACHE_DIRECTORY names"),
        ("LogsDirectory", "gives it a folder for logs, which $LOGS_DIRECTORY names"),
    ];
    let name = facts.name.as_str();
    // A colon would make a link of what is behind it, and a backslash quotes.
    let can_be = !name.contains([':', '\\']);
    let free = move |directive: &&str| can_be && facts.free.contains(directive) && !facts.is_typed(directive);
    let folders = FOLDERS.into_iter().filter(move |(directive, _)| free(directive));
    folders.map(|(directive, reason)| keeps(directive, name.to_owned(), reason))
}
