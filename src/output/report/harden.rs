//! What `harden` tells: what is open, what was closed, and what could not be, with what tells of that.

use std::path::PathBuf;
use std::time::Duration;

use super::labelled;
use super::own_with;
use crate::error::shown;
use crate::hardening::table::FOLDER;
use crate::hardening::tighten::log_baseline::Symptom;
use crate::host::Host;
use crate::manager::security::Exposure;
use crate::model::Verb;
use crate::output::json;
use crate::shell;
use crate::spec::{Scope, UnitName};
use crate::state::service::Service;

/// What came of one measure.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The directive that it is known by.
    pub directive: &'static str,
    /// What it blocks.
    pub takes: &'static str,
    /// How it is written; `None` where it had to be left off.
    pub written: Option<String>,
    /// It is as strict as can be.
    pub is_strictest: bool,
    /// What went wrong with more of it.
    pub against: Option<Symptom>,
    /// It went along with this one, which it would bring along.
    pub along: Option<&'static str>,
}

/// What was found by trying.
#[derive(Debug)]
pub struct Found {
    /// The service.
    pub name: UnitName,
    /// Its manager.
    pub scope: Scope,
    /// Its exposure without hardening of ours, where systemd-analyze tells.
    pub before: Option<Exposure>,
    /// The same now.
    pub after: Option<Exposure>,
    /// The drop-in.
    pub path: PathBuf,
    /// It is another one than before.
    pub changed: bool,
    /// How often the service was started.
    pub starts: usize,
    /// How long it was watched each time.
    pub settle: Duration,
    /// A command told whether it works.
    pub probed: bool,
    /// Its log could not be read.
    pub silent: bool,
    /// What came of each measure.
    pub kept: Vec<Kept>,
}

/// What is told before it begins.
pub fn begins(name: &UnitName, settle: Duration) -> String {
    let seconds = settle.as_secs_f32();
    format!(
        "{name} is restarted some ten to forty times now, and watched for {seconds} s or more each time; \
         an interrupt puts it back as it was"
    )
}

/// What could be closed.
pub fn could_be(service: &Service, exposure: Option<Exposure>, measures: &[(&str, &str)], host: &Host) -> String {
    let name = &service.name;
    let exposure = exposure.map(|exposure| format!(": its exposure is {exposure} of 10, by systemd-analyze security"));
    let mut rows = vec![format!("{name} could be closed in more tightly{}", exposure.unwrap_or_default())];
    if measures.is_empty() {
        rows[0] = format!("{name} cannot be closed in any further");
    }
    rows.extend(measures.iter().map(|(directive, takes)| format!("  {directive:26} blocks {takes}")));
    rows.push(format!(
        "find out which of them it lives with: {}",
        own_with(Verb::Harden, Some("try"), &[name], service.scope, host)
    ));
    rows.join("\n")
}

/// What was found, measure by measure where there is something to say.
pub fn hardened(found: &Found, host: &Host) -> String {
    let Found { name, .. } = found;
    let total = found.kept.len();
    let tight = found.kept.iter().filter(|kept| kept.is_strictest).count();
    let exposure = match (&found.before, &found.after) {
        (Some(before), Some(after)) => format!("exposure {before} before, {after} now; "),
        _ => String::new(),
    };
    let change = if found.changed { "" } else { ", unchanged" };
    let measures = format!("{tight} of {total} measures in full, found with {} starts", found.starts);
    let mut rows = vec![format!("{name} is hardened and running ({exposure}{measures}{change})")];
    rows.extend(labelled("drop-in", [shown(&found.path)]));
    let loose = found.kept.iter().filter(|kept| kept.written.is_some() && !kept.is_strictest);
    rows.extend(labelled("looser", told(loose, &found.kept)));
    let off = found.kept.iter().filter(|kept| kept.written.is_none());
    rows.extend(labelled("off", told(off, &found.kept)));
    rows.extend(labelled("undo", [own_with(Verb::Harden, Some("undo"), &[name], found.scope, host)]));
    rows.extend(remarks(found).iter().map(|remark| format!("note: {remark}")));
    rows.join("\n")
}

/// What came of measures, and what told against more of them.
fn told<'a>(these: impl Iterator<Item = &'a Kept>, all: &[Kept]) -> Vec<String> {
    let mut lines = Vec::new();
    for kept in these.filter(|kept| kept.along.is_none()) {
        let with = match (&kept.written, kept.directive) {
            (Some(written), _) => written.clone(),
            (None, FOLDER) => "its own folder as read-only".into(),
            (None, directive) => format!("{directive}="),
        };
        let Some(sign) = &kept.against else {
            lines.push(with);
            continue;
        };
        lines.push(format!("{with}: {}", sign.means));
        lines.push(format!("    {}", shell::printable(&sign.line)));
        let along = all.iter().filter(|other| other.along == Some(kept.directive));
        let along: Vec<String> = along.map(|other| format!("{}=", other.directive)).collect();
        if !along.is_empty() {
            lines.push(format!("  and with it what brings it along here: {}", along.join(" ")));
        }
    }
    lines
}

/// What was not seen, and what would see more.
fn remarks(found: &Found) -> Vec<String> {
    let seconds = found.settle.as_secs_f32();
    let mut remarks = vec![format!(
        "what it does more rarely than every {seconds} s was not seen; --settle 60s watches longer{}",
        if found.probed { "" } else { ", --probe COMMAND has it do something" }
    )];
    if found.silent {
        remarks.push(
            "its log may not be read, so that only its end counted: sudo usermod -aG systemd-journal $USER".into(),
        );
    }
    remarks
}

/// The same for the JSON document.
pub fn hardening_json(found: &Found) -> json::Hardening {
    let measure = |kept: &Kept| {
        let sign = kept.against.as_ref();
        json::Measure {
            directive: kept.directive,
            summary: kept.takes,
            written: kept.written.clone(),
            strictest: kept.is_strictest,
            part_of: kept.along,
            reason: sign.map(|sign| sign.means.clone()),
            log_line: sign.map(|sign| shell::printable(&sign.line)),
        }
    };
    json::Hardening {
        exposure_before: found.before.map(Exposure::value),
        exposure: found.after.map(Exposure::value),
        path: shown(&found.path),
        changed: found.changed,
        starts: found.starts,
        settle: found.settle.as_secs_f64(),
        log_read: !found.silent,
        measures: found.kept.iter().map(measure).collect(),
    }
}
