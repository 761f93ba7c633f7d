//! Properties of units as plain data (org.freedesktop.systemd1(5)).

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use zbus::{OwnedVariant, Variant};

use crate::systemd::unquote;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitState {
    /// `loaded`, `not-found`, `bad-setting`, `error` or `masked`.
    pub load: String,
    /// Empty if it was loaded.
    pub load_error: String,
    /// `active`, `inactive`, `failed`, `activating`, `deactivating`, …
    pub active: String,
    /// `running`, `exited`, `dead`, `auto-restart`, …
    pub sub: String,
    /// The loaded file; empty for none.
    pub fragment: String,
    /// In the order they apply.
    pub drop_ins: Vec<String>,
    pub enabled: String,
    pub needs_reload: bool,
    /// When the current or last run began, in microseconds since 1970; 0 if none since systemd loaded the unit.
    pub begun: u64,
    /// When it entered its current state, in microseconds since 1970; 0 if it never changed.
    pub since: u64,
    /// False if a `Condition…=` prevented the last start.
    pub condition_met: bool,
    /// When that was, in microseconds since 1970; 0 if it was not so.
    pub skipped: u64,
    /// The ID of the current or last run, in hexadecimal; empty if there was none.
    pub invocation: String,
}

impl UnitState {
    /// True if there is something to stop: it is running, starting, stopping or waiting for a restart.
    pub fn is_up(&self) -> bool {
        !matches!(self.active.as_str(), "inactive" | "failed")
    }

    /// How long it has been in its state; `None` if that is unknown.
    pub fn age(&self) -> Option<Duration> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        now.checked_sub(Duration::from_micros(self.since)).filter(|_| self.since > 0)
    }

    /// True if it failed and systemd is about to restart it.
    pub fn waits_for_its_next_try(&self) -> bool {
        self.sub.starts_with("auto-restart")
    }

    /// True while a job starts or stops it, which another start would join.
    pub fn is_on_its_way(&self) -> bool {
        matches!(self.active.as_str(), "activating" | "deactivating") && !self.waits_for_its_next_try()
    }

    /// True if it is running, or exited and counts as active.
    pub fn is_active(&self) -> bool {
        matches!(self.active.as_str(), "active" | "reloading" | "refreshing")
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastRun {
    /// `success`, `exit-code`, `signal`, `resources`, …; `success` until the run ends.
    pub result: String,
    /// 0 none, 1 exited, 2 killed, 3 dumped (the `CLD_*` codes of waitid(2)).
    pub code: i32,
    /// Exit status or signal number.
    pub status: i32,
    pub restarts: u32,
    /// 0 if there was none.
    pub pid: u32,
    /// In microseconds since 1970.
    pub started: u64,
    /// In microseconds since 1970; 0 while it is running.
    pub exited: u64,
    /// 0 if not running.
    pub main_pid: u32,
    /// In bytes; `None` without memory accounting.
    pub memory: Option<u64>,
    /// Used CPU time in nanoseconds; `None` without CPU accounting.
    pub cpu: Option<u64>,
    /// The arguments of its first command; empty if it has none, or one that is not UTF-8.
    pub command: Vec<String>,
    pub service_type: String,
    /// Empty for the manager's own user.
    pub account: String,
    /// The working directory; empty for the default.
    pub dir: String,
}

impl LastRun {
    /// True if it is a oneshot service that exited successfully.
    pub fn has_done_its_work(&self) -> bool {
        self.service_type == "oneshot" && self.result == "success" && self.code == 1
    }
}

/// The state of a timer, socket or path, besides [`UnitState`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TriggerState {
    /// `success`, or why it failed (`resources`, `start-limit-hit`, `trigger-limit-hit`, …).
    pub result: String,
    /// When a timer elapses next, in microseconds since 1970; 0 if never, or as soon as the service exits.
    pub next: u64,
    /// When a timer last elapsed, in microseconds since 1970; 0 if never.
    pub last: u64,
    /// What a socket listens on or a path watches: type and address, such as `Stream` and `[::]:80`.
    pub on: Vec<(String, String)>,
}

/// The properties of one interface of an object.
#[derive(Debug, Default)]
pub struct Properties(HashMap<String, OwnedVariant>);

impl Properties {
    /// The properties that [`UnitState`] needs.
    pub const OF_UNIT: &[&str] = &[
        "LoadState",
        "LoadError",
        "ActiveState",
        "SubState",
        "FragmentPath",
        "DropInPaths",
        "UnitFileState",
        "NeedDaemonReload",
        "InactiveExitTimestamp",
        "StateChangeTimestamp",
        "ActiveEnterTimestamp",
        "InactiveEnterTimestamp",
        "ConditionTimestamp",
        "ConditionResult",
        "InvocationID",
    ];

    /// The properties that [`LastRun`] needs.
    pub const OF_SERVICE: &[&str] = &[
        "Result",
        "ExecMainCode",
        "ExecMainStatus",
        "NRestarts",
        "ExecMainPID",
        "ExecMainStartTimestamp",
        "ExecMainExitTimestamp",
        "MainPID",
        "MemoryCurrent",
        "CPUUsageNSec",
        "ExecStartEx",
        "Type",
        "User",
        "WorkingDirectory",
    ];

    /// The properties that [`TriggerState`] needs, by the unit's suffix.
    pub fn of_trigger(suffix: &str) -> &'static [&'static str] {
        match suffix {
            "timer" => &["Result", "NextElapseUSecRealtime", "NextElapseUSecMonotonic", "LastTriggerUSec"],
            "socket" => &["Result", "Listen"],
            _ => &["Result", "Paths"],
        }
    }

    pub fn new(sent: HashMap<String, OwnedVariant>) -> Properties {
        Properties(sent)
    }

    pub fn unit(&self) -> UnitState {
        let load_error: Vec<String> = self.members("LoadError");
        // A daemon-reload changes the time of the last change, but not these.
        let since = match self.text("ActiveState").as_str() {
            "active" | "reloading" | "refreshing" => "ActiveEnterTimestamp",
            "inactive" | "failed" => "InactiveEnterTimestamp",
            _ => "StateChangeTimestamp",
        };
        let invocation: Vec<u8> = self.get("InvocationID").unwrap_or_default();
        let conditions_checked: u64 = self.get("ConditionTimestamp").unwrap_or_default();
        let condition_met = conditions_checked == 0 || self.get("ConditionResult").unwrap_or_default();
        UnitState {
            load: self.text("LoadState"),
            load_error: load_error.into_iter().nth(1).unwrap_or_default(),
            active: self.text("ActiveState"),
            sub: self.text("SubState"),
            fragment: self.text("FragmentPath"),
            drop_ins: self.get("DropInPaths").unwrap_or_default(),
            enabled: self.text("UnitFileState"),
            needs_reload: self.get("NeedDaemonReload").unwrap_or_default(),
            begun: self.get("InactiveExitTimestamp").unwrap_or_default(),
            since: self.get(since).unwrap_or_default(),
            condition_met,
            skipped: if condition_met { 0 } else { conditions_checked },
            invocation: invocation.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    pub fn run(&self) -> LastRun {
        LastRun {
            result: self.text("Result"),
            code: self.get("ExecMainCode").unwrap_or_default(),
            status: self.get("ExecMainStatus").unwrap_or_default(),
            restarts: self.get("NRestarts").unwrap_or_default(),
            pid: self.get("ExecMainPID").unwrap_or_default(),
            started: self.get("ExecMainStartTimestamp").unwrap_or_default(),
            exited: self.get("ExecMainExitTimestamp").unwrap_or_default(),
            main_pid: self.get("MainPID").unwrap_or_default(),
            // `u64::MAX` means not accounted.
            memory: self.get("MemoryCurrent").filter(|bytes| *bytes != u64::MAX),
            cpu: self.get("CPUUsageNSec").filter(|time| *time != u64::MAX),
            command: self.first_command(),
            service_type: self.text("Type"),
            account: self.text("User"),
            // The prefix `!` allows it to be missing.
            dir: self.text("WorkingDirectory").trim_start_matches('!').to_owned(),
        }
    }

    /// `ahead` is the offset of the realtime clock to the monotonic one in microseconds: some times of a timer are
    /// given in the one, some in the other.
    pub fn trigger(&self, ahead: u64) -> TriggerState {
        // `u64::MAX` means never.
        let moment = |name: &str| self.get(name).filter(|moment: &u64| !matches!(*moment, 0 | u64::MAX));
        let by_boot = moment("NextElapseUSecMonotonic").map(|moment| moment.saturating_add(ahead));
        let next = [moment("NextElapseUSecRealtime"), by_boot].into_iter().flatten().min();
        TriggerState {
            result: self.text("Result"),
            next: next.unwrap_or_default(),
            last: moment("LastTriggerUSec").unwrap_or_default(),
            on: self.get("Listen").or_else(|| self.get("Paths")).unwrap_or_default(),
        }
    }

    /// The unescaped arguments: `ExecStartEx` is an array of structures of the program's path, its arguments, the names
    /// of the command's prefixes, and how it exited.
    fn first_command(&self) -> Vec<String> {
        let Some(Variant::Array(commands)) = self.0.get("ExecStartEx").map(|value| &**value) else { return Vec::new() };
        match commands.first() {
            Some(Variant::Structure(command)) => match command.fields() {
                [Variant::Str(path), Variant::Array(words), Variant::Array(flags), ..] => {
                    let is_literal = flags.iter().any(|flag| matches!(flag, Variant::Str(it) if it == "no-env-expand"));
                    // The path replaces argv[0], which may be anything.
                    let words = words.iter().skip(1).filter_map(|word| match word {
                        Variant::Str(word) if is_literal => Some(word.to_string()),
                        Variant::Str(word) => Some(unquote::dollar(word)),
                        _ => None,
                    });
                    unquote::without_shell(std::iter::once(path.to_string()).chain(words).collect())
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn get<T: TryFrom<OwnedVariant>>(&self, name: &str) -> Option<T> {
        T::try_from(self.0.get(name)?.try_clone().ok()?).ok()
    }

    fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default()
    }

    fn members(&self, name: &str) -> Vec<String> {
        let Some(Variant::Structure(structure)) = self.0.get(name).map(|value| &**value) else { return Vec::new() };
        let text = |field: &Variant<'_>| match field {
            Variant::Str(text) => text.to_string(),
            _ => String::new(),
        };
        structure.fields().iter().map(text).collect()
    }
}
