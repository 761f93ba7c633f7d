//! A service as its manager sees it: what its properties mean (org.freedesktop.systemd1(5)).

use std::collections::HashMap;

use zbus::{OwnedVariant, Variant};

use crate::systemd::unquote;

/// A unit as its manager sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitState {
    /// `loaded`, `not-found`, `bad-setting`, `error`, `masked`.
    pub load: String,
    /// Why it could not be loaded; empty when it was.
    pub load_error: String,
    /// `active`, `inactive`, `failed`, `activating`, `deactivating`, …
    pub active: String,
    /// `running`, `exited`, `dead`, `auto-restart`, …
    pub sub: String,
    /// The file it was loaded from; empty for none.
    pub fragment: String,
    /// The drop-ins that were loaded with it, in the order in which they count.
    pub drop_ins: Vec<String>,
    /// `enabled`, `disabled`, `static`, `masked`, …; empty for a unit without a file.
    pub enabled: String,
    /// True when the file has changed since.
    pub needs_reload: bool,
    /// When its current or last run began, in microseconds since 1970; 0 when it never ran since the
    /// manager loaded it.
    pub begun: u64,
    /// Since when it is in the state it is in, in microseconds since 1970; 0 when it never changed.
    pub since: u64,
    /// False when a `Condition…=` kept it from being started the last time.
    pub condition_met: bool,
    /// The ID of its current or last run, in hexadecimal; empty when there was none.
    pub invocation: String,
}

impl UnitState {
    /// True unless there is nothing to stop: it runs, starts, stops or waits to be restarted.
    pub fn is_up(&self) -> bool {
        !matches!(self.active.as_str(), "inactive" | "failed")
    }

    /// True between two tries: it failed, and systemd is about to start it again.
    pub fn waits_for_its_next_try(&self) -> bool {
        self.sub.starts_with("auto-restart")
    }

    /// True while a job starts or stops it, which a start joins.
    pub fn is_on_its_way(&self) -> bool {
        matches!(self.active.as_str(), "activating" | "deactivating") && !self.waits_for_its_next_try()
    }

    /// True when it does what it is for: it runs, or has done its work and counts as active.
    pub fn is_active(&self) -> bool {
        matches!(self.active.as_str(), "active" | "reloading" | "refreshing")
    }
}

/// A service's current or last run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastRun {
    /// How it ended: `success`, `exit-code`, `signal`, `resources`, …; `success` while it has not.
    pub result: String,
    /// 0 none, 1 exited, 2 killed, 3 dumped (the `CLD_*` codes of waitid(2)).
    pub code: i32,
    /// Exit code or signal number.
    pub status: i32,
    /// How often systemd has started it again since it was started by somebody.
    pub restarts: u32,
    /// The process ID of the program; 0 when there was none.
    pub pid: u32,
    /// When it was started, in microseconds since 1970.
    pub started: u64,
    /// When it exited, in microseconds since 1970; 0 while it has not.
    pub exited: u64,
    /// The process that is the service now; 0 when there is none.
    pub main_pid: u32,
    /// The memory that it uses, in bytes; `None` where that is not counted.
    pub memory: Option<u64>,
    /// The words of its first command; empty where it has none, or one that is not UTF-8.
    pub command: Vec<String>,
    /// `exec`, `oneshot`, …
    pub service_type: String,
    /// The account it runs as; empty for the manager's own.
    pub account: String,
    /// The folder it runs in; empty for the manager's usual one.
    pub folder: String,
}

impl LastRun {
    /// True when it was a oneshot's, and ended as it should.
    pub fn has_done_its_work(&self) -> bool {
        self.service_type == "oneshot" && self.result == "success" && self.code == 1
    }
}

/// What there is to tell of a timer, a socket or a path, besides its state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TriggerState {
    /// What became of it: `success`, or why it gave up (`resources`, `start-limit-hit`, `trigger-limit-hit`, …).
    pub result: String,
    /// When a timer starts its service next, in microseconds since 1970; 0 when it will not, or does so as soon as
    /// the service has ended.
    pub next: u64,
    /// When a timer last did, in microseconds since 1970; 0 when it never did.
    pub last: u64,
    /// What a socket listens on and a path watches: the kind and the place, as in `Stream` and `[::]:80`.
    pub on: Vec<(String, String)>,
}

/// The properties of one interface of an object, by their names.
#[derive(Debug, Default)]
pub struct Properties(HashMap<String, OwnedVariant>);

impl Properties {
    /// What [`UnitState`] is made of.
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

    /// What [`LastRun`] is made of.
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
        "ExecStartEx",
        "Type",
        "User",
        "WorkingDirectory",
    ];

    /// What [`TriggerState`] is made of, for the end of a unit's name.
    pub fn of_trigger(suffix: &str) -> &'static [&'static str] {
        match suffix {
            "timer" => &["Result", "NextElapseUSecRealtime", "NextElapseUSecMonotonic", "LastTriggerUSec"],
            "socket" => &["Result", "Listen"],
            _ => &["Result", "Paths"],
        }
    }

    /// Takes what a manager sent.
    pub fn new(sent: HashMap<String, OwnedVariant>) -> Properties {
        Properties(sent)
    }

    /// The state of a unit.
    pub fn unit(&self) -> UnitState {
        let load_error: Vec<String> = self.members("LoadError");
        // A reload of the manager moves the time of the last change; these it leaves alone.
        let since = match self.text("ActiveState").as_str() {
            "active" | "reloading" | "refreshing" => "ActiveEnterTimestamp",
            "inactive" | "failed" => "InactiveEnterTimestamp",
            _ => "StateChangeTimestamp",
        };
        let invocation: Vec<u8> = self.get("InvocationID").unwrap_or_default();
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
            condition_met: self.get("ConditionTimestamp").unwrap_or(0u64) == 0
                || self.get("ConditionResult").unwrap_or_default(),
            invocation: invocation.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    /// The current or last run of a service.
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
            // The largest number is systemd's word for “not counted”.
            memory: self.get("MemoryCurrent").filter(|bytes| *bytes != u64::MAX),
            command: self.first_command(),
            service_type: self.text("Type"),
            account: self.text("User"),
            // `!` in front: it may be missing.
            folder: self.text("WorkingDirectory").trim_start_matches('!').to_owned(),
        }
    }

    /// A timer, a socket or a path. `ahead` is how much later it is by the clock than by the time since boot, in
    /// microseconds: some of a timer's moments are told by the one, some by the other.
    pub fn trigger(&self, ahead: u64) -> TriggerState {
        // The largest number is systemd's word for “never”.
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

    /// The argv that the service was started with, as it was meant: `ExecStartEx` is an array of commands, each a
    /// structure of the program's path, its words, the names of the characters in front of it, and how it ended.
    fn first_command(&self) -> Vec<String> {
        let Some(Variant::Array(commands)) = self.0.get("ExecStartEx").map(|value| &**value) else { return Vec::new() };
        match commands.first() {
            Some(Variant::Structure(command)) => match command.fields() {
                [Variant::Str(path), Variant::Array(words), Variant::Array(flags), ..] => {
                    let is_literal = flags.iter().any(|flag| matches!(flag, Variant::Str(it) if it == "no-env-expand"));
                    // The path in front, since the first word may be any other.
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

    /// The texts of a structure.
    fn members(&self, name: &str) -> Vec<String> {
        let Some(Variant::Structure(structure)) = self.0.get(name).map(|value| &**value) else { return Vec::new() };
        let text = |field: &Variant<'_>| match field {
            Variant::Str(text) => text.to_string(),
            _ => String::new(),
        };
        structure.fields().iter().map(text).collect()
    }
}
