//! `remove` when half of the installation is already gone.

use crate::host::Inside;
use crate::setup::{booted, done, fails, property, system, traces, units};

pub const TESTS: &[(&str, fn())] = &[
    ("remains::the_unit_file_was_deleted_by_hand", the_unit_file_was_deleted_by_hand),
    ("remains::the_program_and_the_account_are_gone", the_program_and_the_account_are_gone),
    ("remains::a_failed_service_leaves_nothing_loaded", a_failed_service_leaves_nothing_loaded),
    ("remains::units_of_others_stay", units_of_others_stay),
];

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
