//! Faults at every call of every verb that changes a service, and many processes at once. They take minutes, so they only run
//! with `MKSERVICE_TEST_SWEEPS` set: to 1, or to some of the verbs (`edit,adopt`). They print how much they did.

use crate::adopt;
use crate::fault_injection::{Faults, Place, Rig};
use crate::fault_tolerance::{ADD, FAIL, KILL, Lines, sweep, sweep_in};
use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{booted, done, file, program, ran};

const VERBS: [Lines; 7] = [
    [ADD, &["remove", "s"]],
    [
        &["--settle", "0", "-p", "SystemCallFilter=~@clock", "--on-calendar", "daily", "--name", "s", "sleep", "1000"],
        &["remove", "s"],
    ],
    [
        &["--settle", "0", "--instances", "a,b", "--name", "s", "sleep", "1000"],
        &["--settle", "0", "--instances", "b,c", "--name", "s", "sleep", "1000"],
    ],
    [&["disable", "s"], &["enable", "s"]],
    [&["stop", "s"], &["start", "s", "--settle", "0"]],
    [&["update", "s", "--settle", "0", "-E", "A=1"], &["update", "s", "--settle", "0", "--unset", "setenv"]],
    [&["rename", "--settle", "0", "s", "t"], &["rename", "--settle", "0", "t", "s"]],
];

/// What has to be there before the first run.
const PREPARED: [(Lines, Lines); 4] = [
    ([ADD, NONE], [&["EDITOR=/usr/local/bin/edit-on", "edit", "s"], &["EDITOR=/usr/local/bin/edit-off", "edit", "s"]]),
    ([NONE, NONE], [&["apply", "--settle", "0", "/srv/services.toml"], &["remove", "s", "t"]]),
    ([&["--service-type", "oneshot", "--name", "s", "true"], NONE], [&["run", "s"], &["run", "s"]]),
    ([ADD, NONE], [&["harden", "--try", "--settle", "0", "s"], &["harden", "--undo", "s"]]),
];

/// No command.
const NONE: &[&str] = &[];

/// Whether the variable names one of the words, or is 1.
fn is_chosen(what: &str) -> bool {
    let chosen = std::env::var("MKSERVICE_TEST_SWEEPS").unwrap_or_default();
    chosen == "1" || chosen.split(',').any(|word| what.contains(word))
}

fn faults(place: Place, faults: Faults) {
    let mut sum = 0;
    let mut add = |count: usize, what: &str| {
        println!("{count} faults in {what}");
        sum += count;
    };
    for lines in VERBS.into_iter().filter(|lines| is_chosen(&format!("{lines:?}"))) {
        add(sweep(place, faults, lines), &format!("{lines:?}"));
    }
    let host = booted();
    let session = (place == Place::User).then(|| host.open_session("ann"));
    let rig = Rig { host: &host, session: session.as_ref(), place };
    program(&host, "root", "/usr/local/bin/edit-on", "#!/bin/sh\nprintf '[Service]\\nTasksMax=50\\n' > \"$1\"\n");
    program(&host, "root", "/usr/local/bin/edit-off", "#!/bin/sh\n: > \"$1\"\n");
    let uid = if place == Place::User { "" } else { "uid = \"daemon\"\n" };
    let services =
        format!("[services.s]\ncommand = \"sleep 1000\"\n{uid}[services.t]\ncommand = \"sleep 1001\"\n{uid}");
    file(&host, "root", "/srv/services.toml", &services);
    for (before, lines) in PREPARED.into_iter().filter(|(_, lines)| is_chosen(&format!("{lines:?}"))) {
        before.iter().chain(&lines).filter(|line| !line.is_empty()).for_each(|line| rig.plain(line));
        add(sweep_in(&rig, faults, lines), &format!("{lines:?}"));
        if before[0] != NONE {
            rig.plain(&["remove", "s"]);
        }
    }
    if is_chosen("adopt") {
        add(adopt_faults(&rig, faults), "adopt");
    }
    println!("{sum} faults");
}

/// Whatever happens, the process runs or the service does, or the next command starts it.
fn adopt_faults(rig: &Rig<'_>, faults: Faults) -> usize {
    let process = || adopt::start(rig.host, rig.run("sh", &[]), "/", "sleep 4242 >/dev/null 2>&1", "sleep");
    let start = || {
        let pid = process().to_string();
        let line = ["adopt", "--yes", "--settle", "0", "--name", "s", &pid].map(str::to_owned);
        (pid.parse().unwrap(), line)
    };
    let remove = || rig.plain(&["remove", "s"]);
    // The first run creates directories that stay.
    let (_, first) = start();
    assert_eq!(ran(&mut rig.mkservice(&first.each_ref().map(String::as_str))).code, 0);
    remove();
    let mut points = {
        let (_, line) = start();
        let points = rig.points(&line.each_ref().map(String::as_str), faults);
        remove();
        points
    };
    let (before, count) = (rig.seen(), points.len());
    while let Some(point) = points.pop_front() {
        let (pid, line) = start();
        let line = line.each_ref().map(String::as_str);
        let faulted = rig.run_with_fault(&point, &line);
        let told = format!("{point:?}: {faulted:?}");
        if adopt::lives(rig.host, pid) {
            let next = ran(&mut rig.mkservice(&line));
            // A service of root's own process runs as root.
            let is_quiet = next.stderr.is_empty() || next.stderr.starts_with("warning: ");
            assert!(next.code == 0 && is_quiet, "{told}\n{next:?}");
        } else if rig.seen().settled() == before.settled() {
            assert!(faulted.stderr.contains("to restart it: "), "the process is lost: {told}");
            continue;
        } else {
            rig.plain(&["start", "s", "--settle", "0"]);
        }
        assert!(!adopt::lives(rig.host, pid), "{told}");
        assert!(rig.seen().runs.iter().any(|(_, words)| words == "s: /usr/bin/sleep 4242"), "{told}: {:?}", rig.seen());
        remove();
        assert!(rig.seen().same_as(&before), "{told}\n{}", rig.seen().unlike(&before));
    }
    count
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
