//! The result of `harden`.

use std::path::PathBuf;
use std::time::Duration;

use super::{Block, own_with};
use crate::hardening::table::DIR;
use crate::hardening::tighten::log_baseline::Symptom;
use crate::host::Host;
use crate::manager::security::Exposure;
use crate::model::Verb;
use crate::output::json;
use crate::output::ui::text::Text;
use crate::shell;
use crate::shell::shown;
use crate::spec::{Scope, UnitName};
use crate::state::service::Service;

/// A restriction that was tried.
#[derive(Debug, Clone)]
pub struct Restriction {
    pub directive: &'static str,
    pub takes: &'static str,
    /// `None` if the service does not work with it.
    pub written: Option<String>,
    pub is_strictest: bool,
    /// What failed with more of it.
    pub against: Option<Symptom>,
    /// The directive that was omitted, which this one implies.
    pub along: Option<&'static str>,
}

/// The result of `harden --try`.
#[derive(Debug)]
pub struct HardenResult {
    pub name: UnitName,
    pub scope: Scope,
    /// Without the drop-in.
    pub before: Option<Exposure>,
    pub after: Option<Exposure>,
    /// The drop-in.
    pub path: PathBuf,
    pub changed: bool,
    /// How often the service was started.
    pub starts: usize,
    /// How long it was watched each time.
    pub settle: Duration,
    pub probed: bool,
    /// Its log could not be read.
    pub silent: bool,
    pub kept: Vec<Restriction>,
}

pub fn starting(name: &UnitName, settle: Duration) -> String {
    format!(
        "{name} will be restarted 10 to 40 times and watched for {}s or longer each time; \
         an interrupt restores its current state",
        settle.as_secs_f32()
    )
}

/// What `harden` shows without `--try`.
///
/// `kept` is how many restrictions its drop-in contains.
pub fn could_be(
    service: &Service,
    exposure: Option<Exposure>,
    measures: &[(&str, &str)],
    kept: usize,
    host: &Host,
) -> Text {
    let name = &service.name;
    let exposure = exposure.map(|exposure| format!(" (exposure {exposure} of 10)")).unwrap_or_default();
    let mut block = Block::new(match measures {
        [] => format!("no further restrictions for {name}{exposure}"),
        _ => format!("possible restrictions for {name}{exposure}"),
    });
    block.lines(measures.iter().map(|(directive, takes)| format!("  {directive:26} blocks {takes}")));
    let harden = |option| own_with(Verb::Harden, Some(option), &[name], service.scope, host);
    block.lines(match (measures, kept) {
        ([], 0) => None,
        (_, 0) => Some(format!("to find out which of them the service works with: {}", harden("try"))),
        _ => Some(format!("its drop-in restricts {kept} more; to remove it: {}", harden("undo"))),
    });
    block.text()
}

pub fn hardened(found: &HardenResult, host: &Host) -> Text {
    let HardenResult { name, kept, starts, .. } = found;
    let strictest = kept.iter().filter(|kept| kept.is_strictest).count();
    let exposure = match (&found.before, &found.after) {
        (Some(before), Some(after)) => format!("exposure {before} before, {after} now; "),
        _ => String::new(),
    };
    let unchanged = if found.changed { "" } else { ", unchanged" };
    let count = kept.len();
    let mut block = Block::new(format!(
        "{name} is hardened and running ({exposure}{strictest} of {count} restrictions in full, \
         found with {starts} starts{unchanged})"
    ));
    block.row("drop-in", [shown(&found.path)]);
    block.row("looser", reasons(kept.iter().filter(|kept| kept.written.is_some() && !kept.is_strictest), kept));
    block.row("omitted", reasons(kept.iter().filter(|kept| kept.written.is_none()), kept));
    block.row("undo", [own_with(Verb::Harden, Some("undo"), &[name], found.scope, host)]);
    block.lines(remarks(found).iter().map(|remark| Text::labeled("note", remark)));
    block.text()
}

/// Why each of some restrictions is not stricter.
fn reasons<'a>(some: impl Iterator<Item = &'a Restriction>, all: &[Restriction]) -> Vec<String> {
    let mut lines = Vec::new();
    for kept in some.filter(|kept| kept.along.is_none()) {
        let setting = match (&kept.written, kept.directive) {
            (Some(written), _) => written.clone(),
            (None, DIR) => "read-only working directory".into(),
            (None, directive) => format!("{directive}="),
        };
        let Some(sign) = &kept.against else {
            lines.push(setting);
            continue;
        };
        lines.push(format!("{setting}: {}", sign.means));
        lines.push(format!("    {}", sign.line));
        let along = all.iter().filter(|other| other.along == Some(kept.directive));
        let along: Vec<String> = along.map(|other| format!("{}=", other.directive)).collect();
        if !along.is_empty() {
            lines.push(format!("  with it, because they imply it: {}", along.join(" ")));
        }
    }
    lines
}

/// What was not observed.
fn remarks(found: &HardenResult) -> Vec<String> {
    let seconds = found.settle.as_secs_f32();
    let probe = if found.probed { "" } else { "; --probe COMMAND uses it meanwhile" };
    let mut remarks = vec![format!(
        "what it does less often than every {seconds}s was not observed; --settle 60s watches longer{probe}"
    )];
    if found.silent {
        let why = "its log cannot be read, so only its exit was judged";
        remarks.push(format!("{why}: sudo usermod -aG systemd-journal $USER"));
    }
    remarks
}

pub fn hardening_json(found: &HardenResult) -> json::Hardening {
    let measure = |kept: &Restriction| json::Measure {
        directive: kept.directive,
        summary: kept.takes,
        written: kept.written.clone(),
        strictest: kept.is_strictest,
        part_of: kept.along,
        reason: kept.against.as_ref().map(|sign| sign.means.clone()),
        log_line: kept.against.as_ref().map(|sign| shell::printable(&sign.line)),
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
