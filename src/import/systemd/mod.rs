//! Service units with their drop-ins and the units that start them. Settings with an option of mkservice become options,
//! the others stay as properties.

mod additions;
mod assignments;
mod command;
mod options;
mod related_files;
mod triggers;
mod words;

use std::path::Path;

use super::draft::{Draft, ManifestBuilder, text};
use super::{
    Facts, Imported, Importer, Input, ReadError, RelatedFile, SERVICES_MAX, SETTINGS_MAX, Source, file_name,
    has_suffix, section_name,
};
use crate::cli::ImportFormat;
use crate::spec::{Scope, UnitKind};
use crate::systemd::{directives, names};
use assignments::{Assignment, assignments, last};
use command::{Command, argv};
pub use command::{commands, expanded};
use options::{has_plain_files, is_plain_path, is_root, known_name};
use triggers::{Service, Trigger};
pub use words::Specifiers;
use words::valid_words;

pub struct Systemd;

impl Importer for Systemd {
    fn format(&self) -> ImportFormat {
        ImportFormat::Systemd
    }

    /// Timers and the like are refused later, with a hint.
    fn has_name(&self, path: &Path) -> bool {
        has_suffix(&file_name(path).to_ascii_lowercase(), &[".service", ".timer", ".socket", ".path"])
    }

    fn has_line(&self, line: &str) -> bool {
        let name = section_name(line);
        name.is_some_and(|name| ["Unit", "Service", "Install", "Timer", "Socket", "Path"].contains(&name))
    }

    fn related_files(&self, source: &Source, facts: &Facts<'_>) -> Vec<RelatedFile> {
        related_files::of(&source.path, facts.unit_search_paths)
    }

    fn read(&self, input: &Input<'_>) -> Result<Imported, ReadError> {
        let Input { source, related, facts, .. } = *input;
        let mut manifest = ManifestBuilder::default();
        let file_name = source.path.file_name().unwrap_or_default().to_string_lossy();
        triggers::refuse_trigger(&file_name, &source.text)?;
        let stem = file_name.strip_suffix(".service").unwrap_or(&file_name);
        let is_system = is_system(&source.path, facts);
        if is_system {
            manifest.head("a system service: mkservice apply --system");
        }
        let lines = std::iter::once(source).chain(related).flat_map(|file| file.text.lines()).count();
        if lines > SERVICES_MAX {
            return Err(ReadError::too_many(0, "lines", SERVICES_MAX));
        }
        let assignments = assignments(source, &related_files::drop_ins(related, "service"), &mut manifest);
        triggers::refuse_per_connection(stem, related)?;
        let (prefix, instance) = instance(stem, &assignments)?;
        if assignments.is_empty() {
            let error = ReadError::new(0, "is not a unit file: it has no settings");
            return Err(error.hint("write it as: ExecStart=/usr/bin/server"));
        }
        let home = if is_system { "/root".to_owned() } else { text(facts.home) };
        let specifiers = Specifiers {
            prefix,
            instance: instance.as_deref(),
            home: &home,
            user: if is_system { "root" } else { facts.user },
            uid: facts.uid,
            host_name: facts.host_name,
            is_system,
        };
        let mut draft = Draft::new(manifest.name(prefix));
        if draft.name() != prefix {
            draft.comment(format!("named {} because mkservice does not accept the name {prefix}", draft.name()));
        }
        let unit = Service { unit: &file_name, assignments: &assignments, specifiers: &specifiers };
        convert(&unit, related, facts, &mut draft, &mut manifest)?;
        manifest.push(draft);
        Ok(manifest.finish())
    }
}

fn is_system(path: &Path, facts: &Facts<'_>) -> bool {
    let is_in = |directory: &str| path.ancestors().any(|it| it.ends_with(directory));
    !is_in("systemd/user") && (is_in("systemd/system") || facts.scope == Scope::System)
}

fn convert(
    unit: &Service<'_>,
    related: &[Source],
    facts: &Facts<'_>,
    draft: &mut Draft,
    manifest: &mut ManifestBuilder,
) -> Result<(), ReadError> {
    let Service { assignments, specifiers, .. } = *unit;
    let variables = variables(assignments, specifiers, draft)?;
    let commands = exec_start(assignments, specifiers)?;
    let Some((main, before)) = commands.split_last() else {
        return Err(ReadError::new(0, "has no ExecStart="));
    };
    command_line(main, draft);
    let is_expanded = |it: &&Assignment<'_>| is_expanded_here(it) && it.value.replace("%%", "").contains("%t");
    if !specifiers.is_system && assignments.iter().any(|it| is_expanded(&it)) {
        draft.comment(format!("%t is /run/user/{} here, of the user who imported it", facts.uid));
    }
    additions::report(assignments, &main.1.words, specifiers.is_system, draft);
    if let Some(description) = last(assignments, "Unit", "Description") {
        draft.set("description", options::expanded(description, specifiers)?);
    }
    options::instances(specifiers, draft);
    options::options(assignments, specifiers, facts, draft)?;
    let triggers = Trigger::converted(related, unit, draft, manifest);
    for (name, value) in variables {
        draft.variable(&name, value);
    }
    match triggers.first() {
        None => options::install(assignments, specifiers.is_system, draft),
        Some(_) if triggers.iter().any(Trigger::is_installed) => {}
        Some(first) => {
            draft.comment(format!("its {} has no [Install]: nothing is enabled", first.kind()));
            draft.flag("no-enable");
        }
    }
    options::restarts(assignments, !triggers.is_empty(), draft);
    let kinds: Vec<UnitKind> = triggers.iter().map(Trigger::kind).collect();
    for assignment in assignments {
        match kinds.first() {
            _ if assignment.is("Install", "Also") => triggers::report_also(assignment, unit, &kinds, draft),
            Some(kind) if assignment.section == "Install" => {
                let Assignment { file, line, name, value, .. } = assignment;
                draft.unconverted(file, *line, format!("{name}={value}: started by its {kind}"));
            }
            _ if assignment.section == "Service" && options::has_option(assignment.name, assignments) => {}
            _ if assignment.section == "Unit" && own_socket(assignment, unit, &kinds, draft) => {}
            _ => keep_as_property(assignment, assignments, specifiers, draft),
        }
    }
    for (directive, name) in related_files::dependencies(related) {
        draft.property(&format!("Unit.{directive}"), name);
    }
    earlier_commands(before, draft);
    refused(unit, &kinds, facts, draft);
    Ok(())
}

/// All `ExecStartPre=` run first.
fn earlier_commands(before: &[(&Assignment<'_>, Command)], draft: &mut Draft) {
    for (_, Command { raw, .. }) in before {
        draft.comment(format!("ExecStart={raw} is written as ExecStartPre=, which runs before the last ExecStart="));
        draft.property("ExecStartPre", raw);
    }
}

/// Leaves out the properties that mkservice refuses.
fn refused(unit: &Service<'_>, kinds: &[UnitKind], facts: &Facts<'_>, draft: &mut Draft) {
    let Service { assignments, specifiers, .. } = *unit;
    let scope = if specifiers.is_system { Scope::System } else { Scope::User };
    for (name, value, why) in draft.refuse_properties(&|properties| (facts.refusals)(properties, scope, kinds)) {
        let bare = name.rsplit_once('.').map_or(name.as_str(), |(_, name)| name);
        let source = assignments.iter().find(|it| it.name == bare && it.value == value);
        let (file, line) = source.map_or((assignments[0].file, 0), |it| (it.file, it.line));
        draft.unconverted(file, line, format!("{bare}={value}: {why}"));
    }
}

/// The command and what systemd does to it beyond running it.
fn command_line((assignment, command): &(&Assignment<'_>, Command), draft: &mut Draft) {
    let (argv, is_expanded) = argv(command);
    draft.command(argv);
    if is_expanded {
        draft.set("expand-environment", "yes");
    }
    if command.prefix.contains('-') {
        draft.flag("ignore-failure");
    }
    let mut unconverted = |what: String| draft.unconverted(assignment.file, assignment.line, what);
    for (c, what) in [
        ('@', "argv[0] is the path of the program"),
        ('+', "the program runs as the user of the service, not as root"),
        ('!', "the program runs as the user of the service, not as root"),
        ('|', "the program is not run by a login shell"),
    ] {
        if command.prefix.contains(c) {
            unconverted(format!("`{c}` before the program: {what}"));
        }
    }
}

/// The name up to the `@`, and the instance.
fn instance<'a>(stem: &'a str, assignments: &[Assignment<'_>]) -> Result<(&'a str, Option<String>), ReadError> {
    let Some((prefix, instance)) = stem.split_once('@') else { return Ok((stem, None)) };
    if !instance.is_empty() {
        return Ok((prefix, Some(instance.to_owned())));
    }
    match last(assignments, "Install", "DefaultInstance") {
        Some(default) => Ok((prefix, Some(default.value.clone()))),
        None => Err(ReadError::new(0, "is a template without an instance name").hint(format!(
            "name the instance: cp {prefix}@.service {prefix}@NAME.service && mkservice import {prefix}@NAME.service"
        ))),
    }
}

/// The variables of `Environment=`, in order.
fn variables(
    assignments: &[Assignment<'_>],
    specifiers: &Specifiers<'_>,
    draft: &mut Draft,
) -> Result<Vec<(String, String)>, ReadError> {
    let mut variables = Vec::new();
    for assignment in assignments.iter().filter(|it| it.is("Service", "Environment") && !needs_systemd(it)) {
        let mut ignored = |what: String| {
            let what = format!("Environment=: systemd ignores {what}");
            draft.unconverted(assignment.file, assignment.line, what);
        };
        // systemd uses the words before an invalid one.
        let (words, invalid) = valid_words(&assignment.value);
        for word in words {
            if variables.len() > SETTINGS_MAX {
                return Err(assignment.error(&format!("has more than {SETTINGS_MAX} variables")));
            }
            let Ok(text) = specifiers.expanded(&word) else {
                ignored(format!("`{word}`, which contains an unknown specifier"));
                continue;
            };
            match text.split_once('=') {
                Some((name, value)) if names::is_variable(name.as_bytes()) => {
                    variables.push((name.to_owned(), value.to_owned()));
                }
                _ => ignored(format!("`{text}`, which is not NAME=VALUE")),
            }
        }
        if let Some((rest, why)) = invalid {
            ignored(format!("`{rest}`: {why}"));
        }
    }
    Ok(variables)
}

/// Whether a value has specifiers that depend on the manager, such as `%d` and `%t`.
fn needs_systemd(assignment: &Assignment<'_>) -> bool {
    let value = assignment.value.replace("%%", "");
    let mut letters = value.split('%').skip(1).filter_map(|rest| rest.chars().next());
    letters.any(|letter| letter.is_ascii_alphabetic() && !"nNpPjJiIhuHECTV".contains(letter))
}

fn unknown(letter: char) -> String {
    format!("contains `%{letter}`, which only systemd can expand: write the value itself")
}

/// The commands of all `ExecStart=`. Only oneshot services can have several.
fn exec_start<'a>(
    assignments: &'a [Assignment<'a>],
    specifiers: &Specifiers<'_>,
) -> Result<Vec<(&'a Assignment<'a>, Command)>, ReadError> {
    let mut all = Vec::new();
    for assignment in assignments.iter().filter(|it| it.is("Service", "ExecStart")) {
        let commands = commands(&assignment.value, specifiers).map_err(|why| assignment.error(&why))?;
        all.extend(commands.into_iter().map(|command| (assignment, command)));
    }
    if all.len() > 1 && last(assignments, "Service", "Type").is_none_or(|it| it.value != "oneshot") {
        return Err(all[1].0.error("is set twice, which is only allowed with Type=oneshot"));
    }
    Ok(all)
}

fn is_expanded_here(assignment: &Assignment<'_>) -> bool {
    let names = ["ExecStart", "WorkingDirectory", "EnvironmentFile", "User", "Group"];
    (assignment.section == "Service" && names.contains(&assignment.name)) || assignment.is("Unit", "Description")
}

/// A dependency on the socket of the same name: true if it was only that, and is reported.
fn own_socket(assignment: &Assignment<'_>, unit: &Service<'_>, kinds: &[UnitKind], draft: &mut Draft) -> bool {
    let stem = unit.unit.strip_suffix(".service").unwrap_or(unit.unit);
    let socket = format!("{stem}.socket");
    let is_own = |name: &str| name == socket || matches!(name, "%N.socket" | "%p.socket");
    let Assignment { file, line, name, value, .. } = assignment;
    let (own, others): (Vec<&str>, Vec<&str>) = value.split_whitespace().partition(|name| is_own(name));
    if own.is_empty() {
        return false;
    }
    if kinds.contains(&UnitKind::Socket) {
        draft.comment(format!("{name}={socket} is left out: `listen` creates that socket"));
    } else {
        let what = format!("{name}={socket}: the socket is not converted; `listen` would create one");
        draft.unconverted(file, *line, what);
    }
    if !others.is_empty() {
        draft.property(&format!("Unit.{name}"), others.join(" "));
    }
    true
}

fn keep_as_property(
    assignment: &Assignment<'_>,
    all: &[Assignment<'_>],
    specifiers: &Specifiers<'_>,
    draft: &mut Draft,
) {
    let Assignment { file, line, section, name, value, obsolete } = assignment;
    if let Some(obsolete) = obsolete {
        draft.comment(format!("{obsolete} is obsolete: written as {name}={value}, as systemd converts it"));
    }
    match (*section, *name) {
        ("Unit", "Description") | ("Install", "WantedBy" | "DefaultInstance" | "Also") => {}
        ("Service", "ExecStart" | "Type" | "Restart" | "RestartSec") => {}
        ("Service", "User") if is_root(value, specifiers) => draft.property(name, value),
        ("Service", "User" | "Group") if known_name(value, specifiers).is_some() => {}
        ("Install", "RequiredBy" | "UpheldBy" | "Alias") if specifiers.instance.is_some() && value.contains('%') => {
            let what = "instances are enabled together, and not under names of their own";
            draft.unconverted(file, *line, format!("{name}={value}: {what}"));
        }
        ("Service", "Environment") if !needs_systemd(assignment) => {}
        ("Service", "WorkingDirectory") if is_plain_path(value) => {}
        ("Service", "EnvironmentFile") if has_plain_files(all) => {}
        ("Service", "KillMode") if value == "none" => {
            let what = "systemd discourages it; all processes of the service are killed when it stops";
            draft.unconverted(file, *line, format!("{name}={value}: {what}"));
        }
        ("Unit" | "Service" | "Install", name) if directives::named(name).is_empty() => {
            let what = match name.starts_with("X-") {
                true => "a comment to systemd",
                false => "unknown to systemd, which ignores it",
            };
            draft.unconverted(file, *line, format!("{name}={value}: {what}"));
        }
        ("Service", name) => draft.property(name, value),
        ("Unit" | "Install", name) => draft.property(&format!("{section}.{name}"), value),
        (section, _) if section.starts_with("X-") => {}
        (section, name) => {
            draft.unconverted(file, *line, format!("[{section}] {name}={value}: not a section of services"));
        }
    }
}

#[cfg(test)]
mod tests;
