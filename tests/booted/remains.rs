//! `remove` when half of the installation is already gone.

use crate::host::Inside;
use crate::setup::{booted, done, fails, property, system, traces, units};

#[apply(booted_test)]
fn the_unit_file_was_deleted_by_hand() {
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

#[apply(booted_test)]
fn the_program_and_the_account_are_gone() {
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
fn a_failed_service_leaves_nothing_loaded() {
    let host = booted();
    let known = units(host.root("systemctl"));
    let words = ["--name", "s", "--restart", "no", "--", "sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.1; done"];
    done(system(&host, "daemon").args(words));
    // It fails while it is being stopped.
    done(host.root("mkservice").args(["remove", "s"]));
    assert_eq!(units(host.root("systemctl")), known);
    assert_eq!(property(host.root("systemctl"), "s", "ActiveState"), "inactive");
}

#[apply(booted_test)]
fn units_of_others_stay() {
    let host = booted();
    let unit = "[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n";
    crate::setup::file(&host, "root", "/etc/systemd/system/theirs.service", unit);
    host.root("systemctl").args(["enable", "--now", "--quiet", "theirs"]).output().unwrap();
    let before = traces(&host);
    for name in ["theirs", "systemd-logind"] {
        let said = crate::setup::ran(host.root("mkservice").args(["remove", name]));
        assert_eq!(said.code, 2, "{said:?}");
    }
    let said = fails(4, host.root("mkservice").args(["remove", "nosuch"]));
    assert!(said.contains("there is no service of ours named `nosuch`"), "{said}");
    assert_eq!(traces(&host), before);
    assert_eq!(property(host.root("systemctl"), "theirs", "ActiveState"), "active");
}

const UNIT: &str =
    "[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\nAlias=vend-alias.service\n";

#[apply(booted_test)]
fn enabled_vendor_units_stay() {
    let host = booted();
    crate::setup::file(&host, "root", "/usr/lib/systemd/system/vend.service", UNIT);
    host.root("systemctl").args(["enable", "--now", "--quiet", "vend"]).output().unwrap();
    host.root("ln")
        .args(["-s", "/lib/systemd/system/gone.service", "/etc/systemd/system/multi-user.target.wants/gone.service"])
        .text();
    let before = traces(&host);
    let said = fails(2, host.root("mkservice").args(["remove", "vend"]));
    assert!(said.contains("vend.service` is not ours"), "{said}");
    // A link of somebody else that leads nowhere is no service of ours either.
    fails(4, host.root("mkservice").args(["remove", "gone"]));
    assert_eq!(traces(&host), before);
    assert_eq!(property(host.root("systemctl"), "vend", "ActiveState"), "active");
    // A link that led to a copy in front of it, by now deleted, still enables it.
    let copied =
        "cd /etc/systemd/system && ln -sf /etc/systemd/system/vend.service multi-user.target.wants/vend.service";
    host.root("sh").args(["-c", copied]).text();
    fails(2, host.root("mkservice").args(["remove", "vend"]));
    host.root("systemctl").args(["reenable", "--quiet", "vend"]).output().unwrap();
    assert_eq!(traces(&host), before);
    // In front of it and away again: its links are as they were.
    done(system(&host, "daemon").args(["--force", "--name", "vend", "sleep", "1000"]));
    let said = done(host.root("mkservice").args(["remove", "vend"]));
    assert!(said.contains("vend.service counts again"), "{said}");
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn whatever_was_deleted_by_hand() {
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
fn two_removes_at_once_leave_nothing() {
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

#[apply(booted_test)]
fn without_a_manager_files_are_removed() {
    let host = booted();
    host.add_user("ann");
    let before = traces(&host);
    done(host.user("ann", "mkservice").args(["--no-start", "sleep", "1000"]));
    let said = done(host.user("ann", "mkservice").args(["remove", "sleep"]));
    assert!(said.contains("no user manager runs here"), "{said}");
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn lingering_that_was_not_ours_stays() {
    let host = booted();
    let session = host.open_session("ann");
    host.user("ann", "sh").args(["-c", "mkdir -p ~/.config/systemd/user && chmod 555 ~/.config/systemd/user"]).text();
    // It fails before lingering is turned on, and must not remember that it was.
    assert_eq!(crate::setup::ran(session.run("mkservice").args(["sleep", "1000"])).code, 1);
    host.user("ann", "chmod").args(["755", "/home/ann/.config/systemd/user"]).text();
    host.root("loginctl").args(["enable-linger", "ann"]).text();
    done(session.run("mkservice").args(["sleep", "1000"]));
    done(session.run("mkservice").args(["remove", "sleep"]));
    assert!(host.path("/var/lib/systemd/linger/ann").exists());
}
