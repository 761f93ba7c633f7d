//! Settings that have options.

use super::super::draft::{Draft, text};
use super::super::{Facts, ReadError};
use super::assignments::{Assignment, is_installed, last};
use super::unknown;
use super::words::Specifiers;
use crate::spec::DIRECTIVE_OPTIONS;
use crate::systemd::directives::value::boolean;

pub fn options(
    assignments: &[Assignment<'_>],
    specifiers: &Specifiers<'_>,
    facts: &Facts<'_>,
    draft: &mut Draft,
) -> Result<(), ReadError> {
    let last = |name: &str| last(assignments, "Service", name);
    let value = |name: &str| last(name).map(|it| it.value.as_str());
    let is_system = specifiers.is_system;
    draft.set("service-type", value("Type").unwrap_or(if value("BusName").is_some() { "dbus" } else { "simple" }));
    match last("WorkingDirectory") {
        Some(directory) if is_plain_path(&directory.value) => {
            draft.set("working-directory", expanded(directory, specifiers)?);
        }
        Some(_) => {}
        None => draft.set("working-directory", if is_system { "/".to_owned() } else { text(facts.home) }),
    }
    let user = match value("User") {
        Some(user) => known_name(user, specifiers).filter(|_| !is_root(user, specifiers)),
        None => (is_system && value("DynamicUser").and_then(boolean) != Some(true)).then(|| "root".to_owned()),
    };
    let group = value("Group").and_then(|group| known_name(group, specifiers));
    for (option, name) in [("uid", user), ("gid", group)] {
        name.into_iter().for_each(|name| draft.set(option, name));
    }
    let files = assignments.iter().filter(|it| it.is("Service", "EnvironmentFile") && has_plain_files(assignments));
    let paths = files.map(|file| expanded(file, specifiers)).collect::<Result<_, _>>()?;
    draft.list("environment-file", paths);
    draft.set("restart", value("Restart").unwrap_or("no"));
    for option in DIRECTIVE_OPTIONS.iter().filter(|option| has_option(option.directive, assignments)) {
        value(option.directive).into_iter().for_each(|value| draft.set(option.name, value));
    }
    Ok(())
}

pub fn instances(specifiers: &Specifiers<'_>, draft: &mut Draft) {
    let Some(name) = specifiers.instance else { return };
    draft.set("instances", format!("{name},"));
    let target = format!("{}.target", draft.name());
    draft.comment(format!("{target} starts and stops its instances: it has their WantedBy=, and they are PartOf= it"));
}

/// Whether a directive of `[Service]` has an option of its own that means the same.
pub fn has_option(directive: &str, assignments: &[Assignment<'_>]) -> bool {
    let option = DIRECTIVE_OPTIONS.iter().find(|option| option.directive == directive && !option.is_checked);
    let service_type = last(assignments, "Service", "Type").map_or("simple", |it| it.value.as_str());
    option.zip(last(assignments, "Service", directive)).is_some_and(|(option, assignment)| {
        (option.parse)(&assignment.value).is_ok_and(|written| written == assignment.value)
            && option.ignored_for.iter().all(|ignoring| ignoring.as_str() != service_type)
    })
}

/// Writes systemd's defaults for restarts, which differ from those of mkservice.
pub fn restarts(assignments: &[Assignment<'_>], has_trigger: bool, draft: &mut Draft) {
    let last = |name: &str| last(assignments, "Service", name);
    let restarts = last("Restart").is_some_and(|it| it.value != "no");
    // The option `restart-sec` would make the delay increase.
    match last("RestartSec") {
        Some(delay) => draft.property("RestartSec", &delay.value),
        None if restarts => draft.property("RestartSec", "100ms"),
        None => {}
    }
    let is_set = |names: &[&str]| assignments.iter().any(|it| names.contains(&it.name));
    if restarts || has_trigger {
        if !is_set(&["StartLimitBurst"]) {
            draft.property("Unit.StartLimitBurst", "5");
        }
        if !is_set(&["StartLimitIntervalSec", "StartLimitInterval"]) {
            draft.property("Unit.StartLimitIntervalSec", "10s");
        }
    }
}

/// `User=root` in system scope: unlike no `User=`, it sets `HOME`, `LOGNAME`, `SHELL`, and `USER`.
pub fn is_root(user: &str, specifiers: &Specifiers<'_>) -> bool {
    specifiers.is_system && matches!(user, "root" | "0")
}

/// The name of a user or group; `None` if only systemd can expand it.
pub fn known_name(name: &str, specifiers: &Specifiers<'_>) -> Option<String> {
    let name = specifiers.whole(name).ok()?;
    (!name.is_empty() && !name.contains('%')).then_some(name)
}

pub fn expanded(assignment: &Assignment<'_>, specifiers: &Specifiers<'_>) -> Result<String, ReadError> {
    specifiers.expanded(&assignment.value).map_err(|letter| assignment.error(&unknown(letter)))
}

/// The option accepts no `~` and no leading `-`.
pub fn is_plain_path(value: &str) -> bool {
    value.starts_with(['/', '%'])
}

/// The option accepts no patterns, and files are read in order.
pub fn has_plain_files(assignments: &[Assignment<'_>]) -> bool {
    let mut files = assignments.iter().filter(|it| it.is("Service", "EnvironmentFile"));
    files.all(|it| !it.value.contains(['*', '?', '[', '\\']))
}

pub fn install(assignments: &[Assignment<'_>], is_system: bool, draft: &mut Draft) {
    let default = if is_system { "multi-user.target" } else { "default.target" };
    let wanted: Vec<&Assignment<'_>> = assignments.iter().filter(|it| it.is("Install", "WantedBy")).collect();
    if !is_installed(assignments) {
        draft.flag("no-enable");
    }
    if wanted.is_empty() && is_installed(assignments) {
        draft.property("Install.WantedBy", "");
    } else if !wanted.iter().all(|it| it.value == default) {
        wanted.iter().for_each(|it| draft.property("Install.WantedBy", &it.value));
    }
}
