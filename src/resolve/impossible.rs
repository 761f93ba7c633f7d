//! What cannot be, whoever says it: units that systemd would not load, and what says two things at once.

use super::{instances, listen, refuse, timer};
use crate::cli::Add;
use crate::error::Result;
use crate::spec::{RestartPolicy, ServiceSpec};

/// Refuses what would make a unit that systemd does not load.
pub fn refuse_impossible(spec: &ServiceSpec) -> Result<()> {
    instances::refuse_triggers(spec)?;
    listen::refuse_impossible(spec)?;
    let oneshot = spec.effective_type() == "oneshot";
    if oneshot && matches!(spec.restart.policy, RestartPolicy::Always | RestartPolicy::OnSuccess) {
        let what = format!("--restart {}", spec.restart.policy.as_str());
        return refuse(
            &what,
            "would run a oneshot service again and again: systemd refuses it",
            Some("--restart on-failure"),
        );
    }
    if spec.timer.is_some() {
        timer::refuse_what_goes_on(spec)?;
    }
    if spec.effective_type() == "dbus" && !spec.property_sets("BusName") {
        return refuse(
            "--service-type dbus",
            "needs the name the program takes on the bus",
            Some("-p BusName=org.example.Name"),
        );
    }
    if spec.property_sets("ExecStart") && !oneshot {
        let why = "would be a second command: systemd takes one, except for oneshot services";
        return refuse("--property: `ExecStart`", why, None);
    }
    Ok(())
}

/// Refuses what would say two things at once.
pub fn refuse_contradictions(typed: &Add, spec: &ServiceSpec) -> Result<()> {
    if typed.restart == Some(RestartPolicy::No) && typed.restart_sec.is_some() {
        return refuse("--restart-sec", "says nothing where --restart no keeps systemd from starting it again", None);
    }
    let twice = [
        ("Type", "--service-type", typed.service_type.is_some()),
        ("Restart", "--restart", typed.restart.is_some()),
        ("RestartSec", "--restart-sec", typed.restart_sec.is_some()),
        ("User", "--uid", typed.uid.is_some()),
        ("Group", "--gid", typed.gid.is_some()),
        ("Description", "--description", typed.description.is_some()),
        ("WorkingDirectory", "--working-directory", typed.working_directory.is_some()),
        ("StandardOutput", "--log-file", typed.log_file.is_some()),
        ("StandardError", "--log-file", typed.log_file.is_some()),
        ("MemoryMax", "--memory-max", typed.uses.memory_max.is_some()),
        ("CPUQuota", "--cpu-quota", typed.uses.cpu_quota.is_some()),
        ("TasksMax", "--tasks-max", typed.uses.tasks_max.is_some()),
        ("Nice", "--nice", typed.uses.nice.is_some()),
    ];
    match twice.into_iter().find(|(directive, _, typed)| *typed && spec.property_sets(directive)) {
        Some((directive, option, _)) => {
            refuse(&format!("--property: `{directive}`"), &format!("says the same as {option}"), None)
        }
        None => Ok(()),
    }
}
