//! The effective settings of a unit with its drop-ins.

use std::path::Path;

use clap::ValueEnum as _;

use super::super::draft::ManifestBuilder;
use super::super::{ReadError, Source};
use crate::spec::{RestartPolicy, ServiceType};
use crate::systemd::directives::{self, Section, obsolete};
use crate::systemd::unit_file;

#[derive(Debug, Clone)]
pub struct Assignment<'a> {
    pub file: &'a Path,
    /// The first line, from 1.
    pub line: usize,
    pub section: &'a str,
    pub name: &'a str,
    pub value: String,
    /// The obsolete setting that it stands for.
    pub obsolete: Option<String>,
}

impl Assignment<'_> {
    pub fn is(&self, section: &str, name: &str) -> bool {
        self.section == section && self.name == name
    }

    pub fn error(&self, why: &str) -> ReadError {
        ReadError::new(self.line, format!("{}= {why}", self.name)).of(self.file)
    }
}

pub fn last<'a, 'b>(all: &'b [Assignment<'a>], section: &str, name: &str) -> Option<&'b Assignment<'a>> {
    all.iter().rev().find(|it| it.is(section, name))
}

/// The directives by which enabling creates links.
const INSTALLS: [&str; 4] = ["WantedBy", "RequiredBy", "UpheldBy", "Alias"];

pub fn is_installed(all: &[Assignment<'_>]) -> bool {
    all.iter().any(|it| it.section == "Install" && INSTALLS.contains(&it.name))
}

/// The settings, without those that an empty one resets.
pub fn assignments<'a>(
    source: &'a Source,
    drop_ins: &[&'a Source],
    manifest: &mut ManifestBuilder,
) -> Vec<Assignment<'a>> {
    let mut assignments: Vec<Assignment<'a>> = Vec::new();
    for file in std::iter::once(source).chain(drop_ins.iter().copied()) {
        for (line, stray) in unit_file::stray_lines(&file.text) {
            manifest.unconverted(&file.path, line, format!("`{stray}`: systemd ignores it"));
        }
        for unit_file::Setting { section, name, value, line } in unit_file::settings(&file.text) {
            let modern = obsolete::modern(name, &value);
            let obsolete = modern.is_some().then(|| format!("{name}={value}"));
            let (name, value) = modern.unwrap_or((name, value));
            if value.is_empty() {
                if cannot_be_empty(section, name) {
                    manifest.unconverted(&file.path, line, format!("{name}=: systemd ignores an empty value"));
                    continue;
                }
                // Any empty trigger resets all triggers of the section.
                if let Some(triggers) = triggers(section, name) {
                    assignments.retain(|it| it.section != section || !triggers(it.name));
                    continue;
                }
                // Dependencies cannot be reset.
                let is_dependency = section == "Unit" && is_dependency(name);
                assignments.retain(|it| is_dependency || (it.section, it.name) != (section, name));
                // An empty list of capabilities differs from an unset one.
                if is_dependency || WITH_OPTION.contains(&name) {
                    continue;
                }
            }
            if section == "Service" && PATHS.contains(&name) && value.trim_start_matches('-').starts_with(['"', '\'']) {
                manifest.unconverted(&file.path, line, format!("{name}={value}: systemd reads no quotes in a path"));
                continue;
            }
            if section == "Service" && !is_accepted(name, &value) {
                manifest.unconverted(&file.path, line, format!("{name}={value}: systemd ignores it"));
                continue;
            }
            assignments.push(Assignment { file: &file.path, line, section, name, value, obsolete });
        }
    }
    // systemd prefers the new settings.
    let is_set = |it: &Assignment<'_>| it.obsolete.is_none() && !it.value.is_empty();
    let set: Vec<&str> = assignments.iter().filter(|it| is_set(it)).map(|it| it.name).collect();
    assignments.retain(|it| it.obsolete.is_none() || it.name.starts_with("Standard") || !set.contains(&it.name));
    assignments
}

/// Directives whose value is one path.
const PATHS: [&str; 3] = ["EnvironmentFile", "PIDFile", "WorkingDirectory"];

/// False for a value that systemd ignores with a warning, where mkservice has an option with the same values.
fn is_accepted(name: &str, value: &str) -> bool {
    match name {
        "Type" => ServiceType::from_str(value, false).is_ok(),
        "Restart" => RestartPolicy::from_str(value, false).is_ok(),
        _ => true,
    }
}

/// Whether systemd ignores an empty value, and keeps one that was set before.
fn cannot_be_empty(section: &str, name: &str) -> bool {
    let directive = Section::parse(section).and_then(|section| directives::in_section(name, section));
    directive.is_some_and(|directive| !directive.kind.accepts_empty(directives::NEWEST))
}

fn is_dependency(name: &str) -> bool {
    let directive = directives::in_section(name, Section::Unit);
    directive.is_some_and(|directive| matches!(directive.kind.name, "Units" | "MountsFor"))
}

/// The test for directives of a section that trigger a start, if this is one of them.
fn triggers(section: &str, name: &str) -> Option<fn(&str) -> bool> {
    let triggers: fn(&str) -> bool = match section {
        "Timer" => |name| name.starts_with("On"),
        "Socket" => |name| name.starts_with("Listen"),
        "Path" => |name| name.starts_with("Path") || name == "DirectoryNotEmpty",
        _ => return None,
    };
    triggers(name).then_some(triggers)
}

/// Directives with options: an empty value is the same as none.
const WITH_OPTION: [&str; 13] = [
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
