//! Every verb on every kind of unit: exit code and message.

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{done, file, ran, traces};

const KINDS: [&str; 6] = ["running", "stopped", "failed", "masked", "foreign", "unknown"];

/// For each kind: the exit code, and the expected message.
type Row = (&'static [&'static str], [(i32, &'static str); 6]);

const MASKED: (i32, &str) = (2, "is masked by ");

const FOREIGN: (i32, &str) = (2, "foreign is not managed by mkservice: its unit file is ");

const UNKNOWN: (i32, &str) = (4, "service named `unknown`");

const ROWS: &[Row] = &[
    (
        &["status"],
        [
            (0, "running is running ("),
            (3, "stopped is not running ("),
            (3, "failed has failed ("),
            (3, "masked is masked"),
            (0, "(not managed by mkservice)"),
            UNKNOWN,
        ],
    ),
    (
        &["logs", "-n", "50"],
        [(0, "sleep 1000"), (0, "sleep 1000"), (0, "cannot go on"), (0, "no log entries of"), (0, "foreign"), UNKNOWN],
    ),
    (
        &["cat"],
        [(0, "ExecStart="), (0, "ExecStart="), (0, "exit 4"), (0, "masked.service"), (0, "ExecStart="), UNKNOWN],
    ),
    (
        &["start"],
        [
            (0, "running is already running"),
            (0, "stopped is running"),
            (3, "failed failed to start: the program exited with status 4"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (
        &["stop"],
        [
            (0, "running is stopped; it starts again at boot"),
            (0, "stopped was not running"),
            (0, "failed was not running"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (
        &["restart"],
        [
            (0, "running was restarted and is running"),
            (0, "stopped was restarted and is running"),
            (3, "failed failed to start: the program exited with status 4"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (
        &["disable"],
        [
            (0, "running is disabled: it does not start at boot; to stop it now"),
            (0, "stopped is disabled: it does not start at boot"),
            (0, "failed is disabled: it does not start at boot"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (
        &["enable"],
        [
            (0, "running is enabled: it starts at boot"),
            (0, "stopped is enabled: it starts at boot; to start it now"),
            (0, "failed is enabled: it starts at boot"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (
        &["enable"],
        [
            (0, "running is already enabled: it starts at boot"),
            (0, "stopped is already enabled: it starts at boot"),
            (0, "failed is already enabled: it starts at boot"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (
        &["harden"],
        [
            (0, "possible restrictions for running"),
            (0, "possible restrictions for stopped"),
            (0, "possible restrictions for failed"),
            MASKED,
            FOREIGN,
            UNKNOWN,
        ],
    ),
    (&["edit"], [(0, "is unchanged"), (0, "is unchanged"), (0, "is unchanged"), MASKED, FOREIGN, UNKNOWN]),
    (
        &["remove"],
        [
            (0, "running was stopped and removed"),
            (0, "stopped was removed"),
            (0, "failed was removed"),
            (2, "is not managed by mkservice"),
            (2, "is not managed by mkservice"),
            UNKNOWN,
        ],
    ),
];

/// Creates a unit of each kind.
fn furnish(scope: &Scope<'_>) {
    for name in ["running", "stopped"] {
        done(&mut scope.mkservice(&["--settle", "0", "--name", name, "sleep", "1000"]));
    }
    let fails = ["--no-rollback", "--name", "failed", "--restart", "no", "--", "sh", "-c", "echo cannot go on; exit 4"];
    assert_eq!(ran(&mut scope.mkservice(&fails)).code, 3);
    let directory = scope.unit_directory();
    let owner = if scope.session.is_some() { "ann" } else { "root" };
    file(scope.host, owner, &format!("{directory}/foreign.service"), "[Service]\nExecStart=/bin/sleep 1000\n");
    scope.run("ln").args(["-s", "/dev/null", &format!("{directory}/masked.service")]).text();
    scope.systemctl().arg("daemon-reload").text();
}

#[apply(booted_test)]
fn every_verb_handles_every_kind_of_unit(scope: &Scope<'_>) {
    furnish(scope);
    for (words, expected) in ROWS {
        scope.systemctl().args(["start", "running", "foreign"]).text();
        scope.systemctl().args(["stop", "stopped"]).text();
        for (kind, (code, told)) in KINDS.iter().zip(expected) {
            let before = if *code == 2 || *code == 4 { traces(scope.host) } else { String::new() };
            let ran = ran(scope.verb(words).arg(kind).env("EDITOR", "true"));
            assert_eq!(ran.code, *code, "{words:?} {kind}: {ran:?}");
            let said = [ran.stdout.as_str(), ran.stderr.as_str()].concat();
            assert!(said.contains(told), "{words:?} {kind}: {told:?} is not in {ran:?}");
            // Failures go to stderr, results to stdout.
            assert_eq!(ran.stderr.starts_with("error: "), !matches!(code, 0) && words[0] != "status" || *code == 4);
            if *code == 2 || *code == 4 {
                assert_eq!(traces(scope.host), before, "{words:?} {kind}");
            }
        }
    }
}
