//! The settings of a unit with its drop-ins, as many as count.

use std::path::Path;

use super::super::draft::Draftsman;
use super::super::{Source, Trouble};
use crate::systemd::unit_file;

/// An assignment, and where it stands.
#[derive(Debug, Clone)]
pub struct Assignment<'a> {
    /// The file.
    pub file: &'a Path,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The section, without its brackets.
    pub section: &'a str,
    /// The directive.
    pub name: &'a str,
    /// The value, of all its lines.
    pub value: String,
}

impl Assignment<'_> {
    /// What is wrong with it, with its place.
    pub fn trouble(&self, why: &str) -> Trouble {
        Trouble::new(self.line, format!("{}= {why}", self.name)).of(self.file)
    }
}

/// The last assignment to a directive, which is the one that counts.
pub fn last<'a, 'b>(all: &'b [Assignment<'a>], section: &str, name: &str) -> Option<&'b Assignment<'a>> {
    all.iter().rev().find(|it| it.section == section && it.name == name)
}

/// The directives by which enabling makes links.
const INSTALLS: [&str; 4] = ["WantedBy", "RequiredBy", "UpheldBy", "Alias"];

/// Whether there is anything that enabling it would do.
pub fn is_installed(all: &[Assignment<'_>]) -> bool {
    all.iter().any(|it| it.section == "Install" && INSTALLS.contains(&it.name))
}

/// The settings of a unit and its drop-ins, without those that an empty one has taken back.
pub fn assignments<'a>(source: &'a Source, drop_ins: &[&'a Source], all: &mut Draftsman) -> Vec<Assignment<'a>> {
    let mut assignments: Vec<Assignment<'a>> = Vec::new();
    for file in std::iter::once(source).chain(drop_ins.iter().copied()) {
        for (line, stray) in unit_file::strays(&file.text) {
            all.left_of_file(&file.path, line, format!("`{stray}`: systemd passes over it"));
        }
        for unit_file::Setting { section, name, value, line } in unit_file::settings(&file.text) {
            if value.is_empty() {
                // One of these without a value takes all of them back.
                if let Some(starts) = starts(section, name) {
                    assignments.retain(|it| it.section != section || !starts(it.name));
                    continue;
                }
                // Dependencies cannot be taken back.
                let is_dependency = section == "Unit" && IS_DEPENDENCY.contains(&name);
                assignments.retain(|it| is_dependency || (it.section, it.name) != (section, name));
                // No capability at all is something else than no word of them.
                if is_dependency || OF_OPTIONS.contains(&name) {
                    continue;
                }
            }
            assignments.push(Assignment { file: &file.path, line, section, name, value });
        }
    }
    assignments
}

/// Whether a setting is one of those that start something: by the name of another one.
fn starts(section: &str, name: &str) -> Option<fn(&str) -> bool> {
    let starts: fn(&str) -> bool = match section {
        "Timer" => |name| name.starts_with("On"),
        "Socket" => |name| name.starts_with("Listen"),
        "Path" => |name| name.starts_with("Path") || name == "DirectoryNotEmpty",
        _ => return None,
    };
    starts(name).then_some(starts)
}

/// What there are options for: without a value it is as if it had not been said.
const OF_OPTIONS: [&str; 13] = [
    "ExecStart",
    "Environment",
    "EnvironmentFile",
    "Description",
    "Type",
    "User",
    "Group",
    "WorkingDirectory",
    "Restart",
    "RestartSec",
    "WantedBy",
    "RequiredBy",
    "DefaultInstance",
];

const IS_DEPENDENCY: [&str; 13] = [
    "After",
    "Before",
    "Requires",
    "Wants",
    "Requisite",
    "BindsTo",
    "PartOf",
    "Upholds",
    "Conflicts",
    "OnFailure",
    "OnSuccess",
    "PropagatesReloadTo",
    "ReloadPropagatedFrom",
];
