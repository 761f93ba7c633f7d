//! Each process that cannot be adopted gets its own message and keeps running.

use std::process::Command;

use snapbox::str;

use super::{lives, running, start, until, without};
use crate::host::{Host, Inside};
use crate::setup::{booted, done, fails, property, ran, same, systemctl_user, traces};

/// A command line for a process that is left alone, and its message.
#[track_caller]
fn refused(host: &Host, mut mkservice: Command, code: i32, pid: u32, expected: impl snapbox::IntoData) {
    let before = traces(host);
    let said = fails(code, mkservice.args(["adopt", "--yes", &pid.to_string()]));
    same(without(pid, said), expected);
    assert_eq!(traces(host), before);
    assert!(pid == NOBODY || lives(host, pid));
}

/// Greater than the kernel's default limit.
const NOBODY: u32 = 4_194_304;

#[apply(booted_test)]
fn missing_pid_pid_1_shells_and_zombies() {
    let host = booted();
    let session = host.open_session("ann");
    let ann = || session.run("mkservice");
    refused(
        &host,
        ann(),
        4,
        NOBODY,
        str![[r#"
error: no process [PID]
hint: list the processes that can be adopted: mkservice adopt

"#]],
    );
    let said = fails(2, host.root("mkservice").args(["adopt", "1"]));
    assert!(said.ends_with(") is PID 1\n"), "{said}");
    same(
        fails(4, ann().args(["adopt"])),
        str![[r#"
error: you have no background process that can be adopted
hint: create a service from a command: mkservice COMMAND

"#]],
    );
    same(
        fails(4, ann().args(["adopt", "no such", "words"])),
        str![[r#"
error: no process has `no such words` in its command line
hint: list the processes that can be adopted: mkservice adopt

"#]],
    );
    let said = fails(2, session.run("sh").args(["-c", "mkservice adopt --yes $$; exit $?"]));
    assert!(said.contains("started this mkservice, which would end with it"), "{said}");
    let said = fails(2, session.run("sh").args(["-c", "exec mkservice adopt --yes $$"]));
    assert!(said.contains("is mkservice itself"), "{said}");
    let shell = start(&host, session.run("sh"), "/home/ann", "sleep 1000 | sh > /dev/null 2>&1", "sh");
    refused(
        &host,
        ann(),
        2,
        shell,
        str![[r#"
error: process [PID] (`sh`) is an interactive shell

"#]],
    );
    // A zombie process.
    let parent =
        "import os, time; pid = os.fork() or os._exit(0); open('zombie', 'w').write(str(pid)); time.sleep(9999)";
    start(&host, session.run("sh"), "/home/ann", &format!("python3 -c \"{parent}\" > /dev/null 2>&1"), "python3");
    let zombie = || std::fs::read_to_string(host.path("/home/ann/zombie")).unwrap_or_default();
    until("there is a zombie", || !zombie().is_empty() && !lives(&host, zombie().parse().unwrap()));
    let said = fails(2, ann().args(["adopt", "--yes", &zombie()]));
    assert!(said.contains("(`python3`) has exited and waits for its parent to reap it"), "{said}");
}

#[apply(booted_test)]
fn processes_of_other_users_services_and_containers() {
    let host = booted();
    host.add_user("bob");
    let session = host.open_session("ann");
    let bobs = start(&host, host.user("bob", "sh"), "/", "sleep 1000 > /dev/null 2>&1", "sleep");
    refused(
        &host,
        session.run("mkservice"),
        2,
        bobs,
        str![[r#"
error: process [PID] (`sleep 1000`) belongs to bob
hint: sudo mkservice adopt [PID]

"#]],
    );
    let said = fails(2, host.root("mkservice").args(["adopt", "--user", "--yes", &bobs.to_string()]));
    assert!(said.contains("belongs to bob, but your user services run as you"), "{said}");
    let journald: u32 = property(host.root("systemctl"), "systemd-journald", "MainPID").parse().unwrap();
    let said = fails(2, host.root("mkservice").args(["adopt", "--yes", &journald.to_string()]));
    assert!(said.contains("already belongs to a service: systemd-journald.service"), "{said}");
    assert!(said.ends_with("hint: systemctl status systemd-journald.service\n"), "{said}");
    // A container, with its own PIDs or its own files.
    let line = "unshare --pid --fork sh -c 'exec sleep 1001' > /dev/null 2>&1";
    start(&host, host.root("sh"), "/", line, "unshare");
    let inside = || running(&host, "sleep 1001").last().map_or("1".into(), u32::to_string);
    let said = || ran(host.root("mkservice").args(["adopt", "--yes", &inside()])).stderr;
    until("it is contained", || said().contains("runs in a container"));
    let chroot = start(&host, host.root("sh"), "/", "unshare --mount sleep 1002 > /dev/null 2>&1", "sleep");
    let said = fails(2, host.root("mkservice").args(["adopt", "--yes", &chroot.to_string()]));
    assert!(said.contains("sees other files than a service would (a container or chroot)"), "{said}");
}

#[apply(booted_test)]
fn processes_without_command_line_program_or_directory() {
    let host = booted();
    let session = host.open_session("ann");
    let ann = || session.run("mkservice");
    let run = |line: &str, program: &str| start(&host, session.run("sh"), "/home/ann", line, program);
    let title = run("perl -e '$0 = \"web: master process\"; sleep 1000' > /dev/null 2>&1", "web: master process");
    refused(
        &host,
        ann(),
        2,
        title,
        str![[r#"
error: process [PID] (`'web: master process'`) has overwritten its command line, which cannot be read any more
hint: give the command that started it: mkservice -- COMMAND

"#]],
    );
    host.user("ann", "cp").args(["/bin/sleep", "/home/ann/server"]).text();
    let deleted = run("./server 1000 > /dev/null 2>&1", "./server");
    host.root("rm").arg("/home/ann/server").text();
    refused(
        &host,
        ann(),
        2,
        deleted,
        str![[r#"
error: process [PID] (`./server 1000`) runs a program that has been deleted: `/home/ann/server`
hint: restore it, or give the command with another program: mkservice -- COMMAND

"#]],
    );
    host.user("ann", "mkdir").arg("/home/ann/gone").text();
    let homeless = start(&host, session.run("sh"), "/home/ann/gone", "sleep 1000 > /dev/null 2>&1", "sleep");
    host.root("rmdir").arg("/home/ann/gone").text();
    refused(
        &host,
        ann(),
        2,
        homeless,
        str![[r#"
error: process [PID] (`sleep 1000`) runs in a directory that has been deleted: `/home/ann/gone`
hint: choose another one: --working-directory DIR

"#]],
    );
    let before = traces(&host);
    let said = fails(2, ann().args(["adopt", "--no-start", &homeless.to_string()]));
    assert!(said.starts_with("error: --no-start would stop the process and start nothing\n"), "{said}");
    assert_eq!(traces(&host), before);
    done(ann().args(["adopt", "--yes", "--working-directory", "/", &homeless.to_string()]));
    assert_eq!(property(systemctl_user(&host, "ann"), "sleep", "WorkingDirectory"), "/");
}

#[apply(booted_test)]
fn parts_of_a_pipeline() {
    let host = booted();
    let session = host.open_session("ann");
    let reader = start(&host, session.run("sh"), "/home/ann", "yes hello | cat > /dev/null", "cat");
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes", &reader.to_string()]));
    assert!(said.contains("reads from a pipe that process "), "{said}");
    assert!(
        said.contains(" (`yes hello`) writes: a service is one command\nhint: create one service for both: "),
        "{said}"
    );
    let said = fails(2, session.run("mkservice").args(["adopt", "--yes", "yes hello"]));
    assert!(said.contains(&format!("writes into a pipe that process {reader} (`cat`) reads")), "{said}");
}
