//! A `.service` file with its drop-ins: what mkservice has options for becomes options, everything else stays as it is
//! written, as properties.

mod added;
mod around;
mod assignments;
mod command;
mod options;
mod starters;
mod words;

use super::draft::{Draft, Draftsman, text};
use super::{Facts, Imported, SERVICES_MAX, SETTINGS_MAX, Source, Trouble};
use crate::spec::Scope;
use crate::systemd::directives;
use assignments::{Assignment, assignments, last};
use command::{Command, argv, commands, split_by_shell};
use options::{account, is_plain_file, is_plain_path};
use starters::{Started, Starter};
use words::{Specifiers, words};

pub use around::files as belonging;

/// Reads a unit.
pub fn read(source: &Source, beside: &[Source], facts: &Facts<'_>) -> Result<Imported, Trouble> {
    let mut all = Draftsman::default();
    let file_name = source.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    starters::refuse_starter(&file_name, &source.text)?;
    let stem = file_name.strip_suffix(".service").unwrap_or(&file_name);
    let of_user = source.path.ancestors().any(|folder| folder.ends_with("systemd/user"));
    let of_machine = !of_user
        && (source.path.ancestors().any(|folder| folder.ends_with("systemd/system")) || facts.scope == Scope::System);
    all.head(format!("made from {}", text(&source.path)));
    if of_machine {
        all.head("a service of the machine: mkservice apply --system");
    }
    let settings = std::iter::once(source).chain(beside).flat_map(|file| file.text.lines()).count();
    if settings > SERVICES_MAX {
        return Err(Trouble::too_many(0, "lines", SERVICES_MAX));
    }
    let assignments = assignments(source, &around::drop_ins(beside, "service"), &mut all);
    let last = |name: &str| last(&assignments, "Service", name);
    let (prefix, instance) = instance(stem, &assignments)?;
    let mut draft = Draft::new(all.name(prefix));
    let home = if of_machine { "/root".to_owned() } else { text(facts.home) };
    let specifiers = Specifiers {
        prefix,
        instance: instance.as_deref(),
        home: &home,
        account: if of_machine { "root" } else { facts.account },
        uid: facts.uid,
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
    // Those in front keep theirs.
    prefix_told(&main.1.prefix, main.0, &mut draft, &mut all);
    for name in split_by_shell(&main.1, &known) {
        let what = format!(
            "`${name}`: a shell splits its value at white space, where systemd would read quotes and backslashes as well"
        );
        all.left(&mut draft, main.0.file, main.0.line, what);
    }
    if !of_machine && assignments.iter().any(|it| is_put_in(it) && it.value.replace("%%", "").contains("%t")) {
        draft.remark(format!("%t is /run/user/{} here, the folder of whoever imported it", facts.uid));
    }
    added::told(&assignments, &main.1.words, of_machine, &mut draft);
    if let Some(description) = assignments::last(&assignments, "Unit", "Description") {
        let value = specifiers.expanded(&description.value).map_err(|letter| description.trouble(&unknown(letter)))?;
        draft.text("description", value);
    }
    if let Some(name) = &instance {
        draft.text("instances", format!("{name},"));
    }
    options::options(&assignments, &specifiers, facts, &mut draft)?;
    let started = Started { unit: &file_name, settings: &assignments, specifiers: &specifiers };
    let mut starters = Starter::all(beside, &started, &mut all);
    starters.retain(|starter| starter.carry(&started, &mut draft, &mut all));
    for (name, value) in variables {
        draft.variable(&name, value);
    }
    match starters.iter().any(Starter::is_installed) {
        _ if starters.is_empty() => options::install(&assignments, of_machine, &mut draft),
        true => {}
        false => {
            draft.remark(format!("its {} has no [Install]: nothing is enabled", starters[0].kind()));
            draft.flag("no-enable");
        }
    }
    options::restarts(&assignments, !starters.is_empty(), &mut draft);
    let kinds: Vec<_> = starters.iter().map(Starter::kind).collect();
    let mut front_written = false;
    for assignment in &assignments {
        let is_first = assignment.section == "Service" && assignment.name == "ExecStart" && !front_written;
        if is_first {
            front_written = true;
            front.iter().for_each(|(_, command)| draft.property("ExecStartPre", &command.raw));
        }
        match starters.first() {
            _ if assignment.section == "Install" && assignment.name == "Also" => {
                starters::leave_also(assignment, &started, &kinds, &mut draft, &mut all);
            }
            Some(starter) if assignment.section == "Install" => {
                let Assignment { file, line, name, value, .. } = assignment;
                all.left(&mut draft, file, *line, format!("{name}={value}: its {} starts it", starter.kind()));
            }
            _ => rest(assignment, &specifiers, &mut draft, &mut all),
        }
    }
    all.push(draft);
    Ok(all.finish())
}

/// The name up to the `@`, and that of the instance.
fn instance<'a>(stem: &'a str, assignments: &[Assignment<'_>]) -> Result<(&'a str, Option<String>), Trouble> {
    let Some((prefix, instance)) = stem.split_once('@') else { return Ok((stem, None)) };
    if !instance.is_empty() {
        return Ok((prefix, Some(instance.to_owned())));
    }
    match last(assignments, "Install", "DefaultInstance") {
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
    if all.len() > 1 && last(assignments, "Service", "Type").is_none_or(|it| it.value != "oneshot") {
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

/// True for settings whose specifiers are put in here, and not by systemd.
fn is_put_in(assignment: &Assignment<'_>) -> bool {
    let names = ["ExecStart", "WorkingDirectory", "EnvironmentFile", "User", "Group"];
    (assignment.section == "Service" && names.contains(&assignment.name))
        || (assignment.section == "Unit" && assignment.name == "Description")
}

/// Everything that no option says.
fn rest(assignment: &Assignment<'_>, specifiers: &Specifiers<'_>, draft: &mut Draft, all: &mut Draftsman) {
    let Assignment { file, line, section, name, value } = assignment;
    match (*section, *name) {
        ("Unit", "Description") | ("Install", "WantedBy" | "DefaultInstance" | "Also") => {}
        ("Service", "ExecStart" | "Type" | "Restart" | "RestartSec") => {}
        ("Service", "User" | "Group") if account(value, specifiers).is_some() => {}
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
