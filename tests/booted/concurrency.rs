//! Several mkservice processes at once.

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{booted, done, traces};

#[apply(booted_test)]
fn twenty_concurrent_runs_do_not_interfere(scope: &Scope<'_>) {
    let account = if scope.session.is_some() { "" } else { "--uid daemon" };
    let run = |script: String| {
        let mut bash = match scope.session {
            Some(session) => session.run("bash"),
            None => scope.host.root("bash"),
        };
        bash.cwd("/").args(["-c", &script]).text()
    };
    let wait = "for j in $(jobs -p); do wait $j || exit 1; done";
    run(format!("for n in $(seq 20); do mkservice -q {account} --name n$n sleep 1000 2>/dev/null & done; {wait}"));
    for number in 1..=20 {
        let unit = format!("n{number}");
        assert_eq!(
            (scope.property(&unit, "ActiveState"), scope.property(&unit, "UnitFileState")),
            ("active".into(), "enabled".into())
        );
    }
    run(format!(
        "for n in $(seq 20); do mkservice -q {account} --name one sleep $((1000 + n)) 2>/dev/null & done; {wait}"
    ));
    assert_eq!(scope.property("one", "ActiveState"), "active");
    // One of them was last: the file, systemd, and the process agree on it.
    let pid = scope.property("one", "MainPID");
    let process = String::from_utf8(std::fs::read(scope.host.path(format!("/proc/{pid}/cmdline"))).unwrap()).unwrap();
    let process = process.trim_end_matches('\0').replace('\0', " ");
    let file = scope.host.root("cat").arg(scope.property("one", "FragmentPath")).text();
    assert!(file.contains(&format!("ExecStart={process}\n")), "{process}\n{file}");
    run("mkservice -q remove one $(seq -f n%g 20)".into());
}

#[apply(booted_test)]
fn concurrent_removes_leave_nothing() {
    let host = booted();
    let session = host.open_session("ann");
    let before = traces(&host);
    for name in ["a", "b", "c"] {
        done(session.run("mkservice").args(["-q", "--settle", "0", "--name", name, "sleep", "1000"]));
    }
    let all =
        "for n in a b c; do mkservice -q remove $n 2>/dev/null & done; for j in $(jobs -p); do wait $j || exit 1; done";
    session.run("bash").args(["-c", all]).text();
    assert_eq!(traces(&host), before);
}
