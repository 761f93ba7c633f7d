//! From the first command to `remove`, in both scopes, with a reboot in between.

use snapbox::str;

use crate::host::{Host, Inside};
use crate::setup::{booted, done, fails, file, journal_until, property, same, system, systemctl_user, traces, units};

const HELLO: &str = include_str!("../../examples/hello.py");

#[apply(booted_test)]
fn user_service_survives_logout_and_reboot() {
    let mut host = booted();
    let uid = host.add_user("ann");
    file(&host, "ann", "/home/ann/myscript.py", HELLO);
    let session = host.open_session("ann");
    let known = |host: &Host| units(systemctl_user(host, "ann"));
    let (files_before, units_before) = (traces(&host), known(&host));

    let said = done(session.run("mkservice").args(["python3", "myscript.py", "--name", "myscriptd"]));
    same(
        said,
        str![[r#"
myscriptd is running (user service)
  command   /usr/bin/python3 myscript.py
  options   --name myscriptd (options of mkservice; use `--` to pass them to the command)
  directory /home/ann
  unit      /home/ann/.config/systemd/user/myscriptd.service
  logs      journalctl --user -u myscriptd -f
  remove    mkservice remove myscriptd
note: lingering is now enabled for ann: services start at boot and keep running after logout (--no-linger leaves it disabled)

"#]],
    );
    // The first line is flushed at once: the second follows five seconds later.
    let lines = journal_until(|program| session.run(program), &["--user", "-u", "myscriptd"], "Hello number 1");
    assert!(!lines.contains("Hello number 2"), "{lines}");
    let pid = property(systemctl_user(&host, "ann"), "myscriptd", "MainPID");
    assert_eq!(host.root("readlink").arg(format!("/proc/{pid}/cwd")).text(), "/home/ann\n");
    assert_eq!(host.root("stat").args(["-c", "%a", UNIT]).text(), "644\n");

    session.close();
    assert_eq!(
        property(systemctl_user(&host, "ann"), "myscriptd", "MainPID"),
        pid,
        "it survives the end of the session"
    );
    host.root("systemctl").args(["restart", &format!("user@{uid}.service")]).text();
    assert_active(&host, "ann");
    host.reboot();
    host.root("systemctl").args(["start", &format!("user@{uid}.service")]).text();
    assert_active(&host, "ann");

    let said = done(host.user("ann", "mkservice").args(["remove", "myscriptd"]));
    same(
        said,
        str![[r#"
myscriptd was stopped and removed
  deleted   /home/ann/.config/systemd/user/myscriptd.service
note: lingering is disabled again for ann

"#]],
    );
    assert_eq!(traces(&host), files_before);
    // Without lingering, the user manager has exited by now; a new one knows nothing of the service.
    let session = host.open_session("ann");
    systemctl_user(&host, "ann").arg("list-units").text();
    assert_eq!(known(&host), units_before);
    session.close();
}

const UNIT: &str = "/home/ann/.config/systemd/user/myscriptd.service";

#[track_caller]
fn assert_active(host: &Host, name: &str) {
    // systemd reports that it is running before it has started everything.
    systemctl_user(host, name).args(["is-system-running", "--wait"]).output().unwrap();
    let state = property(systemctl_user(host, name), "myscriptd", "ActiveState");
    assert_eq!(state, "active", "{}", host.journal());
}

#[apply(booted_test)]
fn system_service_survives_reexec_and_reboot() {
    let mut host = booted();
    let uid = host.add_user("ann");
    file(&host, "ann", "/home/ann/myscript.py", HELLO);
    let (files_before, units_before) = (traces(&host), units(host.root("systemctl")));

    // The environment that sudo leaves.
    let mut mkservice = host.root("mkservice");
    mkservice.env("SUDO_UID", uid.to_string()).env("SUDO_USER", "ann").cwd("/home/ann");
    let said = done(mkservice.args(["python3", "myscript.py", "--name", "myscriptd"]));
    same(
        said,
        str![[r#"
myscriptd is running (system service as ann)
  command   /usr/bin/python3 myscript.py
  options   --name myscriptd (options of mkservice; use `--` to pass them to the command)
  directory /home/ann
  unit      /etc/systemd/system/myscriptd.service
  logs      sudo journalctl -u myscriptd -f
  remove    sudo mkservice remove myscriptd

"#]],
    );
    let lines = journal_until(|program| host.root(program), &["-u", "myscriptd"], "Hello number 1");
    assert!(!lines.contains("Hello number 2"), "{lines}");
    let pid = property(host.root("systemctl"), "myscriptd", "MainPID");
    assert_eq!(host.root("readlink").arg(format!("/proc/{pid}/cwd")).text(), "/home/ann\n");
    assert_eq!(host.root("stat").args(["-c", "%U", &format!("/proc/{pid}")]).text(), "ann\n");

    host.root("systemctl").arg("daemon-reexec").text();
    assert_eq!(property(host.root("systemctl"), "myscriptd", "MainPID"), pid, "it survives a restart of its manager");
    host.reboot();
    assert_eq!(property(host.root("systemctl"), "myscriptd", "ActiveState"), "active");

    let said = done(host.root("mkservice").args(["remove", "myscriptd"]));
    same(
        said,
        str![[r#"
myscriptd was stopped and removed
  deleted   /etc/systemd/system/myscriptd.service

"#]],
    );
    assert_eq!(traces(&host), files_before);
    assert_eq!(units(host.root("systemctl")), units_before);
}

#[apply(booted_test)]
fn running_as_root_is_warned_of() {
    let host = booted();
    let mut mkservice = host.root("mkservice");
    let ran = crate::setup::ran(mkservice.args(["sleep", "1000"]));
    assert_eq!(ran.code, 0, "{ran:?}");
    same(
        ran.stderr,
        str![[r#"
warning: the service runs as root; use --uid USER to run it as another user

"#]],
    );
    let pid = property(host.root("systemctl"), "sleep", "MainPID");
    assert_eq!(host.root("stat").args(["-c", "%U", &format!("/proc/{pid}")]).text(), "root\n");
    // Another user by name, and a group.
    host.add_user("ann");
    let said = done(system(&host, "ann").args(["--gid", "daemon", "--name", "s", "sleep", "1000"]));
    assert!(said.contains("system service as ann"), "{said}");
    let pid = property(host.root("systemctl"), "s", "MainPID");
    assert_eq!(host.root("stat").args(["-c", "%U %G", &format!("/proc/{pid}")]).text(), "ann daemon\n");
    // Root's user manager is not that of the user who ran sudo.
    let mut sudo = host.root("mkservice");
    sudo.env("SUDO_UID", host.add_user("ann").to_string()).env("SUDO_USER", "ann");
    same(
        fails(2, sudo.args(["--user", "sleep", "1000"])),
        str![[r#"
error: `sudo mkservice --user` would use root's user manager, not yours
hint: run it without sudo: mkservice --user sleep 1000

"#]],
    );
}
