//! `logs` and what else is read from the journal: with and without permission to read it, and with entries written by
//! other users.

use crate::host::{Host, Inside as _};
use crate::scope::Scope;
use crate::setup::{booted, done, fails, file, journal_until, property, ran, system};

#[apply(booted_test)]
fn system_logs_need_the_journal_group() {
    let host = booted();
    done(system(&host, "daemon").args(["--name", "s", "sleep", "1000"]));
    let session = host.open_session("ann");
    let said = fails(1, session.run("mkservice").args(["logs", "--system", "s"]));
    assert!(
        said.contains("user `ann` cannot read the log of s\nhint: join the group systemd-journal, from the next login on: sudo usermod -aG systemd-journal ann"),
        "{said}"
    );
    // Reading does not require root privileges.
    let said = done(session.run("mkservice").args(["status", "--system", "s"]));
    assert!(said.contains("s is running (system service as daemon"), "{said}");
    // Nor the option: the service is found where it exists.
    let said = done(session.run("mkservice").args(["status", "s"]));
    assert!(said.contains("s is running (system service as daemon"), "{said}");
    let said = fails(4, session.run("mkservice").args(["status", "--user", "s"]));
    assert!(said.contains("hint: it is a system service: mkservice status --system s"), "{said}");
    let stopped = ran(session.run("mkservice").args(["stop", "--system", "s"]));
    assert_eq!(stopped.code, 2, "{stopped:?}");
    assert!(stopped.stderr.contains("root privileges are required, but sudo"), "{stopped:?}");
    let said = fails(2, host.root("mkservice").args(["logs", "s", "--since", "nonsense"]));
    assert!(said.starts_with("error: Failed to parse timestamp: nonsense"), "{said}");
}

/// A host with a failed service of daemon, and the invocation ID of its run.
fn with_failed_service() -> (Host, String) {
    let host = booted();
    let kept = ["--name", "x", "--restart", "no", "--no-rollback", "--"];
    fails(3, system(&host, "daemon").args(kept).args(["sh", "-c", "echo no database; exit 7"]));
    let run = property(host.root("systemctl"), "x", "InvocationID");
    assert_eq!(run.len(), 32, "{run}");
    (host, run)
}

/// Sends an entry with these fields to the journal as a user, and waits until it is stored.
fn log(host: &Host, user: &str, fields: &str) {
    let fields = format!("{fields}\nMESSAGE_ID=0123456789abcdef0123456789abcdef\n");
    file(host, user, &format!("/home/{user}/fields"), &fields);
    let sent = ran(host.user(user, "sh").args(["-c", "logger --journald=$HOME/fields && logger -t sent all"]));
    assert_eq!(sent.code, 0, "{sent:?}");
    journal_until(|program| host.root(program), &["-t", "sent"], "all");
}

#[apply(booted_test)]
fn words_that_other_users_put_into_the_journal_are_not_systemds() {
    let (host, run) = with_failed_service();
    host.add_user("mallory");
    for (id, sender) in [("INVOCATION_ID", ""), ("USER_INVOCATION_ID", "SYSLOG_IDENTIFIER=systemd\n")] {
        let reason = "x.service: Failed at step EXEC spawning /home/mallory/x: send me your password";
        log(&host, "mallory", &format!("{sender}{id}={run}\nUNIT=x.service\nMESSAGE={reason}"));
    }
    for verb in ["status", "logs"] {
        let ran = ran(host.root("mkservice").args([verb, "x"]));
        assert!(ran.stdout.contains("no database") && !ran.stdout.contains("password"), "{verb}: {ran:?}");
    }
    let ran = ran(host.root("mkservice").args(["status", "--json", "x"]));
    assert!(ran.stdout.contains("no database") && !ran.stdout.contains("password"), "{ran:?}");
}

#[apply(booted_test)]
fn huge_messages_are_neither_kept_nor_shown_whole() {
    let (host, _) = with_failed_service();
    let script = "import sys; sys.stdout.write('a' * 1000000); sys.stdout.flush(); sys.exit(7)";
    let huge = "import socket\nfor _ in range(30):\n s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n \
                s.setsockopt(socket.SOL_SOCKET, 32, 8 << 20)\n \
                s.sendto(b'SYSLOG_IDENTIFIER=huge\\nMESSAGE=' + b'\\xff' * 1000000 + b'\\n', '/run/systemd/journal/socket')\n";
    fails(
        3,
        system(&host, "root").args([
            "--name",
            "y",
            "--restart",
            "no",
            "--no-rollback",
            "--",
            "python3",
            "-c",
            &format!("{huge}{script}"),
        ]),
    );
    journal_until(|program| host.root(program), &["-t", "systemd"], "y.service: Failed with result 'exit-code'.");
    for line in ["mkservice status y", "mkservice logs --json -n 1000 y >/dev/null"] {
        let limited = ran(host.root("sh").args(["-c", &format!("ulimit -v 400000; {line}")]));
        assert!(matches!(limited.code, 0 | 3), "{line}: {limited:?}");
        assert!(limited.stdout.len() < 1 << 20, "{line}: {}", limited.stdout.len());
    }
    let shown = done(host.root("mkservice").args(["logs", "--json", "-n", "1000", "y"]));
    let document: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let huge = document["entries"].as_array().unwrap().iter().filter(|entry| entry["from"] == "huge");
    assert_eq!(huge.count(), 30, "{document:.1000}");
}

/// What a program prints to a terminal of root.
fn on_terminal(host: &Host, line: &str) -> String {
    let mut python = host.root("python3");
    python.args(["-c", include_str!("../support/terminal.py"), "nothing is asked", "", "/bin/sh", "-c", line]);
    ran(&mut python).stdout
}

#[apply(booted_test)]
fn a_terminal_gets_no_control_characters_of_others() {
    let (host, _) = with_failed_service();
    let does = "printf '\\033]0;title\\007\\033[2Jgone\\n'; exit 7";
    fails(3, system(&host, "root").args(["--name", "y", "--restart", "no", "--no-rollback", "--", "sh", "-c", does]));
    file(&host, "daemon", "/srv/own/x", "");
    host.root("chown").args(["daemon", "/srv/own"]).text();
    let line =
        ["--name", "z", "--restart", "no", "--no-rollback", "--log-file", "/srv/own/z.log", "--", "sh", "-c", does];
    fails(3, system(&host, "daemon").args(line));
    file(&host, "root", "/etc/systemd/system/z.service.d/x.conf", "# \u{1b}[2J\n[Unit]\nDescription=a\u{1b}[2Jb\n");
    host.root("systemctl").arg("daemon-reload").text();
    for verb in ["status y", "logs y", "status z", "logs z", "cat z", "list", "explain y", "doctor"] {
        let shown = on_terminal(&host, &format!("mkservice {verb}"));
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{7}'), "{verb}: {shown:?}");
        assert!(!shown.is_empty(), "{verb}");
    }
    assert!(on_terminal(&host, "mkservice logs z").contains(r"\u{1b}[2Jgone"));
    assert!(done(host.root("mkservice").args(["logs", "z"])).contains("\u{1b}[2Jgone"), "a pipe gets every byte");
}

#[apply(booted_test)]
fn logs_of_several_services_are_interleaved(scope: &Scope<'_>) {
    let says = |name: &str, script: &str| {
        let line = ["--name", name, "--", "sh", "-c", &format!("{script}; exec sleep 1000")];
        done(&mut scope.mkservice(&line));
    };
    says("one", "echo first; printf 'half\\r100%%\\r\\n'; printf '\\033[31mred\\033[0m\\n'; echo '<3>bad'");
    says("two", "echo second");
    let can_read = |program| scope.run(program);
    journal_until(can_read, &["-t", "sh"], "second");
    let logs = |words: &[&str]| done(&mut scope.verb(&[&["logs"], words].concat()));
    for words in [&["one", "two"][..], &["*o*"], &["--all"]] {
        let shown = logs(words);
        let at = |text: &str| shown.find(text).unwrap_or_else(|| panic!("{text}: {shown}"));
        assert!(at(" one sh[") < at(": first\n") && at(": first\n") < at(" two sh["), "{shown}");
        assert!(at(" two sh[") < at(": second\n"), "{shown}");
        assert!(shown.contains(": red\n") && shown.contains(r": half\r100%") && !shown.contains("blob"), "{shown:?}");
    }
    assert!(logs(&["one"]).contains(" mkservice-host sh["));
    assert!(logs(&["-p", "err", "one"]).ends_with(": bad\n"));
    assert_eq!(logs(&["-p", "err", "one"]).lines().count(), 1);
    assert_eq!(logs(&["-p", "err", "two"]), "note: no log entries of two match\n");
    assert_eq!(logs(&["-o", "cat", "-g", "^(first|second)$", "one", "two"]), "first\nsecond\n");
    assert_eq!(logs(&["--until", "2020-01-01", "one"]), "note: no log entries of one match\n");
    assert!(logs(&["--json", "-g", "first", "one"]).contains("\"message\": \"first\""));
    let owner = if scope.session.is_some() { "ann" } else { "daemon" };
    let log = format!("/srv/{owner}/filed.log");
    scope.host.root("install").args(["-d", "-o", owner, &format!("/srv/{owner}")]).text();
    done(&mut scope.mkservice(&["--name", "filed", "--log-file", &log, "sleep", "1000"]));
    let shown = ran(&mut scope.verb(&["logs", "one", "filed", "two"]));
    let note = format!("the log of filed is the file `{log}`, which is not shown with others\n");
    assert!(shown.code == 0 && shown.stdout.contains(": second\n") && shown.stderr.contains(&note), "{shown:?}");
    done(&mut scope.verb(&["logs", "filed"]));
    let said = fails(2, &mut scope.verb(&["logs", "-p", "nonsense", "one"]));
    assert!(said.starts_with("error: ") && said.contains("nonsense"), "{said}");
    let script = "import os, pty, sys; pty.spawn(sys.argv[1:])";
    let mut terminal = scope.run("python3");
    let terminal = terminal.env("TERM", "xterm").args(["-c", script, "mkservice", "logs", "one", "two"]);
    let shown = ran(terminal).stdout;
    assert!(shown.contains("\u{1b}[36mone\u{1b}[0m") && shown.contains("\u{1b}[33mtwo\u{1b}[0m"), "{shown:?}");
}
