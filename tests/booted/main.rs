//! On real systemd: throw-away hosts in which the real program makes real services, in both scopes.
//!
//! Where no host can run (it takes root), or a host lacks the programs that a test uses, the tests are left out, by
//! name and number; with `CI` set in the environment that is a failure. `MKSERVICE_TEST_ROOT` names the root folder of another
//! release to run them on, `MKSERVICE_TEST_BINARY` a program that runs there (a static one).

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for its tests")]

mod adopt;
mod adopt_refused;
mod again;
mod buses;
mod dependencies;
mod environment_files;
mod exact;
mod faults;
#[allow(dead_code, reason = "a host can do more than these tests ask for")]
mod host;
mod journey;
mod obstacles;
mod oddities;
mod offline;
mod polite;
mod remains;
mod root;
mod runtimes;
mod scope;
mod secrets;
mod setup;
mod stumble;
mod terminal;
mod truth;
mod verbs;

use std::path::PathBuf;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let tests: Vec<(&str, fn())> = [
        journey::TESTS,
        truth::TESTS,
        again::TESTS,
        remains::TESTS,
        buses::TESTS,
        dependencies::TESTS,
        offline::TESTS,
        exact::TESTS,
        environment_files::TESTS,
        faults::TESTS,
        obstacles::TESTS,
        verbs::TESTS,
        oddities::TESTS,
        adopt::TESTS,
        adopt_refused::TESTS,
        root::TESTS,
        polite::TESTS,
        &runtimes::tests(),
        secrets::TESTS,
    ]
    .concat();
    let unavailable = host::Host::unavailable();
    if let Some(reason) = &unavailable {
        eprintln!("{} booted tests are left out, because no test host can run here: {reason}", tests.len());
        if std::env::var_os("CI").is_some() {
            return ExitCode::FAILURE;
        }
    }
    let left_out = if unavailable.is_some() { Vec::new() } else { left_out(&tests) };
    if !left_out.is_empty() && std::env::var_os("CI").is_some() {
        return ExitCode::FAILURE;
    }
    let trial = |(name, test): (&str, fn())| {
        let run = move || {
            test();
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(unavailable.is_some() || left_out.contains(&name))
    };
    let mut arguments = Arguments::from_args();
    // Most of them wait most of the time.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    arguments.test_threads.get_or_insert(cores + cores.div_ceil(2));
    libtest_mimic::run(&arguments, tests.into_iter().map(trial).collect()).exit_code()
}

/// What tests use besides systemd: the beginning of their names, and the programs.
const USES: [(&str, &[&str]); 5] = [
    ("faults::", &["strace"]),
    ("secrets::a_run_that_is_killed", &["strace"]),
    ("root::polite::", &["sudo"]),
    ("exact::system_scope_asked_for_politely", &["sudo"]),
    ("runtimes::", &["sudo", "perl", "ruby", "rbenv", "php", "java"]),
];

/// The tests whose programs are not in the root folder of hosts; says so.
fn left_out<'a>(tests: &[(&'a str, fn())]) -> Vec<&'a str> {
    let root = std::env::var_os("MKSERVICE_TEST_ROOT").map_or_else(|| PathBuf::from("/"), PathBuf::from);
    let is_missing = |program: &&&str| root.join("usr/bin").join(program).symlink_metadata().is_err();
    let mut all = Vec::new();
    for (beginning, programs) in USES {
        let missing: Vec<&str> = programs.iter().filter(is_missing).copied().collect();
        let names = tests.iter().map(|(name, _)| *name).filter(|name| name.starts_with(beginning));
        let names: Vec<&str> = if missing.is_empty() { Vec::new() } else { names.collect() };
        if !names.is_empty() {
            let (count, missing) = (names.len(), missing.join(", "));
            eprintln!("left out ({count}), because hosts lack {missing}: {}", names.join(", "));
        }
        all.extend(names);
    }
    all
}
