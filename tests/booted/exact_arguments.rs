//! Random command lines, environments and directories reach the program byte for byte.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::host::{Host, Inside};
use crate::setup::{booted, done, ran, system};

#[path = "../oracle/strategies.rs"]
#[allow(dead_code, reason = "shared with the tests of systemd's parser")]
mod strategies;

/// The number of command lines executed in each scope.
const CASES: usize = 260;

/// The number of command lines that go to the elevated process as an order.
const ORDERED: usize = 40;

/// A service to create, and how its witness must have been started.
#[derive(Debug)]
struct Case {
    program: PathBuf,
    arguments: Vec<OsString>,
    value: String,
    directory: PathBuf,
    report: String,
}

fn random<S: Strategy>(strategy: &S, runner: &mut TestRunner) -> S::Value {
    strategy.new_tree(runner).expect("the strategies reject nothing").current()
}

fn case(base: &str, number: usize, runner: &mut TestRunner) -> Case {
    let within = |kind: &str, path: PathBuf| {
        PathBuf::from(format!("{base}/{number}/{kind}")).join(path.strip_prefix("/").unwrap())
    };
    Case {
        program: within("program", random(&strategies::program(), runner)),
        arguments: random(&strategies::arguments(), runner),
        value: random(&strategies::text(), runner),
        directory: within("directory", random(&strategies::line_path(), runner)).join("cwd"),
        report: format!("{base}/{number}.report"),
    }
}

#[apply(booted_test)]
fn user_service_gets_exact_arguments() {
    let host = booted();
    let session = host.open_session("ann");
    check_all(CASES, &host, "/home/ann/cases", "ann", &|| session.run("mkservice"));
}

#[apply(booted_test)]
fn system_service_gets_exact_arguments() {
    let host = booted();
    host.add_user("ann");
    check_all(CASES, &host, "/home/ann/cases", "ann", &|| system(&host, "ann"));
}

/// The same through the elevated process.
#[apply(booted_test)]
fn exact_arguments_survive_sudo() {
    let host = crate::sudo::with_sudo(crate::sudo::NO_PASSWORD);
    check_all(ORDERED, &host, "/home/ann/cases", "ann", &|| crate::sudo::by_ann(&host, &[]));
}

/// A batch of cases: witnesses are placed and reports are read together.
const TOGETHER: usize = 20;

fn check_all(cases: usize, host: &Host, base: &str, account: &str, mkservice: &dyn Fn() -> std::process::Command) {
    let mut runner = TestRunner::default();
    for first in (0..cases).step_by(TOGETHER) {
        let numbers = first..(first + TOGETHER).min(cases);
        let batch: Vec<Case> = numbers.clone().map(|number| case(base, number, &mut runner)).collect();
        place_witnesses(host, account, &batch);
        for (number, case) in numbers.zip(&batch) {
            let mut command = mkservice();
            command.args(["-q", "--name", &format!("w{number}"), "--no-linger", "--no-enable", "--settle", "0", "-E"]);
            command.arg(format!("REPORT={}", case.report));
            command.arg("-E").arg(format!("VALUE={}", case.value));
            command.arg("--working-directory").arg(&case.directory);
            command.arg("--").arg(&case.program).args(&case.arguments);
            let ran = ran(&mut command);
            assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{case:?}: {ran:?}");
        }
        check_reports(host, &batch);
    }
}

/// Copies the witness to the program path of each case. The kernel passes the path of a script as an argument, so the
/// witness reports the path too.
fn place_witnesses(host: &Host, account: &str, batch: &[Case]) {
    let script = "umask 022; while [ $# -gt 0 ]; do mkdir -p -- \"${1%/*}\" \"$2\"; \
        cp -- /usr/local/share/witness.py \"$1\"; mkfifo \"$3\"; shift 3; done";
    let mut shell = host.user(account, "sh");
    shell.args(["-ec", script, "sh"]);
    for case in batch {
        shell.arg(&case.program).arg(&case.directory).arg(&case.report);
    }
    shell.text();
}

/// Each witness opens its pipe and waits there for this reader, which reads one after another.
fn check_reports(host: &Host, batch: &[Case]) {
    let mut cat = host.root("timeout");
    let output = cat.args(["60", "cat"]).args(batch.iter().map(|case| &case.report)).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let decoded = |line: &str| -> Vec<u8> {
        let byte = |hex: &[u8]| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap();
        line.as_bytes().chunks(2).map(byte).collect()
    };
    let lines: Vec<Vec<u8>> = text.lines().map(decoded).collect();
    let mut reports = lines.chunks(3);
    for case in batch {
        let told = reports.next().unwrap_or_else(|| panic!("no report: {case:?}\n{}", host.journal()));
        check(case, told);
    }
    assert!(output.status.success() && reports.next().is_none(), "{text}");
}

fn check(case: &Case, told: &[Vec<u8>]) {
    let [words, variables, directory] = told else { panic!("{case:?}: {told:?}") };
    let mut expected = b"/usr/bin/python3\0".to_vec();
    for word in std::iter::once(case.program.as_os_str()).chain(case.arguments.iter().map(OsString::as_os_str)) {
        expected.extend_from_slice(word.as_bytes());
        expected.push(0);
    }
    let shown = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    assert_eq!(shown(words), shown(&expected), "{case:?}");
    assert_eq!(OsStr::from_bytes(directory), case.directory, "{case:?}");
    let expected = format!("VALUE={}", case.value);
    let found = variables.split(|byte| *byte == 0).any(|variable| variable == expected.as_bytes());
    assert!(found, "{case:?}: {:?}", shown(variables));
}

#[apply(booted_test)]
fn verbs_accept_commands_that_are_not_utf8() {
    let host = booted();
    let mut bash = host.root("bash");
    let line =
        "mkservice -q --uid daemon --working-directory / --name s -- sh -c 'exec sleep 1000' $'\\xff' 2>/dev/null";
    bash.args(["-c", line]).text();
    for words in [&["status", "s"][..], &["restart", "s"], &["rename", "s", "t"], &["rename", "t", "s"], &["list"]] {
        done(host.root("mkservice").args(words));
    }
    assert!(done(host.root("mkservice").args(["status", "s"])).contains("exec sleep 1000"));
    done(host.root("mkservice").args(["remove", "s"]));
}
