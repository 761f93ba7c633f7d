//! An update that fails to start is rolled back, and a new service is removed again.

use crate::fault_injection::{Place, Rig};
use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{booted, done, fails, file, ran, traces};

#[apply(booted_test)]
fn failed_update_rolls_back(scope: &Scope<'_>) {
    let state = |scope: &Scope<'_>| {
        let path = scope.property("s", "FragmentPath");
        let directory = std::path::Path::new(&path).parent().unwrap().to_owned();
        let links = scope.host.root("find").arg(directory).args(["-type", "l", "-printf", "%p %l\n"]).text();
        (scope.host.root("sha256sum").arg(&path).text(), links, scope.property("s", "ActiveState"))
    };
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
    let before = state(scope);
    let said = fails(
        3,
        &mut scope.mkservice(&["--name", "s", "-p", "WantedBy=basic.target", "--", "sh", "-c", "echo no; exit 9"]),
    );
    assert!(said.contains("the new version of s failed to start: the program exited with status 9"), "{said}");
    assert!(said.contains("rolled back to the previous version, which is running\n    no\n"), "{said}");
    assert_eq!(state(scope), before);
    // The old command changes nothing, and --no-rollback keeps the new version.
    assert!(done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"])).contains("unchanged"));
    let said = fails(3, &mut scope.mkservice(&["--name", "s", "--no-rollback", "--", "sh", "-c", "exit 9"]));
    assert!(said.contains("s failed to start"), "{said}");
    assert_ne!(state(scope).0, before.0);
    // A version that failed is not rolled back to.
    let said = fails(3, &mut scope.mkservice(&["--name", "s", "--", "sh", "-c", "exit 8"]));
    assert!(said.contains("s failed to start"), "{said}");
    done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
}

#[apply(booted_test)]
fn new_service_that_fails_leaves_nothing(scope: &Scope<'_>) {
    let lines: [&[&str]; 3] = [
        &["--name", "s", "--", "sh", "-c", "echo no; sleep 0.3; exit 9"],
        &["--name", "s", "--secret", "TOKEN=/opt/token", "--", "sh", "-c", "echo no; sleep 0.3; exit 9"],
        &["--name", "s", "--instances", "2", "--", "sh", "-c", "echo no; sleep 0.3; exit 9"],
    ];
    file(scope.host, if scope.session.is_some() { "ann" } else { "root" }, "/opt/token", "secret\n");
    scope.host.root("chmod").args(["600", "/opt/token"]).text();
    let before = traces(scope.host);
    for line in lines {
        let said = fails(3, &mut scope.mkservice(line));
        assert!(said.contains(" failed to start: the program exited with status 9; "), "{said}");
        assert!(said.contains("; rolled back: s was removed\n    no\n"), "{said}");
        let last = said.lines().last().unwrap();
        assert!(last.starts_with("hint: keep it installed anyway: mkservice --no-rollback "), "{said}");
        assert_eq!(traces(scope.host), before, "{line:?}");
        assert_eq!(scope.property("s", "LoadState"), "not-found");
        let unit = if line.contains(&"--instances") { "s@1" } else { "s" };
        scope.host.root("journalctl").arg("--sync").text();
        let journal = if scope.session.is_some() { "--user" } else { "--system" };
        let log = scope.run("journalctl").args([journal, "-u", unit, "-o", "cat"]).text();
        assert!(log.contains("no\n"), "{log}");
    }
    // As the last line says, and how to remove what stays.
    let said = fails(3, &mut scope.mkservice(&["--no-rollback", "--name", "s", "--", "sh", "-c", "exit 9"]));
    assert_eq!(said.lines().last().unwrap(), "hint: remove it: mkservice remove s", "{said}");
    assert_eq!(scope.property("s", "LoadState"), "loaded");
    // What failed before is not new.
    let said = fails(3, &mut scope.mkservice(&["--name", "s", "--", "sh", "-c", "exit 8"]));
    assert_eq!(said.lines().last().unwrap(), "hint: remove it: mkservice remove s", "{said}");
    done(&mut scope.verb(&["remove", "s"]));
    assert_eq!(traces(scope.host), before);
}

#[apply(booted_test)]
fn lingering_is_as_before_when_others_do_without(scope: &Scope<'_>) {
    done(&mut scope.mkservice(&["--no-linger", "--name", "other", "sleep", "1000"]));
    let before = traces(scope.host);
    fails(3, &mut scope.mkservice(&["--name", "s", "--", "sh", "-c", "exit 9"]));
    assert_eq!(traces(scope.host), before);
    assert_eq!(scope.property("other", "ActiveState"), "active");
}

#[apply(booted_test)]
fn declared_services_stay_and_can_be_removed(scope: &Scope<'_>) {
    let defaults = if scope.session.is_some() { "" } else { "[defaults]\nuid = 'root'\n" };
    let text = "[services.bad]\ncommand = ['sh', '-c', 'exit 9']\n[services.good]\ncommand = ['sleep', '1000']\n";
    let said = {
        let directory = if scope.session.is_some() { "/home/ann" } else { "/root" };
        let path = format!("{directory}/mkservice.toml");
        file(scope.host, if scope.session.is_some() { "ann" } else { "root" }, &path, &format!("{defaults}{text}"));
        ran(scope.verb(&["apply", &path]).cwd("/"))
    };
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.stderr.contains("hint: remove it: mkservice remove bad\n"), "{said:?}");
    assert_eq!(scope.property("bad", "LoadState"), "loaded");
    done(&mut scope.verb(&["remove", "bad"]));
    assert_eq!(scope.property("good", "ActiveState"), "active");
}

#[apply(booted_test)]
fn killed_roll_back_of_a_user_service_is_completed() {
    killed(Place::User);
}

#[apply(booted_test)]
fn killed_roll_back_of_a_system_service_is_completed() {
    killed(Place::System);
}

/// Kills the run at each call that changes something. `remove` completes every roll back, and so does the same command.
fn killed(place: Place) {
    let host = booted();
    let session = (place == Place::User).then(|| host.open_session("ann"));
    let rig = Rig { host: &host, session: session.as_ref(), place };
    const LINE: &[&str] = &["--name", "s", "--", "sh", "-c", "exit 9"];
    // The first run creates directories that stay.
    assert_eq!(ran(&mut rig.run("mkservice", LINE)).code, 3);
    let before = rig.seen();
    let changes = ["unlink", "unlinkat", "rename", "renameat", "renameat2", "rmdir", "sendmsg"];
    let points = rig.points_until(3, LINE, (&["signal=KILL"], &["signal=KILL"]));
    let (mut again, mut removed) = (0, 0);
    for point in points.iter().filter(|point| changes.contains(&point.call.as_str())) {
        let faulted = rig.run_with_fault(point, LINE);
        let files = rig.seen().files;
        let withdrawn = files.iter().any(|(path, text)| path.ends_with("s.service") && text.contains("Withdrawn=yes"));
        let next = match withdrawn && again <= removed {
            true => {
                again += 1;
                ran(&mut rig.run("mkservice", LINE))
            }
            false => {
                removed += usize::from(withdrawn);
                ran(&mut rig.run("mkservice", &["remove", "s"]))
            }
        };
        assert!(matches!(next.code, 0 | 3 | 4), "{point:?}: {faulted:?}\n{next:?}");
        let after = rig.seen();
        assert!(after.settled() == before.settled(), "{point:?}: {next:?}\n{}", after.unlike(&before));
    }
    assert!(again > 1 && removed > 1, "{again} and {removed} of {points:?}");
}
