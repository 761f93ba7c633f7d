//! The second run: the same line changes nothing, another one changes what differs.

use crate::host::{Host, Inside, Session};
use crate::setup::{booted, done, fails, property, system};

pub const TESTS: &[(&str, fn())] = &[
    ("again::the_same_line_changes_nothing", the_same_line_changes_nothing),
    ("again::what_was_stopped_or_disabled_comes_back", what_was_stopped_or_disabled_comes_back),
    ("again::another_line_restarts_the_service", another_line_restarts_the_service),
    ("again::other_remarks_do_not_restart_it", other_remarks_do_not_restart_it),
    ("again::a_oneshot_that_has_run_does_not_run_again", a_oneshot_that_has_run_does_not_run_again),
    ("again::a_name_of_the_machine_is_refused", a_name_of_the_machine_is_refused),
];

/// A line in one scope: the program, and systemctl to look at what it did.
struct Scope<'a> {
    host: &'a Host,
    session: Option<&'a Session<'a>>,
}

impl Scope<'_> {
    fn mkservice(&self, words: &[&str]) -> std::process::Command {
        let mut command = match self.session {
            Some(session) => session.run("mkservice"),
            None => system(self.host, "daemon"),
        };
        command.args(words);
        command
    }

    fn systemctl(&self) -> std::process::Command {
        match self.session {
            Some(session) => {
                let mut systemctl = session.run("systemctl");
                systemctl.arg("--user");
                systemctl
            }
            None => self.host.root("systemctl"),
        }
    }

    fn property(&self, unit: &str, name: &str) -> String {
        property(self.systemctl(), unit, name)
    }

    /// How often the manager was reloaded, by its journal.
    fn reloads(&self) -> usize {
        self.host.root("journalctl").arg("--sync").text();
        self.host.journal().lines().filter(|line| line.contains("Reloading") && !line.contains("Reloading...")).count()
            + self.host.journal().lines().filter(|line| line.contains("Reloading...")).count()
    }

    /// Inode and time of change of the unit's file and of its folder.
    fn file(&self, unit: &str) -> String {
        let path = self.property(unit, "FragmentPath");
        let folder = std::path::Path::new(&path).parent().unwrap();
        self.host.root("stat").args(["-c", "%i %y %n"]).arg(&path).arg(folder).text()
    }
}

/// Runs a test in both scopes, each on a host of its own.
fn in_both_scopes(test: fn(&Scope<'_>)) {
    let host = booted();
    let session = host.open_session("ann");
    test(&Scope { host: &host, session: Some(&session) });
    test(&Scope { host: &host, session: None });
}

fn the_same_line_changes_nothing() {
    in_both_scopes(|scope| {
        let line = ["--name", "s", "sleep", "1000"];
        done(&mut scope.mkservice(&line));
        let (file, run, reloads) = (scope.file("s"), scope.property("s", "InvocationID"), scope.reloads());
        for _ in 0..2 {
            let said = done(&mut scope.mkservice(&line));
            assert!(said.contains("unchanged"), "{said}");
        }
        assert_eq!((scope.file("s"), scope.property("s", "InvocationID"), scope.reloads()), (file, run, reloads));
    });
}

fn what_was_stopped_or_disabled_comes_back() {
    in_both_scopes(|scope| {
        let line = ["--name", "s", "sleep", "1000"];
        done(&mut scope.mkservice(&line));
        for verb in ["stop", "disable", "kill"] {
            scope.systemctl().args([verb, "s.service"]).output().unwrap();
            done(&mut scope.mkservice(&line));
            assert_eq!(scope.property("s", "ActiveState"), "active", "after {verb}");
            assert_eq!(scope.property("s", "UnitFileState"), "enabled", "after {verb}");
        }
    });
}

fn another_line_restarts_the_service() {
    in_both_scopes(|scope| {
        done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
        let run = scope.property("s", "InvocationID");
        let said = done(&mut scope.mkservice(&["--name", "s", "sleep", "2000"]));
        assert!(said.contains("updated"), "{said}");
        assert_ne!(scope.property("s", "InvocationID"), run);
        assert!(scope.property("s", "ExecStart").contains("sleep 2000"));
    });
}

fn other_remarks_do_not_restart_it() {
    in_both_scopes(|scope| {
        done(&mut scope.mkservice(&["--name", "s", "sleep", "1000"]));
        let run = scope.property("s", "InvocationID");
        done(&mut scope.mkservice(&["sleep", "--name", "s", "1000"]));
        assert_eq!(scope.property("s", "InvocationID"), run, "only the words in our own section changed");
    });
}

fn a_oneshot_that_has_run_does_not_run_again() {
    in_both_scopes(|scope| {
        let line = ["--name", "s", "--service-type", "oneshot", "true"];
        let said = done(&mut scope.mkservice(&line));
        assert!(said.contains("has run"), "{said}");
        let ended = scope.property("s", "InactiveEnterTimestampMonotonic");
        done(&mut scope.mkservice(&line));
        assert_eq!(scope.property("s", "InactiveEnterTimestampMonotonic"), ended);
    });
}

fn a_name_of_the_machine_is_refused() {
    let host = booted();
    let unit = "[Service]\nExecStart=/bin/sleep 1000\n";
    crate::setup::file(&host, "root", "/usr/lib/systemd/system/vendor.service", unit);
    crate::setup::file(&host, "root", "/etc/systemd/system/admin.service", unit);
    host.root("systemctl").arg("daemon-reload").text();
    for name in ["vendor", "admin", "systemd-logind", "dbus"] {
        let said = fails(2, system(&host, "daemon").args(["--name", name, "sleep", "1000"]));
        assert!(said.contains("not ours") || said.contains("reserved"), "{said}");
    }
    done(system(&host, "daemon").args(["--force", "--name", "vendor", "sleep", "1000"]));
    assert_eq!(property(host.root("systemctl"), "vendor", "FragmentPath"), "/etc/systemd/system/vendor.service");
    done(host.root("mkservice").args(["remove", "vendor"]));
    assert!(property(host.root("systemctl"), "vendor", "FragmentPath").ends_with("/lib/systemd/system/vendor.service"));
}
