//! Units that mkservice does not manage are left alone.

use crate::host::Inside;
use crate::setup::{booted, done, fails, file, property, ran, system, traces};

#[apply(booted_test)]
fn template_instances_are_not_managed() {
    let host = booted();
    file(&host, "root", "/etc/systemd/system/tmpl@.service", "[Service]\nExecStart=/bin/sleep 1000\n");
    host.root("systemctl").args(["start", "tmpl@1"]).text();
    let uid = host.add_user("ann");
    let session = host.open_session("ann");
    let user = format!("user@{uid}");
    let before = traces(&host);
    for verb in ["stop", "restart", "remove", "enable"] {
        for name in ["tmpl@1", "tmpl@2", &user] {
            let said = ran(host.root("mkservice").args([verb, name]));
            // An instance that has not been started has no file, but exists for systemd.
            assert_eq!(said.code, 2, "{verb} {name}: {said:?}");
            assert!(said.stderr.contains("is not managed by mkservice"), "{verb} {name}: {said:?}");
        }
    }
    for name in ["tmpl@1", &user] {
        assert_eq!(property(host.root("systemctl"), &format!("{name}.service"), "ActiveState"), "active");
    }
    assert_eq!(traces(&host), before);
    drop(session);
    assert!(fails(2, host.root("mkservice").args(["status", "tmpl@"])).contains("reserves for templates"));
}

#[apply(booted_test)]
fn shadowed_units_are_left_alone() {
    let host = booted();
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    file(&host, "root", "/etc/systemd/system.control/s.service", "[Service]\nExecStart=/bin/sleep 55\n");
    host.root("systemctl").args(["daemon-reload"]).text();
    let before = traces(&host);
    for verb in ["start", "restart", "edit", "enable"] {
        let said = fails(2, host.root("mkservice").args([verb, "s"]).env("EDITOR", "true"));
        assert!(
            said.contains("s is shadowed: systemd reads `/etc/systemd/system.control/s.service` instead"),
            "{said}"
        );
    }
    assert_eq!(traces(&host), before);
    assert!(done(host.root("mkservice").args(["status", "s"])).contains("system.control/s.service overrides"));
    assert!(ran(host.root("mkservice").arg("doctor")).stdout.contains("s is shadowed"));
}

#[apply(booted_test)]
fn names_of_unmanaged_units_are_refused() {
    let host = booted();
    let unit = "[Service]\nExecStart=/bin/sleep 1000\n";
    crate::setup::file(&host, "root", "/usr/lib/systemd/system/vendor.service", unit);
    crate::setup::file(&host, "root", "/etc/systemd/system/admin.service", unit);
    host.root("systemctl").arg("daemon-reload").text();
    for name in ["vendor", "admin", "systemd-logind", "dbus"] {
        let said = fails(2, system(&host, "daemon").args(["--name", name, "sleep", "1000"]));
        assert!(said.contains("mkservice does not manage") || said.contains("reserved"), "{said}");
    }
    done(system(&host, "daemon").args(["--force", "--name", "vendor", "sleep", "1000"]));
    assert_eq!(property(host.root("systemctl"), "vendor", "FragmentPath"), "/etc/systemd/system/vendor.service");
    done(host.root("mkservice").args(["remove", "vendor"]));
    assert!(property(host.root("systemctl"), "vendor", "FragmentPath").ends_with("/lib/systemd/system/vendor.service"));
}

#[apply(booted_test)]
fn unmanaged_units_are_not_removed() {
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
    assert!(said.contains("no service named `nosuch`"), "{said}");
    assert_eq!(traces(&host), before);
    assert_eq!(property(host.root("systemctl"), "theirs", "ActiveState"), "active");
}

const UNIT: &str =
    "[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\nAlias=vend-alias.service\n";

#[apply(booted_test)]
fn enabled_vendor_units_are_not_removed() {
    let host = booted();
    crate::setup::file(&host, "root", "/usr/lib/systemd/system/vend.service", UNIT);
    host.root("systemctl").args(["enable", "--now", "--quiet", "vend"]).output().unwrap();
    host.root("ln")
        .args(["-s", "/lib/systemd/system/gone.service", "/etc/systemd/system/multi-user.target.wants/gone.service"])
        .text();
    let before = traces(&host);
    let said = fails(2, host.root("mkservice").args(["remove", "vend"]));
    assert!(said.contains("vend.service` is not managed by mkservice"), "{said}");
    // A dangling link of another tool is not a managed service either.
    fails(4, host.root("mkservice").args(["remove", "gone"]));
    assert_eq!(traces(&host), before);
    assert_eq!(property(host.root("systemctl"), "vend", "ActiveState"), "active");
    // A link that led to a deleted copy still enables it.
    let copied =
        "cd /etc/systemd/system && ln -sf /etc/systemd/system/vend.service multi-user.target.wants/vend.service";
    host.root("sh").args(["-c", copied]).text();
    fails(2, host.root("mkservice").args(["remove", "vend"]));
    host.root("systemctl").args(["reenable", "--quiet", "vend"]).output().unwrap();
    assert_eq!(traces(&host), before);
    // Overridden and removed again: its links are unchanged.
    done(system(&host, "daemon").args(["--force", "--name", "vend", "sleep", "1000"]));
    let said = done(host.root("mkservice").args(["remove", "vend"]));
    assert!(said.contains("vend.service is in effect again"), "{said}");
    assert_eq!(traces(&host), before);
}
