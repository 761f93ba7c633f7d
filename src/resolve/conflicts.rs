//! Conflicts: units that systemd would not load, and contradictory settings.

use super::{instances, listen, properties, timer};
use crate::cli::Add;
use crate::model::diagnostic::{Error, Result};
use crate::model::message::{message, opt, set};
use crate::spec::{RestartPolicy, ServiceSpec};

/// Refuses a unit that systemd would not load.
pub fn refuse_conflicts(spec: &ServiceSpec) -> Result<()> {
    instances::refuse_triggers(spec)?;
    listen::refuse_conflicts(spec)?;
    let oneshot = spec.effective_type() == "oneshot";
    if oneshot && matches!(spec.restart.policy, RestartPolicy::Always | RestartPolicy::OnSuccess) {
        let restart = set("restart", spec.restart.policy.as_str());
        let message = message!("{} would run a oneshot service again and again, which systemd refuses", restart);
        return Err(Error::invalid(message).about_option("restart").hint(set("restart", "on-failure")));
    }
    let service_type = spec.effective_type();
    for (option, _) in spec.directives.iter() {
        if option.ignored_for.iter().any(|ignoring| ignoring.as_str() == service_type) {
            let (name, directive) = (opt(option.name), option.directive);
            let message =
                message!("{} has no effect: systemd ignores {}= for {} services", name, directive, service_type);
            return Err(Error::invalid(message).about_option(option.name));
        }
    }
    if spec.timer.is_some() {
        timer::refuse_what_goes_on(spec)?;
    }
    if spec.effective_type() == "dbus" && !spec.property_sets("BusName") {
        let message = message!("{} requires the bus name of the program", set("service-type", "dbus"));
        let error = Error::invalid(message).about_option("service-type");
        return Err(error.hint(set("property", "BusName=org.example.Name")));
    }
    if spec.property_sets("ExecStart") && !oneshot {
        return Err(properties::refused(
            spec,
            "ExecStart",
            message!("would be a second command, which systemd accepts only for oneshot services"),
        ));
    }
    Ok(())
}

/// Refuses contradictory settings.
pub fn refuse_contradictions(typed: &Add, spec: &ServiceSpec) -> Result<()> {
    if typed.restart == Some(RestartPolicy::No) && typed.restart_sec.is_some() {
        let message = message!("{} has no effect with {}", opt("restart-sec"), set("restart", "no"));
        return Err(Error::invalid(message).about_option("restart-sec"));
    }
    let twice = [
        ("Type", "service-type", typed.service_type.is_some()),
        ("Restart", "restart", typed.restart.is_some()),
        ("RestartSec", "restart-sec", typed.restart_sec.is_some()),
        ("User", "uid", typed.uid.is_some()),
        ("Group", "gid", typed.gid.is_some()),
        ("Description", "description", typed.description.is_some()),
        ("WorkingDirectory", "working-directory", typed.working_directory.is_some()),
        ("StandardOutput", "log-file", typed.log_file.is_some()),
        ("StandardError", "log-file", typed.log_file.is_some()),
    ];
    let of_options = spec.directives.iter().map(|(option, _)| (option.directive, option.name, true));
    match twice.into_iter().chain(of_options).find(|(directive, _, typed)| *typed && spec.property_sets(directive)) {
        Some((directive, other, _)) => {
            Err(properties::refused(spec, directive, message!("sets the same as {}", opt(other))))
        }
        None => Ok(()),
    }
}
