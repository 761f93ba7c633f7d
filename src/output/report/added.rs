//! The result of `add`.

use std::ffi::OsString;

use super::{Block, group, own, triggers};
use crate::host::Host;
use crate::manager::security::Exposure;
use crate::model::Verb;
use crate::model::command::{journalctl, systemctl};
use crate::output::ui::text::Text;
use crate::output::wording::Wording;
use crate::plan::{FileChange, Step};
use crate::shell;
use crate::shell::shown;
use crate::spec::{Keeping, Preset, Scope, Secret, ServiceSpec, UnitKind};
use crate::state::Present;
use crate::state::service::Health;

/// The state of a service after its installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Running,
    /// Its triggers are active.
    Waiting,
    /// A oneshot service that exited.
    HasRun,
    /// A condition of its unit is not met (`Condition…=`).
    Skipped,
    /// With `--no-start`.
    Installed,
    /// The same where it was running: it still runs the previous version.
    RunningAsBefore,
    /// Installed where no systemd runs.
    AtNextBoot,
    /// Installed without a connection to the manager.
    AtNextReload,
}

#[derive(Debug)]
pub struct Added<'a> {
    pub spec: &'a ServiceSpec,
    /// What was there before.
    pub present: &'a Present,
    pub outcome: Outcome,
    /// Where it is to be shown.
    pub exposure: Option<Exposure>,
    pub steps: &'a [Step],
    pub enabled: bool,
    /// Options of mkservice that were given after the command, and so could have been meant for it.
    pub taken: Vec<OsString>,
    /// When its timer elapses next, in microseconds since 1970; 0 if that is not known.
    pub next: u64,
    /// The next runs in words.
    pub times: Vec<String>,
}

pub fn added(added: &Added<'_>, host: &Host) -> Text {
    let &Added { spec, present, steps, ref taken, ref times, .. } = added;
    let name = &spec.name;
    let own = |verb| own(verb, name, spec.scope, host);
    let mut block = Block::default();
    block.lines(head(added, host));
    block.row("command", [shell::join(spec.command.words())]);
    if !taken.is_empty() {
        let options = shell::join(taken);
        block.row("options", [format!("{options} (options of mkservice; use `--` to pass them to the command)")]);
    }
    let directory = spec.typed_property("WorkingDirectory").map(str::to_owned);
    block.row("directory", [directory.unwrap_or_else(|| shown(spec.working_directory.path()))]);
    triggers::on_spec(spec).into_iter().for_each(|(label, lines)| block.row(label, lines));
    block.row("next", times);
    let wording = Wording::of(host);
    let path = |kind| wording.outside(&present.dir().join(name.unit_of(kind)));
    block.row("unit", spec.units().into_iter().map(|kind| shown(&path(kind))));
    block.row("secret", spec.secrets.iter().map(|secret| secret_row(secret, spec.scope)));
    if host.image().is_none() {
        block.row("run now", spec.timer.iter().map(|_| own(Verb::Run)));
        block.row("logs", [logs(spec, host)]);
    }
    block.row("remove", [own(Verb::Remove)]);
    block.row("exposure", exposure_row(added));
    let difference = steps.iter().filter_map(|step| match step {
        // Where only comments change in one of several files, the others show what changed.
        Step::WriteUnit { difference, change, .. } => {
            Some(difference).filter(|_| *change > FileChange::Remarks || spec.instances.is_none())
        }
        _ => None,
    });
    block.row("changes", difference.flatten());
    start_row(added, host).into_iter().for_each(|(label, line)| block.row(label, [line]));
    block.text()
}

fn head(added: &Added<'_>, host: &Host) -> Vec<String> {
    let &Added { spec, outcome, steps, enabled, next, .. } = added;
    let wrote = steps.iter().find_map(|step| match step {
        Step::WriteUnit { replaces, .. } => Some(*replaces),
        _ => None,
    });
    let writes_secret = steps.iter().any(|step| matches!(step, Step::WriteSecret { .. })).then_some(true);
    let change = match wrote.or(writes_secret) {
        Some(false) => "",
        Some(true) => ", updated",
        None if steps.is_empty() => ", unchanged",
        None => ", unit file unchanged",
    };
    let state = match outcome {
        Outcome::AtNextBoot if enabled && host.is_global() => "is installed for all users".into(),
        _ => state(spec, outcome, enabled, next),
    };
    let user = match (spec.scope, spec.effective_account()) {
        (Scope::User, _) => String::new(),
        (Scope::System, user) => format!(" as {}", user.unwrap_or("root")),
    };
    let scope = if host.is_global() { "global user".into() } else { spec.scope.to_string() };
    let kind = format!("({scope} service{user}{change})");
    match at_next_boot(outcome, enabled, host) {
        Some(line) => vec![line, format!("{} {kind}", spec.name)],
        None => vec![format!("{} {state} {kind}", spec.name)],
    }
}

/// The first line where systemd does not run, and nothing could be started.
pub fn at_next_boot(outcome: Outcome, enabled: bool, host: &Host) -> Option<String> {
    let is_here = outcome == Outcome::AtNextBoot && host.image().is_none() && !host.is_global();
    let how = if enabled { "installed and enabled, starts at the next boot" } else { "installed, not enabled" };
    is_here.then(|| format!("systemd is not running here: {how}"))
}

/// `next` as in [`Added`].
pub(super) fn state(spec: &ServiceSpec, outcome: Outcome, enabled: bool, next: u64) -> String {
    let entries = spec.entries();
    let is_triggered = entries.iter().any(|kind| kind.is_trigger());
    let waits = triggers::waits(entries);
    match (outcome, enabled) {
        (Outcome::Running, _) if is_triggered => "is running for the first time".into(),
        (Outcome::Running, _) => {
            let count = spec.instances.as_ref().map(|instances| instances.names().len());
            count.map_or_else(|| "is running".to_owned(), |all| group::state(all, all, Health::Running))
        }
        (Outcome::Waiting, _) => format!("{waits}{}", triggers::at(next)),
        (Outcome::HasRun, _) if is_triggered => format!("has run, and {waits}{}", triggers::at(next)),
        (Outcome::HasRun, _) => "has run".into(),
        (Outcome::Skipped, _) => "is skipped: a condition of its unit is not met".into(),
        (Outcome::Installed, _) => "is installed, not started".into(),
        (Outcome::RunningAsBefore, _) if is_triggered => "is installed; changes take effect at its next start".into(),
        (Outcome::RunningAsBefore, _) => "is still running as before; changes take effect at its next start".into(),
        (Outcome::AtNextBoot, true) if is_triggered => format!("is installed, and {waits} after the next boot"),
        (Outcome::AtNextBoot, true) => "is installed and starts at the next boot".into(),
        (Outcome::AtNextBoot, false) => "is installed, not enabled".into(),
        (Outcome::AtNextReload, _) => "is installed, but systemd was not reloaded".into(),
    }
}

fn secret_row(secret: &Secret, scope: Scope) -> String {
    let (name, path) = (secret.name(), shown(secret.path()));
    let who = if scope == Scope::User { "you" } else { "root" };
    let kept = match secret.keeping() {
        Keeping::Theirs => format!("read from {path}"),
        Keeping::Plain => format!("stored in {path}, readable only by {who}"),
        Keeping::Encrypted => format!("stored encrypted in {path}"),
    };
    format!("{}: {kept}; ${} names the file for the program", name.as_str(), name.variable())
}

fn logs(spec: &ServiceSpec, host: &Host) -> String {
    let unit = match spec.instances {
        Some(_) => format!("{}@*", spec.name),
        None => spec.name.to_string(),
    };
    match &spec.log_file {
        Some(_) => format!("{} -f", own(Verb::Logs, &spec.name, spec.scope, host)),
        None => Wording::of(host).command(&journalctl(spec.scope).args(["-u", &unit, "-f"])),
    }
}

fn exposure_row(added: &Added<'_>) -> Option<String> {
    let exposure = added.exposure?;
    let lower = match added.spec.hardening.as_ref().map(|hardening| hardening.preset) {
        None => "; reduce it with --harden safe",
        Some(Preset::Safe) => "; reduce it further with --harden strict",
        Some(Preset::Strict) => "",
    };
    Some(format!("{exposure} of 10 ({}){lower}", exposure.word()))
}

/// What starts what was only installed.
fn start_row(added: &Added<'_>, host: &Host) -> Option<(&'static str, String)> {
    let (spec, wording) = (added.spec, Wording::of(host));
    let entries = spec.entries();
    let units: Vec<String> = match (entries.iter().any(|kind| kind.is_trigger()), &spec.instances) {
        (true, _) => entries.into_iter().map(|kind| spec.name.unit_of(kind)).collect(),
        (false, Some(_)) => vec![spec.name.unit_of(UnitKind::Target)],
        (false, None) => vec![spec.name.to_string()],
    };
    let systemctl = |verb, units: &[String]| wording.command(&systemctl(spec.scope).arg(verb).args(units));
    match added.outcome {
        Outcome::RunningAsBefore => Some(("restart", systemctl("restart", &units))),
        Outcome::Installed => Some(("start", systemctl("start", &units))),
        Outcome::AtNextReload => {
            Some(("start", format!("{} && {}", systemctl("daemon-reload", &[]), systemctl("start", &units))))
        }
        _ => None,
    }
}

/// What to know of a user service that does not start at boot.
pub fn at_login(steps: &[Step], spec: &ServiceSpec, outcome: Outcome, lingers: bool, host: &Host) -> Option<String> {
    let name = shell::quote(spec.name.as_str());
    let lingers = lingers || steps.iter().any(|step| matches!(step, Step::Linger { on: true, .. }));
    if outcome != Outcome::AtNextBoot || spec.scope == Scope::System || (lingers && !host.is_global()) {
        return None;
    }
    let user = &host.asked_by.name;
    Some(match (host.is_global(), host.image()) {
        (true, Some(_)) => "it starts for each user at the first login, and stops with the last session".into(),
        (true, None) => format!(
            "it starts for each user at the next login; users who are logged in start it with: systemctl --user \
             daemon-reload && systemctl --user start {name}"
        ),
        (false, Some(_)) => format!("it starts when {user} logs in: --no-linger leaves lingering disabled"),
        (false, None) => format!("it starts at boot once lingering is enabled: sudo loginctl enable-linger {user}"),
    })
}
