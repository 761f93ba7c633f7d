//! Booted tests: throw-away hosts with a real systemd, on which the real program creates real services in both scopes.
//!
//! They run on this machine's release of systemd, and some on other releases (`releases.rs`), whose root directories
//! are created when they are first needed.
//!
//! If hosts cannot run (they require root), if a root directory cannot be created, or if a host lacks programs that a
//! test uses, the tests are skipped and listed by name; with `CI` set, this is a failure. `MKSERVICE_TEST_ROOT` runs
//! all tests on the root directory of another release, and only there; `MKSERVICE_TEST_BINARY` is a program that runs
//! there (a static binary). `MKSERVICE_TEST_SID` adds Debian's newest release, and `MKSERVICE_TEST_SWEEPS` the long
//! runs of `sweeps.rs`.

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for its tests")]

#[macro_use]
extern crate macro_rules_attribute;

#[macro_use]
mod registry;

mod activation;
mod adopt;
mod apply;
mod bulk_start;
mod bus_errors;
mod concurrency;
mod containers;
mod control;
mod dependencies;
mod deployment;
mod directives;
mod doctor;
mod edit;
mod elevation;
mod environment_files;
mod exact_arguments;
mod executed_by_root;
mod export;
mod fault_injection;
mod fault_tolerance;
mod fleet;
mod harden;
mod harden_try;
#[allow(dead_code, reason = "a host can do more than these tests ask for")]
mod host;
mod image;
mod import;
mod instances;
mod interpreter_trial;
mod io_errors;
mod json;
mod lifecycle;
mod limits;
mod lingering;
mod log_files;
mod logs;
mod manager_paths;
mod offline;
mod other_users_directories;
mod output;
mod reasons;
mod releases;
mod remove;
mod rename;
mod replacing;
mod rollback;
mod root_services;
mod runtimes;
mod scope;
mod secrets;
mod setup;
mod start_results;
mod status;
mod sudo;
mod sweeps;
mod terminal;
mod timers;
mod transcripts;
mod unmanaged_units;
mod update;
mod update_verb;
mod verb_matrix;
mod verbs_agree;
mod watchdog;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Trial};

use crate::releases::{Parts, Release};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Tests mostly wait.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    arguments.test_threads.get_or_insert(2 * cores);

    let mut cases = cases();
    if arguments.list {
        // Nothing runs, so no programs are required.
    } else if let Some(reason) = host::Host::unavailable() {
        eprintln!("{} booted tests are left out, because no test host can run here: {reason}", cases.len());
        cases.iter_mut().for_each(|case| case.is_left_out = true);
    } else {
        make_ready(&mut cases, &arguments);
        for (beginning, programs) in USES {
            leave_out_without(&mut cases, beginning, programs);
        }
        let (beginning, release) = releases::ONLY;
        if releases::own_version() != Some(release) {
            let reason = format!("they show what systemd {release} prints");
            leave_out(&mut cases, &reason, |case| case.release.is_none() && case.test.starts_with(beginning));
        }
    }
    if std::env::var_os("CI").is_some() && cases.iter().any(|case| case.is_left_out) {
        return ExitCode::FAILURE;
    }
    let conclusion = libtest_mimic::run(&arguments, cases.into_iter().map(Case::trial).collect());
    tell_slowest();
    conclusion.exit_code()
}

/// How long each finished test took.
static TOOK: Mutex<Vec<(Duration, String)>> = Mutex::new(Vec::new());

/// Prints which tests took longest; `MKSERVICE_TEST_TIMES` prints all. Times include waiting for tests that ran in
/// parallel.
fn tell_slowest() {
    let mut took = std::mem::take(&mut *TOOK.lock().expect("no panic holds it"));
    took.sort_by(|one, other| other.cmp(one));
    if took.is_empty() {
        return;
    }
    let shown = if std::env::var_os("MKSERVICE_TEST_TIMES").is_some() { took.len() } else { 20.min(took.len()) };
    println!("the slowest {shown} of {} tests:", took.len());
    took[..shown].iter().for_each(|(time, name)| println!("{:>7.1} s  {name}", time.as_secs_f32()));
}

/// A test on one release.
struct Case {
    name: String,
    test: &'static str,
    run: fn(),
    /// Another release than this machine's, and its root directory and program once they exist.
    release: Option<&'static Release>,
    parts: Option<Arc<Parts>>,
    is_left_out: bool,
}

impl Case {
    fn new(release: Option<&'static Release>, (test, run): (&'static str, fn())) -> Case {
        let name = release.map_or_else(|| test.to_owned(), |release| format!("{}::{test}", release.name));
        Case { name, test, run, release, parts: None, is_left_out: false }
    }

    /// Whether the arguments of the test command select it.
    fn is_selected(&self, arguments: &Arguments) -> bool {
        let fits = |word: &String| if arguments.exact { self.name == *word } else { self.name.contains(word) };
        arguments.filter.as_ref().is_none_or(fits) && !arguments.skip.iter().any(fits)
    }

    fn is_on(&self, release: &Release) -> bool {
        self.release.is_some_and(|own| own.name == release.name)
    }

    /// The root directory of its hosts.
    fn root(&self) -> PathBuf {
        let of_all = || std::env::var_os("MKSERVICE_TEST_ROOT").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        self.parts.as_ref().map_or_else(of_all, |parts| parts.root.clone())
    }

    fn trial(self) -> Trial {
        let Case { name, run, parts, is_left_out, .. } = self;
        let known = name.clone();
        let run = move || {
            let _takes = Takes { start: Instant::now(), name: known };
            parts.map_or_else(run, |parts| parts.run(run));
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(is_left_out)
    }
}

/// A running test. It also finishes when it panics.
struct Takes {
    start: Instant,
    name: String,
}

impl Drop for Takes {
    fn drop(&mut self) {
        let took = (self.start.elapsed(), std::mem::take(&mut self.name));
        TOOK.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(took);
    }
}

/// All tests; those on other releases come last.
fn cases() -> Vec<Case> {
    let mut tests = registry::tests();
    for beginning in
        releases::CHOSEN.iter().map(|(beginning, _)| beginning).chain(USES.iter().map(|(beginning, _)| beginning))
    {
        assert!(tests.iter().any(|(name, _)| name.starts_with(beginning)), "no test is called {beginning}");
    }
    runtimes::leave_out_missing(&mut tests);
    if std::env::var_os("MKSERVICE_TEST_SWEEPS").is_none() {
        tests.retain(|(name, _)| !name.starts_with("sweeps::"));
    }
    let on = |release: &'static Release| {
        let chosen = tests.iter().filter(|(name, _)| release.has(name));
        chosen.map(move |test| Case::new(Some(release), *test)).collect::<Vec<_>>()
    };
    let is_elsewhere =
        |name: &str| name.starts_with(releases::ONLY.0) && releases::wanted().any(|release| release.has(name));
    let here = tests.iter().filter(|(name, _)| !is_elsewhere(name)).map(|test| Case::new(None, *test));
    here.chain(releases::wanted().flat_map(on)).collect()
}

/// Prepares what the selected tests need on other releases; skips those that cannot have it.
fn make_ready(cases: &mut [Case], arguments: &Arguments) {
    let is_needed = |release: &&Release| cases.iter().any(|case| case.is_on(release) && case.is_selected(arguments));
    let needed: Vec<&'static Release> = releases::wanted().filter(is_needed).collect();
    // The first time, each takes minutes.
    let made = std::thread::scope(|scope| {
        let start = |release: &&'static Release| {
            scope.spawn({
                let release = *release;
                move || release.parts()
            })
        };
        let all: Vec<_> = needed.iter().map(start).collect();
        all.into_iter().map(|one| one.join().expect("no panic")).collect::<Vec<_>>()
    });
    for (release, parts) in needed.into_iter().zip(made) {
        match parts.map(Arc::new) {
            Ok(parts) => {
                let of_it = cases.iter_mut().filter(|case| case.is_on(release));
                of_it.for_each(|case| case.parts = Some(Arc::clone(&parts)));
            }
            Err(reason) => leave_out(cases, &reason, |case| case.is_on(release)),
        }
    }
}

/// Skips tests whose programs are missing in the root directory of their hosts.
fn leave_out_without(cases: &mut [Case], beginning: &str, programs: &[&'static str]) {
    let missing = |root: &Path| -> Vec<&str> {
        let is_missing = |program: &&&str| root.join("usr/bin").join(program).symlink_metadata().is_err();
        programs.iter().filter(is_missing).copied().collect()
    };
    let lacks =
        |case: &&Case| !case.is_left_out && case.test.starts_with(beginning) && !missing(&case.root()).is_empty();
    while let Some(root) = cases.iter().find(lacks).map(Case::root) {
        let reason = format!("hosts lack {}", missing(&root).join(", "));
        leave_out(cases, &reason, |case| case.test.starts_with(beginning) && case.root() == root);
    }
}

/// Skips tests, and reports them.
fn leave_out(cases: &mut [Case], reason: &str, which: impl Fn(&Case) -> bool) {
    let which: Vec<&mut Case> = cases.iter_mut().filter(|case| !case.is_left_out && which(case)).collect();
    if !which.is_empty() {
        let names: Vec<&str> = which.iter().map(|case| case.name.as_str()).collect();
        eprintln!("left out ({}), because {reason}: {}", names.len(), names.join(", "));
    }
    which.into_iter().for_each(|case| case.is_left_out = true);
}

/// What tests use besides systemd: the prefix of their names, and the programs.
const USES: &[(&str, &[&str])] = &[
    ("apply::killed_run_is_completed_by_the_next_one", &["pkill"]),
    ("apply::root_is_asked_for_once", &["sudo", "ps"]),
    ("harden::hardened_services_work_in_every_language", &["perl", "ruby", "javac", "python3"]),
    ("harden_try::", &["sudo"]),
    ("fault_tolerance::", &["strace"]),
    ("sweeps::", &["strace"]),
    ("other_users_directories::", &["strace", "timeout", "python3"]),
    ("deployment::", &["sudo", "curl", "python3"]),
    ("secrets::killed_run_leaves_no_plain_text", &["strace"]),
    ("transcripts::", &["sudo", "curl", "python3"]),
    ("sudo::", &["sudo"]),
    ("update_verb::system_service_keeps_its_user", &["sudo"]),
    ("exact_arguments::exact_arguments_survive_sudo", &["sudo"]),
    ("runtimes::", &["sudo", "perl", "ruby", "rbenv", "php", "javac"]),
];
