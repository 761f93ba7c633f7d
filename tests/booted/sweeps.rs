//! Faults at every call of every verb that changes a service, and many processes at once. They take minutes, so they only run
//! with `MKSERVICE_TEST_SWEEPS` set, and print how much they did.

use crate::fault_injection::{Faults, Place};
use crate::fault_tolerance::{ADD, FAIL, KILL, Lines, sweep};
use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{done, ran};

const VERBS: [Lines; 7] = [
    [ADD, &["remove", "s"]],
    [
        &["--settle", "0", "-p", "SystemCallFilter=~@clock", "--every", "1h", "--name", "s", "sleep", "1000"],
        &["remove", "s"],
    ],
    [
        &["--settle", "0", "--instances", "a,b", "--name", "s", "sleep", "1000"],
        &["--settle", "0", "--instances", "b,c", "--name", "s", "sleep", "1000"],
    ],
    [&["disable", "s"], &["enable", "s"]],
    [&["stop", "s"], &["start", "s", "--settle", "0"]],
    [&["update", "s", "--settle", "0", "--nice", "5"], &["update", "s", "--settle", "0", "--unset", "nice"]],
    [&["rename", "--settle", "0", "s", "t"], &["rename", "--settle", "0", "t", "s"]],
];

fn faults(place: Place, faults: Faults) {
    let mut sum = 0;
    for lines in VERBS {
        let count = sweep(place, faults, lines);
        println!("{count} faults in {:?} and {:?}", lines[0], lines[1]);
        sum += count;
    }
    println!("{sum} faults");
}

#[apply(booted_test)]
fn every_verb_survives_kill_in_user_scope() {
    faults(Place::User, KILL);
}

#[apply(booted_test)]
fn every_verb_survives_kill_in_system_scope() {
    faults(Place::System, KILL);
}

#[apply(booted_test)]
fn every_verb_survives_io_errors_in_user_scope() {
    faults(Place::User, FAIL);
}

#[apply(booted_test)]
fn every_verb_survives_io_errors_in_system_scope() {
    faults(Place::System, FAIL);
}

/// Each process ends as if it ran alone: what it asks for is done, or is refused with a reason. At the end, everything can
/// be removed, and nothing is left.
#[apply(booted_test)]
fn many_processes_at_once(scope: &Scope<'_>) {
    const ROUNDS: usize = 40;
    let account = if scope.session.is_some() { "" } else { "--uid daemon" };
    let lines = [
        format!("{account} --settle 0 --name a sleep $((1000 + n))"),
        format!("{account} --settle 0 --name b sleep $((1000 + n))"),
        format!("{account} --settle 0 --instances x,y --name g sleep 1000"),
        "restart a --settle 0".into(),
        "disable a".into(),
        "enable a".into(),
        "stop b".into(),
        "update a --settle 0 --nice 5".into(),
        "rename a b --settle 0".into(),
        "rename b a --settle 0".into(),
        "remove a".into(),
        "remove b g".into(),
        "list".into(),
        "status a".into(),
    ];
    let start: String = lines
        .iter()
        .enumerate()
        .map(|(at, line)| format!("(mkservice {line} >/tmp/said.$n.{at} 2>&1; echo $? >/tmp/code.$n.{at}) & "))
        .collect();
    let script = format!("for n in $(seq {ROUNDS}); do {start} wait; done");
    scope.run("bash").cwd("/").args(["-c", &script]).text();
    let mut codes = std::collections::BTreeMap::new();
    for round in 1..=ROUNDS {
        for (at, line) in lines.iter().enumerate() {
            let read = |what: &str| scope.run("cat").arg(format!("/tmp/{what}.{round}.{at}")).text();
            let code = read("code").trim().to_owned();
            assert!(matches!(code.as_str(), "0" | "2" | "3" | "4"), "{line}: {code}: {}", read("said"));
            assert!(!read("said").contains("panicked"), "{line}: {}", read("said"));
            *codes.entry(code).or_insert(0) += 1;
        }
    }
    println!("{} processes; exit codes {codes:?}", ROUNDS * lines.len());
    let removed = ran(scope.verb(&["remove", "a", "b", "g"]).args(["--force"]));
    assert!(matches!(removed.code, 0 | 4), "{removed:?}");
    for name in ["a", "b", "g"] {
        assert!(matches!(ran(&mut scope.verb(&["remove", name])).code, 0 | 4));
    }
    done(&mut scope.verb(&["list"]));
    let left = scope.host.root("find").args([scope.unit_directory(), "-name", "[.abg]*"]).text();
    assert_eq!(left, "");
}
