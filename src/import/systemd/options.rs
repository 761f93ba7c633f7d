//! What there are options for.

use super::super::draft::{Draft, text};
use super::super::{Facts, Trouble};
use super::assignments::{Assignment, is_installed, last};
use super::unknown;
use super::words::Specifiers;

/// What there are options for, besides the variables and what starts it.
pub fn options(
    assignments: &[Assignment<'_>],
    specifiers: &Specifiers<'_>,
    facts: &Facts<'_>,
    draft: &mut Draft,
) -> Result<(), Trouble> {
    let last = |name: &str| last(assignments, "Service", name);
    let value = |name: &str| last(name).map(|it| it.value.as_str());
    let of_machine = specifiers.of_machine;
    draft.text("service-type", value("Type").unwrap_or(if value("BusName").is_some() { "dbus" } else { "simple" }));
    if let Some(folder) = last("WorkingDirectory") {
        if is_plain_path(&folder.value) {
            draft.text("working-directory", expanded(folder, specifiers)?);
        }
    } else {
        draft.text("working-directory", if of_machine { "/".to_owned() } else { text(facts.home) });
    }
    match value("User") {
        Some(user) => {
            if let Some(user) = account(user, specifiers) {
                draft.text("uid", user);
            }
        }
        None if of_machine && value("DynamicUser").is_none() => draft.text("uid", "root"),
        None => {}
    }
    if let Some(group) = value("Group").and_then(|group| account(group, specifiers)) {
        draft.text("gid", group);
    }
    let files = assignments.iter().filter(|it| it.section == "Service" && it.name == "EnvironmentFile");
    let mut paths = Vec::new();
    for file in files.filter(|it| is_plain_file(&it.value)) {
        paths.push(expanded(file, specifiers)?);
    }
    draft.list("environment-file", paths);
    draft.text("restart", value("Restart").unwrap_or("no"));
    Ok(())
}

/// How often and how soon systemd starts it again, where that is not said: what counts then is systemd's own, which is
/// not what mkservice takes. `is_started` tells that a timer or the like starts it, which has other limits as well.
pub fn restarts(assignments: &[Assignment<'_>], is_started: bool, draft: &mut Draft) {
    let last = |name: &str| last(assignments, "Service", name);
    let again = last("Restart").is_some_and(|it| it.value != "no");
    // As a property: beside the option the delay would grow from one try to the next.
    match last("RestartSec") {
        Some(delay) => draft.property("RestartSec", &delay.value),
        None if again => draft.property("RestartSec", "100ms"),
        None => {}
    }
    let is_said = |names: &[&str]| assignments.iter().any(|it| names.contains(&it.name));
    if again || is_started {
        if !is_said(&["StartLimitBurst"]) {
            draft.property("Unit.StartLimitBurst", "5");
        }
        if !is_said(&["StartLimitIntervalSec", "StartLimitInterval"]) {
            draft.property("Unit.StartLimitIntervalSec", "10s");
        }
    }
}

/// An account or group by its name; `None` where only systemd can tell.
pub fn account(name: &str, specifiers: &Specifiers<'_>) -> Option<String> {
    let name = specifiers.whole(name).ok()?;
    (!name.is_empty() && !name.contains('%')).then_some(name)
}

/// A value with what its specifiers stand for.
pub fn expanded(assignment: &Assignment<'_>, specifiers: &Specifiers<'_>) -> Result<String, Trouble> {
    specifiers.expanded(&assignment.value).map_err(|letter| assignment.trouble(&unknown(letter)))
}

/// A folder as the option takes it; `~` and `-` in front are systemd's own.
pub fn is_plain_path(value: &str) -> bool {
    value.starts_with(['/', '%'])
}

/// A pattern stays systemd's own.
pub fn is_plain_file(value: &str) -> bool {
    !value.contains(['*', '?', '[', '\\'])
}

/// Whether it starts at boot.
pub fn install(assignments: &[Assignment<'_>], of_machine: bool, draft: &mut Draft) {
    let usual = if of_machine { "multi-user.target" } else { "default.target" };
    let wanted: Vec<&Assignment<'_>> =
        assignments.iter().filter(|it| it.section == "Install" && it.name == "WantedBy").collect();
    if !is_installed(assignments) {
        // Something else starts it.
        draft.flag("no-enable");
    }
    if !wanted.iter().all(|it| it.value == usual) {
        wanted.iter().for_each(|it| draft.property("Install.WantedBy", &it.value));
    }
}
