//! A `.service` file with its drop-ins: what mkservice has options for becomes options, everything else stays as it is
//! written, as properties.

mod command;
mod words;

use std::path::Path;

use super::draft::{Draft, Draftsman, text};
use super::{Facts, Imported, SERVICES_MAX, SETTINGS_MAX, Source, Trouble};
use crate::spec::Scope;
use crate::systemd::{directives, unit_file};
use command::{Command, argv, commands};
use words::{Specifiers, words};

/// An assignment, and where it stands.
#[derive(Debug, Clone)]
struct Assignment<'a> {
    file: &'a Path,
    line: usize,
    section: &'a str,
    name: &'a str,
    value: String,
}

impl Assignment<'_> {
    fn trouble(&self, why: &str) -> Trouble {
        Trouble::new(self.line, format!("{}= {why}", self.name)).of(self.file)
    }
}

/// Reads a unit.
pub fn read(source: &Source, beside: &[Source], facts: &Facts<'_>) -> Result<Imported, Trouble> {
    let mut all = Draftsman::default();
    let file_name = source.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = file_name.strip_suffix(".service").unwrap_or(&file_name);
    let of_user = source.path.ancestors().any(|folder| folder.ends_with("systemd/user"));
    let of_machine = !of_user
        && (source.path.ancestors().any(|folder| folder.ends_with("systemd/system")) || facts.scope == Scope::System);
    all.head(format!("made from {}", text(&source.path)));
    if of_machine {
        all.head("a service of the machine: mkservice apply --system");
    }
    let mut drop_ins: Vec<&Source> = beside.iter().collect();
    drop_ins.sort_by_key(|drop_in| drop_in.path.file_name().map(ToOwned::to_owned));
    let settings = std::iter::once(source).chain(drop_ins.iter().copied()).flat_map(|file| file.text.lines()).count();
    if settings > SERVICES_MAX {
        return Err(Trouble::too_many(0, "lines", SERVICES_MAX));
    }
    let assignments = assignments(source, &drop_ins, &mut all);
    let last = |name: &str| assignments.iter().rev().find(|it| it.section == "Service" && it.name == name);
    let (prefix, instance) = instance(stem, &assignments)?;
    let mut draft = Draft::new(all.name(prefix));
    let home = if of_machine { "/root".to_owned() } else { text(facts.home) };
    let specifiers = Specifiers {
        prefix,
        instance: instance.as_deref(),
        home: &home,
        account: if of_machine { "root" } else { facts.account },
        host_name: facts.host_name,
        of_machine,
    };
    if assignments.is_empty() {
        return Err(Trouble::new(0, "is no unit file: it has no setting").hint("as in: ExecStart=/usr/bin/server"));
    }
    let variables = variables(&assignments, &specifiers)?;
    let command = exec_start(&assignments, &specifiers)?;
    // What comes from a file is known only when the service starts.
    let from_files = ["EnvironmentFile", "PassEnvironment"].iter().any(|name| last(name).is_some());
    let known = |name: &str| {
        let of_unit = variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        of_unit.filter(|_| !from_files)
    };
    let (main, front) = match command.split_last() {
        Some((main, front)) => (main, front),
        None => return Err(Trouble::new(0, "has no ExecStart=: there is nothing to run")),
    };
    draft.command(argv(&main.1, &known));
    for (assignment, command) in &command {
        prefix_told(&command.prefix, assignment, &mut draft, &mut all);
    }
    if let Some(description) = assignments.iter().rev().find(|it| it.section == "Unit" && it.name == "Description") {
        let value = specifiers.expanded(&description.value).map_err(|letter| description.trouble(&unknown(letter)))?;
        draft.text("description", value);
    }
    if let Some(name) = &instance {
        draft.text("instances", format!("{name},"));
    }
    options(&assignments, &specifiers, of_machine, facts, &mut draft)?;
    for (name, value) in variables {
        draft.variable(&name, value);
    }
    install(&assignments, of_machine, &mut draft);
    let mut front_written = false;
    for assignment in &assignments {
        let is_first = assignment.section == "Service" && assignment.name == "ExecStart" && !front_written;
        if is_first {
            front_written = true;
            front.iter().for_each(|(_, command)| draft.property("ExecStartPre", &command.raw));
        }
        rest(assignment, &mut draft, &mut all);
    }
    all.push(draft);
    Ok(all.finish())
}

/// The settings of a unit and its drop-ins, without those that an empty one has taken back.
fn assignments<'a>(source: &'a Source, drop_ins: &[&'a Source], all: &mut Draftsman) -> Vec<Assignment<'a>> {
    let mut assignments: Vec<Assignment<'a>> = Vec::new();
    for file in std::iter::once(source).chain(drop_ins.iter().copied()) {
        for (line, stray) in unit_file::strays(&file.text) {
            all.left_of_file(&file.path, line, format!("`{stray}`: systemd passes over it"));
        }
        for unit_file::Setting { section, name, value, line } in unit_file::settings(&file.text) {
            if value.is_empty() {
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

/// The name up to the `@`, and that of the instance.
fn instance<'a>(stem: &'a str, assignments: &[Assignment<'_>]) -> Result<(&'a str, Option<String>), Trouble> {
    let Some((prefix, instance)) = stem.split_once('@') else { return Ok((stem, None)) };
    if !instance.is_empty() {
        return Ok((prefix, Some(instance.to_owned())));
    }
    let default = assignments.iter().rev().find(|it| it.section == "Install" && it.name == "DefaultInstance");
    match default {
        Some(default) => Ok((prefix, Some(default.value.clone()))),
        None => Err(Trouble::new(0, "is a template, and does not say which instances there are").hint(format!(
            "name one: cp {prefix}@.service {prefix}@NAME.service && mkservice import {prefix}@NAME.service"
        ))),
    }
}

/// The variables of `Environment=`, in order. What only systemd knows stays a property, see [`rest`].
fn variables(assignments: &[Assignment<'_>], specifiers: &Specifiers<'_>) -> Result<Vec<(String, String)>, Trouble> {
    let mut variables = Vec::new();
    for assignment in assignments.iter().filter(|it| is_environment(it) && !is_only_for_systemd(it)) {
        if variables.len() > SETTINGS_MAX {
            return Err(assignment.trouble(&format!("has more than {SETTINGS_MAX} variables")));
        }
        for word in words(&assignment.value).map_err(|why| assignment.trouble(&why))? {
            let text = specifiers.expanded(&word.text).map_err(|letter| assignment.trouble(&unknown(letter)))?;
            match text.split_once('=') {
                Some((name, value)) => variables.push((name.to_owned(), value.to_owned())),
                None => return Err(assignment.trouble(&format!("holds `{text}`, which is no NAME=VALUE"))),
            }
        }
    }
    Ok(variables)
}

fn is_environment(assignment: &Assignment<'_>) -> bool {
    assignment.section == "Service" && assignment.name == "Environment"
}

/// True for variables with specifiers that depend on the manager, as `%d` and `%t`.
fn is_only_for_systemd(assignment: &Assignment<'_>) -> bool {
    let value = assignment.value.replace("%%", "");
    let letters = value.split('%').skip(1).filter_map(|behind| behind.chars().next());
    letters.into_iter().any(|letter| letter.is_ascii_alphabetic() && !"nNpPjJiIhuHECTV".contains(letter))
}

fn unknown(letter: char) -> String {
    format!("holds `%{letter}`, for which only systemd knows what it stands for: write the value itself")
}

/// The commands of all `ExecStart=`: only a oneshot has several, and runs one after the other.
fn exec_start<'a>(
    assignments: &'a [Assignment<'a>],
    specifiers: &Specifiers<'_>,
) -> Result<Vec<(&'a Assignment<'a>, Command)>, Trouble> {
    let mut all = Vec::new();
    for assignment in assignments.iter().filter(|it| it.section == "Service" && it.name == "ExecStart") {
        let commands = commands(&assignment.value, specifiers).map_err(|why| assignment.trouble(&why))?;
        all.extend(commands.into_iter().map(|command| (assignment, command)));
    }
    let is_oneshot = assignments.iter().rev().find(|it| it.section == "Service" && it.name == "Type");
    if all.len() > 1 && is_oneshot.is_none_or(|it| it.value != "oneshot") {
        return Err(all[1].0.trouble("stands there a second time, which only Type=oneshot may have"));
    }
    Ok(all)
}

/// What the characters in front of a program would do.
fn prefix_told(prefix: &str, assignment: &Assignment<'_>, draft: &mut Draft, all: &mut Draftsman) {
    for (c, what) in [
        ('-', "a failure of the program counts as one now"),
        ('@', "it is called by its path, and not by the second word"),
        ('+', "it runs as the service's account, not as root"),
        ('!', "it runs as the service's account, not as root"),
        ('|', "no login shell is put in front"),
    ] {
        if prefix.contains(c) {
            all.left(draft, assignment.file, assignment.line, format!("`{c}` in front of the program: {what}"));
        }
    }
}

/// What there are options for, besides the variables.
fn options(
    assignments: &[Assignment<'_>],
    specifiers: &Specifiers<'_>,
    of_machine: bool,
    facts: &Facts<'_>,
    draft: &mut Draft,
) -> Result<(), Trouble> {
    let last = |name: &str| assignments.iter().rev().find(|it| it.section == "Service" && it.name == name);
    let value = |name: &str| last(name).map(|it| it.value.as_str());
    draft.text("service-type", value("Type").unwrap_or(if value("BusName").is_some() { "dbus" } else { "simple" }));
    if let Some(folder) = last("WorkingDirectory") {
        if is_plain_path(&folder.value) {
            draft.text("working-directory", expanded(folder, specifiers)?);
        }
    } else {
        draft.text("working-directory", if of_machine { "/".to_owned() } else { text(facts.home) });
    }
    match value("User") {
        // Specifiers stay systemd's own.
        Some(user) if user.contains('%') => {}
        Some(user) => draft.text("uid", user),
        None if of_machine && value("DynamicUser").is_none() => draft.text("uid", "root"),
        None => {}
    }
    if let Some(group) = value("Group").filter(|group| !group.contains('%')) {
        draft.text("gid", group);
    }
    let files = assignments.iter().filter(|it| it.section == "Service" && it.name == "EnvironmentFile");
    let mut paths = Vec::new();
    for file in files.filter(|it| is_plain_file(&it.value)) {
        paths.push(expanded(file, specifiers)?);
    }
    draft.list("environment-file", paths);
    draft.text("restart", value("Restart").unwrap_or("no"));
    if let Some(delay) = value("RestartSec") {
        draft.text("restart-sec", delay);
    }
    Ok(())
}

fn expanded(assignment: &Assignment<'_>, specifiers: &Specifiers<'_>) -> Result<String, Trouble> {
    specifiers.expanded(&assignment.value).map_err(|letter| assignment.trouble(&unknown(letter)))
}

/// A folder as the option takes it; `~` and `-` in front are systemd's own.
fn is_plain_path(value: &str) -> bool {
    value.starts_with(['/', '%'])
}

/// A pattern stays systemd's own.
fn is_plain_file(value: &str) -> bool {
    !value.contains(['*', '?', '[', '\\'])
}

/// Whether it starts at boot.
fn install(assignments: &[Assignment<'_>], of_machine: bool, draft: &mut Draft) {
    let of_install = |name: &str| assignments.iter().any(|it| it.section == "Install" && it.name == name);
    let usual = if of_machine { "multi-user.target" } else { "default.target" };
    let wanted: Vec<&Assignment<'_>> =
        assignments.iter().filter(|it| it.section == "Install" && it.name == "WantedBy").collect();
    if !["WantedBy", "RequiredBy", "UpheldBy", "Alias", "Also"].into_iter().any(of_install) {
        // Something else starts it.
        draft.flag("no-enable");
    }
    if !wanted.iter().all(|it| it.value == usual) {
        wanted.iter().for_each(|it| draft.property("Install.WantedBy", &it.value));
    }
}

/// Everything that no option says.
fn rest(assignment: &Assignment<'_>, draft: &mut Draft, all: &mut Draftsman) {
    let Assignment { file, line, section, name, value } = assignment;
    match (*section, *name) {
        ("Unit", "Description") | ("Install", "WantedBy" | "DefaultInstance") => {}
        ("Service", "ExecStart" | "Type" | "Restart" | "RestartSec") => {}
        ("Service", "User" | "Group") if !value.contains('%') => {}
        ("Service", "Environment") if !is_only_for_systemd(assignment) => {}
        ("Service", "WorkingDirectory") if is_plain_path(value) => {}
        ("Service", "EnvironmentFile") if is_plain_file(value) => {}
        ("Unit" | "Service" | "Install", name) if directives::named(name).is_empty() => {
            let what = match name.starts_with("X-") {
                true => "a note that systemd passes over",
                false => "systemd knows no such setting, and passes over it",
            };
            all.left(draft, file, *line, format!("{name}={value}: {what}"));
        }
        ("Service", name) => draft.property(name, value),
        ("Unit" | "Install", name) => draft.property(&format!("{section}.{name}"), value),
        // Whoever wrote it keeps notes of their own there.
        (section, _) if section.starts_with("X-") => {}
        (section, name) => {
            all.left(draft, file, *line, format!("[{section}] {name}={value}: no section of a service"));
        }
    }
}

#[cfg(test)]
mod tests;
