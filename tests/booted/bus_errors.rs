//! Buses that cannot be reached: the reason, a hint, and nothing written.

use snapbox::str;

use crate::host::{Host, Inside};
use crate::setup::{booted, done, fails, property, same, system, traces};

#[track_caller]
fn refused(host: &Host, command: &mut std::process::Command) -> String {
    let before = traces(host);
    let said = fails(1, command);
    assert_eq!(traces(host), before, "something was written");
    said
}

#[apply(booted_test)]
fn no_user_manager_is_running() {
    let host = booted();
    let uid = host.add_user("ann");
    same(
        refused(&host, host.user("ann", "mkservice").args(["sleep", "1000"])),
        str![[r#"
error: cannot connect to the user manager: no user manager is running for ann, as is usual without a login session (`su`, `sudo -u`, some ssh and container setups)
hint: log in as ann directly, or start it permanently: sudo loginctl enable-linger ann
hint: or install it without starting it: --no-start

"#]],
    );
    let mut bare = host.user("ann", "mkservice");
    same(
        refused(&host, bare.env_remove("XDG_RUNTIME_DIR").args(["sleep", "1000"])),
        str![[r#"
error: cannot connect to the user manager: no user manager is running for ann, as is usual without a login session (`su`, `sudo -u`, some ssh and container setups)
hint: log in as ann directly, or start it permanently: sudo loginctl enable-linger ann
hint: or install it without starting it: --no-start

"#]],
    );
    // The hint that works without another user.
    let said = done(host.user("ann", "mkservice").args(["--no-start", "sleep", "1000"]));
    same(
        said,
        str![[r#"
sleep is installed, but systemd was not reloaded (user service)
  command   /usr/bin/sleep 1000
  directory /home/ann
  unit      /home/ann/.config/systemd/user/sleep.service
  logs      journalctl --user -u sleep -f
  remove    mkservice remove sleep
  start     systemctl --user daemon-reload && systemctl --user start sleep

"#]],
    );
    // The hint of the error.
    host.root("loginctl").args(["enable-linger", "ann"]).text();
    host.root("systemctl").args(["start", &format!("user@{uid}.service")]).text();
    let said = done(host.user("ann", "mkservice").args(["sleep", "1000"]));
    assert!(said.contains("sleep is running"), "{said}");
}

#[apply(booted_test)]
fn runtime_directory_of_another_user() {
    let host = booted();
    host.add_user("ann");
    let session = host.open_session("bob");
    let mut su = host.user("ann", "mkservice");
    su.env("XDG_RUNTIME_DIR", format!("/run/user/{}", host.add_user("bob")));
    same(
        refused(&host, su.args(["sleep", "1000"])),
        str![[r#"
error: cannot connect to the user manager: no user manager is running for ann, and XDG_RUNTIME_DIR belongs to another user, as after `su` or `sudo -u`
hint: log in as ann directly, or start it permanently: sudo loginctl enable-linger ann
hint: or install it without starting it: --no-start

"#]],
    );
    session.close();
}

#[apply(booted_test)]
fn bus_is_found_without_xdg_runtime_dir() {
    let host = booted();
    let _session = host.open_session("ann");
    let mut su = host.user("ann", "mkservice");
    su.env_remove("XDG_RUNTIME_DIR").env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    let said = done(su.args(["sleep", "1000"]));
    assert!(said.contains("is running"), "{said}");
}

#[apply(booted_test)]
fn session_bus_without_systemd() {
    let host = booted();
    host.add_user("ann");
    // The bus of a terminal multiplexer or a desktop, without a user manager.
    let script = "dbus-daemon --session --address=unix:path=/tmp/lonely --fork 2>/dev/null && \
        DBUS_SESSION_BUS_ADDRESS=unix:path=/tmp/lonely XDG_RUNTIME_DIR= mkservice sleep 1000";
    let said = refused(&host, host.user("ann", "sh").args(["-c", script]));
    assert!(
        said.starts_with("error: cannot connect to the user manager: no user manager is running for ann"),
        "{said}"
    );
    // With a user manager, the bus in its runtime directory takes precedence.
    let _session = host.open_session("ann");
    let mut mkservice = host.user("ann", "mkservice");
    done(mkservice.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/tmp/lonely").args(["sleep", "1000"]));
}

#[apply(booted_test)]
fn no_system_bus() {
    let host = booted();
    host.root("systemctl").args(["stop", "dbus.socket", "dbus.service"]).output().unwrap();
    host.root("rm").args(["-f", "/run/dbus/system_bus_socket"]).text();
    let line = ["--name", "s", "sleep", "1000"];
    same(
        refused(&host, system(&host, "daemon").args(line)),
        str![[r#"
error: cannot connect to the system manager: no system bus at /run/dbus/system_bus_socket: no such file or directory
hint: install and start the bus: apt install dbus && systemctl start dbus
hint: or install it without starting it: --no-start

"#]],
    );
    let said = done(system(&host, "daemon").arg("--no-start").args(line));
    same(
        said,
        str![[r#"
s is installed, but systemd was not reloaded (system service as daemon)
  command   /usr/bin/sleep 1000
  directory /
  unit      /etc/systemd/system/s.service
  logs      journalctl -u s -f
  remove    mkservice remove s
  start     systemctl daemon-reload && systemctl start s

"#]],
    );
    // The last line of the file wins.
    host.root("sh").args(["-c", "systemctl daemon-reload && systemctl start s"]).text();
    assert_eq!(property(host.root("systemctl"), "s", "ActiveState"), "active");
    assert_eq!(property(host.root("systemctl"), "s", "UnitFileState"), "enabled");
}

#[apply(booted_test)]
fn unit_directory_outside_the_managers_search_path() {
    let host = booted();
    let session = host.open_session("ann");
    let before = traces(&host);
    let said = fails(2, session.run("mkservice").env("XDG_CONFIG_HOME", "/home/ann/elsewhere").args(["sleep", "1000"]));
    same(
        said,
        str![[r#"
error: the user manager does not read `/home/ann/elsewhere/systemd/user`, which HOME or XDG_CONFIG_HOME points to
hint: env -u XDG_CONFIG_HOME HOME=/home/ann mkservice sleep 1000

"#]],
    );
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn user_manager_that_has_just_started() {
    let host = booted();
    let uid = host.add_user("ann");
    for _ in 0..5 {
        // On a fast machine, the service would reach its start limit.
        let forget = format!("systemctl reset-failed user-runtime-dir@{uid}.service 2>/dev/null; true");
        host.root("sh").args(["-c", &forget]).text();
        host.root("systemctl").args(["restart", &format!("user@{uid}.service")]).text();
        done(host.user("ann", "mkservice").args(["sleep", "1000"]));
        done(host.user("ann", "mkservice").args(["remove", "sleep"]));
    }
}

#[apply(booted_test)]
fn home_of_another_user_is_refused() {
    let host = booted();
    let session = host.open_session("ann");
    let (own, theirs) = (host.add_user("ann"), host.add_user("bob"));
    let before = traces(&host);
    // The environment that `su` without a login leaves.
    let said = fails(2, session.run("mkservice").env("HOME", "/home/bob").args(["sleep", "1000"]));
    let remove = fails(2, session.run("mkservice").env("HOME", "/home/bob").args(["remove", "sleep"]));
    for said in [said, remove] {
        let expected = format!("error: `/home/bob` belongs to uid {theirs}, but mkservice runs as uid {own}");
        assert!(said.starts_with(&expected), "{said}");
    }
    assert_eq!(traces(&host), before);
}
