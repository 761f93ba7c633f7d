//! `remove`, also if half of the installation is missing.

use crate::host::Inside;
use crate::scope::Scope;
use crate::setup::{booted, done, property, system, traces, units};

#[apply(booted_test)]
fn unit_file_is_already_deleted() {
    let host = booted();
    let (files, known) = (traces(&host), units(host.root("systemctl")));
    for reload in [false, true] {
        done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
        let pid = property(host.root("systemctl"), "s", "MainPID");
        host.root("rm").arg("/etc/systemd/system/s.service").text();
        if reload {
            host.root("systemctl").arg("daemon-reload").text();
        }
        done(host.root("mkservice").args(["remove", "s"]));
        assert!(!host.path(format!("/proc/{pid}")).exists(), "it still runs");
        assert_eq!(traces(&host), files);
        assert_eq!(units(host.root("systemctl")), known);
    }
}

/// What processes have left that were killed while they wrote drop-ins, tried a sandbox, or checked a unit.
#[apply(booted_test)]
fn temporary_files_of_killed_runs_are_removed(scope: &Scope<'_>) {
    let (control, scratch) = match scope.session {
        Some(_) => ("$XDG_RUNTIME_DIR/systemd/user.control", "/tmp"),
        None => ("/run/systemd/system.control", "/run"),
    };
    let left = || {
        let script = format!("find {control} {scratch} -path '*/s.service*' -o -name 'mkservice-*' 2>/dev/null; true");
        scope.run("sh").args(["-c", &script]).text()
    };
    let before = traces(scope.host);
    let checked = |length| ["--settle", "0", "-p", "SystemCallFilter=~@clock", "--name", "s", "sleep", length];
    for trial in ["x", ".50-mkservice-harden.conf.x.tmp"] {
        done(&mut scope.mkservice(&checked("1000")));
        let script = format!(
            "cd {} && mkdir -p s.service.d {control}/s.service.d {scratch}/mkservice-check-x && \
             touch s.service.d/.50-mkservice-harden.conf.x.tmp s.service.d/.unbuffered.rb.x.tmp {scratch}/mkservice-check-x/s && \
             touch {control}/s.service.d/{trial} && rm -f {control}/s.service.d/x",
            scope.unit_directory()
        );
        scope.run("sh").args(["-c", &script]).text();
        done(&mut scope.mkservice(&checked("2000")));
        assert!(!left().contains("mkservice-check"), "{}", left());
        done(&mut scope.verb(&["remove", "s"]));
        assert_eq!((left().as_str(), traces(scope.host)), ("", before.clone()));
    }
}

#[apply(booted_test)]
fn program_and_user_are_gone() {
    let host = booted();
    let (files, known) = (traces(&host), units(host.root("systemctl")));
    host.add_user("ann");
    host.root("sh").args(["-c", "mkdir /opt/app && cp /bin/sleep /opt/app/app"]).text();
    done(system(&host, "ann").args(["--working-directory", "/opt/app", "/opt/app/app", "1000"]));
    host.root("systemctl").args(["stop", "app"]).text();
    host.root("sh").args(["-c", "rm -r /opt/app && userdel -r ann 2>/dev/null"]).output().unwrap();
    done(host.root("mkservice").args(["remove", "app"]));
    assert_eq!(traces(&host), files);
    assert_eq!(units(host.root("systemctl")), known);
}

#[apply(booted_test)]
fn failed_service_is_unloaded() {
    let host = booted();
    let known = units(host.root("systemctl"));
    let words = ["--name", "s", "--restart", "no", "--", "sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.1; done"];
    done(system(&host, "daemon").args(words));
    // The service fails while it is being stopped.
    done(host.root("mkservice").args(["remove", "s"]));
    assert_eq!(units(host.root("systemctl")), known);
    assert_eq!(property(host.root("systemctl"), "s", "ActiveState"), "inactive");
}

#[apply(booted_test)]
fn any_part_is_already_deleted() {
    let host = booted();
    let session = host.open_session("ann");
    let user = || {
        let mut systemctl = session.run("systemctl");
        systemctl.arg("--user");
        systemctl
    };
    let (files, known) = (traces(&host), units(user()));
    let (file, link) =
        ("$HOME/.config/systemd/user/x.service", "$HOME/.config/systemd/user/default.target.wants/x.service");
    for by_hand in [
        format!("rm {file} {link}; systemctl --user daemon-reload"),
        format!("systemctl --user disable --now x; rm {file}; systemctl --user daemon-reload"),
        format!("systemctl --user kill -s KILL x; rm {file} {link}"),
        format!("rm {link}"),
        format!("rm {file} {link}"),
        format!("rm {file}"),
        "rm -r $HOME/.config".to_owned(),
    ] {
        done(session.run("mkservice").args(["--name", "x", "--restart", "no", "sleep", "1000"]));
        session.run("sh").args(["-c", &by_hand]).output().unwrap();
        done(session.run("mkservice").args(["remove", "x"]));
        assert_eq!(traces(&host), files, "{by_hand}");
        assert_eq!(units(user()), known, "{by_hand}");
    }
}

#[apply(booted_test)]
fn files_are_removed_without_a_user_manager() {
    let host = booted();
    host.add_user("ann");
    let before = traces(&host);
    done(host.user("ann", "mkservice").args(["--no-start", "sleep", "1000"]));
    let said = done(host.user("ann", "mkservice").args(["remove", "sleep"]));
    assert!(said.contains("no user manager is running"), "{said}");
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn force_removes_an_emptied_unit_file() {
    let host = booted();
    let before = traces(&host);
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    host.root("truncate").args(["-s", "0", "/etc/systemd/system/s.service"]).text();
    done(host.root("mkservice").args(["remove", "--force", "s"]));
    assert_eq!(traces(&host), before);
}
