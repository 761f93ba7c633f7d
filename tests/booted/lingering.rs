//! Lingering is enabled with the first user service and disabled with the last, unless the user or another program enabled it.

use crate::host::Inside;
use crate::setup::{booted, done, property, systemctl_user, traces};

#[apply(booted_test)]
fn no_linger_leaves_lingering_alone() {
    let host = booted();
    let session = host.open_session("ann");
    let before = traces(&host);
    done(session.run("mkservice").args(["--no-linger", "sleep", "1000"]));
    assert!(!host.path("/var/lib/systemd/linger/ann").exists());
    assert_eq!(property(systemctl_user(&host, "ann"), "sleep", "ActiveState"), "active");
    done(session.run("mkservice").args(["remove", "sleep"]));
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn removing_the_last_service_disables_lingering() {
    let host = booted();
    let session = host.open_session("ann");
    let before = traces(&host);
    let lingers = || host.path("/var/lib/systemd/linger/ann").exists();
    done(session.run("mkservice").args(["--name", "a", "sleep", "1000"]));
    let said = done(session.run("mkservice").args(["--name", "b", "sleep", "1000"]));
    assert!(lingers() && !said.contains("lingering"), "{said}");
    done(session.run("mkservice").args(["remove", "a"]));
    assert!(lingers(), "b is left");
    let said = done(session.run("mkservice").args(["remove", "b"]));
    assert!(!lingers() && said.contains("lingering is disabled again"), "{said}");
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn lingering_enabled_by_others_is_kept() {
    let host = booted();
    let session = host.open_session("ann");
    host.root("loginctl").args(["enable-linger", "ann"]).text();
    let before = traces(&host);
    done(session.run("mkservice").args(["sleep", "1000"]));
    done(session.run("mkservice").args(["remove", "sleep"]));
    assert_eq!(traces(&host), before);
    assert!(host.path("/var/lib/systemd/linger/ann").exists());
}

#[apply(booted_test)]
fn lingering_enabled_after_a_failed_run_is_kept() {
    let host = booted();
    let session = host.open_session("ann");
    host.user("ann", "sh").args(["-c", "mkdir -p ~/.config/systemd/user && chmod 555 ~/.config/systemd/user"]).text();
    // It fails before lingering is enabled, and must not record it.
    assert_eq!(crate::setup::ran(session.run("mkservice").args(["sleep", "1000"])).code, 1);
    host.user("ann", "chmod").args(["755", "/home/ann/.config/systemd/user"]).text();
    host.root("loginctl").args(["enable-linger", "ann"]).text();
    done(session.run("mkservice").args(["sleep", "1000"]));
    done(session.run("mkservice").args(["remove", "sleep"]));
    assert!(host.path("/var/lib/systemd/linger/ann").exists());
}
