//! Obstacles from outside: no space, read-only directories, a bus that disconnects. The error says so, existing files
//! stay, and the next run completes the work.

use std::process::Command;

use crate::host::{Host, Inside};
use crate::setup::{Ran, booted, done, property, ran, system, traces};

/// Installs the service `s`, with its full command.
fn line<'a>(command: &'a mut Command, seconds: &str) -> &'a mut Command {
    command.args(["--settle", "0", "--name", "s", "sleep", seconds])
}

/// A run that fails for a reason, and changes nothing.
#[track_caller]
fn stopped(host: &Host, command: &mut Command, expected: &str) {
    let before = traces(host);
    let said = ran(command);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{said:?}");
    assert!(said.stderr.starts_with(&format!("error: {expected}")), "{said:?}");
    assert_eq!(traces(host), before, "{said:?}");
}

fn shell(host: &Host, script: &str) {
    host.root("sh").args(["-c", script]).text();
}

#[apply(booted_test)]
fn read_only_unit_directory() {
    let host = booted();
    let before = traces(&host);
    let directory = "/etc/systemd/system";
    let lock = format!("mount --bind {directory} {directory} && mount -o remount,bind,ro {directory}");
    let reason = "cannot write `/etc/systemd/system/s.service`: read-only file system\n";
    shell(&host, &lock);
    stopped(&host, line(&mut system(&host, "daemon"), "1000"), reason);
    shell(&host, &format!("umount {directory}"));
    done(line(&mut system(&host, "daemon"), "1000"));
    let run = property(host.root("systemctl"), "s", "InvocationID");
    shell(&host, &lock);
    stopped(&host, line(&mut system(&host, "daemon"), "2000"), reason);
    assert_eq!(property(host.root("systemctl"), "s", "InvocationID"), run, "the old one runs on");
    stopped(&host, host.root("mkservice").args(["remove", "s"]), "cannot delete files in `/etc/systemd/system`: ");
    assert_eq!(property(host.root("systemctl"), "s", "InvocationID"), run, "what stays installed runs on");
    shell(&host, &format!("umount {directory}"));
    done(line(&mut system(&host, "daemon"), "2000"));
    done(host.root("mkservice").args(["remove", "s"]));
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn unwritable_unit_directory() {
    let host = booted();
    let session = host.open_session("ann");
    let directory = "/home/ann/.config/systemd/user";
    session.run("mkdir").args(["-p", directory]).text();
    let before = traces(&host);
    let reason = format!("cannot write `{directory}/s.service`: permission denied\nhint: check permissions: namei -l ");
    session.run("chmod").args(["555", directory]).text();
    stopped(&host, line(&mut session.run("mkservice"), "1000"), &reason);
    session.run("chmod").args(["755", directory]).text();
    done(line(&mut session.run("mkservice"), "1000"));
    session.run("chmod").args(["555", directory]).text();
    stopped(&host, line(&mut session.run("mkservice"), "2000"), &reason);
    session.run("chmod").args(["755", directory]).text();
    done(line(&mut session.run("mkservice"), "2000"));
    done(session.run("mkservice").args(["remove", "s"]));
    assert_eq!(traces(&host), before);
}

/// systemd refuses to create the link, and so does mkservice, before anything is written; names used by others stay
/// theirs.
#[apply(booted_test)]
fn existing_file_in_place_of_a_link() {
    let host = booted();
    shell(&host, "printf '[Service]\\nExecStart=sleep 1000\\n' > /etc/systemd/system/theirs.service");
    shell(&host, "mkdir -p /etc/systemd/system/multi-user.target.wants/s.service");
    let before = traces(&host);
    let refused = |words: &[&str], told: &str| {
        let said = ran(line(&mut system(&host, "daemon"), "1000").args(words));
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{said:?}");
        assert!(said.stderr.starts_with("error: ") && said.stderr.contains(told), "{said:?}");
        assert_eq!(traces(&host), before, "{said:?}");
    };
    refused(
        &[],
        "/etc/systemd/system/multi-user.target.wants/s.service` is in the place of a link that would enable the service",
    );
    shell(&host, "rmdir /etc/systemd/system/multi-user.target.wants/s.service");
    let before = traces(&host);
    let alias = |name: &str| {
        let mut mkservice = system(&host, "daemon");
        mkservice.args(["--settle", "0", "--name", "s", "-p", &format!("Alias={name}"), "sleep", "1000"]);
        let said = ran(&mut mkservice);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{said:?}");
        assert!(said.stderr.contains(&format!("the alias `{name}` is taken by another unit")), "{said:?}");
        assert_eq!(traces(&host), before, "{said:?}");
    };
    alias("theirs.service");
    alias("systemd-logind.service");
}

#[apply(booted_test)]
fn full_file_system() {
    let host = booted();
    let session = host.open_session("ann");
    let directory = "/home/ann/.config/systemd/user";
    session.run("mkdir").args(["-p", directory]).text();
    shell(&host, &format!("mount -t tmpfs -o size=64k,mode=755,uid=$(id -u ann),gid=$(id -g ann) tmpfs {directory}"));
    let before = traces(&host);
    let fill = format!("cat /dev/zero > {directory}/filler 2>/dev/null; true");
    let reason = format!("cannot write `{directory}/s.service`: no space left on device\n");
    shell(&host, &fill);
    stopped(&host, line(&mut session.run("mkservice"), "1000"), &reason);
    shell(&host, &format!("rm {directory}/filler"));
    done(line(&mut session.run("mkservice"), "1000"));
    shell(&host, &fill);
    stopped(&host, line(&mut session.run("mkservice"), "2000"), &reason);
    // Removing needs no space.
    done(session.run("mkservice").args(["remove", "s"]));
    shell(&host, &format!("rm {directory}/filler"));
    assert_eq!(traces(&host), before);
}

/// A service that never reports that it is ready, and a bus that disconnects meanwhile.
fn bus_ends(shell: &mut Command, words: &str, systemctl: &str, kill: &str) -> Ran {
    let script = format!(
        "timeout 60 mkservice {words} --service-type notify --name s sleep 1000 & \
         until [ \"$(systemctl {systemctl} show --value -p ActiveState s)\" = activating ]; do sleep 0.02; done; \
         {kill}; wait $!"
    );
    ran(shell.cwd("/").args(["-c", &script]))
}

fn check_bus_ended(said: &Ran) {
    assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{said:?}");
    assert!(
        said.stderr.starts_with("error: starting s.service failed: the connection to systemd was lost\n"),
        "{said:?}"
    );
    assert!(said.stderr.contains("\nhint: run the command again to complete what is missing\n"), "{said:?}");
}

#[apply(booted_test)]
fn system_bus_lost_during_a_start() {
    let host = booted();
    let before = traces(&host);
    let kill = "systemctl kill -s KILL dbus.service";
    check_bus_ended(&bus_ends(&mut host.root("bash"), "--uid daemon", "", kill));
    done(line(&mut system(&host, "daemon"), "1000"));
    assert_eq!(property(host.root("systemctl"), "s", "ActiveState"), "active");
    done(host.root("mkservice").args(["remove", "s"]));
    assert_eq!(traces(&host), before);
}

#[apply(booted_test)]
fn user_bus_lost_during_a_start() {
    let host = booted();
    let session = host.open_session("ann");
    let before = traces(&host);
    let kill = "systemctl --user kill -s KILL dbus.service";
    check_bus_ended(&bus_ends(&mut session.run("bash"), "", "--user", kill));
    done(line(&mut session.run("mkservice"), "1000"));
    done(session.run("mkservice").args(["remove", "s"]));
    assert_eq!(traces(&host), before);
}

/// The connection breaks at each answer in turn. What was read until then is not taken for the state of the service.
#[apply(booted_test)]
fn connection_lost_at_any_answer() {
    let host = booted();
    let session = host.open_session("ann");
    for line in [
        "--settle 0.1 --name s sleep 1000",
        "--settle 0.1 --name s sleep 2000",
        "restart s --settle 0.1",
        "status s",
        "remove s",
    ] {
        let mut has_failed = false;
        let mut nth = 1;
        loop {
            let inject = format!("recvmsg:error=ECONNRESET:when={nth}+");
            let mut strace = session.run("timeout");
            strace.cwd("/").args(["60", "strace", "-f", "-qq", "-o", "/tmp/trace", "-e", "trace=recvmsg", "-e"]);
            let said = ran(strace.arg(format!("inject={inject}")).arg("mkservice").args(line.split(' ')));
            if !std::fs::read_to_string(host.path("/tmp/trace")).unwrap().contains("(INJECTED)") {
                // A removal whose last step failed had deleted the unit.
                let is_removed = line.starts_with("remove ") && said.stderr.contains("no service named `s`");
                assert!(said.code == 0 || is_removed, "{line}: {said:?}");
                break;
            }
            assert!(!said.stderr.contains("failed to start"), "{line}, {nth}: {said:?}");
            if said.code != 0 {
                let is_told = ["the connection to systemd was lost", "cannot connect to the user manager"]
                    .iter()
                    .chain(&["cannot connect to the system manager: the system bus at /run/dbus/system_bus_socket: "])
                    .any(|what| said.stderr.contains(what));
                assert!(said.code == 1 && is_told, "{line}, {nth}: {said:?}");
                has_failed = true;
            }
            nth += 1;
        }
        assert!(has_failed, "{line}: nothing was lost");
    }
}
